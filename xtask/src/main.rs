//! Developer commands of swipekit.
//!
//! `cargo xtask setup` fetches the native runtimes, `cargo xtask demo` decodes sample swipes with
//! the default bundle, `cargo xtask jni` and `cargo xtask aar` build the library for Java virtual
//! machines and for Android, `cargo xtask test` runs everything that must pass.
#![forbid(unsafe_code)]

mod android;
mod api;
mod bindings;
mod demo;
mod error;
mod executorch;
mod files;
mod graphs;
mod licences;
mod packages;
mod process;
mod python;
mod setup;
mod test;
mod training;
mod wheel;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::Result;

/// Developer commands of swipekit.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch ONNX Runtime's shared library out of its PyPI wheel into target/native (pinned version
    /// and hash).
    Setup {
        /// Also fetch what the feature `executorch` and `swipekit export pte` need: ExecuTorch's
        /// libraries, libclang for its bindings, and a Python environment with PyTorch (several
        /// GB).
        #[arg(long)]
        executorch: bool,
        /// Also make the Python environment in which `onnx.checker` judges exported graphs.
        #[arg(long)]
        python_tools: bool,
    },
    /// Decode sample swipes with the default bundle and print words, scores and times.
    Demo,
    /// Build the library for other languages and generate its bindings (docs/BINDINGS.md).
    Bindings {
        /// Languages with commas between them: kotlin, swift, python.
        #[arg(long, required = true)]
        language: String,
        /// Folder to write to; it is made.
        #[arg(long)]
        output: PathBuf,
        /// Take the debug build of the library, which is made faster.
        #[arg(long)]
        debug: bool,
    },
    /// Generate the Kotlin bindings and test them on the JVM (Maven and a JDK 17 or newer).
    BindingsJvm {
        /// What Rust decodes of real swipes, as the example `expected` of swipekit-tests writes it.
        #[arg(long)]
        expected: Option<PathBuf>,
    },
    /// Build the host's library for Java virtual machines and other languages:
    /// target/native/swipekit/libswipekit.so.
    Jni,
    /// Build the Android library: an AAR with its POM, sources, documentation and symbols, and the
    /// desktop's jar, laid out as a Maven repository. With ANDROID_NDK_HOME by the NDK, else by
    /// clang and lld against link-time stubs.
    Aar {
        /// For which processors.
        #[arg(long, value_delimiter = ',', default_value = "arm64-v8a,x86_64")]
        abi: Vec<android::abi::Abi>,
        /// Also pack the default bundle, as an AAR with one asset.
        #[arg(long)]
        with_model: bool,
        /// Where to [default: aar in the target folder].
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Build and test all of the above: the Kotlin tests, the arm64 machine code under qemu, the
    /// x86_64 code inside this machine's Java, a project that uses the published artifacts, and
    /// their classes as shrunk by the AAR's rules.
    Android,
    /// Run everything: formatting, lints, licences, tests of every feature combination,
    /// documentation, graph checks.
    Test,
    /// Compare the public API of the crate `swipekit` with its list, core/api.txt.
    Api {
        /// Write the list anew.
        #[arg(long)]
        update: bool,
    },
    /// Check the licences of all dependencies.
    Licences,
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Setup {
            executorch,
            python_tools,
        } => {
            setup::runtime()?;
            if *executorch {
                executorch::libraries()?;
                executorch::environment()?;
            }
            if *python_tools {
                python::tools()?;
            }
            Ok(())
        }
        Command::Demo => demo::run(),
        Command::Bindings {
            language,
            output,
            debug,
        } => bindings::generate(language, output, *debug),
        Command::BindingsJvm { expected } => bindings::test_jvm(expected.as_deref()),
        Command::Jni => android::jni().map(drop),
        Command::Aar {
            abi,
            with_model,
            output,
        } => {
            let options = android::Options {
                abis: abi.clone(),
                with_model: *with_model,
                output: output.clone(),
            };
            android::publish(&options).map(drop)
        }
        Command::Android => android::check(),
        Command::Test => test::run(),
        Command::Api { update: true } => api::update(),
        Command::Api { update: false } => api::check(),
        Command::Licences => licences::check(),
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
