//! Takes swipes spread evenly over a swipe file.

use std::collections::BTreeSet;
use std::path::Path;

use swipekit::bytes::Bytes;
use swipekit::internals::bundle::sha256_hex;

use crate::files::{FileError, Result};
use crate::swipes::{Swipe, Swipes};

/// Swipes taken from a swipe file.
#[derive(Debug)]
pub struct Sample {
    /// Name of the file, without its folder.
    pub name: String,
    /// The swipes, in the order of the file.
    pub swipes: Vec<Swipe>,
    /// Number of swipes in the whole file.
    pub of: usize,
    /// The words of the whole file, if requested.
    pub words: BTreeSet<String>,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
}

/// Takes `samples` swipes spread evenly over `swipe_file`. Takes all if `samples` is
/// `None` or there are no more. `words`: whether to collect the words.
///
/// # Errors
/// Those of reading the file; [`FileError::Empty`] if it has no swipe.
pub fn read(swipe_file: &Path, samples: Option<usize>, words: bool) -> Result<Sample> {
    let sha256 = sha256_hex(&Bytes::map(swipe_file)?);
    let name = swipe_file.file_name();
    let mut sample = Sample {
        name: name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        swipes: Vec::new(),
        of: 0,
        words: BTreeSet::new(),
        sha256,
    };
    for swipe in Swipes::open(swipe_file)? {
        let swipe = swipe?;
        sample.of += 1;
        if words {
            sample.words.insert(swipe.word.clone());
        }
        if samples.is_none() {
            sample.swipes.push(swipe);
        }
    }
    if let Some(wanted) = samples {
        // Read the file again instead of keeping all of it: it may be much larger than the sample.
        for (index, swipe) in Swipes::open(swipe_file)?.enumerate() {
            if picked(index, wanted, sample.of) {
                sample.swipes.push(swipe?);
            }
        }
    }
    if sample.swipes.is_empty() {
        return Err(FileError::Empty {
            path: swipe_file.to_path_buf(),
            what: "swipes",
        });
    }
    Ok(sample)
}

/// Whether the swipe at `index` is one of `wanted` that are spread evenly over `of`.
pub fn picked(index: usize, wanted: usize, of: usize) -> bool {
    wanted >= of || index * wanted / of != (index + 1) * wanted / of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::samples;

    #[test]
    fn samples_lie_evenly() {
        for (wanted, of) in [
            (1, 1),
            (1, 10),
            (3, 10),
            (7, 10),
            (10, 10),
            (20, 10),
            (200, 5661),
        ] {
            let indices: Vec<usize> = (0..of).filter(|i| picked(*i, wanted, of)).collect();
            assert_eq!(indices.len(), wanted.min(of));
            let step = of / wanted.min(of);
            let gaps = indices.windows(2).map(|pair| pair[1] - pair[0]);
            assert!(gaps.into_iter().all(|gap| (step..=step + 1).contains(&gap)));
        }
    }

    #[test]
    fn a_sample_is_part_of_the_manifest_and_its_words_are_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("swipes.jsonl");
        std::fs::write(
            &path,
            samples::swipe_file(&["the", "hello", "the", "water"], 1),
        )
        .unwrap();
        let all = read(&path, None, true).unwrap();
        assert_eq!((all.swipes.len(), all.of, all.words.len()), (4, 4, 3));
        assert_eq!(all.name, "swipes.jsonl");
        let two = read(&path, Some(2), true).unwrap();
        assert_eq!((two.of, two.words.len(), two.sha256.len()), (4, 3, 64));
        assert_eq!(two.swipes, [all.swipes[1].clone(), all.swipes[3].clone()]);
        assert!(read(&path, Some(9), false).unwrap().words.is_empty());
    }

    #[test]
    fn a_manifest_without_swipes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.jsonl");
        assert!(
            matches!(read(&path, None, false), Err(FileError::Core(_))),
            "it is absent"
        );
        std::fs::write(&path, "\n").unwrap();
        for samples in [None, Some(3)] {
            assert!(matches!(
                read(&path, samples, false),
                Err(FileError::Empty { .. })
            ));
        }
        std::fs::write(&path, "{\"word\":\"mysecret\",\"points\":7}\n").unwrap();
        let error = read(&path, None, false).unwrap_err().to_string();
        assert!(
            error.contains("none.jsonl:1") && !error.contains("mysecret"),
            "{error}"
        );
    }
}
