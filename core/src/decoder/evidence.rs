//! What is known of a gesture besides its frames.

use crate::geometry::GesturePath;

/// What a search is given besides the encoder's frames; what is not there changes no score.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence<'a> {
    /// The path, for geometric evidence.
    pub(crate) geometry: Option<&'a GesturePath>,
}
