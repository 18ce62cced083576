//! Shared read-only bytes: a mapped file, part of one, or memory.

use std::fs::File;
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};

/// Read-only bytes that are cheap to clone and to slice. A mapped file stays mapped while any part
/// of it is in use.
#[derive(Clone)]
pub struct Bytes {
    owner: Arc<Owner>,
    range: Range<usize>,
}

enum Owner {
    Mapped(memmap2::Mmap),
    Memory(Vec<u8>),
}

impl Bytes {
    /// Maps the file at `path` into memory.
    ///
    /// The file must not change while it is mapped. Replace it by renaming another file to its
    /// path, as every writer of this project does.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be opened or mapped.
    pub fn map(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io(path, source))?;
        Self::map_part(&file, 0, None, path)
    }

    /// Maps part of an open file: `length` bytes from `offset`, or all from `offset` without a
    /// `length`. The offset need not be page-aligned, and the file may be closed afterwards. An
    /// uncompressed asset of an Android package can be mapped this way. `name` is for errors.
    ///
    /// The file must not change, as for [`map`](Self::map).
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be mapped, [`Error::Damaged`] where the part is not
    /// inside the file.
    #[allow(unsafe_code)]
    pub fn map_part(
        file: &File,
        offset: u64,
        length: Option<u64>,
        name: impl AsRef<Path>,
    ) -> Result<Self> {
        let name = name.as_ref();
        let about = file.metadata().map_err(|source| Error::io(name, source))?;
        let inside = about.len().checked_sub(offset);
        let part = match (inside, length) {
            (Some(inside), None) => Some(inside),
            (Some(inside), Some(length)) => (length <= inside).then_some(length),
            (None, _) => None,
        };
        let part = part.and_then(|part| usize::try_from(part).ok());
        let Some(part) = part else {
            return Err(Error::damaged(
                name,
                "the part of the file",
                format!("inside its {} bytes", about.len()),
                format!("{} bytes from {offset}", length.unwrap_or_default()),
            ));
        };
        if part == 0 {
            // Not every platform can map an empty part.
            return Ok(Self::from(Vec::new()));
        }
        let mut options = memmap2::MmapOptions::new();
        options.offset(offset).len(part);
        // SAFETY: the map is read-only and private to this value. Files of a bundle are replaced by
        // renaming and never written in place, as the documentation above requires of the caller.
        let map = unsafe { options.map(file) }.map_err(|source| Error::io(name, source))?;
        let range = 0..map.len();
        Ok(Self {
            owner: Arc::new(Owner::Mapped(map)),
            range,
        })
    }

    /// Releases the memory of a mapped file to the system; later reads load it from the file again.
    /// For part of a file, the whole pages at its ends are released too. Has no effect on memory
    /// that is no mapped file.
    #[allow(unsafe_code)]
    pub(crate) fn forget(&self) {
        #[cfg(unix)]
        if let Owner::Mapped(map) = &*self.owner {
            // SAFETY: the map is read-only and its file is not written in place, so the pages
            // return with the same content. A failure leaves them in memory.
            let _ = unsafe {
                map.unchecked_advise_range(
                    memmap2::UncheckedAdvice::DontNeed,
                    self.range.start,
                    self.range.len(),
                )
            };
        }
    }

    /// The slice `range` of these bytes, sharing the memory; `None` where it reaches past the end.
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        if range.start > range.end || range.end > self.len() {
            return None;
        }
        Some(Self {
            owner: Arc::clone(&self.owner),
            range: self.range.start + range.start..self.range.start + range.end,
        })
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(memory: Vec<u8>) -> Self {
        let range = 0..memory.len();
        Self {
            owner: Arc::new(Owner::Memory(memory)),
            range,
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.owner {
            Owner::Mapped(map) => &map[self.range.clone()],
            Owner::Memory(memory) => &memory[self.range.clone()],
        }
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({} bytes)", self.len())
    }
}
