//! A check that failed: what was checked, what was expected, and what was found.

use std::fmt;

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    /// What was checked.
    pub check: String,
    /// What passes.
    pub expected: String,
    /// What was found.
    pub got: String,
    /// What to do, or what the likely cause is; may be empty.
    pub advice: &'static str,
}

impl FailedCheck {
    /// A check without advice.
    pub fn new(check: impl Into<String>, expected: impl ToString, got: impl ToString) -> Self {
        Self {
            check: check.into(),
            expected: expected.to_string(),
            got: got.to_string(),
            advice: "",
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn advice(self, advice: &'static str) -> Self {
        Self { advice, ..self }
    }
}

impl fmt::Display for FailedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            check,
            expected,
            got,
            advice,
        } = self;
        write!(f, "{check}: expected {expected}, got {got}")?;
        match advice.is_empty() {
            true => Ok(()),
            false => write!(f, "; {advice}"),
        }
    }
}

impl std::error::Error for FailedCheck {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_said_where_there_is_some() {
        let plain = FailedCheck::new("step.names", "h0", "x");
        assert_eq!(plain.to_string(), "step.names: expected h0, got x");
        let advised = plain.advice("export it again");
        assert_eq!(
            advised.to_string(),
            "step.names: expected h0, got x; export it again"
        );
    }
}
