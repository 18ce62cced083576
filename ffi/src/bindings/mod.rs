//! What UniFFI makes bindings of.

/// swipekit's version.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
