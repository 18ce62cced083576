//! Makes untrusted text safe in HTML and on a terminal.

/// `text` escaped for elements and quoted attributes, and [`printable`].
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// `text` with control characters and bidirectional controls replaced by U+FFFD. A name must not
/// change how the rest of a report reads, or control a terminal.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                char::REPLACEMENT_CHARACTER
            }
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Names that must be neutralized: markup, the end of an attribute, a control character.
    pub(in crate::report) const HOSTILE: [&str; 6] = [
        "<script>alert(1)</script>",
        "\" onload=\"alert(1)",
        "' onload='alert(1)",
        "</title></svg></table><img src=x onerror=alert(1)>",
        "a\u{0}b\u{1b}[31mc\u{202e}fdp",
        "&lt;b&gt; &amp; &#60;",
    ];

    /// Fails if a hostile text reached `html`.
    pub(in crate::report) fn assert_harmless(html: &str) {
        for part in [
            "<script",
            "<img",
            "onload=\"",
            "onload='",
            "\u{0}",
            "\u{1b}",
            "\u{202e}",
        ] {
            assert!(!html.contains(part), "{part:?} in {html}");
        }
        // Text that looks escaped is shown literally.
        assert!(!html.contains("&lt;b&gt; &amp; &#60;"), "{html}");
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escape("a < b & \"c\" > 'd'"),
            "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;"
        );
        assert_eq!(escape("&lt;"), "&amp;lt;");
        assert_eq!(escape("Grüße, 日本 ’"), "Grüße, 日本 ’");
        assert_eq!(
            escape("a\u{0}\u{7f}\u{85}\u{2067}b\n"),
            "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b\n"
        );
        for text in HOSTILE {
            assert_harmless(&escape(text));
        }
    }
}
