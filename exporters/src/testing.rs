//! What several test modules share: the stored outputs of NeMo.

use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};

use crate::checkpoint::Checkpoint;

/// A path below `../shared`, or `None` with a message where it is absent.
pub fn shared(path: &str) -> Option<PathBuf> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped: ../shared/{path} is absent");
    None
}

/// One of the oracle's models.
pub fn oracle(name: &str) -> Option<Checkpoint> {
    let path = shared(&format!("oracle/{name}/{name}.nemo"))?;
    Some(Checkpoint::open(path).unwrap())
}

/// Stored tensors.
pub struct Goldens(Vec<u8>);

impl Goldens {
    pub fn open(path: &str) -> Option<Self> {
        Some(Self(std::fs::read(shared(path)?).unwrap()))
    }

    pub fn names(&self) -> Vec<String> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.names().iter().map(|n| n.to_string()).collect()
    }

    pub fn shape(&self, name: &str) -> Vec<usize> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.tensor(name).unwrap().shape().to_vec()
    }

    pub fn values(&self, name: &str) -> Vec<f64> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        let data = view.data();
        match view.dtype() {
            Dtype::F32 => data
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()).into())
                .collect(),
            Dtype::F64 => data
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
                .collect(),
            other => panic!("{name} is {other:?}"),
        }
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.values(name).into_iter().map(|v| v as f32).collect()
    }

    pub fn integers(&self, name: &str) -> Vec<usize> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::I64, "{name}");
        view.data()
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as usize)
            .collect()
    }
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
