//! A preset of a bundle that there is, changed.

use std::path::Path;

use swipekit::DecoderOptions;
use swipekit::Engine;
use swipekit::internals::bundle::GOLDEN_FILE;

use super::BundleWriter;
use super::golden::golden;
use crate::files::Result;
use crate::quantize::Precision;

/// Writes a copy of the bundle that `engine` was opened from to the folder `output`, with `options`
/// in the preset and golden swipes decoded anew; a bundle that is there is replaced, the opened one
/// itself as well.
///
/// # Errors
/// What writing a bundle and decoding its golden swipes give.
pub fn write_preset(
    engine: &Engine,
    preset: &str,
    options: &DecoderOptions,
    output: &Path,
) -> Result<()> {
    let bundle = engine.bundle();
    let mut writer = BundleWriter::create(output)?;
    for name in bundle.file_names().filter(|name| *name != GOLDEN_FILE) {
        writer.add(name, &bundle.file(name)?)?;
    }
    let mut manifest = bundle.manifest().clone();
    manifest.presets.insert(preset.to_owned(), options.clone());
    if bundle.golden()?.is_some() {
        manifest.files.remove(GOLDEN_FILE);
        drop(writer.stage(&mut manifest)?);
        // A checked manifest names one.
        let precision = Precision::named(&manifest.precision).unwrap_or(Precision::Fp32);
        let golden = golden(&Engine::open(writer.folder())?, precision)?;
        writer.add_json(GOLDEN_FILE, &golden)?;
    }
    writer.finish(manifest).map(drop)
}
