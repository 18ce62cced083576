//! Prints the sample swipes of `models/samples/en-qwerty.jsonl`, which are synthetic:
//!
//! ```text
//! cargo run --package swipekit-exporters --example samples > models/samples/en-qwerty.jsonl
//! ```

use swipekit_exporters::synthetic::{SAMPLE_SEED, SAMPLE_WORDS, manifest};

fn main() {
    print!("{}", manifest(SAMPLE_WORDS, SAMPLE_SEED));
}
