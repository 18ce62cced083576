//! A comparison as a page.

use super::tables::{bytes, difference, p_value};
use super::{BundleFigures, Comparison, Latency, Stage, tables};
use crate::report::{Bar, Html, Line, Page, bars, histogram, lines, table, text};

/// A self-contained page with all tables and plots. The same comparison gives the same bytes.
pub fn html(comparison: &Comparison) -> String {
    let labels: Vec<&str> = comparison
        .bundles
        .iter()
        .map(|bundle| bundle.label.as_str())
        .collect();
    let mut page = Page::new(&format!("Comparison of {}", labels.join(", ")));
    for (heading, blocks) in sections(comparison) {
        page = page.section(&heading, blocks);
    }
    page.finish()
}

/// The sections of the page, heading and blocks, for a page that has others besides.
pub fn sections(comparison: &Comparison) -> Vec<(String, Vec<Html>)> {
    let mut sections = Vec::new();
    for (index, figures) in tables(comparison).into_iter().enumerate() {
        let mut blocks = Vec::new();
        if !figures.note.is_empty() {
            blocks.push(text(&figures.note));
        }
        blocks.extend(plots(comparison, &figures.title));
        blocks.push(table(&figures.headers, &figures.rows));
        if index == 0 {
            blocks.push(text(&format!(
                "Measured on {}. SHA-256 of the manifest: {}.",
                comparison.machine, comparison.data.sha256
            )));
        }
        sections.push((figures.title, blocks));
    }
    sections
}

/// The plots that go with the table of a title.
fn plots(comparison: &Comparison, title: &str) -> Vec<Html> {
    let all = &comparison.bundles;
    match title {
        "Bundles" => vec![sizes(all)],
        "Accuracy against the baseline" => vec![accuracy(all)],
        "Encoder error" => errors(all),
        "Latency" => vec![
            distribution(all, "Encoder", |latency| &latency.encoder),
            distribution(all, "Points to words", |latency| &latency.total),
        ],
        _ => Vec::new(),
    }
}

fn sizes(all: &[BundleFigures]) -> Html {
    let list: Vec<Bar> = all
        .iter()
        .map(|bundle| {
            let bar = Bar::new(&bundle.label, bundle.sizes.encoder as f64 / 1024.0);
            match (&bundle.difference, bundle.sizes.encoder_deflated) {
                (_, Some(deflated)) => bar.note(&format!("(deflated {})", bytes(deflated))),
                _ => bar,
            }
        })
        .collect();
    bars("Size of the encoder", "KiB", &list)
}

fn accuracy(all: &[BundleFigures]) -> Html {
    let list: Vec<Bar> = all
        .iter()
        .filter_map(|bundle| {
            let top1 = &bundle.difference.as_ref()?.accuracy.overall.top1;
            let label = format!(
                "{}: {}, p = {}",
                bundle.label,
                difference(top1),
                p_value(top1.p)
            );
            Some(Bar::new(&label, top1.difference))
        })
        .collect();
    bars("Top-1 against the baseline", "points", &list)
}

fn errors(all: &[BundleFigures]) -> Vec<Html> {
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
            histogram(&caption, "absolute difference", &histogram_of.edges, &histogram_of.counts)
        })
        .collect()
}

fn distribution(all: &[BundleFigures], what: &str, stage: fn(&Latency) -> &Stage) -> Html {
    let list: Vec<Line> = all
        .iter()
        .filter_map(|bundle| {
            Some(Line {
                name: bundle.label.clone(),
                points: stage(bundle.latency.as_ref()?).points(),
            })
        })
        .collect();
    lines(
        &format!("{what}: share of swipes that take no longer"),
        "milliseconds",
        "percent",
        &list,
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::comparison;
    use super::*;

    #[test]
    fn the_page_holds_tables_and_plots_and_no_markup_of_names() {
        let comparison = comparison();
        let page = html(&comparison);
        assert_eq!(page.matches("<table>").count(), tables(&comparison).len());
        // Sizes, differences, the error of one bundle, two stages' times.
        assert_eq!(page.matches("<svg").count(), 5);
        assert!(page.contains("&lt;b&gt;int8&lt;/b&gt;") && !page.contains("<b>"));
        for part in ["http:", "https:", "<script", "src="] {
            assert!(!page.contains(part), "{part}");
        }
        assert_eq!(page, html(&comparison), "nothing in it is of the moment");
    }

    #[test]
    fn a_comparison_without_latency_has_a_page() {
        let mut comparison = comparison();
        comparison.latency = None;
        comparison
            .bundles
            .iter_mut()
            .for_each(|bundle| bundle.latency = None);
        assert_eq!(html(&comparison).matches("<svg").count(), 3);
    }
}
