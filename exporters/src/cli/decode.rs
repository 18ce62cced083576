//! `swipekit decode`.

use clap::Args;
use serde::Serialize;
use swipekit::internals::decoder::{Explanation, Fate};
use swipekit::lexicon::Alphabet;
use swipekit::{Candidate, Decoded, Limits, Spelling};

use super::common::{EngineArguments, SwipesArgument};
use super::output;
use crate::arguments::at_least_one;
use crate::error::{Error, Result};
use crate::judge::times::milliseconds;
use crate::swipes::Swipes;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    swipes: SwipesArgument,
    /// Swipes at most, the first of the file; all by default.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    limit: Option<usize>,
    /// Candidates of a swipe.
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,
    /// Also show the N likeliest spellings, whether they are words or not.
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    spellings: Option<usize>,
    /// Also show what became of the swipe's word in the search.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    engine: EngineArguments,
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    word: &'a str,
    candidates: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spellings: Option<Vec<SpellingEntry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a Explanation>,
    ms: f64,
    encoder_ms: f64,
    search_ms: f64,
}

#[derive(Serialize)]
struct Entry<'a> {
    word: &'a str,
    score: f64,
    log_probability: f64,
    log_prior: f64,
    internal_lm: f64,
    language_model: f64,
    geometry: f64,
    confidence: f64,
}

impl<'a> Entry<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self {
            word: &candidate.word,
            score: candidate.score,
            log_probability: candidate.log_probability,
            log_prior: candidate.log_prior,
            internal_lm: candidate.internal_lm,
            language_model: candidate.language_model,
            geometry: candidate.geometry,
            confidence: candidate.confidence,
        }
    }
}

#[derive(Serialize)]
struct SpellingEntry<'a> {
    text: &'a str,
    log_probability: f64,
    confidence: f64,
}

impl<'a> SpellingEntry<'a> {
    fn of(spelling: &'a Spelling) -> Self {
        Self {
            text: &spelling.text,
            log_probability: spelling.log_probability,
            confidence: spelling.confidence,
        }
    }
}

/// What was found for one swipe.
struct Found {
    decoded: Decoded,
    spellings: Option<Vec<Spelling>>,
    explanation: Option<Explanation>,
}

impl Found {
    fn json(&self, word: &str) -> Result<String> {
        let spellings = self.spellings.as_ref();
        let line = Line {
            word,
            candidates: self.decoded.candidates.iter().map(Entry::of).collect(),
            spellings: spellings.map(|found| found.iter().map(SpellingEntry::of).collect()),
            explanation: self.explanation.as_ref(),
            ms: milliseconds(self.decoded.timings.total()),
            encoder_ms: milliseconds(self.decoded.timings.encoder),
            search_ms: milliseconds(self.decoded.timings.search),
        };
        let line = serde_json::to_string(&line).map_err(Error::json("standard output"))?;
        Ok(format!("{line}\n"))
    }

    fn text(&self, word: &str) -> String {
        let ms = milliseconds(self.decoded.timings.total());
        let candidates = list(&self.decoded.candidates, |found| (&found.word, found.score));
        let mut lines = format!("{word:14} {ms:7.2}  {candidates}\n");
        if let Some(spellings) = &self.spellings {
            let spellings = list(spellings, |found| (&found.text, found.log_probability));
            lines.push_str(&format!("{:14} spellings  {spellings}\n", ""));
        }
        if let Some(explanation) = &self.explanation {
            lines.push_str(&format!("{:14} {}\n", "", why(explanation)));
        }
        lines
    }
}

/// Words with their numbers, in one line.
fn list<T>(found: &[T], item: impl Fn(&T) -> (&String, f64)) -> String {
    let items = found.iter().map(|found| {
        let (word, number) = item(found);
        format!("{word} ({number:.2})")
    });
    items.collect::<Vec<_>>().join("  ")
}

/// How often targets were found, and the time that all swipes took.
#[derive(Default)]
struct Counts {
    swipes: usize,
    first: usize,
    ms: f64,
    spelled_first: usize,
    spelled_among_three: usize,
    spelled_greedily: usize,
}

impl Counts {
    fn text(&self, with_spellings: bool) -> String {
        let mut lines = format!(
            "{} of {} targets first, {:.2} ms a swipe\n",
            self.first,
            self.swipes,
            self.ms / self.swipes as f64
        );
        if with_spellings {
            lines.push_str(&format!(
                "spelled without a lexicon: {} first, {} among the first three, {} greedily\n",
                self.spelled_first, self.spelled_among_three, self.spelled_greedily
            ));
        }
        lines
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, mut options) = arguments.engine.open()?;
    options.candidates = arguments.top;
    options.validate()?;
    let mut session = engine.session();
    let alphabet = Alphabet::new(&engine.manifest().vocabulary.labels);
    let mut counts = Counts::default();
    if !arguments.json {
        let (target, ms) = ("target", "ms");
        output::text(&format!("{target:14} {ms:>7}  candidates (score)\n"))?;
    }
    let limit = arguments.limit.unwrap_or(usize::MAX);
    for swipe in Swipes::open(&arguments.swipes.path)?.take(limit) {
        let swipe = swipe?;
        let target = alphabet.fold(&swipe.word).ok();
        let is_target = |text: &str| target.is_some() && alphabet.fold(text).ok() == target;
        let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
        let decoded = gesture.words(&options)?;
        let best = decoded.candidates.first();
        counts.swipes += 1;
        counts.ms += milliseconds(decoded.timings.total());
        counts.first += usize::from(best.is_some_and(|best| is_target(&best.word)));
        let spellings = match arguments.spellings {
            Some(most) => {
                let found = gesture.spellings(most, &options)?;
                let rank = found.iter().position(|found| is_target(&found.text));
                counts.spelled_first += usize::from(rank == Some(0));
                counts.spelled_among_three += usize::from(rank.is_some_and(|rank| rank < 3));
                counts.spelled_greedily += usize::from(is_target(&gesture.greedy()?));
                Some(found)
            }
            None => None,
        };
        let explanation = match arguments.explain {
            true => {
                let report = gesture.explain(&[&swipe.word], &options)?;
                report.words.into_iter().next()
            }
            false => None,
        };
        let found = Found {
            decoded,
            spellings,
            explanation,
        };
        output::text(&match arguments.json {
            true => found.json(&swipe.word)?,
            false => found.text(&swipe.word),
        })?;
    }
    if !arguments.json && counts.swipes > 0 {
        output::text(&counts.text(arguments.spellings.is_some()))?;
    }
    Ok(())
}

/// What became of a word, in a line.
fn why(explanation: &Explanation) -> String {
    let frames = explanation.trail.len();
    let fate = match explanation.fate {
        Fate::Candidate(rank) => format!("candidate {}", rank + 1),
        Fate::Outranked(words) => format!("outranked by {words}"),
        Fate::Pruned { frame, labels } => {
            format!("left the beam in frame {frame} of {frames}, {labels} labels reached")
        }
        Fate::Unfinished { labels } => format!("unfinished, {labels} labels reached"),
        Fate::Unknown => "not in the lexicon".to_owned(),
        Fate::Blocked => "blocked".to_owned(),
        Fate::Untypeable => "cannot be spelled with the labels".to_owned(),
        _ => "lost".to_owned(),
    };
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    format!(
        "{fate}; log P {:.2} (found {}), prior {}, internal {:.2}, before {:.2}, keys {:.2}, score {}; the last candidate's {}",
        explanation.log_probability,
        number(explanation.found),
        number(explanation.log_prior),
        explanation.internal_lm,
        explanation.language_model,
        explanation.geometry,
        number(explanation.score),
        number(explanation.least),
    )
}
