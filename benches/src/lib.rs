//! Benchmarks of swipekit.
//!
//! `cargo bench --package swipekit-benches` times the kernels and the search (criterion). The program
//! `swipekit-bench` times whole bundles and prints JSON: percentiles, memory, and the search next to the one that it
//! replaced ([`seed`]).
#![forbid(unsafe_code)]

pub mod input;
pub mod random;
pub mod seed;
pub mod times;
