//! ARPA files: `\data\` with the counts, a section for each length of n-grams (log10 of the
//! probability, the words, log10 of the back-off weight where there is one), `\end\`. Fields are
//! divided by tabs or spaces.

use std::collections::HashSet;

use swipekit::language_model::{
    LanguageModelBuilder, MAX_ORDER, Refusal, SENTENCE_END, SENTENCE_START, UNKNOWN, fold_word,
};

use super::error::{LanguageError, Result};
use super::lines::Lines;

/// What to take from an ARPA file.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    /// Most words of an n-gram. `None` takes all of the file's n-grams, whose length must be at
    /// most [`MAX_ORDER`].
    pub order: Option<usize>,
    /// Most words; the likeliest are taken.
    pub max_words: Option<usize>,
    /// If given, only these words are taken. They are folded.
    pub words: Option<HashSet<String>>,
}

/// Contents of an ARPA file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// N-grams of one, two and three words.
    pub given: [usize; MAX_ORDER],
    /// N-grams left out because a word of them was not selected or cannot be stored.
    pub left_out: usize,
}

/// One line of a section.
struct Entry<'l> {
    log_probability: f64,
    words: [&'l str; MAX_ORDER],
    log_backoff: f64,
}

/// Reads an ARPA file into a builder.
pub(super) fn read(
    mut lines: Lines,
    path: &std::path::Path,
    selection: &Selection,
) -> Result<(LanguageModelBuilder, Read)> {
    let counts = counts(&mut lines)?;
    if counts.len() > MAX_ORDER && selection.order.is_none() {
        return Err(LanguageError::Order {
            path: path.to_path_buf(),
            limit: MAX_ORDER,
            got: counts.len(),
        });
    }
    let order = selection.order.unwrap_or(MAX_ORDER).min(MAX_ORDER);
    let mut builder = LanguageModelBuilder::new();
    let mut read = Read::default();
    let mut known = HashSet::new();
    for (section, &count) in (1..).zip(&counts) {
        if section > order {
            // The rest is not used. It is only checked that the file is complete.
            return to_the_end(&mut lines).map(|()| (builder, read));
        }
        let mut unigrams = Vec::new();
        let mut seen = 0usize;
        let end = loop {
            let Some(line) = lines.next()? else {
                return Err(lines.wrong("\\end\\", "the end of the file"));
            };
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            if line.starts_with('\\') && !is_entry(line) {
                break line.to_owned();
            }
            seen += 1;
            let entry = match entry(line, section) {
                Ok(entry) => entry,
                Err((expected, got)) => return Err(lines.wrong(expected, got)),
            };
            if section == 1 {
                let word = entry.words[0].to_owned();
                unigrams.push((word, entry.log_probability, entry.log_backoff));
                continue;
            }
            let words = &entry.words[..section];
            let folded = words.iter().map(|word| fold_word(word));
            if !folded
                .into_iter()
                .all(|word| word.is_some_and(|word| known.contains(&word)))
            {
                read.left_out += 1;
                continue;
            }
            let (log_probability, log_backoff) = (entry.log_probability, entry.log_backoff);
            match builder.add(words, natural(log_probability), natural(log_backoff)) {
                Ok(()) => {}
                Err(refusal) => return Err(lines.wrong("an n-gram of the model", refusal)),
            }
        };
        if seen != count {
            return Err(lines.wrong(
                format!("{count} n-grams of {section} words before it"),
                seen,
            ));
        }
        read.given[section - 1] = seen;
        if section == 1 {
            read.left_out += select(unigrams, selection, &mut builder, &mut known);
        }
        let expected = if section < counts.len() {
            format!("\\{}-grams:", section + 1)
        } else {
            "\\end\\".to_owned()
        };
        if end != expected {
            return Err(lines.wrong(expected, "another mark"));
        }
    }
    Ok((builder, read))
}

/// A word may begin with a backslash, but a line never begins with a word.
fn is_entry(line: &str) -> bool {
    line.split_ascii_whitespace().count() > 1
}

fn natural(log10: f64) -> f64 {
    log10 * std::f64::consts::LN_10
}

/// The numbers of n-grams by length. Reads up to the head of the first section.
fn counts(lines: &mut Lines) -> Result<Vec<usize>> {
    loop {
        match lines.next()? {
            Some(line) if line.trim_ascii() == "\\data\\" => break,
            Some(_) => {}
            None => return Err(lines.wrong("\\data\\", "the end of the file")),
        }
    }
    let mut counts = Vec::new();
    loop {
        let Some(line) = lines.next()? else {
            return Err(lines.wrong("\\1-grams:", "the end of the file"));
        };
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if line == "\\1-grams:" && !counts.is_empty() {
            return Ok(counts);
        }
        let count = line.strip_prefix("ngram ").and_then(|rest| {
            let (order, count) = rest.split_once('=')?;
            let order: usize = order.trim_ascii().parse().ok()?;
            let count = count.trim_ascii().parse().ok()?;
            (order == counts.len() + 1).then_some(count)
        });
        match count {
            Some(count) if counts.len() < 64 => counts.push(count),
            _ => return Err(lines.wrong("ngram ORDER=COUNT, orders from 1", "another line")),
        }
    }
}

fn to_the_end(lines: &mut Lines) -> Result<()> {
    loop {
        match lines.next()? {
            Some(line) if line.trim_ascii() == "\\end\\" => return Ok(()),
            Some(_) => {}
            None => return Err(lines.wrong("\\end\\", "the end of the file")),
        }
    }
}

fn entry(line: &str, order: usize) -> Result<Entry<'_>, (&'static str, &'static str)> {
    let mut fields = line.split_ascii_whitespace();
    let number = |field: Option<&str>| -> Result<f64, _> {
        let field = field.ok_or(("log10 of a probability and words", "too few fields"))?;
        match field.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) => Err(("a finite number", "one that is not finite")),
            Err(_) => Err(("a number", "something else")),
        }
    };
    let log_probability = number(fields.next())?;
    if log_probability > 0.001 {
        return Err(("log10 of a probability", "a number above 0"));
    }
    let mut words = [""; MAX_ORDER];
    for word in &mut words[..order] {
        *word = fields
            .next()
            .ok_or(("a word for each of the n-gram's", "too few fields"))?;
    }
    let log_backoff = match fields.next() {
        Some(field) => number(Some(field))?,
        None => 0.0,
    };
    if fields.next().is_some() {
        return Err(("a line of an n-gram", "too many fields"));
    }
    Ok(Entry {
        log_probability,
        words,
        log_backoff,
    })
}

/// Adds the selected words and the marks to the builder and to `known`. Returns the number left
/// out.
fn select(
    mut unigrams: Vec<(String, f64, f64)>,
    selection: &Selection,
    builder: &mut LanguageModelBuilder,
    known: &mut HashSet<String>,
) -> usize {
    // Likeliest first, for the limit.
    unigrams.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let (mut left_out, mut taken) = (0, 0);
    for (word, log_probability, log_backoff) in unigrams {
        let Some(folded) = fold_word(&word) else {
            left_out += 1;
            continue;
        };
        let is_mark = [SENTENCE_START, SENTENCE_END, UNKNOWN].contains(&folded.as_str());
        let is_selected = selection
            .words
            .as_ref()
            .is_none_or(|words| words.contains(&folded))
            && selection.max_words.is_none_or(|limit| taken < limit);
        let is_selected = is_mark || known.contains(&folded) || is_selected;
        if is_selected {
            let added = builder.add(&[&word], natural(log_probability), natural(log_backoff));
            if !matches!(added, Err(Refusal::Word | Refusal::TooMany)) {
                taken += usize::from(!is_mark && known.insert(folded.clone()));
                known.insert(folded);
                continue;
            }
        }
        left_out += 1;
    }
    left_out
}
