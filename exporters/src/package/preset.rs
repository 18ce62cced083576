//! Changes a preset of an existing bundle.

use std::path::Path;

use swipekit::DecoderOptions;
use swipekit::Engine;
use swipekit::internals::bundle::GOLDEN_FILE;

use super::BundleWriter;
use super::golden::golden;
use crate::files::Result;
use crate::quantize::Precision;

/// Writes a copy of the engine's bundle to the folder `output`, with `options` in the preset and
/// golden swipes decoded anew. It replaces a bundle there, which may be the engine's own.
///
/// # Errors
/// Those of writing a bundle and of decoding its golden swipes.
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
        // A verified manifest names one.
        let precision = Precision::named(&manifest.precision).unwrap_or(Precision::Fp32);
        let golden = golden(&Engine::open(writer.folder())?, precision)?;
        writer.add_json(GOLDEN_FILE, &golden)?;
    }
    writer.finish(manifest).map(drop)
}
