//! Sums of probabilities in the log domain.

/// The log of zero.
pub(super) const ZERO: f64 = f64::NEG_INFINITY;

/// log(e^a + e^b), identical on every platform.
pub(super) fn add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == ZERO {
        high
    } else {
        high + libm::log1p(libm::exp(low - high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_probabilities() {
        assert_eq!(add(ZERO, ZERO), ZERO);
        assert_eq!(add(ZERO, -3.0), -3.0);
        assert!((add(0.25f64.ln(), 0.5f64.ln()) - 0.75f64.ln()).abs() < 1e-15);
        assert_eq!(add(-1000.0, -1.0), add(-1.0, -1000.0));
    }
}
