//! Horizontal bars.

use serde::Serialize;

use super::plot::{WIDTH, at, figure, frame, label, rule};

/// One bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Length of the bar. Numbers below 0 extend to the left. Numbers that are not finite get no
    /// bar.
    pub value: f64,
    /// Text after the figure, for example a share.
    pub note: String,
}

impl Bar {
    /// A bar without a note.
    pub fn new(label: &str, value: f64) -> Self {
        Self {
            label: label.to_owned(),
            value,
            note: String::new(),
        }
    }

    /// The bar with a note.
    pub fn note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }
}

/// Height of a bar with its label.
const ROW: f64 = 44.0;
/// Room for the figure beside the longest bar.
const FIGURE: f64 = 190.0;

/// Bars with a common zero, one below the other, each under its label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bars {
    /// What they show.
    pub caption: String,
    /// The unit of their figures.
    pub unit: String,
    /// The bars.
    pub bars: Vec<Bar>,
}

impl Bars {
    /// Bars under a caption.
    pub fn new(caption: &str, unit: &str, bars: impl IntoIterator<Item = Bar>) -> Self {
        Self {
            caption: caption.to_owned(),
            unit: unit.to_owned(),
            bars: bars.into_iter().collect(),
        }
    }

    pub(super) fn html(&self) -> String {
        let Self {
            caption,
            unit,
            bars,
        } = self;
        let finite = bars.iter().map(|bar| bar.value).filter(|v| v.is_finite());
        let (least, greatest) = finite.fold((0f64, 0f64), |(least, greatest), value| {
            (least.min(value), greatest.max(value))
        });
        let span = (greatest - least).max(f64::MIN_POSITIVE);
        // All figures are to the right of the zero, including those of bars to the left.
        let x = |value: f64| (value - least) / span * (WIDTH - FIGURE);
        let zero = x(0.0);
        let height = ROW * bars.len() as f64 + 6.0;
        let mut out = String::new();
        for (row, bar) in bars.iter().enumerate() {
            let top = ROW * row as f64;
            out.push_str(&label(0.0, top + 16.0, "", &bar.label));
            let end = if bar.value.is_finite() {
                x(bar.value)
            } else {
                zero
            };
            let (left, width) = (end.min(zero), (end - zero).abs());
            out.push_str(&format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"16\" rx=\"2\" class=\"f0\"/>\n",
                at(left),
                at(top + 22.0),
                at(width.max(1.0))
            ));
            let text = format!("{} {unit} {}", figure(bar.value), bar.note);
            out.push_str(&label(
                end.max(zero) + 6.0,
                top + 35.0,
                "soft",
                text.trim_end(),
            ));
        }
        if least < 0.0 {
            out.push_str(&rule((zero, 20.0), (zero, height), "axis"));
        }
        frame(caption, height, &out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(html: &str) -> Vec<f64> {
        let parts = html.split(" width=\"").skip(1);
        parts
            .filter_map(|part| part.split('"').next()?.parse().ok())
            .collect()
    }

    #[test]
    fn lengths_are_in_proportion() {
        let html = Bars::new(
            "c",
            "KiB",
            [Bar::new("a", 100.0), Bar::new("b", 25.0).note("quarter")],
        )
        .html();
        assert_eq!(widths(&html), [WIDTH - FIGURE, (WIDTH - FIGURE) / 4.0]);
        assert!(html.contains(">100 KiB<") && html.contains(">25 KiB quarter<"));
    }

    #[test]
    fn numbers_below_zero_go_to_the_left() {
        let html = Bars::new("c", "", [Bar::new("a", -30.0), Bar::new("b", 10.0)]).html();
        let all = WIDTH - FIGURE;
        assert_eq!(widths(&html), [all * 0.75, all * 0.25]);
        assert!(html.contains("class=\"axis\""));
    }

    #[test]
    fn odd_numbers_break_nothing() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0] {
            let html = Bars::new("c", "", [Bar::new("a", value), Bar::new("b", 0.0)]).html();
            assert_eq!(widths(&html), [1.0, 1.0], "{value}");
        }
        assert!(Bars::new("c", "", []).html().contains("<svg"));
    }
}
