//! Histograms.

use serde::Serialize;

use super::plot::{WIDTH, at, figure, frame, label, rule, ticks};

const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;

/// Counts of bins as columns of equal width, whatever the bins' widths. `edges` has one number more
/// than `counts` and labels the columns' edges, so logarithmic bins give a logarithmic axis.
/// Columns without two edges are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// What it shows.
    pub caption: String,
    /// Name of the axis.
    pub axis: String,
    /// Edges of the columns.
    pub edges: Vec<f64>,
    /// Count of each column.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// A histogram under a caption.
    pub fn new(caption: &str, axis: &str, edges: &[f64], counts: &[u64]) -> Self {
        Self {
            caption: caption.to_owned(),
            axis: axis.to_owned(),
            edges: edges.to_vec(),
            counts: counts.to_vec(),
        }
    }

    pub(super) fn html(&self) -> String {
        let Self {
            caption,
            axis,
            edges,
            counts,
        } = self;
        let bins = counts.len().min(edges.len().saturating_sub(1));
        let counts = &counts[..bins];
        let greatest = counts.iter().copied().max().unwrap_or(0) as f64;
        let ticks = ticks(greatest, 4);
        let top = ticks.last().copied().unwrap_or(1.0);
        let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        let base = TOP + height;
        let x = |bin: usize| LEFT + width * bin as f64 / bins.max(1) as f64;
        let y = |count: f64| base - height * count / top;
        let mut out = String::new();
        for tick in ticks {
            out.push_str(&rule((LEFT, y(tick)), (LEFT + width, y(tick)), "grid"));
            out.push_str(&label(LEFT - 6.0, y(tick) + 4.0, "soft end", &figure(tick)));
        }
        for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            // The smallest column must be visible.
            let tall = (base - y(*count as f64)).max(1.0);
            out.push_str(&format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"f0\"/>\n",
                at(x(bin) + 0.5),
                at(base - tall),
                at(x(bin + 1) - x(bin) - 1.0),
                at(tall)
            ));
        }
        out.push_str(&rule((LEFT, base), (LEFT + width, base), "axis"));
        let every = bins.div_ceil(9).max(1);
        for (bin, edge) in edges.iter().enumerate().take(bins + 1).step_by(every) {
            out.push_str(&rule((x(bin), base), (x(bin), base + 4.0), "axis"));
            out.push_str(&label(x(bin), base + 18.0, "soft middle", &figure(*edge)));
        }
        out.push_str(&label(
            LEFT + width / 2.0,
            HEIGHT - 6.0,
            "soft middle",
            axis,
        ));
        frame(caption, HEIGHT, &out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_in_proportion() {
        let html = Histogram::new("c", "error", &[1e-3, 1e-2, 1e-1, 1.0], &[10, 0, 5]).html();
        let heights: Vec<f64> = html
            .split(" height=\"")
            .skip(1)
            .map(|part| part.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(heights.len(), 2, "an empty bin has no column");
        assert!((heights[0] - 2.0 * heights[1]).abs() < 0.02);
        for edge in ["0.001", "0.01", "0.1", ">1<"] {
            assert!(html.contains(edge), "{edge}");
        }
    }

    #[test]
    fn too_few_edges_break_nothing() {
        for (edges, counts) in [
            (&[][..], &[1, 2][..]),
            (&[0.0], &[1]),
            (&[0.0, 1.0], &[]),
            (&[0.0, 1.0], &[0, 7]),
        ] {
            let html = Histogram::new("c", "x", edges, counts).html();
            assert!(!html.contains("<rect") && !html.contains("NaN"), "{html}");
        }
    }
}
