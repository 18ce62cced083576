//! `runtime_meta.json`: the description of the model that the seed's decoders read, with the true
//! numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use swipekit::internals::bundle::Manifest;
use swipekit::internals::bundle::manifest::{ModelSpec, Vocabulary};

/// Name that the blank gets among the tokens; a label may be called `<blank>` without being it.
const BLANK_TOKEN: &str = "<blk>";
/// Label that stands for an unknown character.
const UNKNOWN_LABEL: &str = "<unk>";

/// The content of `runtime_meta.json`.
///
/// The field names are the seed's. Its numbers were wrong: it named class 0 the blank because a
/// label is spelt `<blank>`, left the true blank out of `vocab_size`, and had no start of sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeMeta {
    /// Name of every output class in order, the blank last.
    pub tokens: Vec<String>,
    /// Class of the blank: the number of labels.
    pub blank_id: usize,
    /// Class of the label `<unk>`, where there is one.
    pub unk_id: Option<usize>,
    /// What to feed as `y_prev` before the first label: the blank, whose embedding is the zero
    /// vector.
    pub sos_id: usize,
    /// Classes of the labels of one character.
    pub char_to_id: BTreeMap<char, usize>,
    /// The reverse.
    pub id_to_char: BTreeMap<usize, char>,
    /// Number of output classes, V + 1.
    pub vocab_size: usize,
    /// Features of a sample.
    pub feat_in: usize,
    /// The encoder.
    pub encoder: EncoderMeta,
    /// The prediction network.
    pub decoder: DecoderMeta,
    /// The joint.
    pub joint: JointMeta,
    /// Whether the step graph's `logits` are log-probabilities already.
    pub log_probabilities: bool,
}

/// The encoder of a [`RuntimeMeta`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderMeta {
    /// Width D of the output.
    pub d_model: usize,
    /// Samples that make one frame.
    pub subsampling_factor: usize,
}

/// The prediction network of a [`RuntimeMeta`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecoderMeta {
    /// Width H.
    pub pred_hidden: usize,
    /// LSTM layers L.
    pub pred_rnn_layers: usize,
}

/// The joint of a [`RuntimeMeta`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointMeta {
    /// Width J.
    pub joint_hidden: usize,
}

impl RuntimeMeta {
    /// The description of a model.
    pub fn new(vocabulary: &Vocabulary, model: &ModelSpec) -> Self {
        let labels = &vocabulary.labels;
        let mut blank_token = BLANK_TOKEN.to_owned();
        while labels.contains(&blank_token) {
            blank_token.push('_');
        }
        let single = |(id, label): (usize, &String)| {
            let mut characters = label.chars();
            let character = characters.next()?;
            characters.next().is_none().then_some((character, id))
        };
        let char_to_id: BTreeMap<char, usize> =
            labels.iter().enumerate().filter_map(single).collect();
        Self {
            tokens: labels.iter().cloned().chain([blank_token]).collect(),
            blank_id: vocabulary.blank,
            unk_id: labels.iter().position(|label| label == UNKNOWN_LABEL),
            sos_id: vocabulary.blank,
            id_to_char: char_to_id.iter().map(|(c, id)| (*id, *c)).collect(),
            char_to_id,
            vocab_size: labels.len() + 1,
            feat_in: model.features,
            encoder: EncoderMeta {
                d_model: model.encoder,
                subsampling_factor: model.subsampling,
            },
            decoder: DecoderMeta {
                pred_hidden: model.prediction,
                pred_rnn_layers: model.prediction_layers,
            },
            joint: JointMeta {
                joint_hidden: model.joint,
            },
            log_probabilities: vocabulary.step_output
                == swipekit::internals::bundle::manifest::LOG_PROBABILITIES,
        }
    }

    /// The description that belongs to a manifest.
    pub fn of(manifest: &Manifest) -> Self {
        Self::new(&manifest.vocabulary, &manifest.model)
    }
}
