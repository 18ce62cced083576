//! The swipes for calibration and for measuring the loss of quantization.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use swipekit::internals::features::{Features, Featurizer};
use swipekit::lexicon::Alphabet;

use super::options::{Quantization, Source};
use super::shared::SharedParts;
use crate::error::Result;
use crate::quantize::QuantizeError;
use crate::quantize::calibrate::{EncoderInput, Method};
use crate::quantize::probe;
use crate::quantize::probe::{Judge, Target};
use crate::random::Random;
use crate::swipes::sample;
use crate::synth::samples;
use crate::words::lexicon;

/// What a bundle was calibrated on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationReport {
    /// File name of the swipe file, or `synthetic`.
    pub source: String,
    /// SHA-256 of the swipe file.
    pub sha256: Option<String>,
    /// Number of swipes.
    pub swipes: usize,
    /// Swipes per batch.
    pub batch_size: usize,
    /// How ranges were computed, if the recipe is static.
    pub method: Method,
    /// Words that the swipes were decoded with: `bundle` for the bundle's lexicon, `swipes` for
    /// the swipes' own words.
    pub words: &'static str,
}

impl CalibrationReport {
    /// A one-line summary for a manifest.
    pub fn line(&self) -> String {
        let hash = self.sha256.as_ref().map(|hash| format!(", SHA-256 {hash}"));
        format!(
            "{}: {} swipes{}",
            self.source,
            self.swipes,
            hash.unwrap_or_default()
        )
    }
}

/// Calibration swipes, ready to run.
#[derive(Debug)]
pub(super) struct Calibration {
    targets: Arc<Vec<Target>>,
    pub(super) swipes: Vec<EncoderInput>,
    pub(super) judge: Judge,
    pub(super) report: CalibrationReport,
}

impl Calibration {
    /// Takes swipes spread evenly over the source.
    pub(super) fn new(
        source: &Source,
        quantization: &Quantization,
        shared: &SharedParts,
        threads: usize,
    ) -> Result<Self> {
        let Quantization {
            batches,
            batch_size,
            method,
            ..
        } = *quantization;
        let count = batches.saturating_mul(batch_size);
        let manifest = &shared.manifest;
        let labels = &manifest.vocabulary.labels;
        let (name, sha256, mut swipes) = match source {
            Source::Swipes(path) => {
                let sample = sample::read(path, Some(count), false)?;
                let pairs = sample.swipes.into_iter();
                let pairs = pairs.map(|swipe| (swipe.word, swipe.trace));
                let pairs: Vec<_> = pairs.collect();
                (file_name(path), Some(sample.sha256), pairs)
            }
            Source::Synthetic => {
                let mut random = Random::new(samples::SAMPLE_SEED);
                let words = samples::SAMPLE_WORDS.iter().cycle().take(count);
                let swipes = words.filter_map(|word| {
                    Some(((*word).to_owned(), samples::trace(word, &mut random)?))
                });
                ("synthetic".to_owned(), None, swipes.collect())
            }
        };
        swipes.retain(|(_, trace)| trace.len() > 1);
        if swipes.is_empty() {
            return Err(QuantizeError::NoSwipes { path: name.into() }.into());
        }

        let alphabet = Alphabet::new(labels);
        let featurizer = Featurizer::new(&manifest.featurizer)?;
        let targets: Vec<Target> = swipes
            .iter()
            .map(|(word, trace)| Target {
                input: features(&featurizer, trace),
                key: alphabet.fold(word).ok(),
            })
            .collect();
        let (lexicon, words) = match &shared.lexicon {
            Some(lexicon) => (lexicon.clone(), "bundle"),
            None => {
                let words = swipes.iter().map(|(word, _)| word.as_str());
                (lexicon::of_words(words, labels)?, "swipes")
            }
        };
        Ok(Self {
            swipes: targets.iter().map(|target| target.input.clone()).collect(),
            judge: Judge {
                model: manifest.model.clone(),
                transducer: Arc::new(shared.transducer()?),
                lexicon: Arc::new(lexicon),
                alphabet,
                options: manifest.presets.get("default").cloned().unwrap_or_default(),
                threads,
            },
            report: CalibrationReport {
                source: name,
                sha256,
                swipes: targets.len(),
                batch_size,
                method,
                words,
            },
            targets: Arc::new(targets),
        })
    }

    /// The FP32 encoder's outcomes, the baseline for others.
    pub(super) fn probe(&self, fp32: &[u8]) -> Result<probe::Probe> {
        Ok(probe::Probe::new(
            self.judge.clone(),
            Arc::clone(&self.targets),
            fp32,
        )?)
    }
}

/// Features of a trace.
pub(super) fn features(featurizer: &Featurizer, trace: &swipekit::Trace) -> EncoderInput {
    let mut features = Features::new();
    let samples = featurizer.features(trace, &mut features);
    EncoderInput {
        features: features.data().to_vec(),
        samples,
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
