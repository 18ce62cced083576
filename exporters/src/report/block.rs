//! The parts of a report.

use serde::Serialize;

use super::{Bars, Histogram, Lines, Table, escape, printable};

/// A part of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Heading of the following blocks, up to the next heading.
    Heading(String),
    /// A paragraph of plain text.
    Text(String),
    /// A table.
    Table(Table),
    /// Horizontal bars.
    Bars(Bars),
    /// A histogram.
    Histogram(Histogram),
    /// Lines over two axes.
    Lines(Lines),
}

impl Block {
    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A heading.
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading(text.into())
    }

    /// The block as a part of a page.
    pub(super) fn html(&self) -> String {
        match self {
            Self::Heading(text) => format!("<h2>{}</h2>\n", escape(text)),
            Self::Text(text) => format!("<p>{}</p>\n", escape(text)),
            Self::Table(table) => table.html(),
            Self::Bars(bars) => bars.html(),
            Self::Histogram(histogram) => histogram.html(),
            Self::Lines(lines) => lines.html(),
        }
    }

    /// The block as plain text. Plots give none.
    pub(super) fn text_lines(&self) -> String {
        match self {
            Self::Heading(text) => format!("\n{text}\n"),
            Self::Text(text) => format!("{text}\n"),
            Self::Table(table) => table.text(),
            Self::Bars(_) | Self::Histogram(_) | Self::Lines(_) => String::new(),
        }
    }
}

/// Blocks as plain text, without plots and without an empty line before the first heading. Control
/// characters are replaced, because the text goes to terminals.
pub fn to_text(blocks: &[Block]) -> String {
    let lines: String = blocks.iter().map(Block::text_lines).collect();
    printable(lines.trim_start_matches('\n'))
}

impl From<Bars> for Block {
    fn from(bars: Bars) -> Self {
        Self::Bars(bars)
    }
}

impl From<Histogram> for Block {
    fn from(histogram: Histogram) -> Self {
        Self::Histogram(histogram)
    }
}

impl From<Lines> for Block {
    fn from(lines: Lines) -> Self {
        Self::Lines(lines)
    }
}
