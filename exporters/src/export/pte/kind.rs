//! The kinds of programs.

use crate::pte::{EncoderJob, Mode, Scheme, StepJob};
use crate::schema::FIRST_LAYER;

/// A program that a mode needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A 32-bit encoder.
    Float(Mode),
    /// An 8-bit encoder.
    Int8(Trial),
    /// A step.
    Step(Mode),
}

/// A way to make an 8-bit encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) scheme: Scheme,
    /// Whether the columns of the first layer's input are equalized.
    pub(super) equalized: bool,
    /// Whether the first layer stays in float.
    pub(super) first_in_float: bool,
}

impl Trial {
    /// The trials of a scheme, best first.
    pub(super) fn all(scheme: Scheme) -> [Self; 3] {
        [(false, false), (true, false), (false, true)].map(|(equalized, first_in_float)| Self {
            scheme,
            equalized,
            first_in_float,
        })
    }

    pub(super) fn name(self) -> String {
        let mut name = self.scheme.name().to_owned();
        if self.equalized {
            name.push_str(", columns evened out");
        }
        if self.first_in_float {
            name.push_str(", first layer in float");
        }
        name
    }
}

impl Kind {
    /// The preferred encoder of a mode. `scheme` is for 8 bits.
    pub(super) fn encoder(mode: Mode, scheme: Scheme) -> Self {
        match mode {
            Mode::Fp32 | Mode::Xnnpack => Self::Float(mode),
            Mode::Int8 | Mode::Ultra => Self::Int8(Trial::all(scheme)[0]),
        }
    }

    /// The step of a mode: 32 bits, in XNNPACK if the encoder is.
    pub(super) fn step(mode: Mode) -> Self {
        Self::Step(match mode {
            Mode::Fp32 => Mode::Fp32,
            Mode::Xnnpack | Mode::Int8 | Mode::Ultra => Mode::Xnnpack,
        })
    }

    /// File name in the scratch folder.
    pub(super) fn file(self) -> String {
        match self {
            Self::Float(mode) => format!("encoder-{}.pte", mode.name()),
            Self::Int8(trial) => format!(
                "encoder-int8-{}{}{}.pte",
                trial.scheme.name(),
                if trial.equalized { "-equalized" } else { "" },
                if trial.first_in_float { "-float" } else { "" }
            ),
            Self::Step(mode) => format!("step-{}.pte", mode.name()),
        }
    }

    /// The job for the Python side, if this is an encoder.
    pub(super) fn encoder_job(self) -> Option<EncoderJob> {
        match self {
            Self::Float(mode) => Some(EncoderJob::float(&self.file(), mode)),
            Self::Int8(trial) => {
                let mut job = EncoderJob::int8(&self.file(), trial.scheme);
                if trial.first_in_float {
                    job.float = Some(vec![FIRST_LAYER.to_owned()]);
                }
                Some(job)
            }
            Self::Step(_) => None,
        }
    }

    /// The job for the Python side, if this is a step.
    pub(super) fn step_job(self) -> Option<StepJob> {
        match self {
            Self::Step(mode) => Some(StepJob {
                file: self.file(),
                mode,
            }),
            _ => None,
        }
    }
}
