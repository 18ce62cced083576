//! The command line of the generator; `cargo xtask bindings` builds the library and runs it.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use swipekit_bindgen::{Language, generate};

/// Generate swipekit's bindings for other languages from its library.
#[derive(Parser)]
struct Arguments {
    /// The library, built of swipekit-ffi and not stripped.
    library: PathBuf,
    /// Languages, with commas between them.
    #[arg(long, required = true, value_delimiter = ',')]
    language: Vec<Language>,
    /// Folder to write to; it is made.
    #[arg(long)]
    output: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match generate(&arguments.library, &arguments.language, &arguments.output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("swipekit-bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}
