//! What tuning found as a report.

use super::Tuning;
use crate::judge::accuracy::Length;
use crate::report::{Block, Column, Table};

/// The widths that were tried, and what each group of terms gained on the other swipes.
pub fn blocks(tuning: &Tuning) -> Vec<Block> {
    let heading = format!(
        "{} swipes of {}, preset {}",
        tuning.swipes, tuning.swipe_file, tuning.preset
    );
    let mut blocks = vec![Block::heading(heading)];
    if !tuning.validation.is_empty() {
        let note = "On the other swipes; won, lost and p of the best candidate against the \
                    options before.";
        blocks.extend([Block::text(note), validation(tuning).into()]);
    }
    if !tuning.tried.is_empty() {
        let note = "Widths of the search that were tried.";
        blocks.extend([Block::text(note), tried(tuning).into()]);
    }
    blocks
}

fn validation(tuning: &Tuning) -> Table {
    let names = [
        "terms",
        "top-1",
        "top-3",
        "top-5",
        "1-3 letters",
        "4+",
        "won",
        "lost",
        "p",
        "ECE",
    ];
    let columns = names.map(Column::new);
    let search = Column::new("search").unit("ms");
    let mut table = Table::new(columns.into_iter().chain([search]));
    for row in &tuning.validation {
        let top1 = &row.difference.top1;
        let of_length = |letters| {
            let found = row.accuracy.of_length(letters);
            found.map_or_else(|| "-".to_owned(), |found| format!("{:.2}", found.top1))
        };
        let cells = [
            format!("{:.2}", row.accuracy.top1),
            format!("{:.2}", row.accuracy.top3),
            format!("{:.2}", row.accuracy.top5),
            of_length(Length::UpTo3),
            of_length(Length::From4),
            top1.won.to_string(),
            top1.lost.to_string(),
            format!("{:.2e}", top1.p),
            format!("{:.4}", row.ece),
            format!("{:.3}", row.search_ms),
        ];
        table.row(&row.name, cells);
    }
    table
}

fn tried(tuning: &Tuning) -> Table {
    let mut table = Table::new([
        Column::new("depth bonus"),
        Column::new("window"),
        Column::new("beam"),
        Column::new("words"),
        Column::new("top-1"),
        Column::new("top-3"),
        Column::new("search").unit("ms"),
    ]);
    for tried in &tuning.tried {
        let cells = [
            tried.window.to_string(),
            tried.beam.to_string(),
            tried.word_slots.to_string(),
            format!("{:.2}", tried.top1),
            format!("{:.2}", tried.top3),
            format!("{:.3}", tried.ms),
        ];
        table.row(tried.depth_bonus.to_string(), cells);
    }
    table
}
