//! What bundles weigh, as they are and compressed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use swipekit::internals::bundle::Bundle;

use crate::audit::deflated;
use crate::judge::error::Result;

/// Bytes of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// The encoder.
    pub encoder: u64,
    /// The encoder deflated, as in an APK; `None` where it was not asked for.
    pub encoder_deflated: Option<u64>,
    /// All files, the manifest among them.
    pub bundle: u64,
    /// All files, each deflated by itself.
    pub bundle_deflated: Option<u64>,
}

/// Measures bundles; files of the same content are deflated once.
#[derive(Debug, Default)]
pub(super) struct Scales {
    known: BTreeMap<String, u64>,
}

impl Scales {
    pub(super) fn weigh(&mut self, bundle: &Bundle, deflate: bool) -> Result<Sizes> {
        let manifest = bundle.manifest();
        let name = &manifest.runtime.encoder;
        let own = bundle.manifest_json().len() as u64;
        let mut sizes = Sizes {
            encoder: manifest.files.get(name).map_or(0, |entry| entry.size),
            encoder_deflated: None,
            bundle: manifest.files.values().map(|entry| entry.size).sum::<u64>() + own,
            bundle_deflated: None,
        };
        if !deflate {
            return Ok(sizes);
        }
        let mut total = deflated(bundle.manifest_json());
        for (file, entry) in &manifest.files {
            let bytes = match self.known.get(&entry.sha256) {
                Some(bytes) => *bytes,
                None => deflated(&bundle.file(file)?),
            };
            self.known.insert(entry.sha256.clone(), bytes);
            total += bytes;
            if file == name {
                sizes.encoder_deflated = Some(bytes);
            }
        }
        sizes.bundle_deflated = Some(total);
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn what_repeats_shrinks_and_what_does_not_stays() {
        assert!(deflated(&[7; 100_000]) < 500);
        let mut random = Random::new(1);
        let noise: Vec<u8> = (0..100_000).map(|_| random.bits() as u8).collect();
        let size = deflated(&noise);
        assert!((100_000..100_100).contains(&size), "{size}");
        assert!(deflated(&[]) < 10);
    }
}
