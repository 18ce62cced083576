//! Statistics of the samples around a sample.

use crate::features::Sample;

/// Number of samples on each side.
const REACH: usize = 2;

/// Mean x, standard deviation of x, mean y, standard deviation of y, range of x, range of y over
/// the samples `index - 2 ..= index + 2` that exist. The deviation is the population's.
pub(super) fn statistics(samples: &[Sample], index: usize) -> [f64; 6] {
    let around = &samples[index.saturating_sub(REACH)..samples.len().min(index + REACH + 1)];
    let [mean_x, deviation_x, range_x] = axis(around, |sample| sample.x);
    let [mean_y, deviation_y, range_y] = axis(around, |sample| sample.y);
    [mean_x, deviation_x, mean_y, deviation_y, range_x, range_y]
}

/// Mean, deviation and range of one coordinate.
fn axis(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> [f64; 3] {
    let count = samples.len() as f64;
    let mean = samples.iter().map(&of).sum::<f64>() / count;
    let square = |value: f64| value * value;
    let variance = samples.iter().map(|f| square(of(f) - mean)).sum::<f64>() / count;
    let high = samples.iter().map(&of).fold(f64::NEG_INFINITY, f64::max);
    let low = samples.iter().map(&of).fold(f64::INFINITY, f64::min);
    [mean, variance.sqrt(), high - low]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_with_the_path() {
        let samples: Vec<Sample> = (0..6)
            .map(|i| Sample {
                x: f64::from(i),
                y: 1.0,
                t: 0.0,
            })
            .collect();
        // Over 0, 1, 2: mean 1, variance 2/3.
        assert_eq!(
            statistics(&samples, 0),
            [1.0, (2.0f64 / 3.0).sqrt(), 1.0, 0.0, 2.0, 0.0]
        );
        // Over 1..=5: mean 3, variance 2.
        assert_eq!(
            statistics(&samples, 3),
            [3.0, 2.0f64.sqrt(), 1.0, 0.0, 4.0, 0.0]
        );
        assert_eq!(
            statistics(&samples, 5),
            [4.0, (2.0f64 / 3.0).sqrt(), 1.0, 0.0, 2.0, 0.0]
        );
    }
}
