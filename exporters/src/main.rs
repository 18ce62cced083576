//! The command line `swipekit`: see [`swipekit_exporters::cli`].

use std::process::ExitCode;

use swipekit_exporters::cli;

fn main() -> ExitCode {
    cli::run(cli::parse())
}
