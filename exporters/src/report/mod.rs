//! Reports: headings, texts, tables and plots, written as an HTML page, as plain text or as JSON.
//!
//! A page is one file. A policy in it forbids scripts, fonts and pictures from elsewhere. Only the
//! blocks here make HTML, and they escape all text. The same blocks give the same bytes. Plain text
//! leaves the plots out.
//!
//! ```
//! use swipekit_exporters::report::{Bar, Bars, Block, Column, Page, Table};
//!
//! let columns = [Column::new("bundle"), Column::new("encoder").unit("KiB")];
//! let mut table = Table::new(columns);
//! table.row("fp32", ["6584".to_owned()]);
//! let bars = [Bar::new("fp32", 6584.0), Bar::new("int8", 1790.0)];
//! let page = Page::new("Two bundles").section("Sizes", [
//!     Block::text("Bytes of the encoder."),
//!     table.into(),
//!     Bars::new("Encoder", "KiB", bars).into(),
//! ]);
//! assert!(page.to_html().starts_with("<!DOCTYPE html>"));
//! assert!(page.to_text().contains("encoder KiB"));
//! ```

mod bars;
mod block;
mod escape;
mod histogram;
mod lines;
mod page;
mod plot;
mod table;

pub use bars::{Bar, Bars};
pub use block::{Block, to_text};
pub use escape::{escape, printable};
pub use histogram::Histogram;
pub use lines::{Line, Lines};
pub use page::Page;
pub use table::{Align, Column, Table};
