//! Frames become words.
//!
//! [`Decoder`] searches the lexicon; [`greedy()`] and [`SpellingSearch`] decode without one;
//! [`log_likelihood`] scores one label sequence exactly. All take encoder frames that have been
//! projected into the joint's space
//! ([`Joint::project_encoder`](crate::transducer::Joint::project_encoder)).

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

/// Memory of the prefixes that a decoder remembers between swipes, in bytes, where nothing else is
/// asked for.
pub const PREFIX_BYTES: usize = 7 << 18;

/// A word that a swipe may mean.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// The word in its display form.
    pub word: String,
    /// log P(word's labels | swipe), natural logarithm, summed over alignments. Of a word that the
    /// path may become ([`DecoderOptions::continuation`]): that of its prefixes, each letter to
    /// come at its cost.
    pub log_probability: f64,
    /// The word's log prior, natural logarithm: that of its likeliest layer, with what the user's
    /// boosts and choices add.
    pub log_prior: f64,
    /// log P(word's labels) of the network's internal language model, natural logarithm: what it
    /// expects without a swipe. Of a word that the path may become
    /// ([`DecoderOptions::continuation`]) only the labels that the beam holds.
    pub internal_lm: f64,
    /// How much likelier the words before the swipe make this one, in nats: see
    /// [`LanguageModel::gain`](crate::language_model::LanguageModel::gain). 0 where none were
    /// given, and from -10 to 10.
    pub language_model: f64,
    /// What the path says of the word's keys, in nats:
    /// [`GeometryWeights::term`](crate::geometry::GeometryWeights::term). 0 where the options ask
    /// for no geometric evidence, and of a decoder that is given frames alone.
    pub geometry: f64,
    /// What candidates are ordered by: `log_probability + prior_weight * log_prior + length_reward
    /// * labels
    /// - internal_lm_weight * internal_lm + language_model_weight * language_model + geometry`.
    pub score: f64,
    /// How likely it is that this word was meant, 0 to 1: exp(score / T) as a share of that of all
    /// words which the search completed and, where the options have a score for it, of another
    /// word. What the confidences of a list lack to 1 is for words that are not in it. It is a
    /// probability as far as the options were fitted (`swipekit tune confidence`). With
    /// [`DecoderOptions::continuation`] it is a share of the best words and those that the path may
    /// become.
    pub confidence: f64,
}

/// The beam search of one session over lexicons and a user's words.
///
/// It remembers the prefixes that it has met, so it is worth keeping between swipes; results do not
/// depend on that.
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

/// A completed word form before the best are made into candidates.
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
    /// A decoder of `lexicon`'s words, which has run the prediction network for the `warm` prefixes
    /// of greatest prior.
    ///
    /// # Errors
    /// None that a sound model and lexicon give.
    pub fn new(
        transducer: Arc<PredictionJoint>,
        lexicon: Arc<Lexicon>,
        warm: usize,
    ) -> Result<Self> {
        let layers = LexiconStack::new(vec![Layer::new(Lexicon::clone(&lexicon))])?;
        Self::with_layers(transducer, layers, warm)
    }

    /// As [`new`](Self::new), of all words of `layers`.
    ///
    /// # Errors
    /// None that a sound model and sound lexicons give.
    pub fn with_layers(
        transducer: Arc<PredictionJoint>,
        layers: LexiconStack,
        warm: usize,
    ) -> Result<Self> {
        let table = Arc::new(PrefixTable::compute(&transducer, &layers, warm)?);
        Ok(Self::with_table(transducer, layers, table))
    }

    /// As [`with_layers`](Self::with_layers), with a table of prefixes that was made for the same
    /// transducer, for whatever words.
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

    /// Sets how much memory prefixes may take that are remembered between swipes, in bytes,
    /// [`PREFIX_BYTES`] at first. Those that swipes met longest ago are forgotten first. One swipe
    /// may take more while it is decoded, and what it took is kept for others.
    pub fn set_prefix_bytes(&mut self, bytes: usize) {
        self.prefix_bytes = bytes;
    }

    /// Takes the user's words as `layers`, of the same lexicons, has them.
    pub(crate) fn set_layers(&mut self, layers: LexiconStack) {
        self.layers = layers;
    }

    /// The words that projected encoder frames `[T', J]` may mean, best first; words of equal score
    /// in their byte order.
    ///
    /// # Errors
    /// None that a sound model and lexicon give.
    pub fn decode(&mut self, frames: &[f32], options: &DecoderOptions) -> Result<Vec<Candidate>> {
        self.decode_until(frames, options, &Evidence::default(), &mut || Ok(false))
            .map(|(candidates, _)| candidates)
    }

    /// As [`decode`](Self::decode), with other evidence, until `reached` says before a frame that a
    /// limit is: with the words that the frames so far mean. Returns besides whether all frames
    /// were worked off.
    ///
    /// # Errors
    /// What `reached` gives; the next decode is as if this one had not been.
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
        // A path of which no frame was read may become anything.
        if let Some(cost) = options.continuation.filter(|_| done > 0) {
            self.add_continuations(&mut candidates, options, evidence, cost.into());
        }
        Ok((candidates, done * width >= frames.len()))
    }

    /// Where the search ended within words only, as for a path that breaks off, each prefix of the
    /// beam stands for its most frequent word, scored exactly.
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

    /// Gives back the memory of prefixes met since the start.
    pub fn forget(&mut self) {
        self.tree.clear();
    }

    /// Scores of all words that the last search completed, in no order.
    pub fn scores(&self) -> impl Iterator<Item = f64> {
        self.scored.iter().map(|scored| scored.score)
    }

    /// Bytes of the prefixes that the decoder remembers, without the table that it shares.
    pub fn bytes(&self) -> usize {
        self.tree.bytes()
    }

    /// Number of prefixes that the decoder remembers; those that it found in the table are not
    /// counted.
    pub fn prefixes(&self) -> usize {
        self.tree.own_rows()
    }

    /// The prefixes that the prediction network has run for already.
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
        // A path that goes on says nothing yet of a word's last keys.
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
        // Ties across the cut are settled by the words as well.
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

    /// Adds to the scores, which are sorted, what `path` says of the best words. All others are
    /// given the least that one of these was given: they keep their order and pass none that was
    /// measured, and confidences are shares of scores of one kind.
    fn add_geometry(&mut self, options: &GeometryOptions, path: &GesturePath) {
        // Ties across the cut are all measured, so that none depends on the order of equal scores.
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
            // Words without a key on the keyboard have no place on it: they count as the others.
            scored.geometry =
                features.map_or(f64::INFINITY, |features| options.weights.term(&features));
            least = least.min(scored.geometry);
        }
        if least == f64::INFINITY {
            least = 0.0;
        }
        for scored in best.iter_mut().chain(others) {
            // Of the best those without a key, and all others.
            if scored.geometry == f64::INFINITY || scored.score < last {
                scored.geometry = least;
            }
            scored.score += scored.geometry;
        }
        self.sort();
    }
}
