//! The search alone, of encoder frames that were computed elsewhere.

use std::path::Path;
use std::sync::Arc;

use swipekit::internals::bundle::Bundle;
use swipekit::internals::decoder::Decoder;
use swipekit::internals::transducer::{JointScratch, PredictionJoint};
use swipekit::lexicon::Lexicon;
use swipekit::{Candidate, Error};

use crate::error::{Failure, Result};

/// The words of encoder frames `[T', D]` with the network, the lexicon and the default preset of
/// the bundle at `path`. No runtime is needed, and there is no path of a finger: geometric evidence
/// is left out.
///
/// # Errors
/// Those of opening a bundle, and of frames that are not of the network's width.
pub fn frames(path: &Path, frames: &[f32]) -> Result<Vec<Candidate>> {
    let bundle = Bundle::open(path)?;
    let manifest = bundle.manifest();
    let weights = bundle.file(&manifest.runtime.transducer)?;
    let transducer = PredictionJoint::new(&weights, &manifest.model, &manifest.vocabulary)?;
    let Some(spec) = &manifest.lexicon else {
        return Err(Failure::argument(
            "the bundle",
            "one with a lexicon",
            "one without",
        ));
    };
    let lexicon = Lexicon::from_bytes(
        bundle.file(&spec.file)?,
        &manifest.vocabulary.labels,
        bundle.path().join(&spec.file),
    )?;
    let options = manifest.presets.get("default").cloned().unwrap_or_default();
    let width = manifest.model.encoder;
    if !frames.len().is_multiple_of(width) {
        return Err(Error::Shape {
            what: "the encoder's frames".to_owned(),
            expected: vec![frames.len() / width, width],
            got: vec![frames.len()],
        }
        .into());
    }
    if frames.iter().any(|value| !value.is_finite()) {
        return Err(Error::NotFinite {
            what: "the encoder's frames",
        }
        .into());
    }
    let transducer = Arc::new(transducer);
    let mut projected = Vec::new();
    transducer
        .joint
        .project_encoder(frames, &mut projected, &mut JointScratch::default())?;
    let mut decoder = Decoder::new(Arc::clone(&transducer), Arc::new(lexicon), 0)?;
    Ok(decoder.decode(&projected, &options)?)
}
