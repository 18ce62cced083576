//! The network as ONNX graphs, built without Python.
//!
//! Names and layouts are those that the seed's decoders expect: `features_bft` `[B, F, T]` and
//! `lengths` `[B]` to `encoded_btf` `[B, T', D]` and `encoded_lengths` `[B]`; `y_prev` `[N]`, `h0`,
//! `c0` `[L, N, H]` and `enc_t` `[N, D]` to `logits` `[N, V+1]`, `h1`, `c1` `[L, N, H]`.

mod attention;
mod builder;
mod convolution;
mod encoder;
mod layers;
mod prediction;
pub mod proto;
#[cfg(test)]
mod structure_tests;
#[cfg(test)]
mod tests;
mod transducer;

use prost::Message;

pub use builder::{ElementType, IR_VERSION, OPSET};
pub use encoder::encoder;
pub use prediction::{joint, joint_encoder, prediction, step};
pub use transducer::{transducer, transducer_tensor, vocabulary};

/// Type of the encoder's input `lengths`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LengthType {
    /// 32-bit integers.
    Int32,
    /// 64-bit integers.
    #[default]
    Int64,
}

/// Meaning of the step graph's `logits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutput {
    /// Log-probabilities: the log-softmax is part of the graph.
    LogProbabilities,
    /// Raw logits.
    Logits,
}

impl StepOutput {
    /// The output for NeMo's `joint.log_softmax`: raw logits for `false`, otherwise
    /// log-probabilities (on a CPU).
    pub fn of(log_softmax: Option<bool>) -> Self {
        if log_softmax == Some(false) {
            Self::Logits
        } else {
            Self::LogProbabilities
        }
    }

    /// The name in manifests and metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogProbabilities => "log-probabilities",
            Self::Logits => "logits",
        }
    }
}

/// The bytes of a model's file.
pub fn serialize(model: proto::Model) -> Vec<u8> {
    model.encode_to_vec()
}
