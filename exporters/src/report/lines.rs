//! Lines over two axes, such as cumulative distributions.

use serde::Serialize;

use super::plot::{COLOURS, WIDTH, at, figure, frame, label, rule, ticks};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Name in the legend.
    pub name: String,
    /// Points x, y, neither below 0, in drawing order.
    pub points: Vec<(f64, f64)>,
}

const HEIGHT: f64 = 260.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 46.0;
/// Height of a line of the legend.
const LEGEND: f64 = 20.0;
/// Lines also differ in their dashes, for readers who do not see colours.
const DASHES: [&str; 3] = ["none", "8 4", "2 3"];

/// Lines over axes that begin at 0, with a legend below. Points that are not finite or below 0 are
/// left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lines {
    /// What they show.
    pub caption: String,
    /// What x is.
    pub x_axis: String,
    /// What y is.
    pub y_axis: String,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Lines {
    /// Lines under a caption.
    pub fn new(
        caption: &str,
        x_axis: &str,
        y_axis: &str,
        lines: impl IntoIterator<Item = Line>,
    ) -> Self {
        Self {
            caption: caption.to_owned(),
            x_axis: x_axis.to_owned(),
            y_axis: y_axis.to_owned(),
            lines: lines.into_iter().collect(),
        }
    }

    pub(super) fn html(&self) -> String {
        let Self {
            caption,
            x_axis,
            y_axis,
            lines,
        } = self;
        let sound = |point: &&(f64, f64)| {
            point.0.is_finite() && point.1.is_finite() && point.0 >= 0.0 && point.1 >= 0.0
        };
        let points = lines.iter().flat_map(|line| &line.points).filter(sound);
        let (far, high) = points.fold((0f64, 0f64), |(far, high), point| {
            (far.max(point.0), high.max(point.1))
        });
        let (x_ticks, y_ticks) = (ticks(far, 8), ticks(high, 5));
        let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        let base = TOP + height;
        let x = |value: f64| LEFT + width * value / x_ticks.last().copied().unwrap_or(1.0);
        let y = |value: f64| base - height * value / y_ticks.last().copied().unwrap_or(1.0);
        let mut out = String::new();
        for tick in &y_ticks {
            out.push_str(&rule((LEFT, y(*tick)), (LEFT + width, y(*tick)), "grid"));
            out.push_str(&label(
                LEFT - 6.0,
                y(*tick) + 4.0,
                "soft end",
                &figure(*tick),
            ));
        }
        for tick in &x_ticks {
            out.push_str(&rule((x(*tick), base), (x(*tick), base + 4.0), "axis"));
            out.push_str(&label(x(*tick), base + 18.0, "soft middle", &figure(*tick)));
        }
        out.push_str(&rule((LEFT, base), (LEFT + width, base), "axis"));
        out.push_str(&label(0.0, 14.0, "soft", y_axis));
        out.push_str(&label(
            LEFT + width / 2.0,
            HEIGHT - 6.0,
            "soft middle",
            x_axis,
        ));
        for (index, line) in lines.iter().enumerate() {
            let (colour, dashes) = (index % COLOURS, DASHES[index % DASHES.len()]);
            let style = format!("class=\"curve s{colour}\" stroke-dasharray=\"{dashes}\"");
            let path: Vec<String> = line
                .points
                .iter()
                .filter(sound)
                .map(|point| format!("{},{}", at(x(point.0)), at(y(point.1))))
                .collect();
            out.push_str(&format!(
                "<polyline points=\"{}\" {style}/>\n",
                path.join(" ")
            ));
            let row = HEIGHT + LEGEND * index as f64 + 10.0;
            out.push_str(&format!(
                "<polyline points=\"{LEFT},{} {},{}\" {style}/>\n",
                at(row),
                at(LEFT + 28.0),
                at(row)
            ));
            out.push_str(&label(LEFT + 36.0, row + 4.0, "", &line.name));
        }
        frame(caption, HEIGHT + LEGEND * lines.len() as f64 + 4.0, &out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        Line {
            name: name.to_owned(),
            points: points.to_vec(),
        }
    }

    #[test]
    fn all_lines_share_their_axes() {
        let html = Lines::new(
            "c",
            "ms",
            "%",
            [
                line("a", &[(0.0, 0.0), (10.0, 100.0)]),
                line("b", &[(5.0, 50.0)]),
            ],
        )
        .html();
        let (right, middle) = (WIDTH - RIGHT, (LEFT + WIDTH - RIGHT) / 2.0);
        let half = TOP + (HEIGHT - TOP - BOTTOM) / 2.0;
        assert!(html.contains(&format!(
            "{},{} {},{}",
            at(LEFT),
            at(HEIGHT - BOTTOM),
            at(right),
            at(TOP)
        )));
        assert!(html.contains(&format!("points=\"{},{}\"", at(middle), at(half))));
        assert!(html.contains(">a<") && html.contains(">b<"));
    }

    #[test]
    fn odd_points_are_left_out() {
        let points = [
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
            (-1.0, 1.0),
            (1.0, 1.0),
        ];
        let html = Lines::new("c", "x", "y", [line("a", &points), line("none", &[])]).html();
        assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        assert!(Lines::new("c", "x", "y", []).html().contains("<svg"));
    }
}
