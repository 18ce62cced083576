//! ExecuTorch programs (`.pte`), lowered by a small Python package that this module drives.
//!
//! `torch.export` and the lowering to XNNPACK exist in Python only. The package
//! `exporters/python/swipekit_pte` is part of this program. It is written to a temporary folder and
//! run by an interpreter with PyTorch and ExecuTorch, which `cargo xtask setup --executorch`
//! installs. Rust reads the checkpoint, passes a job and tensors as files, and checks the result.
//! The Python side checks the job just as strictly.

mod error;
mod job;
mod lowered;
mod python;

pub use error::PteError;
pub use job::{EncoderJob, INPUT_SCALE, Job, MAX_BATCH, MAX_SAMPLES, Mode, Scheme, StepJob};
pub use lowered::{Lowered, LoweredFile, Versions};
pub use python::{Python, Request, VARIABLE};
