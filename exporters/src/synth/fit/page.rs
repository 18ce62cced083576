//! A report that puts synthetic swipes beside real ones.

use super::Fit;
use super::measure::Measured;
use crate::report::{Block, Column, Line, Lines, Page, Table};
use crate::statistics::quantile;
use crate::synth::profile::{Fitted, PARAMETERS, Parameter};

/// A distribution that is plotted: what it is, its unit, and its numbers.
type Plot = (&'static str, &'static str, fn(&Measured) -> Vec<f64>);

const PLOTS: &[Plot] = &[
    ("Start: offset along x, size", "key widths", |m| {
        sizes(&m.offsets_along(0)[0])
    }),
    ("Start: offset along y, size", "row heights", |m| {
        sizes(&m.offsets_along(1)[0])
    }),
    (
        "Inner keys: offset along x where the path is nearest, size",
        "key widths",
        |m| sizes(&m.offsets_along(0)[1]),
    ),
    (
        "Inner keys: offset along y where the path is nearest, size",
        "row heights",
        |m| sizes(&m.offsets_along(1)[1]),
    ),
    ("End: offset along x, size", "key widths", |m| {
        sizes(&m.offsets_along(0)[2])
    }),
    ("End: offset along y, size", "row heights", |m| {
        sizes(&m.offsets_along(1)[2])
    }),
    (
        "Deviation: the least r such that the path passes within r keys of every letter",
        "keys",
        |m| m.deviations.clone(),
    ),
    ("Time between visits one key apart", "ms", |m| {
        m.segment_times()[0].clone()
    }),
    ("Time between visits four keys apart", "ms", |m| {
        m.segment_times()[1].clone()
    }),
    ("Duration, 2 and 3 letters", "ms", |m| m.lasting(2, 3)),
    ("Duration, 4 to 6 letters", "ms", |m| m.lasting(4, 6)),
    ("Duration, 7 letters and more", "ms", |m| m.lasting(7, 64)),
    (
        "Speed at turns under 60 degrees over the speed around them",
        "quotient",
        |m| m.speeds[0].clone(),
    ),
    (
        "Speed at turns of 60 to 120 degrees over the speed around them",
        "quotient",
        |m| m.speeds[1].clone(),
    ),
    (
        "Speed at turns over 120 degrees over the speed around them",
        "quotient",
        |m| m.speeds[2].clone(),
    ),
    ("Path over the polygon of the keys", "quotient", |m| {
        m.ratios.clone()
    }),
    ("Turning in steps of half a key", "radians a key", |m| {
        m.coarse.clone()
    }),
    ("Turning in steps of 0.15 keys", "radians a key", |m| {
        m.fine.clone()
    }),
    ("Rest at the start", "ms", |m| m.start_rests.clone()),
    ("Rest at the end", "ms", |m| m.end_rests.clone()),
    ("Pauses", "ms", |m| m.pause_times.clone()),
    (
        "Time within half a key of doubled inner letters",
        "ms",
        |m| m.stays[1].clone(),
    ),
    ("Points of a swipe", "points", |m| m.points.clone()),
    ("Time between points", "ms", |m| m.intervals.clone()),
];

/// Share of a distribution that is plotted: tails would press all else together.
const SHOWN: f64 = 0.985;
/// Points of a line.
const STEPS: usize = 100;

fn sizes(list: &[f64]) -> Vec<f64> {
    list.iter().map(|value| value.abs()).collect()
}

/// A figure in a table.
fn figure(value: f64) -> String {
    format!("{value:.4}")
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// How much was fitted to what, and how well: a sentence, and a table of the statistics.
pub fn summary(fit: &Fit) -> Vec<Block> {
    let columns = [
        Column::new("statistic"),
        Column::new("real"),
        Column::new("synthetic"),
        Column::new("parameter").start(),
        Column::new("value"),
    ];
    let mut table = Table::new(columns);
    for fitted in &fit.profile.fitted {
        let parameter = fitted.parameter.as_deref().and_then(Parameter::named);
        let cells = [
            figure(fitted.real),
            figure(fitted.synthetic),
            parameter.map_or_else(String::new, |p| p.name.to_owned()),
            parameter.map_or_else(String::new, |p| figure((p.get)(&fit.profile))),
        ];
        table.row(&fitted.statistic, cells);
    }
    let text = format!(
        "{} of {} swipes by {} people, {} left out; as many synthetic swipes of the same words on \
         keyboards of the same sizes. Mean distance of the fitted statistics: {:.3} before, {:.3} \
         after.",
        fit.swipes, fit.of, fit.people, fit.left_out, fit.before, fit.distance
    );
    vec![Block::text(text), table.into()]
}

/// The report of a fit: what each parameter was fitted to, and the distributions of real and
/// synthetic swipes.
pub fn page(fit: &Fit) -> Page {
    let profile = &fit.profile;
    let columns = [
        Column::new("parameter"),
        Column::new("value"),
        Column::new("meaning").start(),
    ];
    let mut by_hand = Table::new(columns);
    for parameter in PARAMETERS {
        let is_it = |fitted: &Fitted| fitted.parameter.as_deref() == Some(parameter.name);
        if !profile.fitted.iter().any(is_it) {
            let meaning = parameter.meaning.trim().to_owned();
            by_hand.row(parameter.name, [figure((parameter.get)(profile)), meaning]);
        }
    }
    let plots = PLOTS.iter().map(|(caption, unit, get)| {
        let lists = [get(&fit.real), get(&fit.synthetic)];
        plot(caption, unit, lists)
    });
    Page::new("Synthetic swipes beside real ones")
        .section("Parameters and statistics", summary(fit))
        .with([Block::text(&*profile.source)])
        .section("Parameters that were not fitted", [by_hand.into()])
        .section("Distributions", plots)
}

/// Cumulative distributions of real and synthetic values.
fn plot(caption: &str, unit: &str, [real, synthetic]: [Vec<f64>; 2]) -> Block {
    let far = [&real, &synthetic]
        .map(|list| quantile(list, SHOWN))
        .into_iter()
        .filter(|far| far.is_finite())
        .fold(0.0, f64::max);
    let line = |name: &str, mut list: Vec<f64>| {
        list.sort_by(f64::total_cmp);
        let share = |x: f64| {
            100.0 * list.partition_point(|value| *value <= x) as f64 / list.len().max(1) as f64
        };
        let points = (0..=STEPS)
            .map(|step| far * step as f64 / STEPS as f64)
            .map(|x| (x, share(x)));
        Line {
            name: format!("{name} ({})", list.len()),
            points: points.collect(),
        }
    };
    let both = [line("real", real), line("synthetic", synthetic)];
    Lines::new(caption, unit, "% at most", both).into()
}
