//! A report: blocks under a title, as a page or as plain text.

use serde::Serialize;

use super::{Block, escape, printable};

/// Styles of all blocks, for light and dark, wide and narrow. Colours differ in lightness as well
/// as in hue.
const STYLE: &str = "
:root { color-scheme: light dark; --back: #fff; --ink: #1b1f24; --soft: #5c6670; --line: #d5dae0; --band: #f3f5f7;
  --c0: #2563a8; --c1: #c2570c; --c2: #2f7d4f; --c3: #8b3fa8; --c4: #a37b00; --c5: #0f7c86; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14171b; --ink: #e4e8ec; --soft: #9aa5b0; --line: #353c44; --band: #1c2127;
    --c0: #6fa8e8; --c1: #f0924d; --c2: #6cc48e; --c3: #c78be0; --c4: #dcb84a; --c5: #55c1cb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.2; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
p { max-width: 42rem; }
figure { margin: 1.5rem 0; }
figcaption { color: var(--soft); font-size: .9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child { text-align: left; font-weight: normal; }
td.start, th.start { text-align: left; }
thead th, thead th:first-child { font-weight: 600; vertical-align: bottom; }
tbody tr:nth-child(even) { background: var(--band); }
svg { display: block; width: 100%; min-width: 32rem; max-width: 48rem; height: auto; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .soft { fill: var(--soft); font-size: 12px; }
svg .axis { stroke: var(--soft); fill: none; }
svg .grid { stroke: var(--line); fill: none; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); }
.f3 { fill: var(--c3); } .f4 { fill: var(--c4); } .f5 { fill: var(--c5); }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); }
.s3 { stroke: var(--c3); } .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); }
@media print { body { max-width: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
";

/// A report: a title, and blocks below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page {
    title: String,
    blocks: Vec<Block>,
}

impl Page {
    /// An empty report.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            blocks: Vec::new(),
        }
    }

    /// Adds blocks.
    pub fn with(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.blocks.extend(blocks);
        self
    }

    /// Adds a heading and the blocks below it.
    pub fn section(self, heading: &str, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.with([Block::Heading(heading.to_owned())]).with(blocks)
    }

    /// The report as a self-contained page. A heading begins a section.
    pub fn to_html(&self) -> String {
        let mut body = String::new();
        let mut in_section = false;
        for block in &self.blocks {
            if matches!(block, Block::Heading(_)) {
                if in_section {
                    body.push_str("</section>\n");
                }
                in_section = true;
                body.push_str("<section>\n");
            }
            body.push_str(&block.html());
        }
        if in_section {
            body.push_str("</section>\n");
        }
        let title = escape(&self.title);
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
        )
    }

    /// The report as plain text, without its plots. Control characters are replaced, because the
    /// text goes to terminals.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}\n", self.title);
        for block in &self.blocks {
            out.push_str(&block.text_lines());
        }
        printable(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::escape::tests::{HOSTILE, assert_harmless};
    use super::super::{Bar, Bars, Histogram, Line, Lines, Table};
    use super::*;

    /// A page with every block. All of its texts are `text`.
    fn page(name: &str) -> Page {
        let edges = [0.0, 1.0, 2.0];
        let line = Line {
            name: name.to_owned(),
            points: vec![(0.0, 0.0), (1.0, 2.0)],
        };
        Page::new(name).section(
            name,
            [
                Block::text(name),
                Table::new([name, name])
                    .with_rows([[name.to_owned(), name.to_owned()]])
                    .into(),
                Bars::new(name, name, [Bar::new(name, 1.0)]).into(),
                Histogram::new(name, name, &edges, &[1, 2]).into(),
                Lines::new(name, name, name, [line]).into(),
            ],
        )
    }

    #[test]
    fn no_text_becomes_markup() {
        for name in HOSTILE {
            assert_harmless(&page(name).to_html());
            let text = page(name).to_text();
            assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}']), "{text:?}");
        }
        let all = page("name").to_html();
        for block in [
            "<h1>name",
            "<h2>name",
            "<p>name",
            "<td>name",
            "<svg",
            "<figcaption>name",
        ] {
            assert!(all.contains(block), "{block}");
        }
    }

    #[test]
    fn the_page_needs_nothing_else_and_is_always_the_same() {
        let all = page("name").to_html();
        for part in [
            "http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link",
        ] {
            assert!(!all.contains(part), "{part}");
        }
        assert_eq!(all, page("name").to_html());
    }

    #[test]
    fn every_element_is_closed() {
        let all = page("name").to_html();
        let mut open: Vec<&str> = Vec::new();
        for tag in all
            .split('<')
            .skip(1)
            .filter_map(|part| part.split('>').next())
        {
            let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
            match tag {
                tag if tag.starts_with('!') || name == "meta" || tag.ends_with('/') => {}
                tag if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{tag}"),
                _ => open.push(name),
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }

    #[test]
    fn text_and_json_hold_what_the_page_holds() {
        let page = page("name");
        let text = page.to_text();
        assert_eq!(text, "name\n\nname\nname\n  name  name\n  name  name\n");
        let json = serde_json::to_value(&page).unwrap();
        assert_eq!(json["title"], "name");
        assert_eq!(json["blocks"][0]["heading"], "name");
        assert_eq!(json["blocks"][2]["table"]["rows"][0][1], "name");
        assert_eq!(json["blocks"][4]["histogram"]["counts"][1], 2);
    }
}
