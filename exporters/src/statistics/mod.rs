//! Statistics that more than one judgement needs: paired differences.

mod paired;

pub use paired::{Paired, mcnemar};
