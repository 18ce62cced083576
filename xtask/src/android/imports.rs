//! The names that the Android library may import: `xtask/android/imports.txt`.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::process;

/// The lowest Android that the library runs on.
pub const API_LEVEL: u32 = 24;

/// The libraries that every Android has and that may be linked to.
pub const LIBRARIES: [&str; 4] = ["libc", "libm", "libdl", "liblog"];

/// A name that may be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The library, without `.so`.
    pub library: &'static str,
    /// The function.
    pub name: String,
    /// Whether it may be missing at run time.
    pub is_weak: bool,
}

/// Reads the list.
pub fn read() -> Result<Vec<Import>> {
    let path = process::root().join("xtask/android/imports.txt");
    let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
    parse(&path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Import>> {
    let mut imports: Vec<Import> = Vec::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = || Error::Wrong {
            path: path.to_path_buf(),
            what: "line",
            expected: format!("a library, a new name, a level up to {API_LEVEL} or `weak`"),
            got: line.to_owned(),
        };
        let words: Vec<&str> = line.split(' ').collect();
        let &[library, name, level] = &words[..] else {
            return Err(wrong());
        };
        let library = LIBRARIES.into_iter().find(|known| *known == library);
        let library = library.ok_or_else(wrong)?;
        let is_weak = level == "weak";
        let is_old = level.parse::<u32>().is_ok_and(|level| level <= API_LEVEL);
        let is_new = imports.iter().all(|import| import.name != name);
        if !(is_weak || is_old) || !is_new {
            return Err(wrong());
        }
        imports.push(Import {
            library,
            name: name.to_owned(),
            is_weak,
        });
    }
    Ok(imports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let read = |text| parse(Path::new("list"), text);
        let imports = read("# names\n\nlibc read 21\nlibc getrandom weak\n").unwrap();
        assert_eq!(imports.len(), 2);
        assert!(!imports[0].is_weak && imports[1].is_weak);
        for text in [
            "libc getentropy 28",
            "libc read",
            "libz inflate 21",
            "libc read 21\nlibc read 21",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_list_of_this_repository() {
        assert!(read().unwrap().len() > 50);
    }
}
