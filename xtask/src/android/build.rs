//! Builds `libswipekit.so` for an Android ABI.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::abi::Abi;
use super::imports::API_LEVEL;
use super::toolchain::{self, Llvm, Toolchain};
use super::{NAME, stubs};
use crate::error::{Error, Result};
use crate::process;

/// Functions that nobody has marked for inlining are inlined where they are tiny: a tenth of the
/// code less.
const SMALL: &str = "-Cllvm-args=-inline-threshold=25";

/// The threshold for functions that are marked. LLVM's own is 325: below it the kernels' iterators
/// become calls, ten times as slow. The x86_64 library, which emulators run, does not fit with it.
fn marked(abi: Abi) -> u32 {
    if abi == Abi::X64 { 40 } else { 325 }
}

/// Where a build lies.
#[derive(Debug)]
pub struct Library {
    /// Whom it is for.
    pub abi: Abi,
    /// What is shipped.
    pub stripped: PathBuf,
    /// The same with symbols and line numbers, to make sense of a crash's stack.
    pub symbols: PathBuf,
}

/// Builds the library into `work/ABI`.
pub fn library(toolchain: &Toolchain, abi: Abi, work: &Path) -> Result<Library> {
    toolchain::standard_library(abi)?;
    let folder = work.join(abi.name());
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let mut command = match toolchain {
        Toolchain::Ndk(ndk) if ndk.has_cargo_ndk => {
            let mut command = process::cargo();
            command.args(["ndk", "--target", abi.name(), "--platform"]);
            command.arg(API_LEVEL.to_string());
            command
        }
        _ => process::cargo(),
    };
    command
        .args(["rustc", "--locked", "--package", "swipekit-ffi", "--lib"])
        .args(["--profile", "android", "--crate-type", "cdylib"])
        .args(["--no-default-features", "--features", "jni"]);
    let mut arguments = vec![
        format!("-Wl,-soname,{NAME}"),
        // Android's own check is on the offsets too: the linker lays both out for pages of 16 KB.
        "-Wl,-z,max-page-size=16384,-z,common-page-size=16384".to_owned(),
        "-Wl,-z,relro,-z,now".to_owned(),
        "-Wl,--no-undefined".to_owned(),
        "-Wl,--exclude-libs,ALL".to_owned(),
        "-Wl,--icf=all".to_owned(),
    ];
    match toolchain {
        // cargo-ndk gives the target and the linker itself.
        Toolchain::Ndk(ndk) if ndk.has_cargo_ndk => {}
        Toolchain::Ndk(ndk) => {
            command.args(["--target", abi.target()]);
            let clang = format!("clang{}", env::consts::EXE_SUFFIX);
            command.env(variable(abi, "LINKER"), ndk.programs.join(clang));
            arguments.push(format!("--target={}{API_LEVEL}", abi.clang()));
        }
        Toolchain::Llvm(llvm) => {
            command.args(["--target", abi.target()]);
            command.env(variable(abi, "LINKER"), &llvm.clang);
            arguments.extend(without_ndk(llvm, abi, work, &folder)?);
        }
    }
    // The standard library is compiled here, for its size: without what prints a panic's stack,
    // which nobody sees on Android.
    command
        .args(["-Zbuild-std=std,panic_unwind", "-Zbuild-std-features="])
        // Cargo calls this unstable. Compilers of other programs do not see it.
        .env("RUSTC_BOOTSTRAP", "1")
        .env(variable(abi, "RUSTFLAGS"), flags(abi));
    if abi == Abi::X64 {
        // Its kernels come in three widths of vectors, so that level 3 does not fit; and it is
        // emulators that run it.
        command.env("CARGO_PROFILE_ANDROID_OPT_LEVEL", "s");
    }
    command.arg("--");
    command.args(arguments.iter().map(|word| format!("-Clink-arg={word}")));
    process::run(&mut command)?;
    let built = process::target()?
        .join(abi.target())
        .join("android/libswipekit_ffi.so");
    let symbols = folder.join("symbols").join(NAME);
    let parent = folder.join("symbols");
    fs::create_dir_all(&parent).map_err(Error::io(&parent))?;
    fs::copy(&built, &symbols).map_err(Error::io(&built))?;
    let stripped = folder.join(NAME);
    process::run(
        Command::new(toolchain.objcopy())
            .arg("--strip-all")
            .arg(&symbols)
            .arg(&stripped),
    )?;
    Ok(Library {
        abi,
        stripped,
        symbols,
    })
}

/// What the NDK's compiler would find by itself: stubs of Android's libraries, an unwinder.
fn without_ndk(llvm: &Llvm, abi: Abi, work: &Path, folder: &Path) -> Result<Vec<String>> {
    let stubs = folder.join("stubs");
    stubs::make(llvm, abi, &stubs)?;
    let unwinder = unwinder(abi, work)?;
    Ok(vec![
        format!("--target={}{API_LEVEL}", abi.clang()),
        "-nostdlib".to_owned(),
        format!("--ld-path={}", llvm.lld.display()),
        format!("-L{}", stubs.display()),
        format!("-L{}", unwinder.display()),
    ])
}

/// Builds `libunwind.a`, which Rust's standard library asks for, and gives its folder.
fn unwinder(abi: Abi, work: &Path) -> Result<PathBuf> {
    if abi == Abi::Arm32 {
        return Err(Error::Missing {
            what: format!("an unwinder for {abi}"),
            by_hand: "set ANDROID_NDK_HOME: 32-bit ARM is built with the NDK only".to_owned(),
        });
    }
    let target = work.join("unwind");
    let mut command = process::cargo();
    command.args(["build", "--release", "--locked", "--manifest-path"]);
    command.arg(process::root().join("xtask/android/unwind/Cargo.toml"));
    command.args(["--target", abi.target(), "--target-dir"]);
    command.arg(&target);
    process::run(&mut command)?;
    Ok(target.join(abi.target()).join("release"))
}

/// A variable of cargo's for one target.
fn variable(abi: Abi, what: &str) -> String {
    let target = abi.target().replace('-', "_").to_uppercase();
    format!("CARGO_TARGET_{target}_{what}")
}

/// Flags of the compiler that keep the library small, and this machine's paths out of it.
fn flags(abi: Abi) -> OsString {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = OsString::from(SMALL);
    flags.push(format!(
        " -Cllvm-args=-inlinehint-threshold={}",
        marked(abi)
    ));
    flags.push(" --remap-path-prefix=");
    flags.push(process::root());
    flags.push("=/swipekit");
    if let Some(home) = home {
        flags.push(" --remap-path-prefix=");
        flags.push(home);
        flags.push("=/cargo");
    }
    flags
}
