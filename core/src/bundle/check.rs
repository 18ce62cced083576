//! What a manifest must fulfil before anything acts on it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::MANIFEST_FILE;
use super::manifest::{
    FORMAT, FileEntry, LOG_PROBABILITIES, LOGITS, Manifest, PRECISIONS, TARGETS, ZERO_VECTOR,
};
use crate::error::{Error, Result};
use crate::features::{self, Featurizer};
use crate::language_model::MAX_ORDER;
use crate::options::DecoderOptions;
use crate::runtime::{self, Problem};

/// Most files of a bundle, without the manifest.
pub const MAX_FILES: usize = 256;
/// Longest name of a file of a bundle, in bytes.
const MAX_NAME: usize = 128;
/// Largest dimension of the network that a manifest may name.
const MAX_DIMENSION: usize = 1 << 16;
/// Most labels: the search keeps them in bytes.
const MAX_LABELS: usize = 254;
/// Most parameters.
const MAX_PARAMETERS: u64 = 1 << 36;
/// Most presets.
const MAX_PRESETS: usize = 64;

/// Whether `name` can be the name of a file of a bundle: 1 to 128 ASCII letters, digits, `.`, `_`
/// and `-`, the first one a letter or digit. So there is no path, no hidden file and no name that a
/// platform cannot write.
pub fn is_file_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'))
}

impl Manifest {
    /// Reads and checks the content of a `bundle.json`; `path` is for errors.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a format, featurizer or runtime that this version does not know,
    /// else [`Error::Damaged`].
    pub fn parse(json: &[u8], path: &Path) -> Result<Self> {
        // The format first: a newer one may have any other fields.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let malformed = |error: serde_json::Error| {
            Error::damaged(path, "the manifest", "a bundle manifest", error)
        };
        let format = serde_json::from_slice::<Format>(json)
            .map_err(malformed)?
            .format;
        if format != FORMAT {
            return Err(unsupported(path, "bundle format", FORMAT, format));
        }
        let manifest: Self = serde_json::from_slice(json).map_err(malformed)?;
        manifest.check(path)?;
        Ok(manifest)
    }

    /// Checks everything that can be checked without the other files; `path` is for errors.
    ///
    /// # Errors
    /// Those of [`Manifest::parse`].
    pub fn check(&self, path: &Path) -> Result<()> {
        let check = Check(path);
        if self.format != FORMAT {
            return Err(unsupported(path, "bundle format", FORMAT, self.format));
        }
        check.that(
            is_file_name(&self.name),
            "name",
            "letters, digits, '.', '_' and '-'",
            &self.name,
        )?;
        let is_tag = |tag: &str| {
            tag.len() <= 64
                && tag.split('-').all(|part| {
                    (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric())
                })
        };
        check.that(
            is_tag(&self.language),
            "language",
            "a BCP 47 language tag",
            &self.language,
        )?;
        if !PRECISIONS.contains(&self.precision.as_str()) {
            let known = PRECISIONS.join(", ");
            return Err(unsupported(
                path,
                "precision",
                known,
                shown(&self.precision),
            ));
        }
        self.check_runtime(&check)?;
        self.check_model(&check)?;
        self.check_vocabulary(&check)?;
        self.check_featurizer(&check)?;
        if let Err(error) = self.layout.letter_area() {
            return Err(check.damaged("layout", "a layout with letter keys", error));
        }
        self.check_presets(&check)?;
        self.check_files(&check)
    }

    fn check_runtime(&self, check: &Check) -> Result<()> {
        let runtime = &self.runtime;
        let Some(kind) = runtime::kind(&runtime.kind) else {
            return Err(unsupported(
                check.0,
                "runtime",
                runtime::known().join(", "),
                shown(&runtime.kind),
            ));
        };
        check.that(
            runtime.minimum_version().is_some(),
            "runtime.minimum",
            "a version such as 1.17",
            &runtime.minimum,
        )?;
        self.check_listed(check, "runtime.encoder", &runtime.encoder)?;
        self.check_listed(check, "runtime.transducer", &runtime.transducer)?;
        if let Some(step) = &runtime.step {
            self.check_listed(check, "runtime.step", step)?;
        }
        if let Some(prefixes) = &runtime.prefixes {
            self.check_listed(check, "runtime.prefixes", prefixes)?;
        }
        if let Some(lexicon) = &self.lexicon {
            self.check_listed(check, "lexicon.file", &lexicon.file)?;
        }
        if let Some(model) = &self.language_model {
            self.check_listed(check, "language_model.file", &model.file)?;
            if !(1..=MAX_ORDER).contains(&model.order) {
                let expected = format!("1 to {MAX_ORDER}");
                return Err(check.damaged("language_model.order", expected, model.order));
            }
        }
        if let Some(target) = &runtime.target
            && !TARGETS.contains(&target.as_str())
        {
            return Err(unsupported(
                check.0,
                "runtime.target",
                TARGETS.join(", "),
                shown(target),
            ));
        }
        let damaged = |Problem {
                           what,
                           expected,
                           got,
                       }| check.damaged(what, expected, shown(&got));
        runtime.session.check().map_err(damaged)?;
        if let Some(optimized) = &runtime.optimized {
            check.that(
                kind.runs_optimized,
                "runtime.kind of a bundle with an optimized encoder",
                &runtime::run_optimized().join(", "),
                kind.name,
            )?;
            optimized.check().map_err(damaged)?;
            self.check_listed(check, "runtime.optimized.file", &optimized.file)?;
        }
        Ok(())
    }

    fn check_listed(&self, check: &Check, what: &'static str, name: &str) -> Result<()> {
        check.that(
            self.files.contains_key(name),
            what,
            "the name of a file that the manifest lists",
            name,
        )
    }

    fn check_model(&self, check: &Check) -> Result<()> {
        let model = &self.model;
        for (what, dimension, limit) in [
            ("model.encoder", model.encoder, MAX_DIMENSION),
            ("model.prediction", model.prediction, MAX_DIMENSION),
            ("model.prediction_layers", model.prediction_layers, 3),
            ("model.joint", model.joint, MAX_DIMENSION),
        ] {
            if !(1..=limit).contains(&dimension) {
                return Err(check.damaged(what, format!("1 to {limit}"), dimension));
            }
        }
        if !matches!(model.subsampling, 1 | 2 | 4 | 8) {
            return Err(check.damaged("model.subsampling", "1, 2, 4 or 8", model.subsampling));
        }
        if model.parameters > MAX_PARAMETERS {
            return Err(Error::TooLarge {
                what: "the number of parameters of the network",
                limit: MAX_PARAMETERS,
                got: model.parameters,
            });
        }
        Ok(())
    }

    fn check_vocabulary(&self, check: &Check) -> Result<()> {
        let vocabulary = &self.vocabulary;
        let labels = &vocabulary.labels;
        if !(1..=MAX_LABELS).contains(&labels.len()) {
            return Err(check.damaged(
                "the number of labels",
                format!("1 to {MAX_LABELS}"),
                labels.len(),
            ));
        }
        let different: BTreeSet<&String> = labels.iter().collect();
        if different.len() != labels.len() || labels.iter().any(String::is_empty) {
            return Err(check.damaged(
                "the labels",
                "none empty, none twice",
                "an empty one or one that stands twice",
            ));
        }
        if vocabulary.blank != labels.len() {
            return Err(check.damaged(
                "vocabulary.blank",
                format!("{}, the number of labels", labels.len()),
                vocabulary.blank,
            ));
        }
        check.that(
            vocabulary.start_of_sequence == ZERO_VECTOR,
            "vocabulary.start_of_sequence",
            ZERO_VECTOR,
            &vocabulary.start_of_sequence,
        )?;
        check.that(
            [LOG_PROBABILITIES, LOGITS].contains(&vocabulary.step_output.as_str()),
            "vocabulary.step_output",
            "log-probabilities or logits",
            &vocabulary.step_output,
        )
    }

    fn check_featurizer(&self, check: &Check) -> Result<()> {
        let spec = &self.featurizer;
        if !spec.is_known() {
            return Err(unsupported(
                check.0,
                "featurizer",
                features::known().join(", "),
                format!("{} version {}", shown(&spec.id), spec.version),
            ));
        }
        let width = match Featurizer::new(spec) {
            Ok(featurizer) => featurizer.width(),
            Err(error) => return Err(check.damaged("featurizer", "usable parameters", error)),
        };
        if self.model.features != width {
            return Err(check.damaged(
                "model.features",
                format!("the {width} of the featurizer"),
                self.model.features,
            ));
        }
        Ok(())
    }

    fn check_presets(&self, check: &Check) -> Result<()> {
        if !self.presets.contains_key("default") || self.presets.len() > MAX_PRESETS {
            return Err(check.damaged(
                "presets",
                format!("at most {MAX_PRESETS}, one of them `default`"),
                format!("{} without it or too many", self.presets.len()),
            ));
        }
        match self.presets.values().try_for_each(DecoderOptions::validate) {
            Ok(()) => Ok(()),
            Err(error) => Err(check.damaged("a preset", "usable options", error)),
        }
    }

    fn check_files(&self, check: &Check) -> Result<()> {
        if self.files.len() > MAX_FILES {
            return Err(Error::TooLarge {
                what: "the number of files of the bundle",
                limit: MAX_FILES as u64,
                got: self.files.len() as u64,
            });
        }
        for (name, FileEntry { sha256, .. }) in &self.files {
            check.that(
                is_file_name(name) && name != MANIFEST_FILE,
                "the name of a file",
                "letters, digits, '.', '_' and '-', not the manifest's own",
                name,
            )?;
            let is_hash = sha256.len() == 64
                && sha256
                    .bytes()
                    .all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
            check.that(
                is_hash,
                "a SHA-256",
                "64 lower-case hexadecimal digits",
                sha256,
            )?;
        }
        Ok(())
    }
}

/// Makes errors about the manifest at a path.
struct Check<'a>(&'a Path);

impl Check<'_> {
    fn damaged(&self, what: &'static str, expected: impl ToString, got: impl ToString) -> Error {
        Error::damaged(self.0, what, expected, got)
    }

    fn that(&self, holds: bool, what: &'static str, expected: &str, got: &str) -> Result<()> {
        if holds {
            return Ok(());
        }
        Err(self.damaged(what, expected, shown(got)))
    }
}

fn unsupported(
    path: &Path,
    what: &'static str,
    expected: impl ToString,
    got: impl ToString,
) -> Error {
    Error::Unsupported {
        path: path.to_path_buf(),
        what,
        expected: expected.to_string(),
        got: got.to_string(),
    }
}

/// A text of the file for an error: quoted, and not longer than a line.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}
