//! swipekit exporters: from a NeMo checkpoint to a validated bundle.
//!
//! Each folder does one thing and uses only folders further down this list; a test of the
//! repository holds the code to it (`tests/tests/arrows.rs`). What uses no other stands last.
//!
//! | folder | what it does |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`export`] | a whole export: from a checkpoint to checked bundles |
//! | [`error`](mod@error) | the errors of all folders together, for `export` and `cli` |
//! | [`judge`] | the quality of a bundle: accuracy, comparison, fitted weights and confidences |
//! | [`validate`] | finished artefacts checked against the reference, in the runtimes of apps |
//! | [`package`] | the files of a bundle: writing, packing, inspecting, golden swipes |
//! | [`audit`] | encoders checked tensor by tensor |
//! | [`pte`] | programs of ExecuTorch, lowered by the Python side |
//! | [`quantize`] | encoders in 16 and 8 bits |
//! | [`onnx`] | the network as ONNX graphs |
//! | [`reference`](mod@reference) | the network in double precision, to check artefacts against |
//! | [`network`] | the network's parameters by role |
//! | [`checkpoint`] | NeMo's files |
//! | [`schema`] | names, roles and shapes of a checkpoint's tensors |
//! | [`synth`] | synthetic swipes, and the stream of samples that a training reads |
//! | [`words`] | lexicons and language models |
//! | [`swipes`] | recorded swipes, layouts by name, the keys that a word visits |
//! | [`statistics`] | statistics that more than one judgement needs |
//! | [`report`] | pages and plots |
//! | [`random`] | repeatable random numbers |
//! | [`files`] | errors and hashes of files |
//! | `arguments` | values that options of the library take on the command line |
//! | [`check`] | a check that failed |
#![forbid(unsafe_code)]

mod arguments;
pub mod audit;
pub mod check;
pub mod checkpoint;
pub mod cli;
pub mod error;
pub mod export;
pub mod files;
#[doc(hidden)]
pub mod fixtures;
pub mod judge;
pub mod network;
pub mod onnx;
pub mod package;
pub mod pte;
pub mod quantize;
pub mod random;
pub mod reference;
pub mod report;
pub mod schema;
pub mod statistics;
pub mod swipes;
pub mod synth;
#[cfg(test)]
mod testing;
pub mod validate;
pub mod words;
