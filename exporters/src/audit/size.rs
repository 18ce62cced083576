//! Sizes of an artefact: the file, and its share of an Android package.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;

/// Deflate level of packages.
const LEVEL: u32 = 6;

/// Sizes of an artefact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SizeAudit {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes after deflate at level 6: the size it adds to the download of an Android package.
    pub deflated: u64,
    /// Size relative to the FP32 encoder.
    pub ratio: f64,
}

/// Measures `artefact` against the FP32 encoder `baseline`.
pub fn size(artefact: &[u8], baseline: &[u8]) -> SizeAudit {
    SizeAudit {
        bytes: artefact.len() as u64,
        deflated: deflated(artefact),
        ratio: artefact.len() as f64 / baseline.len().max(1) as f64,
    }
}

/// Bytes of `content` after deflate.
pub fn deflated(content: &[u8]) -> u64 {
    struct Count(u64);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut encoder = DeflateEncoder::new(Count(0), Compression::new(LEVEL));
    // A counter accepts all bytes.
    let _ = encoder.write_all(content);
    encoder.finish().map_or(0, |count| count.0)
}
