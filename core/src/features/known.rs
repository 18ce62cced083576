//! The featurizers that this version knows. Each has a folder, and an entry here.

use super::kind::Kind;
use super::kinematic37;
use super::spec::FeaturizerSpec;
use crate::error::{Error, Result};
use crate::layout::LayoutPolicy;

/// By id and version.
static KINDS: [Kind; 1] = [kinematic37::KIND];

/// The featurizer of `spec`; `None` where this version does not know it.
fn find(spec: &FeaturizerSpec) -> Option<&'static Kind> {
    let mut kinds = KINDS.iter();
    kinds.find(|kind| kind.id == spec.id && kind.version == spec.version)
}

/// The featurizers that this version knows, each with its version.
pub(crate) fn known() -> Vec<String> {
    let name = |kind: &Kind| format!("{} version {}", kind.id, kind.version);
    KINDS.iter().map(name).collect()
}

impl FeaturizerSpec {
    /// The featurizer's definition.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown id or version.
    pub(super) fn kind(&self) -> Result<&'static Kind> {
        find(self).ok_or_else(|| {
            let id: String = self.id.chars().take(64).collect();
            let got = format!("{id} version {}", self.version);
            Error::invalid("the featurizer", known().join(", "), got)
        })
    }

    /// How to treat traces of a layout other than the trained one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown id or version.
    pub fn layout_policy(&self) -> Result<LayoutPolicy> {
        Ok(self.kind()?.layout_policy)
    }

    /// Whether this version knows the featurizer.
    pub(crate) fn is_known(&self) -> bool {
        find(self).is_some()
    }
}
