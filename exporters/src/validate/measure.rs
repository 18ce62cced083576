//! Comparison of numbers.

use std::fmt::Debug;

use swipekit::internals::runtime::Tensor;

use super::{Check, Result, TOLERANCE, refused};

/// The numbers of one check.
pub(super) struct Comparison {
    name: String,
    values: usize,
    max_error: f64,
    tolerance: f64,
}

impl Comparison {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self::within(name, TOLERANCE)
    }

    /// With a tolerance of its own.
    pub(super) fn within(name: impl Into<String>, tolerance: f64) -> Self {
        Self {
            name: name.into(),
            values: 0,
            max_error: 0.0,
            tolerance,
        }
    }

    /// Compares values; `what` names them in an error.
    pub(super) fn close(&mut self, what: &str, expected: &[f64], got: &[f32]) -> Result<()> {
        expect(
            &self.name,
            &format!("number of values of {what}"),
            expected.len(),
            got.len(),
        )?;
        for (i, (&expected, &got)) in expected.iter().zip(got).enumerate() {
            let error = (f64::from(got) - expected).abs() / expected.abs().max(1.0);
            if error.is_nan() || error > self.tolerance {
                let wanted = format!("{what}[{i}] = {expected:e} within {:e}", self.tolerance);
                return Err(refused(&self.name, wanted, format!("{got:e}")));
            }
            self.max_error = self.max_error.max(error);
        }
        self.values += expected.len();
        Ok(())
    }

    /// Compares two numbers that must be the same.
    pub(super) fn exact(&mut self, what: &str, expected: f32, got: f32) -> Result<()> {
        if got != expected {
            expect(&self.name, what, expected, got)?;
        }
        self.values += 1;
        Ok(())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn finish(self) -> Check {
        Check {
            name: self.name,
            values: self.values,
            max_error: self.max_error,
            tolerance: self.tolerance,
        }
    }
}

/// Fails where two things differ.
pub(super) fn expect<T: Debug + PartialEq>(
    check: &str,
    what: &str,
    expected: T,
    got: T,
) -> Result<()> {
    if expected == got {
        return Ok(());
    }
    let expected = format!("{what}: {expected:?}");
    Err(refused(check, expected, format!("{got:?}")))
}

/// The values of a float tensor of the given shape.
pub(super) fn floats<'t>(
    check: &str,
    what: &str,
    shape: &[usize],
    tensor: &'t Tensor,
) -> Result<&'t [f32]> {
    expect(check, &format!("shape of {what}"), shape, &tensor.shape[..])?;
    let values = tensor.as_f32();
    values.ok_or_else(|| refused(check, format!("{what}: 32-bit floats"), "another type"))
}
