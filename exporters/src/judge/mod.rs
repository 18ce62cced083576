//! How good a bundle is: accuracy and speed on swipes, bundles side by side, fitted weights and
//! confidences, a geometric baseline.

pub mod accuracy;
pub mod compare;
pub mod confidence;
mod error;
pub mod evaluate;
pub mod machine;
pub mod shark2;
pub mod times;
pub mod tune;

pub use error::{JudgeError, Result};
