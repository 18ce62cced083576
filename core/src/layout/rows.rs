//! Groups keys into rows.

/// The rows of some keys, top to bottom; each holds indices into `centres`, left to right.
///
/// A key joins the row whose keys so far have a mean centre height within half a key's `height` of
/// its own.
pub(super) fn rows(centres: &[[f64; 2]], height: f64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..centres.len()).collect();
    order.sort_by(|a, b| centres[*a][1].total_cmp(&centres[*b][1]));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut sum = 0.0;
    for key in order {
        let y = centres[key][1];
        match rows.last_mut() {
            Some(row) if y - sum / row.len() as f64 <= height / 2.0 => {
                row.push(key);
                sum += y;
            }
            _ => {
                rows.push(vec![key]);
                sum = y;
            }
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| centres[*a][0].total_cmp(&centres[*b][0]));
    }
    rows
}

/// Distances between neighbouring keys of a row and between neighbouring rows: the medians, or a
/// key's `size` where there is no neighbour.
pub(super) fn pitch(rows: &[Vec<usize>], centres: &[[f64; 2]], size: [f64; 2]) -> [f64; 2] {
    let columns = rows.iter().flat_map(|row| {
        row.windows(2)
            .map(|pair| centres[pair[1]][0] - centres[pair[0]][0])
    });
    let level =
        |row: &Vec<usize>| row.iter().map(|key| centres[*key][1]).sum::<f64>() / row.len() as f64;
    let lines = rows
        .windows(2)
        .map(|pair| level(&pair[1]) - level(&pair[0]));
    [
        median(columns.collect()).unwrap_or(size[0]),
        median(lines.collect()).unwrap_or(size[1]),
    ]
}

/// The median: of two middle values, the greater; `None` for no values.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
