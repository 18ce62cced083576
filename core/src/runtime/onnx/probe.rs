//! Checks a shared library before the crate `ort` loads it. Where this module reports an error,
//! `ort` would panic.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use libloading::Library;
use ort::sys::{ORT_API_VERSION, OrtApiBase};

/// A library that offers the required functions; open as long as this value exists.
pub(super) struct Probed {
    /// Version, for example `1.32.0`.
    pub version: String,
    _library: Library,
}

/// Whether the file at `path` can be a whole shared library: a loader may wait forever on a pipe
/// and crash on a truncated file.
pub(super) fn check_file(path: &Path) -> Result<(), String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err(if metadata.is_dir() {
            "a folder"
        } else {
            "not a regular file"
        }
        .to_owned());
    }
    let mut header = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(64)
        .read_to_end(&mut header)
        .map_err(|error| error.to_string())?;
    let Some(end) = library_end(&header) else {
        return Err("not a shared library".to_owned());
    };
    if end > metadata.len() {
        return Err(format!(
            "cut short: expected {end} bytes, got {}",
            metadata.len()
        ));
    }
    Ok(())
}

/// The least length of a library with this header; `None` where it is not a library of this
/// platform.
fn library_end(header: &[u8]) -> Option<u64> {
    if cfg!(target_os = "windows") {
        return header.starts_with(b"MZ").then_some(0);
    }
    if cfg!(target_vendor = "apple") {
        let magics: [&[u8]; 3] = [
            &[0xcf, 0xfa, 0xed, 0xfe],
            &[0xca, 0xfe, 0xba, 0xbe],
            &[0xca, 0xfe, 0xba, 0xbf],
        ];
        return magics
            .iter()
            .any(|magic| header.starts_with(magic))
            .then_some(0);
    }
    // ELF: linkers write the section table last.
    let number = |at: usize, size: usize| -> Option<u64> {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(header.get(at..at + size)?);
        Some(if header.get(5) == Some(&2) {
            u64::from_be_bytes(bytes) >> (8 * (8 - size))
        } else {
            u64::from_le_bytes(bytes)
        })
    };
    if !header.starts_with(b"\x7fELF") {
        return None;
    }
    let (start, size, count) = match header.get(4)? {
        1 => (number(32, 4)?, number(46, 2)?, number(48, 2)?),
        2 => (number(40, 8)?, number(58, 2)?, number(60, 2)?),
        _ => return None,
    };
    start.checked_add(size * count)
}

/// Opens the library at `path`, a full path or a name for the system's loader, and queries its
/// version and the API that `ort` will use.
#[allow(unsafe_code)]
pub(super) fn open(path: &Path) -> Result<Probed, String> {
    // SAFETY: loading a library runs its constructors. The caller or the user named the path, or
    // only they can write to its folder; nothing can be queried before the library is loaded.
    let library = unsafe { Library::new(path) }.map_err(|error| error.to_string())?;
    type GetApiBase = unsafe extern "system" fn() -> *const OrtApiBase;
    // SAFETY: the symbol has this type in every release of ONNX Runtime since 1.0.
    let get = unsafe { library.get::<GetApiBase>(b"OrtGetApiBase\0") }
        .map_err(|_| "not ONNX Runtime: it has no OrtGetApiBase".to_owned())?;
    // SAFETY: the function takes no argument and returns a pointer to a static table, or null.
    let base = unsafe { get().as_ref() }.ok_or("OrtGetApiBase gave nothing")?;
    // SAFETY: as above; the string is static.
    let text = unsafe { (base.GetVersionString)() };
    if text.is_null() {
        return Err("it gave no version".to_owned());
    }
    // SAFETY: a string that is not null ends with a null byte and is never freed.
    let version = unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(1), Some(minor)) if minor >= ORT_API_VERSION => {}
        (Some(_), Some(_)) => {
            return Err(format!(
                "unfit version: expected 1.{ORT_API_VERSION} or newer, got {version}"
            ));
        }
        _ => {
            return Err(format!(
                "unfit version: expected 1.{ORT_API_VERSION} or newer, got `{version}`"
            ));
        }
    }
    // SAFETY: the function takes a number and returns a pointer to a static table, or null.
    if unsafe { (base.GetApi)(ORT_API_VERSION) }.is_null() {
        return Err(format!("version {version} has no API {ORT_API_VERSION}"));
    }
    Ok(Probed {
        version,
        _library: library,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_end_of_an_elf_file() {
        let mut header = vec![0; 64];
        header[..6].copy_from_slice(b"\x7fELF\x02\x01");
        header[40..48].copy_from_slice(&1000_u64.to_le_bytes());
        header[58..60].copy_from_slice(&64_u16.to_le_bytes());
        header[60..62].copy_from_slice(&3_u16.to_le_bytes());
        assert_eq!(library_end(&header), Some(1192));
        for length in 0..62 {
            assert_eq!(library_end(&header[..length]), None, "{length}");
        }
        header[40..48].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(library_end(&header), None);
        header[4..6].copy_from_slice(&[1, 2]);
        header[32..36].copy_from_slice(&500_u32.to_be_bytes());
        header[46..50].copy_from_slice(&[0, 40, 0, 2]);
        assert_eq!(library_end(&header), Some(580));
    }

    #[test]
    fn this_executable_is_whole() {
        let path = std::env::current_exe().unwrap();
        assert_eq!(check_file(&path), Ok(()));
    }
}
