//! The assignment of least cost.

/// Assigns a different column to each row of `cost` so that the chosen costs have the least sum:
/// the Hungarian method with potentials (Kuhn 1955; in the form of Jonker and Volgenant 1987),
/// O(rows² columns).
///
/// `cost` is `[rows, columns]` of finite numbers with at most as many rows as columns.
pub(super) fn assign(cost: &[Vec<f64>]) -> Vec<usize> {
    let columns = cost.first().map_or(0, Vec::len);
    // Column 0 is a dummy; a row's number is its index plus one, and 0 is no row.
    let mut row_potential = vec![0.0; cost.len() + 1];
    let mut column_potential = vec![0.0; columns + 1];
    let mut row_of = vec![0; columns + 1];
    for row in 1..=cost.len() {
        row_of[0] = row;
        let mut least = vec![f64::INFINITY; columns + 1];
        let mut before = vec![0; columns + 1];
        let mut done = vec![false; columns + 1];
        let mut column = 0;
        // Finds the shortest path from the row to a free column, through columns that are taken.
        while row_of[column] != 0 {
            done[column] = true;
            let at = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for to in (1..=columns).filter(|to| !done[*to]) {
                let reduced = cost[at - 1][to - 1] - row_potential[at] - column_potential[to];
                if reduced < least[to] {
                    least[to] = reduced;
                    before[to] = column;
                }
                if least[to] < step {
                    step = least[to];
                    next = to;
                }
            }
            for to in 0..=columns {
                if done[to] {
                    row_potential[row_of[to]] += step;
                    column_potential[to] -= step;
                } else {
                    least[to] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut column_of = vec![0; cost.len()];
    for (column, row) in row_of.iter().enumerate().skip(1) {
        if *row != 0 {
            column_of[row - 1] = column - 1;
        }
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The least sum over all assignments of rows to columns.
    fn least(cost: &[Vec<f64>], taken: &mut Vec<usize>) -> f64 {
        let row = taken.len();
        if row == cost.len() {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..cost[row].len() {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost[row][column] + least(cost, taken));
                taken.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_other_assignment_costs_less(
            (rows, columns) in (1usize..6).prop_flat_map(|rows| (Just(rows), rows..7)),
            numbers in prop::collection::vec(0.0f64..10.0, 42),
        ) {
            let cost: Vec<Vec<f64>> =
                numbers.chunks(7).take(rows).map(|row| row[..columns].to_vec()).collect();
            let chosen = assign(&cost);
            let mut distinct = chosen.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), rows);
            let sum: f64 = cost.iter().zip(&chosen).map(|(row, column)| row[*column]).sum();
            prop_assert!((sum - least(&cost, &mut Vec::new())).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_is_assigned_to_nothing() {
        assert!(assign(&[]).is_empty());
    }
}
