//! Layouts by name, or from files.

use std::path::Path;

use swipekit::layout::Layout;

use crate::files::{FileError, Result};

/// Names of the built-in layouts.
pub const NAMES: &[&str] = &["qwerty", "qwertz", "azerty", "dvorak"];

/// The layout with a name in [`NAMES`], or else the layout in the file of that name: JSON,
/// `{"name","keys":[{"label","x","y","width","height"},…]}` with rectangles in any unit.
///
/// # Errors
/// [`swipekit::Error::Io`], [`FileError::Json`] if it is not a layout, and those of
/// [`Layout::letter_area`].
pub fn named(name: &str) -> Result<Layout> {
    match name {
        "qwerty" => Ok(Layout::qwerty()),
        "qwertz" => Ok(Layout::qwertz()),
        "azerty" => Ok(Layout::azerty()),
        "dvorak" => Ok(Layout::dvorak()),
        path => {
            let path = Path::new(path);
            let text = std::fs::read(path).map_err(FileError::read(path))?;
            let layout: Layout = serde_json::from_slice(&text).map_err(FileError::json(path))?;
            layout.letter_area()?;
            Ok(layout)
        }
    }
}

/// The letters of a layout in lower case, sorted: the labels of a network trained on it.
pub fn letters(layout: &Layout) -> Vec<String> {
    let mut letters: Vec<char> = (layout.keys.iter())
        .filter(|key| key.label.is_alphabetic())
        .flat_map(|key| key.label.to_lowercase())
        .collect();
    letters.sort_unstable();
    letters.dedup();
    letters.iter().map(char::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_in_their_order() {
        let alphabet: Vec<String> = ('a'..='z').map(String::from).collect();
        for name in NAMES {
            assert_eq!(letters(&named(name).unwrap()), alphabet);
        }
        assert!(letters(&Layout::rows("none", &[("12", 0.0)])).is_empty());
    }

    #[test]
    fn names_and_files_are_layouts() {
        for name in NAMES {
            assert_eq!(named(name).unwrap().name, *name);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.json");
        let path = path.to_str().unwrap();
        std::fs::write(path, serde_json::to_string(&Layout::qwertz()).unwrap()).unwrap();
        assert_eq!(named(path).unwrap(), Layout::qwertz());
        std::fs::write(path, r#"{"name":"none","keys":[]}"#).unwrap();
        assert!(matches!(named(path), Err(FileError::Core(_))));
        std::fs::write(path, "qwerty").unwrap();
        assert!(matches!(named(path), Err(FileError::Json { .. })));
        assert!(named("no such layout").is_err());
    }
}
