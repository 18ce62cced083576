//! Precisions of an encoder's weights.

use serde::Serialize;

/// Precision of the encoder's weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    Fp32,
    /// 16-bit floats, computed in 32 bits.
    Fp16,
    /// 8-bit integers.
    Int8,
}

/// An FP32 encoder below this size in bytes has no ratio limit.
const SMALL: usize = 4 << 20;

impl Precision {
    /// The precision with this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Fp32, Self::Fp16, Self::Int8];
        all.into_iter().find(|precision| precision.name() == name)
    }

    /// Name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Fp16 => "fp16",
            Self::Int8 => "int8",
        }
    }

    /// Largest size of an encoder relative to the FP32 encoder, which has `fp32_bytes`. `None` for
    /// a small network: its graph, which does not shrink, is a large part of the file.
    pub fn max_ratio(self, fp32_bytes: usize) -> Option<f64> {
        match self {
            _ if fp32_bytes < SMALL => None,
            Self::Fp32 => None,
            Self::Fp16 => Some(0.52),
            Self::Int8 => Some(0.28),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_networks_have_no_limit() {
        assert_eq!(Precision::Int8.max_ratio(6 << 20), Some(0.28));
        assert_eq!(Precision::Fp16.max_ratio(6 << 20), Some(0.52));
        assert_eq!(Precision::Fp32.max_ratio(6 << 20), None);
        assert_eq!(Precision::Int8.max_ratio(300 << 10), None);
    }
}
