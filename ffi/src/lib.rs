//! swipekit for other languages.
//!
//! | feature | what |
//! |---|---|
//! | `jni` | the Kotlin and Java library's native half, written by hand; exports `JNI_OnLoad` alone |
//! | `uniffi` | the whole interface for Python, Swift and every other language that UniFFI knows |
#![deny(unsafe_code)]

#[cfg(feature = "jni")]
mod java;
#[cfg(feature = "uniffi")]
mod bindings;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!();
