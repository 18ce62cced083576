//! The program `swipekit` as people and scripts run it: output, exit codes, messages.

mod bundles;
mod decoding;
mod export_options;
mod failures;
mod program;
mod synth;
mod words;
