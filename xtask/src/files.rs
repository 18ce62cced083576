//! Files: hashes, and members of archives.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// SHA-256 of the file at `path`, in lower-case hexadecimal.
pub fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(Error::io(path))?;
        if read == 0 {
            return Ok(hash
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect());
        }
        hash.update(&buffer[..read]);
    }
}

/// Writes the member `member` of the zip archive at `archive` to `to`.
pub fn extract(archive: &Path, member: &str, to: &Path) -> Result<()> {
    let zip_error = |error: zip::result::ZipError| Error::Io {
        path: archive.join(member),
        source: error.into(),
    };
    let file = File::open(archive).map_err(Error::io(archive))?;
    let mut zip = zip::ZipArchive::new(file).map_err(zip_error)?;
    let mut entry = zip.by_name(member).map_err(zip_error)?;
    let mut out = File::create(to).map_err(Error::io(to))?;
    io::copy(&mut entry, &mut out).map_err(Error::io(to))?;
    out.sync_all().map_err(Error::io(to))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn hashes_of_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(
            sha256(&path).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(sha256(&folder.path().join("absent")).is_err());
    }

    #[test]
    fn members_of_archives() {
        let folder = tempfile::tempdir().unwrap();
        let (archive, to) = (folder.path().join("a.whl"), folder.path().join("out"));
        let mut zip = zip::ZipWriter::new(File::create(&archive).unwrap());
        zip.start_file("a/b", zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&[7; 1000]).unwrap();
        zip.finish().unwrap();
        extract(&archive, "a/b", &to).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), [7; 1000]);
        let error = extract(&archive, "a/c", &to).unwrap_err().to_string();
        assert!(error.contains("a/c"), "{error}");
        std::fs::write(&archive, "no archive").unwrap();
        assert!(extract(&archive, "a/b", &to).is_err());
    }
}
