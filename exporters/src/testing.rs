//! What several test modules share: the stored outputs of NeMo.

use swipekit_test_support::found;
pub use swipekit_test_support::{Goldens, shared};

use crate::checkpoint::Checkpoint;

/// One of the oracle's models.
pub fn oracle(name: &str) -> Option<Checkpoint> {
    let path = shared(&format!("oracle/{name}/{name}.nemo"))?;
    Some(Checkpoint::open(path).unwrap())
}

/// Whether ONNX Runtime is there; counts a skip where it is not.
pub fn runtime() -> bool {
    found(swipekit::internals::runtime::load(None)).is_some()
}

/// Largest absolute difference.
pub fn max_abs(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |worst, (a, b)| {
        // max would drop a NaN.
        let difference = (a - b).abs();
        if difference <= worst {
            worst
        } else {
            difference
        }
    })
}
