//! The tables of a comparison.

use super::{BundleFigures, Comparison, Difference, Footprint, Latency, Ratio, Speed, Stage};
use super::{TopDifference, WordSource};
use crate::judge::accuracy::LengthAccuracy;
use crate::quantize::frames::EncoderError;
use crate::report::Table;
use crate::statistics::Paired;

/// Name of a row, and what it shows of the figures `F`.
type Row<F, T> = (&'static str, fn(&F) -> T);

/// A table of the comparison's bundles, one a column, with what it shows and what there is to know
/// about its figures.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) title: &'static str,
    pub(super) note: String,
    pub(super) table: Table,
}

impl Figures {
    fn new<'a>(
        title: &'static str,
        note: String,
        bundles: impl Iterator<Item = &'a BundleFigures>,
    ) -> Self {
        let labels = bundles.map(|bundle| bundle.label.clone());
        Self {
            title,
            note,
            table: Table::new(std::iter::once(String::new()).chain(labels)),
        }
    }

    fn row(&mut self, name: impl Into<String>, cells: impl Iterator<Item = String>) {
        self.table.row(name, cells);
    }
}

pub(super) fn bundles(comparison: &Comparison) -> Figures {
    let all = &comparison.bundles;
    let note = match all.first().and_then(|bundle| bundle.footprint) {
        Some(footprint) => format!(
            "Opening and memory in a process of its own, with the bundle's own settings; memory at the end after {} swipes.",
            footprint.swipes
        ),
        None => "Opening and memory were not measured.".to_owned(),
    };
    let mut table = Figures::new("Bundles", note, all.iter());
    table.row("runtime", all.iter().map(|bundle| bundle.runtime.clone()));
    table.row(
        "precision",
        all.iter().map(|bundle| bundle.precision.clone()),
    );
    table.row(
        "parameters",
        all.iter().map(|bundle| bundle.parameters.to_string()),
    );
    table.row(
        "encoder",
        all.iter().map(|bundle| bytes(bundle.sizes.encoder)),
    );
    let part = |bundle: &BundleFigures| {
        let part = bundle.difference.as_ref().map_or(1.0, |d| d.encoder_bytes);
        format!("{part:.3} x")
    };
    table.row("encoder, of the baseline's", all.iter().map(part));
    let deflated = |size: Option<u64>| size.map_or("-".to_owned(), bytes);
    table.row(
        "encoder, deflated",
        all.iter()
            .map(|bundle| deflated(bundle.sizes.encoder_deflated)),
    );
    table.row(
        "bundle",
        all.iter().map(|bundle| bytes(bundle.sizes.bundle)),
    );
    table.row(
        "bundle, deflated",
        all.iter()
            .map(|bundle| deflated(bundle.sizes.bundle_deflated)),
    );
    let rows: [Row<Footprint, String>; 5] = [
        ("runtime loads in", |f| format!("{:.0} ms", f.runtime_ms)),
        ("opens in", |f| format!("{:.1} ms", f.load_ms)),
        ("resident before", |f| {
            format!("{:.1} MiB", f.rss_before_mib)
        }),
        ("resident, open", |f| format!("{:.1} MiB", f.rss_opened_mib)),
        ("resident at the end", |f| {
            format!("{:.1} MiB", f.rss_end_mib)
        }),
    ];
    for (name, cell) in rows {
        if all.iter().any(|bundle| bundle.footprint.is_some()) {
            let cells = all.iter().map(|bundle| bundle.footprint.as_ref());
            table.row(name, cells.map(|f| f.map_or("-".to_owned(), cell)));
        }
    }
    table
}

pub(super) fn accuracy(comparison: &Comparison) -> Figures {
    let data = &comparison.data;
    let words = match data.words {
        WordSource::Bundle => "of the bundles' lexicon",
        WordSource::File => "of the lexicon that was given",
        WordSource::Swipes => "of the swipe file, all of the same frequency",
    };
    let note = format!(
        "In percent of {} swipes, taken evenly from the {} of {}; {} words {words}.",
        data.swipes, data.of, data.swipe_file, data.word_count
    );
    let all = &comparison.bundles;
    let mut table = Figures::new("Accuracy", note, all.iter());
    let share = |value: f64| format!("{value:.2}");
    table.row(
        "top-1",
        all.iter().map(|bundle| share(bundle.accuracy.top1)),
    );
    table.row(
        "top-3",
        all.iter().map(|bundle| share(bundle.accuracy.top3)),
    );
    table.row(
        "top-5",
        all.iter().map(|bundle| share(bundle.accuracy.top5)),
    );
    let classes = all
        .first()
        .map_or(&[][..], |bundle| &bundle.accuracy.by_length);
    for (index, class) in classes.iter().enumerate() {
        let name = |top: &str| format!("{top}, {} (n = {})", class.letters.name(), class.n);
        let cells = |part: fn(&LengthAccuracy) -> f64| {
            all.iter().map(move |bundle| {
                let class = bundle.accuracy.by_length.get(index);
                class.map_or("-".to_owned(), |class| share(part(class)))
            })
        };
        table.row(name("top-1"), cells(|class| class.top1));
        table.row(name("top-3"), cells(|class| class.top3));
        table.row(name("top-5"), cells(|class| class.top5));
    }
    table.row(
        "greedy, no lexicon",
        all.iter().map(|bundle| share(bundle.accuracy.greedy)),
    );
    table.row(
        "not in the lexicon",
        all.iter().map(|bundle| share(bundle.accuracy.oov)),
    );
    table
}

/// The bundles but the first, with what is said of each against it.
fn others(comparison: &Comparison) -> impl Iterator<Item = (&BundleFigures, &Difference)> {
    let bundles = comparison.bundles.iter();
    bundles.filter_map(|bundle| Some((bundle, bundle.difference.as_ref()?)))
}

pub(super) fn differences(comparison: &Comparison) -> Figures {
    let baseline = comparison.bundles.first().map_or("", |b| b.label.as_str());
    let note = format!(
        "On the same swipes as {baseline}: percentage points [95 % interval], swipes lost and won, p of McNemar's exact test \
         (mid-p)."
    );
    let mut table = Figures::new(
        "Accuracy against the baseline",
        note,
        others(comparison).map(|o| o.0),
    );
    let rows: [Row<TopDifference, Paired>; 3] = [
        ("top-1", |difference| difference.top1),
        ("top-3", |difference| difference.top3),
        ("top-5", |difference| difference.top5),
    ];
    let mut add = |name: String, pick: &dyn Fn(&Difference) -> Option<Paired>| {
        let found: Vec<_> = others(comparison).map(|(_, d)| pick(d)).collect();
        let cell = |show: fn(&Paired) -> String| {
            let found = found.clone().into_iter();
            found.map(move |paired| paired.as_ref().map_or("-".to_owned(), show))
        };
        table.row(name, cell(difference));
        table.row(
            "  lost / won, p (mid-p)",
            cell(|paired| {
                let (p, mid_p) = (p_value(paired.p), p_value(paired.mid_p));
                format!("{} / {}, {p} ({mid_p})", paired.lost, paired.won)
            }),
        );
    };
    for (name, part) in rows {
        add(name.to_owned(), &|d| Some(part(&d.accuracy.overall)));
    }
    let first = others(comparison).next();
    for class in first.map_or(&[][..], |(_, d)| &d.accuracy.by_length) {
        for (name, part) in rows {
            let name = format!(
                "{name}, {} (n = {})",
                class.letters.name(),
                class.difference.n
            );
            add(name, &|d| d.accuracy.of_length(class.letters).map(part));
        }
    }
    add("greedy, no lexicon".to_owned(), &|d| {
        Some(d.accuracy.greedy)
    });
    let percent = |value: f64| format!("{value:.2} %");
    table.row(
        "same candidates",
        others(comparison).map(|(_, d)| percent(d.same_candidates)),
    );
    table.row(
        "same best candidate",
        others(comparison).map(|(_, d)| percent(d.same_best)),
    );
    table
}

pub(super) fn encoder_error(comparison: &Comparison) -> Option<Figures> {
    let errors = || others(comparison).map(|(_, d)| d.encoder_error.as_ref());
    let first = errors().flatten().next()?;
    let note = format!(
        "The encoder's output next to the baseline's: {} frames of {} swipes, taken evenly.",
        first.frames, first.swipes
    );
    let mut table = Figures::new("Encoder error", note, others(comparison).map(|o| o.0));
    let rows: [Row<EncoderError, String>; 4] = [
        ("least cosine of a frame", |e| {
            format!("{:.6}", e.cosine_min)
        }),
        ("mean cosine", |e| format!("{:.6}", e.cosine_mean)),
        ("greatest difference", |e| format!("{:.3e}", e.max_abs)),
        ("RMS, relative", |e| format!("{:.3e}", e.rms_relative)),
    ];
    for (name, cell) in rows {
        let cells = errors().map(|error| error.map_or("other dimensions".to_owned(), cell));
        table.row(name, cells);
    }
    Some(table)
}

pub(super) fn latency(comparison: &Comparison) -> Option<Figures> {
    let conditions = comparison.latency?;
    let note = format!(
        "Milliseconds on the clock, one thread, {} swipes {}; the bundles take turns at every swipe. Faster: the baseline's \
         time as a multiple of the bundle's, of the medians and as the median of the pairs.",
        conditions.swipes,
        match conditions.rounds {
            1 => "once".to_owned(),
            rounds => format!("{rounds} times"),
        }
    );
    let all = &comparison.bundles;
    let mut table = Figures::new("Latency", note, all.iter());
    type Parts = (
        &'static str,
        fn(&Latency) -> &Stage,
        fn(&Speed) -> Option<Ratio>,
    );
    let stages: [Parts; 3] = [
        ("encoder", |l| &l.encoder, |s| s.encoder),
        ("search", |l| &l.search, |s| s.search),
        ("total", |l| &l.total, |s| s.total),
    ];
    for (name, stage, ratio) in stages {
        let percentiles: [Row<Stage, f64>; 3] = [
            ("p50", |stage| stage.times.p50),
            ("p90", |stage| stage.times.p90),
            ("p99", |stage| stage.times.p99),
        ];
        for (percentile, value) in percentiles {
            let cells = all.iter().map(|bundle| bundle.latency.as_ref().map(stage));
            table.row(
                format!("{name} {percentile}"),
                cells.map(|stage| stage.map_or("-".to_owned(), |s| format!("{:.3}", value(s)))),
            );
        }
        let cells = all.iter().map(|bundle| {
            let speed = bundle.difference.as_ref().and_then(|d| d.speed);
            let ratio = speed.as_ref().and_then(ratio);
            ratio.map_or("-".to_owned(), |r| {
                format!("{:.2} / {:.2}", r.of_medians, r.median)
            })
        });
        table.row(format!("{name}, faster"), cells);
    }
    Some(table)
}

/// A difference in points with its interval.
pub(super) fn difference(paired: &Paired) -> String {
    let [low, high] = paired.interval;
    format!("{:+.2} [{low:+.2}, {high:+.2}]", paired.difference)
}

/// A p value: three digits, powers of ten below a thousandth.
pub(super) fn p_value(p: f64) -> String {
    if p < 1e-3 {
        format!("{p:.0e}")
    } else {
        format!("{p:.3}")
    }
}

/// A size in KiB or MiB.
pub(super) fn bytes(bytes: u64) -> String {
    let kib = bytes as f64 / 1024.0;
    if kib < 1024.0 {
        format!("{kib:.1} KiB")
    } else {
        format!("{:.2} MiB", kib / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(
            (bytes(1536), bytes(6_742_105)),
            ("1.5 KiB".into(), "6.43 MiB".into())
        );
        assert_eq!(
            (p_value(1.0), p_value(0.0312), p_value(1.2e-7)),
            ("1.000".into(), "0.031".into(), "1e-7".into())
        );
        assert_eq!(difference(&Paired::new(16, 6, 200)), "-5.00 [-9.65, -0.25]");
    }
}
