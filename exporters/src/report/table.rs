//! Tables.

use super::{Html, escape};

/// A table: the first cell of a row names it, the others are figures. Rows that are shorter than
/// the headers end in empty cells, longer ones are cut.
pub fn table<H: AsRef<str>>(headers: &[H], rows: &[Vec<String>]) -> Html {
    let mut out = String::from("<div class=\"scroll\"><table>\n<thead><tr>");
    for header in headers {
        out.push_str(&format!(
            "<th scope=\"col\">{}</th>",
            escape(header.as_ref())
        ));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for column in 0..headers.len() {
            let cell = escape(row.get(column).map_or("", String::as_str));
            out.push_str(&match column {
                0 => format!("<th scope=\"row\">{cell}</th>"),
                _ => format!("<td>{cell}</td>"),
            });
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
    Html(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_cell_a_header() {
        let rows = [
            vec!["a".to_owned()],
            ["b", "1", "2", "3"].map(String::from).to_vec(),
        ];
        let html = table(&["name", "x", "y"], &rows).0;
        assert_eq!(html.matches("<td>").count(), 4);
        assert!(html.contains("<th scope=\"row\">a</th><td></td><td></td>"));
        assert!(html.contains("<th scope=\"row\">b</th><td>1</td><td>2</td></tr>"));
    }
}
