//! A comparison as a report.

use super::tables::{self, Figures, bytes, difference, p_value};
use super::{BundleFigures, Comparison, Latency, Stage};
use crate::report::{Bar, Bars, Block, Histogram, Line, Lines, Page};

/// The report of a comparison. The same comparison gives the same bytes.
pub fn page(comparison: &Comparison) -> Page {
    let bundles = comparison.bundles.iter();
    let labels: Vec<&str> = bundles.map(|bundle| bundle.label.as_str()).collect();
    let title = format!("Comparison of {}", labels.join(", "));
    Page::new(&title).with(blocks(comparison))
}

/// The blocks of the report, for one that has others besides. What was left out is not there.
pub fn blocks(comparison: &Comparison) -> Vec<Block> {
    let all = &comparison.bundles;
    let mut blocks = section(tables::bundles(comparison), vec![sizes(all)]);
    blocks.push(Block::text(format!(
        "Measured on {}. SHA-256 of the swipe file: {}.",
        comparison.machine, comparison.data.sha256
    )));
    blocks.extend(section(tables::accuracy(comparison), Vec::new()));
    let differences = tables::differences(comparison);
    blocks.extend(section(differences, vec![accuracy(all)]));
    if let Some(figures) = tables::encoder_error(comparison) {
        blocks.extend(section(figures, errors(all)));
    }
    if let Some(figures) = tables::latency(comparison) {
        let plots = vec![
            distribution(all, "Encoder", |latency| &latency.encoder),
            distribution(all, "Points to words", |latency| &latency.total),
        ];
        blocks.extend(section(figures, plots));
    }
    blocks
}

/// A heading, what there is to know, plots and the table.
fn section(figures: Figures, plots: Vec<Block>) -> Vec<Block> {
    let mut blocks = vec![Block::heading(figures.title), Block::text(figures.note)];
    blocks.extend(plots);
    blocks.push(figures.table.into());
    blocks
}

fn sizes(all: &[BundleFigures]) -> Block {
    let list = all.iter().map(|bundle| {
        let bar = Bar::new(&bundle.label, bundle.sizes.encoder as f64 / 1024.0);
        match (&bundle.difference, bundle.sizes.encoder_deflated) {
            (_, Some(deflated)) => bar.note(&format!("(deflated {})", bytes(deflated))),
            _ => bar,
        }
    });
    Bars::new("Size of the encoder", "KiB", list).into()
}

fn accuracy(all: &[BundleFigures]) -> Block {
    let list = all.iter().filter_map(|bundle| {
        let top1 = &bundle.difference.as_ref()?.accuracy.overall.top1;
        let label = format!(
            "{}: {}, p = {}",
            bundle.label,
            difference(top1),
            p_value(top1.p)
        );
        Some(Bar::new(&label, top1.difference))
    });
    Bars::new("Top-1 against the baseline", "points", list).into()
}

fn errors(all: &[BundleFigures]) -> Vec<Block> {
    let errors = all.iter().filter_map(|bundle| {
        let error = bundle.difference.as_ref()?.encoder_error.as_ref()?;
        Some((bundle, error))
    });
    errors
        .map(|(bundle, error)| {
            let histogram_of = &error.histogram;
            let caption = format!(
                "{}: absolute differences of the encoder's output; {} below {:.0e}, {} from {:.0} on",
                bundle.label,
                histogram_of.below,
                histogram_of.edges.first().copied().unwrap_or_default(),
                histogram_of.above,
                histogram_of.edges.last().copied().unwrap_or_default(),
            );
            Histogram::new(&caption, "absolute difference", &histogram_of.edges, &histogram_of.counts).into()
        })
        .collect()
}

fn distribution(all: &[BundleFigures], what: &str, stage: fn(&Latency) -> &Stage) -> Block {
    let list = all.iter().filter_map(|bundle| {
        Some(Line {
            name: bundle.label.clone(),
            points: stage(bundle.latency.as_ref()?).points(),
        })
    });
    let caption = format!("{what}: share of swipes that take no longer");
    Lines::new(&caption, "milliseconds", "percent", list).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::comparison;
    use super::*;

    #[test]
    fn the_page_holds_tables_and_plots_and_no_markup_of_names() {
        let comparison = comparison();
        let html = page(&comparison).to_html();
        assert_eq!(html.matches("<table>").count(), 5);
        // Sizes, differences, the error of one bundle, two stages' times.
        assert_eq!(html.matches("<svg").count(), 5);
        assert!(html.contains("&lt;b&gt;int8&lt;/b&gt;") && !html.contains("<b>"));
        for part in ["http:", "https:", "<script", "src="] {
            assert!(!html.contains(part), "{part}");
        }
        assert_eq!(
            html,
            page(&comparison).to_html(),
            "nothing in it is of the moment"
        );
    }

    #[test]
    fn a_comparison_without_latency_has_a_page() {
        let mut comparison = comparison();
        comparison.latency = None;
        comparison
            .bundles
            .iter_mut()
            .for_each(|bundle| bundle.latency = None);
        let html = page(&comparison).to_html();
        assert_eq!(html.matches("<svg").count(), 3);
    }

    #[test]
    fn every_row_has_a_cell_a_bundle() {
        let blocks = blocks(&comparison());
        let tables = blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        for table in tables {
            assert!(table.columns.len() >= 2);
            for row in &table.rows {
                assert_eq!(row.len(), table.columns.len(), "{}", row[0]);
                assert!(row.iter().all(|cell| !cell.is_empty()), "{}", row[0]);
            }
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let text = page(&comparison()).to_text();
        assert!(!text.contains('\u{1b}'), "no name steers the terminal");
        let ends = |start: &str| {
            let line = text
                .lines()
                .find(|line| line.trim_start().starts_with(start));
            line.unwrap_or_else(|| panic!("{start} in {text}"))
                .chars()
                .count()
        };
        assert_eq!(ends("top-1 "), ends("top-3 "));
        assert_eq!(ends("encoder p50"), ends("total p99"));
        for part in [
            "Bundles",
            "McNemar",
            "same candidates",
            "lost / won",
            "Encoder error",
        ] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn what_was_left_out_is_said() {
        let mut comparison = comparison();
        comparison.latency = None;
        for bundle in &mut comparison.bundles {
            bundle.footprint = None;
            bundle.latency = None;
            if let Some(difference) = &mut bundle.difference {
                (difference.speed, difference.encoder_error) = (None, None);
            }
        }
        let text = page(&comparison).to_text();
        assert!(text.contains("not measured"));
        assert!(!text.contains("Latency") && !text.contains("Encoder error"));
    }
}
