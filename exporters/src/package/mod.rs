//! Writes bundles, packs them into one file, and reports on them.

pub(crate) mod golden;
mod inspect;
mod pack;
mod preset;
mod runtime_meta;
pub(crate) mod staging;
#[cfg(test)]
mod tests;
mod writer;

pub use inspect::{Inspection, Verification, inspect, verify};
pub use pack::{pack, unpack};
pub use preset::write_preset;
pub use runtime_meta::RuntimeMeta;
pub use writer::BundleWriter;
