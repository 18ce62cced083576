//! Quantizes logarithms to a few bits.
//!
//! A level q means (q - zero) * step: levels are evenly spaced and 0 is exact. A value between the
//! least and the greatest is off by at most half a step.

/// Least and most bits of a level.
pub(super) const BITS: std::ops::RangeInclusive<u32> = 8..=16;

/// A grid of levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    /// Nats between neighbouring levels.
    pub step: f32,
    /// The level that means 0.
    pub zero: u32,
}

impl Grid {
    /// The grid of `bits` bits that covers `values` and 0.
    pub fn over(values: impl Iterator<Item = f32>, bits: u32) -> Self {
        let (least, most) = values.fold((0f32, 0f32), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        // One level is spare, because 0 need not divide the range as the levels do.
        let step = (most - least) / ((1u32 << bits) - 2) as f32;
        if step <= f32::MIN_POSITIVE {
            return Self { step: 0.0, zero: 0 };
        }
        Self {
            step,
            zero: libm::ceilf(-least / step) as u32,
        }
    }

    /// The level nearest to `value`, with `bits` bits.
    pub fn level(&self, value: f32, bits: u32) -> u32 {
        if self.step == 0.0 {
            return 0;
        }
        let level = libm::round(f64::from(value) / f64::from(self.step)) + f64::from(self.zero);
        level.clamp(0.0, f64::from((1u32 << bits) - 1)) as u32
    }

    /// The value of `level`.
    pub fn value(&self, level: u32) -> f64 {
        (f64::from(level) - f64::from(self.zero)) * f64::from(self.step)
    }

    /// Whether the grid is valid in a file.
    pub fn is_sound(&self, bits: u32) -> bool {
        self.step.is_finite() && (0.0..=1.0).contains(&self.step) && self.zero < 1 << bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_value_is_off_by_half_a_step(
            values in proptest::collection::vec(-40f32..5.0, 1..100),
            bits in 8u32..=16,
        ) {
            let grid = Grid::over(values.iter().copied(), bits);
            proptest::prop_assert!(grid.is_sound(bits));
            proptest::prop_assert_eq!(grid.value(grid.level(0.0, bits)), 0.0);
            for value in values {
                let off = (grid.value(grid.level(value, bits)) - f64::from(value)).abs();
                proptest::prop_assert!(off <= 0.501 * f64::from(grid.step), "{off} of {}", grid.step);
            }
        }
    }

    #[test]
    fn nothing_but_zeros_is_exact() {
        let grid = Grid::over([0.0, 0.0].into_iter(), 8);
        assert_eq!(grid.value(grid.level(0.0, 8)), 0.0);
    }
}
