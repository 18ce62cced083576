//! Tables.

use serde::Serialize;

use super::{Block, escape};

/// Alignment of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Left: names and sentences.
    Start,
    /// Right: figures.
    End,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// What it shows.
    pub name: String,
    /// The unit of its figures; empty without one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Alignment of its cells.
    pub align: Align,
}

impl Column {
    /// A column of figures without a unit.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            unit: String::new(),
            align: Align::End,
        }
    }

    /// The column with a unit.
    pub fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// The column, aligned left.
    pub fn start(mut self) -> Self {
        self.align = Align::Start;
        self
    }

    /// Name and unit.
    fn header(&self) -> String {
        format!("{} {}", self.name, self.unit).trim_end().to_owned()
    }
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Column {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// A table. The first cell of a row is its name. Short rows are filled with empty cells, long ones
/// are cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The columns. The first has the rows' names and is aligned left.
    pub columns: Vec<Column>,
    /// The name of each row, then its cells.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub fn new<C: Into<Column>>(columns: impl IntoIterator<Item = C>) -> Self {
        let mut columns: Vec<Column> = columns.into_iter().map(Into::into).collect();
        if let Some(first) = columns.first_mut() {
            first.align = Align::Start;
        }
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// A table of names and values, without headers.
    pub fn pairs<N: Into<String>>(pairs: impl IntoIterator<Item = (N, String)>) -> Self {
        let rows = pairs.into_iter().map(|(name, value)| [name.into(), value]);
        Self::new(["", ""]).with_rows(rows)
    }

    /// The table with more rows.
    pub fn with_rows<R: IntoIterator<Item = String>>(
        mut self,
        rows: impl IntoIterator<Item = R>,
    ) -> Self {
        let rows = rows.into_iter().map(|row| row.into_iter().collect());
        self.rows.extend(rows);
        self
    }

    /// Adds a row.
    pub fn row(&mut self, name: impl Into<String>, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(std::iter::once(name.into()).chain(cells).collect());
    }

    pub(super) fn html(&self) -> String {
        let mut out = String::from("<div class=\"scroll\"><table>\n<thead><tr>");
        for (index, column) in self.columns.iter().enumerate() {
            let class = class(index, column);
            let header = escape(&column.header());
            out.push_str(&format!("<th scope=\"col\"{class}>{header}</th>"));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            out.push_str("<tr>");
            for (index, column) in self.columns.iter().enumerate() {
                let cell = escape(row.get(index).map_or("", String::as_str));
                out.push_str(&match index {
                    0 => format!("<th scope=\"row\">{cell}</th>"),
                    _ => format!("<td{}>{cell}</td>", class(index, column)),
                });
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table></div>\n");
        out
    }

    /// The columns side by side.
    pub(super) fn text(&self) -> String {
        let headers: Vec<String> = self.columns.iter().map(Column::header).collect();
        let has_headers = headers.iter().any(|header| !header.is_empty());
        let all = || {
            let headers = has_headers.then_some(&headers);
            headers.into_iter().chain(&self.rows)
        };
        let width = |column: usize| {
            let cells = all().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut out = String::new();
        for row in all() {
            let mut line = String::new();
            for ((cell, column), width) in row.iter().zip(&self.columns).zip(&widths) {
                line.push_str(&match column.align {
                    Align::Start => format!("  {cell:width$}"),
                    Align::End => format!("  {cell:>width$}"),
                });
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// The class of a cell whose alignment is not the style sheet's default.
fn class(index: usize, column: &Column) -> &'static str {
    match column.align {
        Align::Start if index > 0 => " class=\"start\"",
        _ => "",
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = [
            Column::new("name"),
            Column::new("time").unit("ms"),
            Column::new("why").start(),
        ];
        Table::new(columns).with_rows([
            vec!["a".to_owned()],
            ["b", "12.5", "so", "more"].map(String::from).to_vec(),
        ])
    }

    #[test]
    fn every_row_of_a_page_has_a_cell_a_column() {
        let html = table().html();
        assert_eq!(html.matches("<td").count(), 4);
        assert!(html.contains("<th scope=\"row\">a</th><td></td><td class=\"start\"></td>"));
        assert!(html.contains("<td>12.5</td><td class=\"start\">so</td></tr>"));
        assert!(html.contains("<th scope=\"col\">time ms</th><th scope=\"col\" class=\"start\">"));
    }

    #[test]
    fn columns_of_a_text_stand_below_each_other() {
        let expected = "  name  time ms  why\n  a\n  b        12.5  so\n";
        assert_eq!(table().text(), expected);
        let pairs = Table::pairs([("one", "1".to_owned()), ("eleven", "11".to_owned())]);
        assert_eq!(pairs.text(), "  one      1\n  eleven  11\n");
    }
}
