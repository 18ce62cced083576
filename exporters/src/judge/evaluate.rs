//! Accuracy and speed of a bundle on a swipe file.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use swipekit::DecoderOptions;
use swipekit::{Decoded, Engine, Gesture, Limits};

use crate::arguments::at_least_one;
use crate::files::FileError;
use crate::judge::accuracy::{Accuracy, FOLDING, Judge, Length, Outcome, Tops};
use crate::judge::compare::AccuracyDifference;
use crate::judge::error::Result;
use crate::judge::machine::resident_mib;
use crate::judge::times::Times;
use crate::statistics::Reliability;
use crate::swipes::{Swipe, Swipes};
use crate::words::language_model::Cursor;

/// Options of [`evaluate`].
#[derive(Clone, Debug, Default, clap::Args)]
#[group(id = "EvaluateOptions")]
pub struct Options {
    /// Decode only the first N swipes. Default: all.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// Decoder options. `None`: the engine's.
    #[arg(skip)]
    pub decoder: Option<DecoderOptions>,
    /// Give the preceding words of each swipe's prompt to the language model. All swipes are
    /// decoded without them too, for comparison.
    #[arg(long)]
    pub context: bool,
}

/// Effect of the context.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContextEffect {
    /// Number of swipes whose prompt contains their word, so that the context is known. At the
    /// start of a sentence, the context is the start.
    pub swipes: usize,
    /// Median time to look the context up, in milliseconds.
    pub lookup_ms_p50: f64,
    /// Accuracy without context.
    pub without: Accuracy,
    /// Accuracy with context minus that without.
    pub difference: AccuracyDifference,
}

/// Accuracy and speed on a swipe file. Shares are percentages of all swipes, counted as in
/// [`crate::judge::accuracy`]. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Swipes.
    pub n: usize,
    /// Swipes whose target is not in the lexicon.
    pub oov: f64,
    /// The target is the best candidate.
    pub top1: f64,
    /// The target is among the best three.
    pub top3: f64,
    /// The target is among the best five.
    pub top5: f64,
    /// The target is the best candidate, for targets of up to three letters.
    pub top1_short: f64,
    /// The target is the best candidate, for targets of four letters and more.
    pub top1_long: f64,
    /// Greedy decoding without the lexicon spells the target.
    pub greedy: f64,
    /// The same for the swipes whose target is in the lexicon.
    pub known: Tops,
    /// The same by deviation.
    pub by_deviation: Vec<Tops>,
    /// Expected calibration error of the best candidates' confidence, 0 to 1, over 15 bins.
    pub ece: f64,
    /// Swipes with a target of up to three letters.
    pub n_short: usize,
    /// Median time of a swipe, from points to candidates.
    pub ms_p50: f64,
    /// 90th percentile.
    pub ms_p90: f64,
    /// 99th percentile.
    pub ms_p99: f64,
    /// Median time of the encoder.
    pub encoder_ms_p50: f64,
    /// Median time of the search: everything after the encoder.
    pub search_ms_p50: f64,
    /// Resident memory of the process at the end, in MiB.
    pub rss_mb: f64,
    /// Effect of the context, if it was used. All figures above are with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextEffect>,
    /// What ran the encoder, with its version.
    pub runtime: String,
    /// How targets are compared.
    pub folding: &'static str,
}

/// Decodes the swipes of `swipe_file` and compares. `progress` is called with the number of decoded
/// swipes.
///
/// # Errors
/// Those of reading the file and of decoding; [`FileError::Empty`] if there is no swipe;
/// [`swipekit::Error::Invalid`] for context without a language model.
pub fn evaluate(
    engine: &Engine,
    swipe_file: &Path,
    options: &Options,
    mut progress: impl FnMut(usize),
) -> Result<Evaluation> {
    if options.context && engine.language_model().is_none() {
        return Err(swipekit::Error::invalid(
            "the words before a swipe",
            "a language model, of the bundle or given",
            "none",
        )
        .into());
    }
    let mut session = engine.session();
    let judge = Judge::new(&engine.manifest().vocabulary.labels, engine.lexicon());
    let decoder = options.decoder.as_ref().unwrap_or(engine.options());
    let mut counts = Counts::default();
    let mut context = options.context.then(Contexts::default);
    for swipe in Swipes::open(swipe_file)?.take(options.limit.unwrap_or(usize::MAX)) {
        let swipe = swipe?;
        if let Some(context) = &mut context {
            let gesture = session.encode(&swipe.trace, &Limits::default())?;
            context.baseline.add(&judge, gesture, &swipe, decoder)?;
        }
        let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
        if let Some(context) = &mut context {
            gesture = context.follow(gesture, &swipe);
        }
        counts.add(&judge, gesture, &swipe, decoder)?;
        progress(counts.outcomes.len());
    }
    if counts.outcomes.is_empty() {
        return Err(FileError::Empty {
            path: swipe_file.to_path_buf(),
            what: "swipes",
        }
        .into());
    }
    let effect = context.map(|context| context.effect(&counts.outcomes));
    Ok(counts.summary(engine.runtime().to_string(), effect))
}

/// The context of each swipe, and the results without it.
#[derive(Default)]
struct Contexts {
    cursor: Cursor,
    swipes: usize,
    lookup: Vec<Duration>,
    baseline: Counts,
}

impl Contexts {
    /// The gesture of `swipe` with its context.
    fn follow<'s>(&mut self, gesture: Gesture<'s>, swipe: &Swipe) -> Gesture<'s> {
        let Some(words) = self.cursor.context(swipe) else {
            return gesture;
        };
        let start = Instant::now();
        let gesture = gesture.with_context(&words);
        self.lookup.push(start.elapsed());
        self.swipes += 1;
        gesture
    }

    fn effect(self, outcomes: &[Outcome]) -> ContextEffect {
        ContextEffect {
            swipes: self.swipes,
            lookup_ms_p50: Times::of(self.lookup).p50,
            without: Accuracy::of(&self.baseline.outcomes),
            difference: AccuracyDifference::of(&self.baseline.outcomes, outcomes),
        }
    }
}

#[derive(Default)]
struct Counts {
    outcomes: Vec<Outcome>,
    deviations: Vec<Option<f64>>,
    total: Vec<Duration>,
    encoder: Vec<Duration>,
    search: Vec<Duration>,
    /// Confidence of each swipe's best candidate, 0 without one.
    confidences: Vec<f64>,
}

impl Counts {
    fn add(
        &mut self,
        judge: &Judge<'_>,
        mut gesture: Gesture<'_>,
        swipe: &Swipe,
        options: &DecoderOptions,
    ) -> Result<()> {
        let Decoded {
            candidates,
            timings,
            ..
        } = gesture.words(options)?;
        self.total.push(timings.total());
        self.encoder.push(timings.encoder);
        self.search.push(timings.search);
        let greedy = gesture.greedy()?;
        let confidence = candidates.first().map_or(0.0, |best| best.confidence);
        self.confidences.push(confidence);
        self.deviations.push(swipe.deviation);
        self.outcomes
            .push(judge.outcome(&swipe.word, &candidates, &greedy));
        Ok(())
    }

    fn summary(self, runtime: String, context: Option<ContextEffect>) -> Evaluation {
        let accuracy = Accuracy::of(&self.outcomes);
        let class = |letters| accuracy.of_length(letters);
        let hits = self.outcomes.iter().map(|outcome| outcome.within(1));
        let confidences = self.confidences.iter().copied().zip(hits);
        let total = Times::of(self.total);
        Evaluation {
            n: accuracy.n,
            oov: accuracy.oov,
            top1: accuracy.top1,
            top3: accuracy.top3,
            top5: accuracy.top5,
            top1_short: class(Length::UpTo3).map_or(0.0, |class| class.top1),
            top1_long: class(Length::From4).map_or(0.0, |class| class.top1),
            greedy: accuracy.greedy,
            known: Tops::of(
                "target in the lexicon",
                self.outcomes.iter().filter(|outcome| outcome.known),
            ),
            by_deviation: Tops::by_deviation(&self.outcomes, &self.deviations),
            ece: Reliability::of(confidences).ece,
            n_short: class(Length::UpTo3).map_or(0, |class| class.n),
            ms_p50: total.p50,
            ms_p90: total.p90,
            ms_p99: total.p99,
            encoder_ms_p50: Times::of(self.encoder).p50,
            search_ms_p50: Times::of(self.search).p50,
            rss_mb: resident_mib(),
            context,
            runtime,
            folding: FOLDING,
        }
    }
}
