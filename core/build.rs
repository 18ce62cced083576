//! Links ExecuTorch where the feature `executorch` asks for it.
//!
//! On the desktop: the shared libraries of the `executorch` wheel, out of the folder that
//! `SWIPEKIT_EXECUTORCH_LIB_DIR` names, or else out of `native/executorch` in cargo's target
//! folder, where `cargo xtask setup --executorch` puts them. On Android: the static libraries of a
//! build of ExecuTorch, whose folder `SWIPEKIT_EXECUTORCH_STATIC_DIR` names. Nothing is downloaded.

use std::env;
use std::path::{Path, PathBuf};

const LIB_DIR: &str = "SWIPEKIT_EXECUTORCH_LIB_DIR";
const STATIC_DIR: &str = "SWIPEKIT_EXECUTORCH_STATIC_DIR";

/// The wheel's libraries: the program loader, the thread pool, XNNPACK, and the kernels of what
/// XNNPACK leaves over.
const SHARED: [&str; 5] = [
    "executorch",
    "executorch_threadpool",
    "executorch_backend_xnnpack",
    "executorch_kernels_optimized",
    "executorch_kernels_quantized",
];

/// Static libraries that register themselves when a program starts, by the names of ExecuTorch's
/// CMake targets; the crate `executorch-sys` links the loader and the extensions.
const REGISTERING: [&str; 3] = [
    "xnnpack_backend",
    "optimized_native_cpu_ops_lib",
    "quantized_ops_lib",
];

/// Static libraries that the above call.
const CALLED: [&str; 6] = [
    "extension_threadpool",
    "XNNPACK",
    "xnnpack-microkernels-prod",
    "kleidiai",
    "cpuinfo",
    "pthreadpool",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_EXECUTORCH").is_none() || env::var_os("DOCS_RS").is_some() {
        return;
    }
    for variable in [LIB_DIR, STATIC_DIR] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("android") {
        link_static();
    } else {
        link_shared();
    }
}

fn link_shared() {
    let (folder, tried) = match folder_of(LIB_DIR) {
        Some(folder) => (Some(folder.clone()), vec![folder]),
        None => {
            let folder = target_folder().map(|target| target.join("native/executorch"));
            (folder.clone(), folder.into_iter().collect())
        }
    };
    let Some(folder) = folder.filter(|folder| has_shared(folder)) else {
        let tried: Vec<String> = tried
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        println!(
            "cargo::error=the feature `executorch` of swipekit needs ExecuTorch's shared libraries ({}), which are not \
             in {}; run `cargo xtask setup --executorch` in swipekit's repository, or set {LIB_DIR} to the folder `lib` \
             of an installed `executorch` wheel",
            SHARED.join(", "),
            tried.join(", ")
        );
        return;
    };
    println!("cargo::rerun-if-changed={}", folder.display());
    // cargo lets what it runs find shared libraries in the folders of build scripts only.
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    for library in SHARED {
        let Some(file) = shared(&folder, library) else {
            continue;
        };
        if let Some(name) = file.file_name() {
            link(&file, &out.join(name));
        }
        println!("cargo::rustc-link-lib=dylib={library}");
    }
    println!("cargo::rustc-link-search=native={}", out.display());
}

/// Makes `to` stand for `file`.
fn link(file: &Path, to: &Path) {
    let _ = std::fs::remove_file(to);
    #[cfg(unix)]
    let made = std::path::absolute(file).and_then(|file| std::os::unix::fs::symlink(file, to));
    #[cfg(not(unix))]
    let made = std::fs::copy(file, to);
    if let Err(error) = made {
        println!("cargo::error=cannot write {}: {error}", to.display());
    }
}

fn link_static() {
    let Some(folder) = folder_of(STATIC_DIR) else {
        println!(
            "cargo::error=the feature `executorch` of swipekit needs ExecuTorch's static libraries for Android; set \
             {STATIC_DIR} to the folder that holds them (and EXECUTORCH_RS_EXECUTORCH_LIB_DIR, EXECUTORCH_RS_LINK=1 for \
             the crate executorch-sys); see docs/EXECUTORCH.md"
        );
        return;
    };
    println!("cargo::rustc-link-search=native={}", folder.display());
    for library in REGISTERING {
        println!("cargo::rustc-link-lib=static:+whole-archive={library}");
    }
    for library in CALLED {
        let present = folder.join(format!("lib{library}.a")).is_file();
        // KleidiAI is there on ARM only.
        if present || library != "kleidiai" {
            println!("cargo::rustc-link-lib=static={library}");
        }
    }
}

/// The folder that a variable names.
fn folder_of(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty())?;
    Some(PathBuf::from(value))
}

/// The file of a shared library, where it is there.
fn shared(folder: &Path, library: &str) -> Option<PathBuf> {
    ["so", "dylib"]
        .map(|extension| folder.join(format!("lib{library}.{extension}")))
        .into_iter()
        .find(|path| path.is_file())
}

fn has_shared(folder: &Path) -> bool {
    SHARED
        .iter()
        .all(|library| shared(folder, library).is_some())
}

/// Cargo's target folder: `OUT_DIR` lies in it, in `[TRIPLE/]PROFILE/build/PACKAGE/out`.
fn target_folder() -> Option<PathBuf> {
    let out = PathBuf::from(env::var_os("OUT_DIR")?);
    let profile = out.ancestors().nth(3)?;
    let above = profile.parent()?;
    let is_triple = env::var_os("TARGET").is_some_and(|triple| above.ends_with(triple));
    if is_triple {
        above.parent().map(Path::to_path_buf)
    } else {
        Some(above.to_path_buf())
    }
}
