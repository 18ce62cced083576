//! A bundle's description of its network.

use serde::{Deserialize, Serialize};

/// The only start of sequence that this version supports.
pub const ZERO_VECTOR: &str = "zero-vector";
/// The step graph outputs log-probabilities: the graph includes log-softmax.
pub const LOG_PROBABILITIES: &str = "log-probabilities";
/// The step graph outputs raw logits.
pub const LOGITS: &str = "logits";

/// Dimensions of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Number of features per sample.
    pub features: usize,
    /// Width D of the encoder's output.
    pub encoder: usize,
    /// Samples per frame: T' = ceil(T / subsampling), stage by stage.
    pub subsampling: usize,
    /// Number of LSTM layers L of the prediction network.
    pub prediction_layers: usize,
    /// Width H of the prediction network.
    pub prediction: usize,
    /// Width J of the joint.
    pub joint: usize,
    /// Activation of the joint.
    pub activation: Activation,
    /// Number of parameters of the whole network.
    pub parameters: u64,
}

/// Activation between the joint's sum and its output layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// max(0, x).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
}

/// The output classes of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// The labels, in the order of the classes.
    pub labels: Vec<String>,
    /// Class of the blank; in NeMo's models the last, equal to the number of labels.
    pub blank: usize,
    /// The prediction network's input before the first label; always `zero-vector`.
    pub start_of_sequence: String,
    /// The content of the step graph's `logits`: `log-probabilities` or `logits`.
    pub step_output: String,
}
