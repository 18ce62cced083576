//! What the sessions of an engine share, and how its parts are opened out of a bundle.

use std::sync::Arc;

use crate::bundle::Bundle;
use crate::decoder::PrefixTable;
use crate::error::Result;
use crate::features::Featurizer;
use crate::runtime::{self, Encoder, EncoderSource, RuntimeOptions};
use crate::transducer::PredictionJoint;

/// What sessions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) bundle: Bundle,
    pub(crate) featurizer: Featurizer,
    pub(crate) encoder: Box<dyn Encoder>,
    pub(crate) transducer: Arc<PredictionJoint>,
}

/// Opens a bundle's encoder in the runtime that its manifest names, with the settings that stand
/// there; the encoder that was optimized beforehand where there is one that fits this machine.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for a runtime that this build does not have,
/// otherwise what the runtime gives.
pub fn open_encoder(bundle: &Bundle, options: &RuntimeOptions) -> Result<Box<dyn Encoder>> {
    let manifest = bundle.manifest();
    let source = EncoderSource {
        path: bundle.path(),
        spec: &manifest.runtime,
        model: &manifest.model,
        file: &|name| bundle.file(name),
    };
    runtime::open_encoder(&source, options)
}

/// The table of prefixes of a bundle; `None` where it has none. `transducer` is the bundle's own.
///
/// # Errors
/// Those of [`PrefixTable::from_bytes`].
pub(crate) fn open_prefix_table(
    bundle: &Bundle,
    transducer: &PredictionJoint,
) -> Result<Option<PrefixTable>> {
    let manifest = bundle.manifest();
    let Some(name) = &manifest.runtime.prefixes else {
        return Ok(None);
    };
    let hash = |name: &str| manifest.files.get(name).map(|file| file.sha256.as_str());
    let lexicon = manifest.lexicon.as_ref();
    PrefixTable::from_bytes(
        &bundle.file(name)?,
        transducer,
        hash(&manifest.runtime.transducer).unwrap_or_default(),
        lexicon.and_then(|lexicon| hash(&lexicon.file)),
        &bundle.path().join(name),
    )
    .map(Some)
}
