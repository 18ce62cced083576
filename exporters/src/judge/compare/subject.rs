//! What is compared: bundles that are given the same task.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use swipekit::bytes::Bytes;
use swipekit::internals::bundle::Bundle;
use swipekit::internals::features::FeaturizerSpec;
use swipekit::lexicon::Lexicon;
use swipekit::{Engine, EngineOptions};

use super::CompareError;
use crate::judge::error::Result;
use crate::words::lexicon;

/// A bundle to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What the report calls it.
    pub label: String,
    /// The bundle: a folder or a `.swipekit` file.
    pub path: PathBuf,
}

impl Subject {
    /// The bundle at `path` under the name `label`.
    pub fn new(label: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            label: label.into(),
            path: path.into(),
        }
    }

    /// The bundles at some paths, each under the last part of its path; those of the same name get
    /// numbers.
    pub fn from_paths<P: AsRef<Path>>(paths: &[P]) -> Vec<Self> {
        let mut taken = BTreeSet::new();
        let mut subjects = Vec::with_capacity(paths.len());
        for path in paths.iter().map(AsRef::as_ref) {
            let name = path.file_name().map_or_else(
                || "bundle".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            );
            let mut label = name.clone();
            let mut number = 2;
            while !taken.insert(label.clone()) {
                label = format!("{name} ({number})");
                number += 1;
            }
            subjects.push(Self::new(label, path));
        }
        subjects
    }
}

/// Where the words of a comparison come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WordSource {
    /// The lexicon that all bundles hold.
    Bundle,
    /// A file that was given.
    File,
    /// The words of the swipe file, all equally frequent: no bundle has a lexicon, and none was
    /// given.
    Swipes,
}

/// The words that all bundles decode.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) source: WordSource,
    /// How many there are.
    pub(super) count: usize,
    /// A lexicon in place of the bundles' own, and what to call it in errors.
    lexicon: Option<(Bytes, PathBuf)>,
}

impl Words {
    /// The source that the bundles and the file leave.
    pub(super) fn source(bundles: &[Bundle], file: Option<&Path>) -> WordSource {
        match file {
            Some(_) => WordSource::File,
            None if bundles.iter().all(|b| b.manifest().lexicon.is_none()) => WordSource::Swipes,
            None => WordSource::Bundle,
        }
    }

    /// The words of `file` if given, otherwise of the bundles, otherwise of the swipe file.
    pub(super) fn new(
        bundles: &[Bundle],
        file: Option<&Path>,
        swipe_file: &Path,
        words: &BTreeSet<String>,
    ) -> Result<Self> {
        let source = Self::source(bundles, file);
        let labels = bundles
            .first()
            .map_or(&[][..], |bundle| &bundle.manifest().vocabulary.labels);
        let (lexicon, path) = match (source, file) {
            (WordSource::File, Some(file)) => {
                let lexicon = lexicon::open_or_build(file, labels)?;
                lexicon.verify(file)?;
                (lexicon, file)
            }
            (WordSource::Swipes, _) => {
                let words = words.iter().map(String::as_str);
                (lexicon::of_words(words, labels)?, swipe_file)
            }
            _ => {
                let spec = bundles.first().and_then(|b| b.manifest().lexicon.as_ref());
                return Ok(Self {
                    source,
                    count: spec.map_or(0, |spec| spec.words as usize),
                    lexicon: None,
                });
            }
        };
        Ok(Self {
            source,
            count: lexicon.len(),
            lexicon: Some((lexicon.bytes().clone(), path.to_path_buf())),
        })
    }

    /// Opens the bundle at `path` with these words and so many threads for a run of its encoder.
    pub(super) fn engine(
        &self,
        path: &Path,
        threads: usize,
        library: Option<&Path>,
    ) -> Result<Engine> {
        let mut options = EngineOptions::default();
        options.threads = Some(threads);
        options.runtime_library = library.map(Path::to_path_buf);
        let engine = Engine::open_with(path, &options)?;
        let Some((bytes, of)) = &self.lexicon else {
            return Ok(engine);
        };
        let labels = &engine.manifest().vocabulary.labels;
        let lexicon = Lexicon::from_bytes(bytes.clone(), labels, of)?;
        Ok(engine.with_lexicon(lexicon)?)
    }
}

/// Checks that all bundles have the same task as the first: the same labels, the same featurizer,
/// and the same words if they have lexicons.
pub(super) fn check_comparable(bundles: &[Bundle], words: WordSource) -> Result<(), CompareError> {
    let Some((first, others)) = bundles.split_first() else {
        return Ok(());
    };
    let base = first.manifest();
    for other in others {
        let this = other.manifest();
        let differs = |what, (expected, got): (String, String), fix| CompareError::Differs {
            baseline: first.path().to_path_buf(),
            path: other.path().to_path_buf(),
            what,
            expected: expected.into(),
            got: got.into(),
            fix,
        };
        if base.vocabulary.labels != this.vocabulary.labels {
            let got = different_labels(&base.vocabulary.labels, &this.vocabulary.labels);
            let fix = "compare bundles of models with the same labels";
            return Err(differs("the labels", got, fix));
        }
        if base.featurizer != this.featurizer {
            let got = different_featurizers(&base.featurizer, &this.featurizer);
            let fix = "compare bundles with the same featurizer";
            return Err(differs("the featurizer", got, fix));
        }
        let lexicon = |bundle: &Bundle| {
            let spec = bundle.manifest().lexicon.as_ref()?;
            let entry = bundle.manifest().files.get(&spec.file)?;
            Some((entry.sha256.clone(), spec.words))
        };
        let (expected, got) = (lexicon(first), lexicon(other));
        let hash = |lexicon: &Option<(String, u64)>| lexicon.as_ref().map(|(hash, _)| hash.clone());
        if words == WordSource::Bundle && hash(&expected) != hash(&got) {
            let name = |lexicon: Option<(String, u64)>| {
                lexicon.map_or("none".to_owned(), |(hash, words)| {
                    format!("{words} words (SHA-256 {}...)", &hash[..hash.len().min(12)])
                })
            };
            let fix = "give one lexicon for all with --lexicon";
            return Err(differs("the words", (name(expected), name(got)), fix));
        }
    }
    Ok(())
}

/// Where two lists of labels part.
fn different_labels(expected: &[String], got: &[String]) -> (String, String) {
    let first = expected.iter().zip(got).position(|(a, b)| a != b);
    match first {
        Some(at) => (
            format!("label {at} {:?}", expected[at]),
            format!("{:?}", got[at]),
        ),
        None => (
            format!("{} labels", expected.len()),
            format!("{} labels", got.len()),
        ),
    }
}

/// The first thing in which two featurizers differ.
fn different_featurizers(expected: &FeaturizerSpec, got: &FeaturizerSpec) -> (String, String) {
    let name = |spec: &FeaturizerSpec| format!("{} {}", spec.id, spec.version);
    let points = |spec: &FeaturizerSpec| match spec.max_points {
        Some(points) => format!("the first {points} points"),
        None => "all points".to_owned(),
    };
    let clamp = |spec: &FeaturizerSpec| match spec.clamp_before_resampling {
        true => "clamped before resampling".to_owned(),
        false => "clamped after resampling".to_owned(),
    };
    for part in [name, points, clamp] {
        if part(expected) != part(got) {
            return (part(expected), part(got));
        }
    }
    if expected.scale != got.scale {
        return ("one scale".to_owned(), "another scale".to_owned());
    }
    ("one set of key centres".to_owned(), "another".to_owned())
}

#[cfg(test)]
mod tests {
    use swipekit::layout::Layout;

    use super::*;

    #[test]
    fn labels_are_the_last_parts_of_paths_and_different() {
        let paths = ["a/one", "b/one", "one (2)", "two/", ".."];
        let labels: Vec<String> = Subject::from_paths(&paths)
            .into_iter()
            .map(|subject| subject.label)
            .collect();
        assert_eq!(labels, ["one", "one (2)", "one (2) (2)", "two", "bundle"]);
    }

    #[test]
    fn what_differs_is_named() {
        let labels = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let (expected, got) = different_labels(&labels("abc"), &labels("abd"));
        assert_eq!(
            (expected.as_str(), got.as_str()),
            ("label 2 \"c\"", "\"d\"")
        );
        let (expected, got) = different_labels(&labels("ab"), &labels("abc"));
        assert_eq!((expected.as_str(), got.as_str()), ("2 labels", "3 labels"));

        let base =
            FeaturizerSpec::kinematic37(Layout::qwerty_unshifted().key_centres(), vec![1.0; 37]);
        let other = |change: fn(&mut FeaturizerSpec)| {
            let mut other = base.clone();
            change(&mut other);
            different_featurizers(&base, &other).1
        };
        assert_eq!(other(|spec| spec.version = 2), "kinematic37 2");
        assert_eq!(
            other(|spec| spec.max_points = Some(256)),
            "the first 256 points"
        );
        assert_eq!(
            other(|spec| spec.clamp_before_resampling = false),
            "clamped after resampling"
        );
        assert_eq!(other(|spec| spec.scale[3] = 2.0), "another scale");
        assert_eq!(other(|spec| spec.key_centres[0][0] += 0.1), "another");
    }
}
