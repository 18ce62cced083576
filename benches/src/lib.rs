//! Benchmarks of swipekit.
//!
//! `cargo bench --package swipekit-benches` times the kernels, the search and encoders (criterion).
//! The program `swipekit-bench` times whole bundles, one or several in turns, and prints JSON:
//! percentiles, memory, and the search next to the seed's ([`seed`]).
#![forbid(unsafe_code)]

pub mod comparison;
pub mod encoders;
pub mod input;
pub mod live;
pub mod random;
pub mod seed;
pub mod swipes;
pub mod threads;
pub mod times;
