//! swipekit for other languages.
//!
//! | feature | what |
//! |---|---|
//! | `jni` | the Kotlin and Java library's native half, written by hand; exports `JNI_OnLoad` alone |
//! | `uniffi` | the whole interface for Python, Swift and every other language that UniFFI knows |
//!
//! Both hold the same things: engines with a [`pool`] of sessions, [failures](error::Failure) of
//! few kinds.
#![deny(unsafe_code)]

#[cfg(feature = "uniffi")]
pub mod bindings;
pub mod error;
pub mod handles;
#[cfg(feature = "jni")]
pub mod java;
pub mod pool;
pub mod search;
pub mod words;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!("swipekit");
