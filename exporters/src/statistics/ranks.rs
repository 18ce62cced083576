//! Means and ranks.

/// The mean; NaN of none.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The `percent`th percentile of `sorted` values by nearest rank: the least value that is not less
/// than so many percent of them. `None` of none.
pub fn percentile<T: Copy>(sorted: &[T], percent: f64) -> Option<T> {
    let rank = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// The median of values in any order by nearest rank: the lower one of two. `None` of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    percentile(&values, 50.0)
}

/// The value at a share `q` of the way from the least to the greatest one, in any order, without
/// interpolation; NaN of none. Unlike [`percentile`] it treats both ends alike.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let mut values = values.to_vec();
    let index = ((values.len() - 1) as f64 * q).round() as usize;
    *values.select_nth_unstable_by(index, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values: Vec<u32> = (1..=200).collect();
        for (percent, expected) in [(0.0, 1), (0.6, 2), (50.0, 100), (90.0, 180), (100.0, 200)] {
            assert_eq!(percentile(&values, percent), Some(expected), "{percent}");
        }
        assert_eq!(percentile(&[7], 99.0), Some(7));
        assert_eq!(percentile::<u32>(&[], 50.0), None);
    }

    #[test]
    fn the_median_is_the_lower_of_two() {
        assert_eq!(median([5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), Some(2.0));
        assert_eq!(median([]), None);
    }

    #[test]
    fn quantiles_treat_both_ends_alike() {
        let values: Vec<f64> = (0..=10).rev().map(f64::from).collect();
        for (q, expected) in [
            (0.0, 0.0),
            (0.26, 3.0),
            (0.5, 5.0),
            (0.74, 7.0),
            (1.0, 10.0),
        ] {
            assert_eq!(quantile(&values, q), expected, "{q}");
        }
        assert!(quantile(&[], 0.5).is_nan());
        assert_eq!(mean(&values), 5.0);
        assert!(mean(&[]).is_nan());
    }
}
