//! What a shared library for Android must be, read from its ELF headers.

use std::fs;
use std::path::Path;

use goblin::elf::dynamic::{DF_1_NOW, DF_BIND_NOW, DF_TEXTREL};
use goblin::elf::header::ET_DYN;
use goblin::elf::program_header::{PF_X, PT_GNU_RELRO, PT_GNU_STACK, PT_LOAD, PT_TLS};
use goblin::elf::sym::{STB_LOCAL, STB_WEAK};
use goblin::elf::{Elf, Sym};

use super::NAME;
use super::abi::Abi;
use super::imports::{Import, LIBRARIES};
use crate::error::{Error, Result};

/// Pages of memory on newer devices.
const PAGE: u64 = 0x4000;

/// Most bytes of a stripped library: 1.5 MB, counted as Android Studio does.
pub const MOST_BYTES: usize = 3 << 19;

/// What a library is, for the listing.
#[derive(Debug)]
pub struct Facts {
    /// Size in bytes.
    pub bytes: usize,
    /// Libraries that it needs.
    pub needed: Vec<String>,
    /// Names that it exports.
    pub exports: Vec<String>,
    /// Number of names that it imports.
    pub imports: usize,
}

/// Checks the stripped library at `path`; every fault is named.
pub fn check(path: &Path, abi: Abi, imports: &[Import]) -> Result<Facts> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let elf = parse(path, &bytes)?;
    let mut faults = faults(&elf, abi);
    let imported = undefined(&elf);
    faults.extend(imported.iter().filter_map(|(name, is_weak)| {
        let known = imports.iter().find(|import| import.name == *name);
        match known {
            Some(import) if *is_weak || !import.is_weak => None,
            Some(_) => Some(format!(
                "imports {name}, which may be missing, as if it could not"
            )),
            None => Some(format!(
                "imports {name}, which xtask/android/imports.txt lacks"
            )),
        }
    }));
    let exports = defined(&elf);
    if exports != ["JNI_OnLoad"] {
        faults.push(format!(
            "exports {exports:?} where JNI_OnLoad alone should be"
        ));
    }
    if bytes.len() > MOST_BYTES {
        faults.push(format!("has {} bytes, {MOST_BYTES} at most", bytes.len()));
    }
    if !faults.is_empty() {
        return Err(Error::Refused {
            path: path.to_path_buf(),
            faults: faults.join("; "),
        });
    }
    Ok(Facts {
        bytes: bytes.len(),
        needed: elf
            .libraries
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        exports,
        imports: imported.len(),
    })
}

/// Names that the library at `path` exports, in order.
pub fn exports(path: &Path) -> Result<Vec<String>> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    Ok(defined(&parse(path, &bytes)?))
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<Elf<'a>> {
    Elf::parse(bytes).map_err(|error| Error::Wrong {
        path: path.to_path_buf(),
        what: "format",
        expected: "a shared library".to_owned(),
        got: error.to_string(),
    })
}

/// Everything but names and sizes.
fn faults(elf: &Elf<'_>, abi: Abi) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, fault: String| {
        if !holds {
            faults.push(fault);
        }
    };
    let machine = elf.header.e_machine;
    expect(
        machine == abi.machine(),
        format!("is for machine {machine}"),
    );
    expect(
        elf.header.e_type == ET_DYN,
        "is no shared object".to_owned(),
    );
    expect(
        elf.soname == Some(NAME),
        format!("has soname {:?}", elf.soname),
    );
    for needed in &elf.libraries {
        let is_known = needed
            .strip_suffix(".so")
            .is_some_and(|name| LIBRARIES.contains(&name));
        expect(is_known, format!("needs {needed}"));
    }
    let page = if abi.is_64_bit() { PAGE } else { 0x1000 };
    for segment in &elf.program_headers {
        let (address, offset, align) = (segment.p_vaddr, segment.p_offset, segment.p_align);
        match segment.p_type {
            PT_LOAD => expect(
                align >= page && align.is_power_of_two() && address % align == offset % align,
                format!("has a segment at {address:#x}, offset {offset:#x}, aligned to {align:#x}"),
            ),
            // What follows on the page would become read-only with it.
            PT_GNU_RELRO => expect(
                (address + segment.p_memsz) % page == 0,
                "has relocations that do not end with a page".to_owned(),
            ),
            PT_TLS => expect(
                false,
                "has thread-local storage, from API 29 on only".to_owned(),
            ),
            PT_GNU_STACK => expect(
                segment.p_flags & PF_X == 0,
                "wants an executable stack".to_owned(),
            ),
            _ => {}
        }
    }
    let has = |kind| {
        elf.program_headers
            .iter()
            .any(|segment| segment.p_type == kind)
    };
    expect(has(PT_LOAD), "has no segments".to_owned());
    expect(has(PT_GNU_RELRO), "has no RELRO".to_owned());
    let info = elf.dynamic.as_ref().map(|dynamic| &dynamic.info);
    let flags = info.map_or(0, |info| info.flags);
    let flags_1 = info.map_or(0, |info| info.flags_1);
    expect(
        flags & DF_BIND_NOW != 0 || flags_1 & DF_1_NOW != 0,
        "does not bind at once".to_owned(),
    );
    expect(
        flags & DF_TEXTREL == 0 && !info.is_some_and(|info| info.textrel),
        "has relocations in its code".to_owned(),
    );
    for section in &elf.section_headers {
        let name = elf.shdr_strtab.get_at(section.sh_name).unwrap_or_default();
        let is_extra = name == ".symtab" || name.starts_with(".debug");
        expect(!is_extra, format!("is not stripped: {name}"));
    }
    faults
}

fn name<'a>(elf: &'a Elf<'_>, symbol: &Sym) -> &'a str {
    elf.dynstrtab.get_at(symbol.st_name).unwrap_or_default()
}

/// Names that are imported, and whether weakly.
fn undefined(elf: &Elf<'_>) -> Vec<(String, bool)> {
    let symbols = elf.dynsyms.iter();
    let symbols = symbols.filter(|symbol| symbol.st_shndx == 0 && symbol.st_bind() != STB_LOCAL);
    symbols
        .map(|symbol| (name(elf, &symbol).to_owned(), symbol.st_bind() == STB_WEAK))
        .collect()
}

fn defined(elf: &Elf<'_>) -> Vec<String> {
    let symbols = elf.dynsyms.iter();
    let symbols = symbols.filter(|symbol| symbol.st_shndx != 0 && symbol.st_bind() != STB_LOCAL);
    let mut names: Vec<String> = symbols
        .map(|symbol| name(elf, &symbol).to_owned())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_runs_is_refused() {
        // The tests' own program: not for Android, not stripped, linked to glibc. Elsewhere it is
        // no ELF file.
        let path = std::env::current_exe().unwrap();
        let refused = check(&path, Abi::Arm64, &[]).unwrap_err().to_string();
        if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            for fault in [
                "is for machine",
                "has soname",
                "is not stripped",
                "imports ",
                "exports ",
            ] {
                assert!(refused.contains(fault), "{fault}: {refused}");
            }
        }
    }

    #[test]
    fn what_is_no_library_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(check(file.path(), Abi::X64, &[]).is_err());
        fs::write(file.path(), b"\x7fELF but no more").unwrap();
        assert!(exports(file.path()).is_err());
    }
}
