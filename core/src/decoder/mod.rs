//! Turns frames into words.
//!
//! [`Decoder`] searches the lexicon; [`greedy()`] and [`SpellingSearch`] decode without one;
//! [`log_likelihood`] scores one label sequence exactly. All take encoder frames projected into the
//! joint's space ([`Joint::project_encoder`](crate::transducer::Joint::project_encoder)).

mod beam;
mod continuations;
#[cfg(test)]
mod continuations_tests;
pub(crate) mod evidence;
mod explain;
#[cfg(test)]
mod explain_tests;
mod forward;
#[cfg(test)]
mod geometry_tests;
mod greedy;
#[cfg(test)]
mod layers_tests;
mod log;
mod prefixes;
#[cfg(test)]
mod prefixes_tests;
#[cfg(test)]
mod relabelled_tests;
mod rows;
mod spellings;
#[cfg(test)]
mod spellings_tests;
#[cfg(test)]
mod tests;
mod tree;
mod warm;
mod watch;
mod waves;

use std::sync::Arc;

pub use explain::{Explanation, Fate, Report};
pub use forward::{internal_log_probability, log_likelihood};
pub use greedy::{Greedy, greedy};
pub use prefixes::{MAX_PREFIXES, PrefixTable};
pub(crate) use spellings::text as spelling_text;
pub use spellings::{Spelling, SpellingSearch};

pub use crate::options::{DecoderOptions, LANGUAGE_MODEL_WEIGHT};

use crate::error::Result;
use crate::geometry::{GeometryOptions, GesturePath, Matcher};
use crate::lexicon::{Layer, Lexicon, LexiconStack};
use crate::transducer::PredictionJoint;
use beam::{BeamSearch, Completed, Model};
use evidence::Evidence;
use tree::PrefixTree;

/// Default memory for the prefixes that a decoder keeps between swipes, in bytes.
pub const PREFIX_BYTES: usize = 7 << 18;

/// A word that a swipe may mean.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// The word in its display form.
    pub word: String,
    /// log P(word's labels | swipe), natural logarithm, summed over alignments. For a continuation
    /// ([`DecoderOptions::continuation`]) it is that of its prefixes, less the cost of each letter
    /// to come.
    pub log_probability: f64,
    /// The word's log prior, natural logarithm, from its likeliest layer; the user's boosts and
    /// choices are included.
    pub log_prior: f64,
    /// log P(word's labels) of the network's internal language model, natural logarithm. For a
    /// continuation ([`DecoderOptions::continuation`]) it covers only the labels that the beam
    /// holds.
    pub internal_lm: f64,
    /// How much likelier the words before the swipe make this one, in nats, from -10 to 10; see
    /// [`LanguageModel::gain`](crate::language_model::LanguageModel::gain). 0 where none were
    /// given.
    pub language_model: f64,
    /// The term of the path's fit to the word's keys, in nats:
    /// [`GeometryWeights::term`](crate::geometry::GeometryWeights::term). 0 where the options
    /// request no geometric evidence or the decoder has frames only.
    pub geometry: f64,
    /// The value that orders candidates:
    ///
    /// ```text
    /// log_probability + prior_weight * log_prior + length_reward * labels
    ///     - internal_lm_weight * internal_lm + language_model_weight * language_model + geometry
    /// ```
    pub score: f64,
    /// The probability that this word was meant, 0 to 1: its share of exp(score / T), T the
    /// temperature, among all words that the search completed and, where the options give it a
    /// score, another word. The confidences of a list sum to at most 1; the rest belongs to words
    /// outside it. It is a probability as far as the options were fitted
    /// (`swipekit tune confidence`). With [`DecoderOptions::continuation`] the share is among the
    /// best words and the continuations.
    pub confidence: f64,
}

/// The beam search of one session over lexicons and a user's words.
///
/// It keeps the prefixes that it has met, so reuse it between swipes for speed. Results do not
/// depend on what it has kept.
#[derive(Clone, Debug)]
pub struct Decoder {
    transducer: Arc<PredictionJoint>,
    layers: LexiconStack,
    tree: PrefixTree,
    prefix_bytes: usize,
    search: BeamSearch,
    completed: Vec<Completed>,
    scored: Vec<Scored>,
    key: Vec<u8>,
    matcher: Matcher,
}

/// A form of a completed word, before the best become candidates.
#[derive(Clone, Debug)]
struct Scored {
    score: f64,
    completed: Completed,
    log_prior: f64,
    language_model: f64,
    geometry: f64,
    /// Index among the forms of its key.
    form: u32,
}

impl Decoder {
    /// A decoder for `lexicon`'s words. It runs the prediction network for the `warm` prefixes with
    /// the greatest prior.
    ///
    /// # Errors
    /// None with a valid model and lexicon.
    pub fn new(
        transducer: Arc<PredictionJoint>,
        lexicon: Arc<Lexicon>,
        warm: usize,
    ) -> Result<Self> {
        let layers = LexiconStack::new(vec![Layer::new(Lexicon::clone(&lexicon))])?;
        Self::with_layers(transducer, layers, warm)
    }

    /// As [`new`](Self::new), for all words of `layers`.
    ///
    /// # Errors
    /// None with a valid model and valid lexicons.
    pub fn with_layers(
        transducer: Arc<PredictionJoint>,
        layers: LexiconStack,
        warm: usize,
    ) -> Result<Self> {
        let table = Arc::new(PrefixTable::compute(&transducer, &layers, warm)?);
        Ok(Self::with_table(transducer, layers, table))
    }

    /// As [`with_layers`](Self::with_layers), with a table of prefixes computed for the same
    /// transducer. The table's words may differ.
    pub fn with_table(
        transducer: Arc<PredictionJoint>,
        layers: LexiconStack,
        table: Arc<PrefixTable>,
    ) -> Self {
        Self {
            tree: PrefixTree::new(&layers, table),
            transducer,
            layers,
            prefix_bytes: PREFIX_BYTES,
            search: BeamSearch::default(),
            completed: Vec::new(),
            scored: Vec::new(),
            key: Vec::new(),
            matcher: Matcher::new(),
        }
    }

    /// Sets the memory for prefixes kept between swipes, in bytes; [`PREFIX_BYTES`] by default. The
    /// prefixes that swipes met longest ago are removed first. One swipe may exceed the limit while
    /// it is decoded, and its memory stays allocated.
    pub fn set_prefix_bytes(&mut self, bytes: usize) {
        self.prefix_bytes = bytes;
    }

    /// Replaces the user's words with those of `layers`, which must have the same lexicons.
    pub(crate) fn set_layers(&mut self, layers: LexiconStack) {
        self.layers = layers;
    }

    /// Decodes projected encoder frames `[T', J]` to words, best first; words of equal score are in
    /// byte order.
    ///
    /// # Errors
    /// None with a valid model and lexicon.
    pub fn decode(&mut self, frames: &[f32], options: &DecoderOptions) -> Result<Vec<Candidate>> {
        self.decode_until(frames, options, &Evidence::default(), &mut || Ok(false))
            .map(|(candidates, _)| candidates)
    }

    /// As [`decode`](Self::decode), with more evidence, until `reached` reports a limit before a
    /// frame. The words are then those of the frames so far. Also returns whether all frames were
    /// processed.
    ///
    /// # Errors
    /// Those of `reached`; they do not affect the next decode.
    pub(crate) fn decode_until(
        &mut self,
        frames: &[f32],
        options: &DecoderOptions,
        evidence: &Evidence<'_>,
        reached: &mut dyn FnMut() -> Result<bool>,
    ) -> Result<(Vec<Candidate>, bool)> {
        self.tree.begin(self.prefix_bytes);
        self.tree.relink(&self.layers);
        let model = Model {
            transducer: &self.transducer,
            layers: &self.layers,
        };
        let width = self.transducer.joint.width();
        let done = self.search.run(
            model,
            &mut self.tree,
            frames,
            options,
            reached,
            &mut self.completed,
        )?;
        if self.completed.is_empty() && options.continuation.is_none() {
            self.complete_prefixes(&frames[..done * width])?;
        }
        let mut candidates = self.candidates(options, evidence);
        // Without a processed frame, any word is a continuation.
        if let Some(cost) = options.continuation.filter(|_| done > 0) {
            self.add_continuations(&mut candidates, options, evidence, cost.into());
        }
        Ok((candidates, done * width >= frames.len()))
    }

    /// Where the search completed no word, as for a path that breaks off, takes the most frequent
    /// word of each prefix in the beam and scores it exactly.
    fn complete_prefixes(&mut self, frames: &[f32]) -> Result<()> {
        for index in 0..self.search.prefixes().len() {
            let (prefix, _) = self.search.prefixes()[index];
            let Some(node) = self
                .tree
                .best_word(&self.layers, &self.transducer, prefix)?
            else {
                continue;
            };
            if self
                .completed
                .iter()
                .any(|completed| completed.node == node)
            {
                continue;
            }
            self.tree.labels(node, &mut self.key);
            let log_probability = log_likelihood(&self.transducer, frames, &self.key)?;
            if log_probability > log::ZERO {
                self.completed.push(Completed {
                    node,
                    log_probability,
                });
            }
        }
        Ok(())
    }

    /// Frees the memory of the prefixes met since the start.
    pub fn forget(&mut self) {
        self.tree.clear();
    }

    /// Scores of all words that the last search completed, in no order.
    pub fn scores(&self) -> impl Iterator<Item = f64> {
        self.scored.iter().map(|scored| scored.score)
    }

    /// Bytes of the kept prefixes, without the shared table.
    pub fn bytes(&self) -> usize {
        self.tree.bytes()
    }

    /// Number of kept prefixes, without those of the table.
    pub fn prefixes(&self) -> usize {
        self.tree.own_rows()
    }

    /// The prefixes that the prediction network has already run for.
    pub fn table(&self) -> &PrefixTable {
        self.tree.table()
    }

    /// The words.
    pub fn layers(&self) -> &LexiconStack {
        &self.layers
    }

    fn candidates(&mut self, options: &DecoderOptions, evidence: &Evidence<'_>) -> Vec<Candidate> {
        let language_model_weight = f64::from(options.language_model_weight);
        self.scored.clear();
        for completed in &self.completed {
            self.tree.labels(completed.node, &mut self.key);
            let node = self.tree.node(completed.node);
            let (internal_lm, labels) = (f64::from(node.internal_lm), usize::from(node.depth));
            let user = self.tree.user(completed.node);
            for (form, (word, cost)) in (0..).zip(self.layers.forms(&self.key, user)) {
                let log_prior = -f64::from(cost);
                let language_model = evidence.language_model(&word, options);
                let score =
                    options.score(completed.log_probability, log_prior, internal_lm, labels)
                        + language_model_weight * language_model;
                self.scored.push(Scored {
                    score,
                    completed: *completed,
                    log_prior,
                    language_model,
                    geometry: 0.0,
                    form,
                });
            }
        }
        self.sort();
        // An unfinished path has no evidence for a word's last keys.
        if let (Some(geometry), Some(path), None) =
            (&options.geometry, evidence.geometry, options.continuation)
        {
            self.add_geometry(geometry, path);
        }
        let temperature = f64::from(options.temperature);
        let other = options.other_score.map_or(log::ZERO, f64::from);
        let total = self
            .scored
            .iter()
            .rev()
            .fold(other / temperature, |sum, scored| {
                log::add(sum, scored.score / temperature)
            });
        // The words also settle ties across the cut.
        let last = self
            .scored
            .get(options.candidates.saturating_sub(1))
            .map_or(log::ZERO, |scored| scored.score);
        let mut candidates = Vec::with_capacity(options.candidates.min(self.scored.len()));
        for scored in self.scored.iter().take_while(|scored| scored.score >= last) {
            self.tree.labels(scored.completed.node, &mut self.key);
            let user = self.tree.user(scored.completed.node);
            let forms = self.layers.forms(&self.key, user);
            let Some((word, _)) = forms.into_iter().nth(scored.form as usize) else {
                continue;
            };
            candidates.push(Candidate {
                word: word.into_owned(),
                log_probability: scored.completed.log_probability,
                log_prior: scored.log_prior,
                internal_lm: self.tree.node(scored.completed.node).internal_lm.into(),
                language_model: scored.language_model,
                geometry: scored.geometry,
                score: scored.score,
                confidence: libm::exp(scored.score / temperature - total),
            });
        }
        candidates.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.word.cmp(&b.word))
        });
        candidates.truncate(options.candidates);
        candidates
    }

    fn sort(&mut self) {
        self.scored
            .sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    }

    /// Adds the geometric terms of the best words to the sorted scores. All other words get the
    /// least of these terms: they keep their order, none passes a measured word, and all
    /// confidences are shares of comparable scores.
    fn add_geometry(&mut self, options: &GeometryOptions, path: &GesturePath) {
        // All words that tie at the cut are measured, so the result does not depend on the order of
        // equal scores.
        let Some(last) = options.words.checked_sub(1) else {
            return;
        };
        let last = self
            .scored
            .get(last)
            .map_or(log::ZERO, |scored| scored.score);
        let best = self.scored.partition_point(|scored| scored.score >= last);
        let (best, others) = self.scored.split_at_mut(best);
        let mut least = f64::INFINITY;
        for scored in best.iter_mut() {
            self.tree.labels(scored.completed.node, &mut self.key);
            let features = self.matcher.features(path, &self.key);
            // Words without a key on the keyboard get the least term, like those not measured.
            scored.geometry =
                features.map_or(f64::INFINITY, |features| options.weights.term(&features));
            least = least.min(scored.geometry);
        }
        if least == f64::INFINITY {
            least = 0.0;
        }
        for scored in best.iter_mut().chain(others) {
            // The best words without a key, and all other words.
            if scored.geometry == f64::INFINITY || scored.score < last {
                scored.geometry = least;
            }
            scored.score += scored.geometry;
        }
        self.sort();
    }
}
