//! Libraries to link against in place of Android's own: nothing but the names of
//! `xtask/android/imports.txt`, with their sonames and symbol versions, as the NDK's own stubs are.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::abi::Abi;
use super::imports::{self, Import, LIBRARIES};
use super::toolchain::Llvm;
use crate::error::{Error, Result};
use crate::process;

/// Makes `libc.so`, `libm.so`, `libdl.so` and `liblog.so` in `folder`.
pub fn make(llvm: &Llvm, abi: Abi, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let imports = imports::read()?;
    for library in LIBRARIES {
        let write = |extension: &str, text: String| {
            let path = folder.join(library).with_extension(extension);
            fs::write(&path, text).map_err(Error::io(&path))?;
            Ok::<_, Error>(path)
        };
        let names = names(&imports, library);
        let source = write("s", source(&names))?;
        let script = write("map", script(library, &names))?;
        let mut clang = Command::new(&llvm.clang);
        clang
            .arg(format!("--target={}", abi.clang()))
            .args(["-nostdlib", "-shared"])
            .arg(format!("--ld-path={}", llvm.lld.display()))
            .arg(format!("-Wl,-soname,{library}.so"))
            .arg(format!("-Wl,--version-script={}", script.display()))
            .arg(&source)
            .arg("-o")
            .arg(folder.join(library).with_extension("so"));
        process::run(&mut clang)?;
    }
    Ok(())
}

/// What is linked to; weak names are not, so that nothing asks for them.
fn names<'a>(imports: &'a [Import], library: &str) -> Vec<&'a str> {
    let of = imports
        .iter()
        .filter(|import| import.library == library && !import.is_weak);
    of.map(|import| import.name.as_str()).collect()
}

/// Assembly, the same on every processor.
fn source(names: &[&str]) -> String {
    let mut source = String::from(".data\n");
    for name in names {
        // Writing to a string cannot fail.
        let _ = writeln!(
            source,
            ".globl {name}\n.type {name},%function\n.size {name},8\n{name}: .quad 0"
        );
    }
    source
}

/// The symbol version that Android gives the names of a library.
pub fn version(library: &str) -> &'static str {
    if library == "liblog" {
        "LIBLOG"
    } else {
        "LIBC"
    }
}

fn script(library: &str, names: &[&str]) -> String {
    format!(
        "{} {{ global: {}; local: *; }};\n",
        version(library),
        names.join("; ")
    )
}
