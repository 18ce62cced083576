//! Statistics that more than one judgement needs: ranks, paired differences, reliability of
//! confidences.

mod paired;
mod ranks;
mod reliability;

pub use paired::{Paired, mcnemar};
pub use ranks::{mean, median, percentile, quantile};
pub use reliability::{BINS, Bin, Reliability, log_likelihood};
