//! Random numbers. All come from one generator ([`Random`]); a `Stream` is the generator of one
//! seed, purpose and index, so that a swipe does not depend on those drawn before it.

use std::sync::LazyLock;

/// A repeatable source of random numbers (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A source that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number of about the standard normal distribution: the sum of twelve uniform ones, without
    /// tails beyond 6. It needs no function that differs from machine to machine.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Layers of the ziggurat.
const LAYERS: usize = 128;
/// Where its tail begins.
const TAIL: f64 = 3.442_619_855_899;
/// Area of a layer.
const AREA: f64 = 9.912_563_035_262_17e-3;

/// Edges of the layers, and each one's quotient with the edge before it.
struct Ziggurat {
    edges: [f64; LAYERS + 1],
    inside: [f64; LAYERS],
}

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
    let density = |x: f64| libm::exp(-0.5 * x * x);
    let mut edges = [0.0; LAYERS + 1];
    edges[0] = AREA / density(TAIL);
    edges[1] = TAIL;
    for layer in 2..LAYERS {
        let before: f64 = edges[layer - 1];
        edges[layer] = libm::sqrt(-2.0 * libm::log(AREA / before + density(before)));
    }
    let mut inside = [0.0; LAYERS];
    for layer in 0..LAYERS {
        inside[layer] = edges[layer + 1] / edges[layer];
    }
    Ziggurat { edges, inside }
});

/// Mixes a number so that neighbours have nothing in common (the finalizer of SplitMix64, Steele et
/// al. 2014).
pub(super) fn mix(number: u64) -> u64 {
    Random::new(number).bits()
}

/// The random numbers of one purpose and index of a seed, with the distributions that fingers are
/// drawn from.
pub(crate) struct Stream {
    random: Random,
    ziggurat: &'static Ziggurat,
}

impl Stream {
    /// The stream of `index` for `purpose`.
    pub(crate) fn new(seed: u64, purpose: u64, index: u64) -> Self {
        // Each of the three is mixed before the next is added: no two triples that occur share a
        // state by their sums.
        let state = mix(mix(mix(seed) ^ purpose) ^ index);
        Self {
            random: Random::new(state),
            ziggurat: &ZIGGURAT,
        }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.random.bits()
    }

    /// A number in [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.random.uniform()
    }

    /// A number in [`low`, `high`).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random.uniform()
    }

    /// True with a chance of `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.random.uniform() < p
    }

    /// A number of the standard normal distribution with its tails, by the ziggurat (Marsaglia and
    /// Tsang 2000, in Doornik's form of 2005).
    pub(crate) fn normal(&mut self) -> f64 {
        loop {
            let bits = self.random.bits();
            let layer = (bits & 127) as usize;
            // The upper 53 bits as a number in [-1, 1): the layer's bits are not among them.
            let u = (bits >> 11) as f64 * (2.0 / (1u64 << 53) as f64) - 1.0;
            if u.abs() < self.ziggurat.inside[layer] {
                return u * self.ziggurat.edges[layer];
            }
            if layer == 0 {
                return self.tail(u < 0.0);
            }
            let x = u * self.ziggurat.edges[layer];
            let [low, high] = [0, 1].map(|next| {
                let edge = self.ziggurat.edges[layer + next];
                libm::exp(-0.5 * (edge * edge - x * x))
            });
            if high + self.random.uniform() * (low - high) < 1.0 {
                return x;
            }
        }
    }

    fn tail(&mut self, negative: bool) -> f64 {
        loop {
            // 1 - u is never 0.
            let x = libm::log(1.0 - self.random.uniform()) / TAIL;
            let y = libm::log(1.0 - self.random.uniform());
            if -2.0 * y >= x * x {
                return if negative { x - TAIL } else { TAIL - x };
            }
        }
    }

    /// A factor whose logarithm is normal with a standard deviation of `spread`: 1 in the middle,
    /// at most 20 and at least a 20th.
    pub(super) fn factor(&mut self, spread: f64) -> f64 {
        libm::exp(spread * self.normal()).clamp(0.05, 20.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_twelve_is_about_normal() {
        let mut random = Random::new(3);
        let numbers: Vec<f64> = (0..10_000).map(|_| random.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 1e4;
        let squares = numbers.iter().map(|number| (number - mean).powi(2));
        let variance = squares.sum::<f64>() / 1e4;
        assert!(
            mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
    }

    #[test]
    fn normal_numbers_are_normal() {
        let mut stream = Stream::new(1, 2, 3);
        const COUNT: usize = 400_000;
        let mut numbers: Vec<f64> = (0..COUNT).map(|_| stream.normal()).collect();
        numbers.sort_by(f64::total_cmp);
        // Quantiles of the standard normal distribution (tables), far into the tails.
        for (quantile, expected) in [
            (0.0001, -3.719_02),
            (0.001, -3.090_23),
            (0.0228, -1.999_08),
            (0.25, -0.674_49),
            (0.5, 0.0),
            (0.8413, 0.999_82),
            (0.99, 2.326_35),
            (0.999, 3.090_23),
            (0.9999, 3.719_02),
        ] {
            let got = numbers[(quantile * COUNT as f64) as usize];
            let density =
                libm::exp(-0.5 * expected * expected) / libm::sqrt(2.0 * std::f64::consts::PI);
            // Four standard errors of a quantile.
            let error = 4.0 * libm::sqrt(quantile * (1.0 - quantile) / COUNT as f64) / density;
            assert!((got - expected).abs() < error, "{quantile}: {got}");
        }
    }

    #[test]
    fn streams_have_nothing_in_common() {
        let mut firsts = Vec::new();
        for seed in 0..20 {
            for purpose in 0..4 {
                for index in 0..200 {
                    firsts.push(Stream::new(seed, purpose, index).bits());
                }
            }
        }
        let count = firsts.len();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), count);
        let mean = (0..10_000)
            .map(|index| Stream::new(7, 1, index).uniform())
            .sum::<f64>()
            / 1e4;
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
        assert_eq!(Stream::new(1, 2, 3).bits(), Stream::new(1, 2, 3).bits());
    }
}
