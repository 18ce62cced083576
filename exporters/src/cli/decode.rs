//! `swipekit decode`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use swipekit::internals::decoder::{Explanation, Fate};
use swipekit::lexicon::Alphabet;
use swipekit::{Decoded, Limits};

use super::{EngineArguments, output};
use crate::error::Result;
use crate::judge::times::milliseconds;
use crate::swipes::Swipes;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    engine: EngineArguments,
    /// Manifest of swipes, JSON lines, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Candidates of a swipe.
    #[arg(long, value_name = "K", default_value_t = 5)]
    top: usize,
    /// Also the N likeliest spellings, whether they are words or not.
    #[arg(long, value_name = "N", value_parser = super::at_least_one)]
    literal: Option<usize>,
    /// Also what became of the swipe's word in the search.
    #[arg(long)]
    explain: bool,
    /// Swipes at most.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    word: &'a str,
    candidates: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    literal: Option<Vec<Spelling<'a>>>,
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
    language: f64,
    geometry: f64,
    confidence: f64,
}

#[derive(Serialize)]
struct Spelling<'a> {
    text: &'a str,
    log_probability: f64,
    confidence: f64,
}

/// How often the target was spelled without a lexicon.
#[derive(Default)]
struct Spelled {
    greedy: usize,
    first: usize,
    among_three: usize,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (engine, mut options) = arguments.engine.open()?;
    options.candidates = arguments.top;
    options.validate()?;
    let mut session = engine.session();
    let alphabet = Alphabet::new(&engine.manifest().vocabulary.labels);
    let mut first = 0;
    let mut count = 0;
    let mut total = 0.0;
    let mut spelled = Spelled::default();
    if !arguments.json {
        output::text(&format!(
            "{:14} {:>7}  candidates (score)\n",
            "target", "ms"
        ))?;
    }
    for swipe in Swipes::open(&arguments.manifest)?.take(arguments.limit.unwrap_or(usize::MAX)) {
        let swipe = swipe?;
        let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
        let Decoded {
            candidates,
            timings,
            ..
        } = gesture.words(&options)?;
        let ms = milliseconds(timings.total());
        count += 1;
        total += ms;
        let folded = |word: &str| alphabet.fold(word).ok();
        let hit = candidates
            .first()
            .and_then(|best| folded(&best.word))
            .is_some_and(|key| Some(key) == folded(&swipe.word));
        first += usize::from(hit);
        let target = folded(&swipe.word);
        let is_target = |text: &str| target.is_some() && folded(text) == target;
        let spellings = match arguments.literal {
            Some(count) => {
                let found = gesture.spellings(count, &options)?;
                let rank = found.iter().position(|found| is_target(&found.text));
                spelled.first += usize::from(rank == Some(0));
                spelled.among_three += usize::from(rank.is_some_and(|rank| rank < 3));
                spelled.greedy += usize::from(is_target(&gesture.greedy()?));
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
        if arguments.json {
            let line = Line {
                word: &swipe.word,
                candidates: candidates
                    .iter()
                    .map(|candidate| Entry {
                        word: &candidate.word,
                        score: candidate.score,
                        log_probability: candidate.log_probability,
                        log_prior: candidate.log_prior,
                        internal_lm: candidate.internal_lm,
                        language: candidate.language_model,
                        geometry: candidate.geometry,
                        confidence: candidate.confidence,
                    })
                    .collect(),
                literal: spellings.as_ref().map(|spellings| {
                    let entries = spellings.iter().map(|found| Spelling {
                        text: &found.text,
                        log_probability: found.log_probability,
                        confidence: found.confidence,
                    });
                    entries.collect()
                }),
                explanation: explanation.as_ref(),
                ms,
                encoder_ms: milliseconds(timings.encoder),
                search_ms: milliseconds(timings.search),
            };
            let line = serde_json::to_string(&line)
                .map_err(crate::error::Error::json("standard output"))?;
            output::text(&format!("{line}\n"))?;
        } else {
            let list: Vec<String> = candidates
                .iter()
                .map(|candidate| format!("{} ({:.2})", candidate.word, candidate.score))
                .collect();
            output::text(&format!(
                "{:14} {ms:7.2}  {}\n",
                swipe.word,
                list.join("  ")
            ))?;
            if let Some(spellings) = spellings {
                let list: Vec<String> = spellings
                    .iter()
                    .map(|found| format!("{} ({:.2})", found.text, found.log_probability))
                    .collect();
                output::text(&format!("{:14} literal  {}\n", "", list.join("  ")))?;
            }
            if let Some(explanation) = &explanation {
                output::text(&format!("{:14} {}\n", "", why(explanation)))?;
            }
        }
    }
    if !arguments.json && count > 0 {
        output::text(&format!(
            "{first} of {count} targets first, {:.2} ms a swipe\n",
            total / f64::from(count)
        ))?;
        if arguments.literal.is_some() {
            let Spelled {
                greedy,
                first,
                among_three,
            } = spelled;
            output::text(&format!(
                "spelled without a lexicon: {first} first, {among_three} among the first three, {greedy} greedily\n"
            ))?;
        }
    }
    Ok(())
}

/// What became of a word, in a line.
fn why(explanation: &Explanation) -> String {
    let frames = explanation.trail.len();
    let fate = match explanation.fate {
        Fate::Candidate(place) => format!("candidate {}", place + 1),
        Fate::Outranked(place) => format!("outranked by {place}"),
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
