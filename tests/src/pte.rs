//! Exports for ExecuTorch.

use std::path::Path;

use swipekit_exporters::export::{Options, PteOptions};
use swipekit_exporters::pte::{Mode, PteError, Python, Scheme};
use swipekit_test_support::found;

/// Whether there is a Python that lowers programs; counts a skip where there is none.
pub fn python() -> bool {
    let folder = tempfile::tempdir().unwrap();
    match Python::find(None, folder.path()) {
        Err(error) if !matches!(error, PteError::NoPython { .. } | PteError::Start { .. }) => {
            panic!("{error}")
        }
        python => found(python).is_some(),
    }
}

/// Options of an export of these modes.
pub fn options(base: Options, modes: &[Mode]) -> PteOptions {
    PteOptions {
        base,
        modes: modes.to_vec(),
        scheme: Scheme::Dynamic,
        fallback_fp32: false,
        python: None,
    }
}

/// The small bundle of random weights that `tests/examples/pte_fixture.rs` wrote.
pub fn fixture() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/random-pte.swipekit")
}
