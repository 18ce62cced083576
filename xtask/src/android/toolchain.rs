//! What the Android library is built with: the NDK where there is one, else clang and lld as the
//! machine has them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::abi::Abi;
use crate::error::{Error, Result};
use crate::process;

/// The version of LLVM that is installed where there is none, from the distribution's own packages.
const LLVM: &str = "22";

/// Versions of LLVM that will do, by the suffix of their programs; the first that is whole is
/// taken.
const SUFFIXES: [&str; 6] = ["-22", "-21", "-20", "-19", "", "-18"];

/// The programs that build, without and with an NDK.
#[derive(Debug, Clone)]
pub enum Toolchain {
    /// The NDK.
    Ndk(Ndk),
    /// clang and lld of this machine.
    Llvm(Llvm),
}

/// An NDK.
#[derive(Debug, Clone)]
pub struct Ndk {
    /// `ANDROID_NDK_HOME`.
    pub home: PathBuf,
    /// Its programs.
    pub programs: PathBuf,
    /// Its revision, as `source.properties` states it.
    pub revision: String,
    /// Whether cargo-ndk is installed.
    pub has_cargo_ndk: bool,
}

/// clang, lld and objcopy.
#[derive(Debug, Clone)]
pub struct Llvm {
    /// The C compiler, which calls the linker.
    pub clang: String,
    /// The linker's path.
    pub lld: PathBuf,
    /// Strips.
    pub objcopy: String,
}

impl Toolchain {
    /// The NDK of `ANDROID_NDK_HOME`, else clang and lld of this machine, which are installed where
    /// they are missing.
    pub fn find() -> Result<Self> {
        match env::var_os("ANDROID_NDK_HOME").filter(|home| !home.is_empty()) {
            Some(home) => Ndk::at(Path::new(&home)).map(Self::Ndk),
            None => Llvm::find().map(Self::Llvm),
        }
    }

    /// What is written beside what was built.
    pub fn describe(&self) -> String {
        match self {
            Self::Ndk(ndk) => format!(
                "NDK {} ({}){}; this way has not been tried by the project's own tests",
                ndk.revision,
                ndk.home.display(),
                if ndk.has_cargo_ndk {
                    ", through cargo-ndk"
                } else {
                    ", its clang called directly"
                },
            ),
            Self::Llvm(llvm) => format!(
                "not an NDK build: linked by {} and {} against link-time stubs of \
                 libc, libm, libdl and liblog, with the unwinder of the crate `unwinding`; not run on a device",
                version(&llvm.clang),
                llvm.lld.display(),
            ),
        }
    }

    /// The program that strips.
    pub fn objcopy(&self) -> PathBuf {
        match self {
            Self::Ndk(ndk) => ndk.programs.join("llvm-objcopy"),
            Self::Llvm(llvm) => PathBuf::from(&llvm.objcopy),
        }
    }
}

impl Ndk {
    fn at(home: &Path) -> Result<Self> {
        let missing = || {
            Error::Missing {
            what: format!("an NDK at {} (ANDROID_NDK_HOME)", home.display()),
            by_hand: "set ANDROID_NDK_HOME to an NDK of release 23 or newer, or unset it to build without one"
                .to_owned(),
        }
        };
        let host = match env::consts::OS {
            "macos" => "darwin-x86_64",
            "windows" => "windows-x86_64",
            _ => "linux-x86_64",
        };
        let programs = home.join("toolchains/llvm/prebuilt").join(host).join("bin");
        let clang = programs.join(format!("clang{}", env::consts::EXE_SUFFIX));
        if !clang.is_file() {
            return Err(missing());
        }
        let properties = fs::read_to_string(home.join("source.properties")).unwrap_or_default();
        let revision = properties
            .lines()
            .find_map(|line| line.strip_prefix("Pkg.Revision"))
            .map_or("of unknown revision", |rest| {
                rest.trim_start_matches([' ', '='])
            });
        Ok(Self {
            home: home.to_path_buf(),
            programs,
            revision: revision.trim().to_owned(),
            has_cargo_ndk: is_there("cargo-ndk"),
        })
    }
}

impl Llvm {
    fn find() -> Result<Self> {
        if let Some(llvm) = Self::here() {
            return Ok(llvm);
        }
        packages(&[
            &format!("clang-{LLVM}"),
            &format!("lld-{LLVM}"),
            &format!("llvm-{LLVM}"),
        ])?;
        Self::here().ok_or_else(|| Error::Missing {
            what: "clang, ld.lld and llvm-objcopy of one version from 18 on".to_owned(),
            by_hand: format!(
                "install them (on Debian and Ubuntu: clang-{LLVM} lld-{LLVM} llvm-{LLVM}), or set ANDROID_NDK_HOME"
            ),
        })
    }

    fn here() -> Option<Self> {
        SUFFIXES.into_iter().find_map(|suffix| {
            let program = |name: &str| format!("{name}{suffix}");
            let lld = on_path(&program("ld.lld"))?;
            let (clang, objcopy) = (program("clang"), program("llvm-objcopy"));
            (is_there(&clang) && is_there(&objcopy)).then_some(Self {
                clang,
                lld,
                objcopy,
            })
        })
    }
}

/// Rust's standard library for `abi`, ready-made and as sources, installed by rustup where it is
/// missing.
pub fn standard_library(abi: Abi) -> Result<()> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--print", "target-libdir", "--target", abi.target()]);
    let folder = process::output(rustc.current_dir(process::root()))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&folder).trim());
    if !folder.is_dir() {
        rustup(&["target", "add", abi.target()])?;
    }
    // rustlib/TARGET/lib
    let sources = folder
        .ancestors()
        .nth(2)
        .map(|rustlib| rustlib.join("src/rust/library"));
    if !sources.is_some_and(|sources| sources.is_dir()) {
        rustup(&["component", "add", "rust-src"])?;
    }
    Ok(())
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let mut rustup = Command::new("rustup");
    rustup.args(arguments).current_dir(process::root());
    process::run(&mut rustup).map_err(|source| Error::Fetch {
        what: "Rust's standard library for Android".to_owned(),
        by_hand: format!("rustup {}", arguments.join(" ")),
        source: Box::new(source),
    })
}

/// Whether a program can be started.
pub fn is_there(program: &str) -> bool {
    on_path(&format!("{program}{}", env::consts::EXE_SUFFIX)).is_some()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// First line of what a program says of its version.
fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let output = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&output);
    text.lines().next().unwrap_or(program).to_owned()
}

/// Installs packages of Debian or Ubuntu, where this is one and may.
pub fn packages(names: &[&str]) -> Result<()> {
    let missing = |why: &str| Error::Missing {
        what: format!("the packages {} ({why})", names.join(" ")),
        by_hand: format!("apt-get install {}", names.join(" ")),
    };
    if !is_there("apt-get") {
        return Err(missing("there is no apt-get here to install them"));
    }
    if !is_root() {
        return Err(missing("installing them takes root"));
    }
    eprintln!("installing {}", names.join(" "));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(["-qq", "-o", "Dpkg::Use-Pty=0"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        process::run(&mut command)
    };
    let install = || {
        let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
        arguments.extend(names);
        apt(&arguments)
    };
    // The lists may be absent or old; what was installed last month may be gone.
    apt(&["update"])
        .and_then(|()| install())
        .map_err(|source| Error::Fetch {
            what: format!("the packages {}", names.join(" ")),
            by_hand: format!("apt-get install {}", names.join(" ")),
            source: Box::new(source),
        })
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
