//! Self-contained HTML reports: tables and plots in one file that needs nothing else.
//!
//! No script, no font, no picture from elsewhere; a policy in the page forbids them. Everything
//! that comes from outside is escaped: only the blocks here make [`Html`], and they take text. The
//! same input gives the same bytes.
//!
//! ```
//! use swipekit_exporters::report::{self, Bar, Page};
//!
//! let page = Page::new("Two bundles")
//!     .section("Sizes", [
//!         report::text("Bytes of the encoder."),
//!         report::table(&["bundle", "KiB"], &[vec!["fp32".to_owned(), "6584".to_owned()]]),
//!         report::bars("Encoder", "KiB", &[Bar::new("fp32", 6584.0), Bar::new("int8", 1790.0)]),
//!     ])
//!     .finish();
//! assert!(page.starts_with("<!DOCTYPE html>"));
//! ```

mod bars;
mod escape;
mod histogram;
mod lines;
mod page;
mod plot;
mod table;

pub use bars::{Bar, bars};
pub use escape::escape;
pub use histogram::histogram;
pub use lines::{Line, lines};
pub use page::Page;
pub use table::table;

/// A piece of a page, made by a block of this module from escaped text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// The piece as it stands in the page.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A paragraph of plain text.
pub fn text(text: &str) -> Html {
    Html(format!("<p>{}</p>\n", escape(text)))
}
