//! What a bundle says of its network.

use serde::{Deserialize, Serialize};

/// The only start of sequence that this version knows.
pub const ZERO_VECTOR: &str = "zero-vector";
/// The step graph gives log-probabilities: log-softmax is part of the graph.
pub const LOG_PROBABILITIES: &str = "log-probabilities";
/// The step graph gives raw logits.
pub const LOGITS: &str = "logits";

/// Dimensions of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Features a frame.
    pub features: usize,
    /// Width D of the encoder's output.
    pub encoder: usize,
    /// Input frames an output frame: T' = ceil(T / subsampling), stage by stage.
    pub subsampling: usize,
    /// LSTM layers L of the prediction network.
    pub prediction_layers: usize,
    /// Width H of the prediction network.
    pub prediction: usize,
    /// Width J of the joint.
    pub joint: usize,
    /// Activation of the joint.
    pub activation: Activation,
    /// Parameters of the whole network.
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
    /// Class of the blank; NeMo's is the last: the number of labels.
    pub blank: usize,
    /// What the prediction network sees before the first label; always `zero-vector`.
    pub start_of_sequence: String,
    /// What the step graph's `logits` are: `log-probabilities` or `logits`.
    pub step_output: String,
}
