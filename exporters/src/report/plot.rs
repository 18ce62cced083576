//! Common parts of plots: numbers, scales, the frame around an SVG picture.

use super::escape;

/// Width of every plot in its own units; the page scales it.
pub(super) const WIDTH: f64 = 720.0;

/// Colours of the style sheet. Further series reuse them.
pub(super) const COLOURS: usize = 6;

/// A coordinate. Two digits are finer than any screen.
pub(super) fn at(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A figure at an axis or a bar: four significant digits, powers of ten if it is very large or
/// small.
pub(super) fn figure(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e7).contains(&size) {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    let digits = (3.0 - size.log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.digits$}");
    if digits == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Round numbers from 0 to at least `greatest`, about `count` of them.
pub(super) fn ticks(greatest: f64, count: usize) -> Vec<f64> {
    if !(greatest > 0.0 && greatest.is_finite()) {
        return vec![0.0, 1.0];
    }
    let rough = greatest / count.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power);
    let last = (greatest / step - 1e-9).ceil() as usize;
    (0..=last.max(1)).map(|i| i as f64 * step).collect()
}

/// The picture `content` of a height with its caption, which is also its text for screen readers.
pub(super) fn frame(caption: &str, height: f64, content: &str) -> String {
    let caption = escape(caption);
    let (width, height) = (at(WIDTH), at(height));
    format!(
        "<figure><div class=\"scroll\"><svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{caption}\">\n\
         {content}</svg></div>\n<figcaption>{caption}</figcaption></figure>\n"
    )
}

/// A text at x, y; `class` is of the style sheet.
pub(super) fn label(x: f64, y: f64, class: &str, text: &str) -> String {
    let (x, y, text) = (at(x), at(y), escape(text));
    format!("<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>\n")
}

/// A straight line; `class` is of the style sheet.
pub(super) fn rule(from: (f64, f64), to: (f64, f64), class: &str) -> String {
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(at);
    format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" class=\"{class}\"/>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.25, "0.25"),
            (-12.3456, "-12.35"),
            (1234.5678, "1235"),
            (6_742_105.0, "6742105"),
            (1e-5, "1e-5"),
            (2.5e9, "2.5e9"),
            (100.0, "100"),
        ];
        for (value, text) in cases {
            assert_eq!(figure(value), text);
        }
        assert_eq!(
            (at(1.0), at(0.126), at(30.0)),
            ("1".into(), "0.13".into(), "30".into())
        );
    }

    #[test]
    fn ticks_are_round_and_reach_the_end() {
        assert_eq!(ticks(10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(0.7, 4).last(), Some(&0.8));
        assert_eq!(ticks(0.0, 5), [0.0, 1.0]);
        assert_eq!(ticks(f64::NAN, 5), [0.0, 1.0]);
        for greatest in [1e-9, 0.3, 1.0, 99.9, 12_345.0] {
            let ticks = ticks(greatest, 5);
            assert!(ticks.len() <= 8 && *ticks.last().unwrap() >= greatest * (1.0 - 1e-9));
        }
    }
}
