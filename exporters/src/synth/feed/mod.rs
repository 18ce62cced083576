//! Samples to train a network on, as one stream: swipes of swipe files and synthetic ones, mixed,
//! augmented and featurized.
//!
//! Features come from core's featurizer, so training and decoding cannot diverge. Training itself
//! (`exporters/training`) does not know swipes. Sample `i` depends only on the options and `i`, so
//! a stream can be resumed at any sample, and the number of threads has no effect.

mod augment;
mod order;
mod recorded;
mod stream;

use std::fs::File;
use std::path::Path;

use swipekit::internals::features::{Features, Featurizer, FeaturizerSpec};
use swipekit::layout::Layout;
use swipekit::lexicon::Alphabet;
use swipekit::trace::{Point, Trace};

pub use augment::Augmentation;
pub use recorded::{ManifestSource, RecordedOptions};
pub use stream::{MAGIC, write};

use crate::files::FileError;
use crate::files::sha256;
use crate::swipes::layouts;
use crate::swipes::visits::key_size;
use crate::synth::error::Result;
use crate::synth::{Profile, Stream, Synth, SynthSwipe, WordOptions, Words};
use order::{AUGMENTATION, Order, Source};
use recorded::Recorded;

/// What each of the 37 features is multiplied by, so that all are of the order of one: found once
/// on synthetic swipes, and a part of every checkpoint that is trained with them.
pub const FEATURE_SCALE: [f32; 37] = [
    1.0, 1.0, 0.5, 0.2, 0.2, 0.2, 0.005, 0.003, 0.003, 0.5, 1.0, 1.0, 0.5, 4.0, 4.0, 4.0, 4.0, 4.0,
    1.0, 1.0, 1.0, 1.0, 5.0, 1.0, 5.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
];

/// Where synthetic swipes come from.
#[derive(Debug)]
pub struct SyntheticSource {
    /// What draws them.
    pub synth: Synth,
    /// Name of the word list, without folders.
    pub words: String,
    /// SHA-256 of the word list.
    pub sha256: String,
    /// How its words are drawn.
    pub word_options: WordOptions,
}

impl SyntheticSource {
    /// Synthetic swipes of the words of a prepared list (`word TAB frequency`), drawn with a feed's
    /// seed.
    ///
    /// # Errors
    /// Those of [`Words::read`] and [`Synth::new`].
    pub fn open(
        words: &Path,
        word_options: WordOptions,
        profile: Profile,
        layout: &Layout,
        seed: u64,
    ) -> Result<Self> {
        let failed = |source| FileError::read(words)(source);
        let sha256 = File::open(words)
            .and_then(|mut file| sha256::of_file(&mut file))
            .map_err(failed)?;
        let list = Words::read(words, word_options)?;
        Ok(Self {
            synth: Synth::new(layout, list, profile, seed)?,
            words: words
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            sha256,
            word_options,
        })
    }
}

/// What a feed holds.
#[derive(Debug)]
pub struct FeedOptions {
    /// The layout that all swipes are made on.
    pub layout: Layout,
    /// Recorded swipes.
    pub recorded: RecordedOptions,
    /// The source of synthetic swipes.
    pub synthetic: Option<SyntheticSource>,
    /// Share of recorded swipes among the samples. Ignored if there is only one source.
    pub share: f64,
    /// Augmentation of recorded swipes. Synthetic swipes are all different and are not augmented.
    pub augmentation: Augmentation,
    /// Give every recorded swipe once, in file order, without augmentation or synthetic swipes.
    pub once: bool,
    /// Seed of the order and of augmentation.
    pub seed: u64,
}

/// One sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Whether it was recorded, not synthetic.
    pub recorded: bool,
    /// Classes of the word's labels.
    pub labels: Vec<u8>,
    /// Number of rows T, one per sample of the path.
    pub frames: usize,
    /// Features, [T, 37] row-major, scaled.
    pub features: Vec<f32>,
}

/// Samples by their index.
#[derive(Debug)]
pub struct Feed {
    labels: Vec<String>,
    alphabet: Alphabet,
    featurizer: Featurizer,
    spec: FeaturizerSpec,
    key: [f64; 2],
    recorded: Recorded,
    options: FeedOptions,
}

impl Feed {
    /// Reads what `options` name.
    ///
    /// # Errors
    /// Those of the swipe files; [`FileError::Empty`] where there is nothing to feed; those of the
    /// layout.
    pub fn open(options: FeedOptions) -> Result<Self> {
        let area = options.layout.letter_area()?;
        let labels = layouts::letters(&options.layout);
        let alphabet = Alphabet::new(&labels);
        let key_centres = (labels.iter())
            .filter_map(|label| options.layout.key_centre(label.chars().next()?))
            .map(|[x, y]| area.normalize(x.into(), y.into()).map(|value| value as f32))
            .collect();
        let spec = FeaturizerSpec::kinematic37(key_centres, FEATURE_SCALE.to_vec());
        let key = key_size(&options.layout).unwrap_or([0.1, 1.0 / 3.0]);
        let recorded = Recorded::read(&options.recorded, &options.layout, &alphabet, key)?;
        if recorded.len() == 0 && (options.synthetic.is_none() || options.once) {
            let path = options.recorded.swipes.first().cloned().unwrap_or_default();
            return Err(FileError::Empty {
                path,
                what: "swipe to feed",
            }
            .into());
        }
        Ok(Self {
            featurizer: Featurizer::new(&spec)?,
            labels,
            alphabet,
            spec,
            key,
            recorded,
            options,
        })
    }

    /// The labels, in the order of the classes; the blank comes behind them.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The featurizer that features were made with.
    pub fn spec(&self) -> &FeaturizerSpec {
        &self.spec
    }

    /// Number of the sample behind the last: that of recorded swipes where each comes once.
    fn end(&self) -> u64 {
        if self.options.once {
            self.recorded.len() as u64
        } else {
            u64::MAX
        }
    }

    /// What draws samples: one for each thread.
    pub fn draws(&self) -> Draws<'_> {
        let share = match self.options.synthetic {
            None => 1.0,
            Some(_) => self.options.share,
        };
        Draws {
            feed: self,
            order: if self.options.once {
                Order::plain(self.recorded.len())
            } else {
                Order::new(self.options.seed, self.recorded.len(), share)
            },
            synthetic: SynthSwipe::default(),
            points: Vec::new(),
            trace: Trace::in_letter_area([]).expect("no point is refused"),
            features: Features::new(),
        }
    }
}

/// Draws the samples of a feed; keeps memory from sample to sample.
#[derive(Debug)]
pub struct Draws<'a> {
    feed: &'a Feed,
    order: Order,
    synthetic: SynthSwipe,
    points: Vec<Point>,
    trace: Trace,
    features: Features,
}

impl Draws<'_> {
    /// Replaces `sample` by the sample of this index.
    ///
    /// # Errors
    /// Those of [`Trace::extend`], where a synthetic swipe is no trace, which a sound profile does
    /// not give.
    pub fn sample(&mut self, index: u64, sample: &mut Sample) -> Result<()> {
        let feed = self.feed;
        self.points.clear();
        sample.labels.clear();
        match self.order.source(index) {
            Source::Recorded(at) => {
                let (labels, points) = feed.recorded.swipe(at);
                sample.recorded = true;
                sample.labels.extend_from_slice(labels);
                if feed.options.once {
                    self.points.extend(points);
                } else {
                    let points: Vec<Point> = points.collect();
                    let mut random = Stream::new(feed.options.seed, AUGMENTATION, index);
                    feed.options.augmentation.vary(
                        &points,
                        feed.key,
                        &mut random,
                        &mut self.points,
                    );
                }
            }
            Source::Synthetic(at) => {
                let Some(source) = &feed.options.synthetic else {
                    return Err(FileError::Empty {
                        path: "the feed".into(),
                        what: "source of synthetic swipes",
                    }
                    .into());
                };
                source.synth.swipe(at, &mut self.synthetic);
                sample.recorded = false;
                let labels = feed.alphabet.fold(&self.synthetic.word);
                sample.labels.extend(labels.unwrap_or_default());
                let points = self.synthetic.points.iter();
                self.points
                    .extend(points.map(|&(x, y, t)| Point::new(x, y, t)));
            }
        }
        // A tap: it lasts as long as one reading of the screen.
        if let [tap] = self.points[..] {
            self.points.push(Point::new(tap.x, tap.y, tap.t + 16.0));
        }
        self.trace.clear();
        self.trace.extend(&self.points)?;
        sample.frames = feed.featurizer.features(&self.trace, &mut self.features);
        let data = self.features.data();
        sample.features.clear();
        sample.features.reserve(data.len());
        for frame in 0..sample.frames {
            let column = data.iter().skip(frame).step_by(sample.frames);
            sample.features.extend(column);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
