//! Tells the formats of files by their content, and finds the parts of a `.nemo` archive.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::read::MultiGzDecoder;

use super::error::{Problem, at_most};

/// Largest unpacked size of a compressed archive.
const MAX_UNPACKED: u64 = 4 << 30;
const MAX_CONFIG: u64 = 4 << 20;
const MAX_TAR_ENTRIES: u64 = 10_000;
const MAX_TAR_EXTENSION: u64 = 64 << 10;

/// Format of a file, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Tar,
    GzippedTar,
    Zip,
}

/// Tells the format of `file`, or what else it is.
pub(super) fn detect(file: &mut File) -> Result<Format, Problem> {
    let mut head = Vec::with_capacity(512);
    file.seek(SeekFrom::Start(0))?;
    (&mut *file).take(512).read_to_end(&mut head)?;
    let other = |found, advice| Err(Problem::NotACheckpoint { found, advice });
    const GIVE: &str = "give a NeMo archive (.nemo) or a Lightning checkpoint (.ckpt)";
    const LEGACY_TORCH: &[u8] = &[
        0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
    ];
    match head.as_slice() {
        [] => other("an empty file", GIVE),
        [0x1f, 0x8b, ..] => Ok(Format::GzippedTar),
        [b'P', b'K', 3, 4, ..] => Ok(Format::Zip),
        [b'P', b'K', 5, 6, ..] => other("an empty zip archive", GIVE),
        _ if head.get(257..262) == Some(b"ustar") => Ok(Format::Tar),
        [0x80, _, rest @ ..] if rest.starts_with(LEGACY_TORCH) => other(
            "a checkpoint in torch's format of before version 1.6",
            "load it with torch and save it again, without _use_new_zipfile_serialization=False",
        ),
        [0x80, 2..=5, ..] => other("a bare pickle", GIVE),
        [0x89, b'H', b'D', b'F', ..] => other("an HDF5 file", GIVE),
        _ if head.get(4..8) == Some(b"ORTM") => other(
            "an ONNX Runtime model",
            "give the checkpoint it was made from",
        ),
        _ if matches!(head.get(4..8), Some(b"ET12" | b"eh00")) => other(
            "an ExecuTorch program",
            "give the checkpoint it was made from",
        ),
        _ if head.get(8) == Some(&b'{') => other(
            "a safetensors file",
            "it holds no model configuration: give the .nemo archive or the .ckpt",
        ),
        _ if head.starts_with(b"version https://git-lfs") => {
            other("a Git LFS pointer", "fetch the real file with git lfs pull")
        }
        [0x08, 1..=20, ..] => other("an ONNX model", "give the checkpoint it was made from"),
        _ => other("an unknown kind of file", GIVE),
    }
}

/// Unpacks a gzip file to an unnamed temporary file, which is deleted when its handle closes.
pub(super) fn unpack(file: &mut File) -> Result<File, Problem> {
    file.seek(SeekFrom::Start(0))?;
    let mut unpacked = tempfile::tempfile()?;
    let mut source = MultiGzDecoder::new(io::BufReader::new(file)).take(MAX_UNPACKED + 1);
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        let count = source
            .read(&mut buffer)
            .map_err(|error| gzip_problem(&error))?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else {
            break;
        };
        unpacked.write_all(read)?;
        total += count as u64;
        at_most("the unpacked archive", MAX_UNPACKED, total)?;
    }
    unpacked.seek(SeekFrom::Start(0))?;
    Ok(unpacked)
}

fn gzip_problem(error: &io::Error) -> Problem {
    Problem::damaged("the gzip stream", "a sound one", error.to_string())
}

/// The two relevant members of a `.nemo` archive.
#[derive(Debug)]
pub(super) struct NemoParts {
    /// `model_config.yaml`.
    pub(super) config: Vec<u8>,
    /// Length of that member.
    pub(super) weights_start: u64,
    /// Its length.
    pub(super) weights_length: u64,
}

/// Reads a tar archive. Names may begin with `./`. Links, absolute names, `..` and repeated members
/// are refused.
pub(super) fn nemo_parts(file: &mut File) -> Result<NemoParts, Problem> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut archive = tar::Archive::new(file);
    let mut config: Option<Vec<u8>> = None;
    let mut weights: Option<(u64, u64)> = None;
    let mut long_name: Option<Vec<u8>> = None;
    let mut others = Vec::new();
    let damaged =
        |error: io::Error| Problem::damaged("the tar archive", "a sound entry", error.to_string());
    // Raw entries: the crate would otherwise read extension headers of any size into memory.
    for (number, entry) in archive
        .entries_with_seek()
        .map_err(damaged)?
        .raw(true)
        .enumerate()
    {
        at_most(
            "the number of entries of the archive",
            MAX_TAR_ENTRIES,
            number as u64 + 1,
        )?;
        let mut entry = entry.map_err(damaged)?;
        let (size, start) = (entry.size(), entry.raw_file_position());
        if start.checked_add(size).is_none_or(|end| end > length) {
            let left = length.saturating_sub(start);
            return Err(Problem::damaged(
                "the tar archive",
                format!("{size} bytes of entry {number}"),
                left.to_string(),
            ));
        }
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname()
            || kind.is_pax_local_extensions()
            || kind.is_pax_global_extensions()
        {
            at_most(
                "an extension header of the archive",
                MAX_TAR_EXTENSION,
                size,
            )?;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(damaged)?;
            if kind.is_gnu_longname() {
                long_name = Some(
                    bytes
                        .split(|byte| *byte == 0)
                        .next()
                        .unwrap_or_default()
                        .to_vec(),
                );
            } else if let Some(name) = pax_name(&bytes)? {
                long_name = Some(name);
            }
            continue;
        }
        let raw_name = long_name
            .take()
            .unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = safe_name(&raw_name)?;
        if kind.is_dir() {
            continue;
        }
        if !kind.is_file() {
            return Err(Problem::damaged(
                format!("{name} in the archive"),
                "a plain file",
                "a link or a special file",
            ));
        }
        let repeated = match name.as_str() {
            "model_config.yaml" => {
                at_most("model_config.yaml", MAX_CONFIG, size)?;
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(damaged)?;
                config.replace(bytes).is_some()
            }
            "model_weights.ckpt" => weights.replace((start, size)).is_some(),
            _ => {
                others.push(name.clone());
                false
            }
        };
        if repeated {
            return Err(Problem::damaged(
                format!("{name} in the archive"),
                "one such entry",
                "two",
            ));
        }
    }
    let missing = |name: &str| {
        let got = if others.is_empty() {
            "none".to_owned()
        } else {
            format!(
                "only {}",
                others
                    .iter()
                    .take(8)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        };
        Problem::damaged("the NeMo archive", format!("an entry {name}"), got)
    };
    let config = config.ok_or_else(|| missing("model_config.yaml"))?;
    let (weights_start, weights_length) = weights.ok_or_else(|| missing("model_weights.ckpt"))?;
    Ok(NemoParts {
        config,
        weights_start,
        weights_length,
    })
}

/// The name in a pax extension header, if it has one. A header that changes the layout of data is
/// refused.
fn pax_name(bytes: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
    let mut name = None;
    for extension in tar::PaxExtensions::new(bytes) {
        let extension = extension.map_err(|error| {
            Problem::damaged(
                "a pax header of the archive",
                "key=value lines",
                error.to_string(),
            )
        })?;
        match extension.key_bytes() {
            b"path" => name = Some(extension.value_bytes().to_vec()),
            b"size" => {
                return Err(Problem::damaged(
                    "a pax header of the archive",
                    "an entry under 8 GiB",
                    "a larger one",
                ));
            }
            key if key.starts_with(b"GNU.sparse") => {
                return Err(Problem::damaged(
                    "a pax header of the archive",
                    "a plain file",
                    "a sparse file",
                ));
            }
            _ => {}
        }
    }
    Ok(name)
}

/// The name of an archive member without a leading `./`. Nothing is ever written under it. A name
/// that points outside of the archive is a sign of a malicious file and is refused.
pub(super) fn safe_name(raw: &[u8]) -> Result<String, Problem> {
    let refuse = |got: &str| {
        Err(Problem::damaged(
            "the archive",
            "entry names inside the archive",
            got,
        ))
    };
    let Ok(name) = std::str::from_utf8(raw) else {
        return refuse("a name that is not UTF-8");
    };
    if name.starts_with('/') || name.contains('\\') || name.contains('\0') {
        return refuse(&format!("{name:?}"));
    }
    if name.split('/').any(|part| part == "..") {
        return refuse(&format!("{name:?}"));
    }
    let mut name = name;
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    Ok(name.to_owned())
}

/// A part of a file, as a file.
#[derive(Debug)]
pub(super) struct Window {
    file: File,
    start: u64,
    length: u64,
    position: u64,
}

impl Window {
    /// The `length` bytes from `start`, which must lie inside the file.
    pub(super) fn new(file: File, start: u64, length: u64) -> Self {
        Self {
            file,
            start,
            length,
            position: 0,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        let count = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let Some(buffer) = buffer.get_mut(..count).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        self.file
            .seek(SeekFrom::Start(self.start + self.position))?;
        let read = self.file.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
