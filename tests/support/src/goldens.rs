//! Stored tensors: what NeMo gave.

use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use crate::shared;

/// The tensors of a safetensors file.
#[derive(Debug)]
pub struct Goldens(Vec<u8>);

impl Goldens {
    /// Reads the file at `path`.
    pub fn open(path: &Path) -> Self {
        Self(std::fs::read(path).unwrap())
    }

    /// Reads reference data, as [`shared`] finds it.
    pub fn shared(path: &str) -> Option<Self> {
        shared(path).map(|path| Self::open(&path))
    }

    /// Names of all tensors.
    pub fn names(&self) -> Vec<String> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors
            .names()
            .iter()
            .map(|name| name.to_string())
            .collect()
    }

    /// Names of the inputs `in.NAME` whose encoding is stored too, at least eight.
    pub fn inputs(&self) -> Vec<String> {
        let names = self.names();
        let inputs = names.iter().filter_map(|name| name.strip_prefix("in."));
        let mut inputs: Vec<String> = inputs
            .filter(|input| names.contains(&format!("enc.{input}")))
            .map(str::to_owned)
            .collect();
        inputs.sort();
        assert!(inputs.len() >= 8, "{inputs:?}");
        inputs
    }

    /// Whether there is a tensor `name`.
    pub fn has(&self, name: &str) -> bool {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.tensor(name).is_ok()
    }

    /// Sizes of the tensor `name`.
    pub fn shape(&self, name: &str) -> Vec<usize> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        tensors.tensor(name).unwrap().shape().to_vec()
    }

    /// Values of a tensor of 32-bit or 64-bit floats.
    pub fn values(&self, name: &str) -> Vec<f64> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        match view.dtype() {
            Dtype::F32 => numbers(view.data(), |bytes| f32::from_le_bytes(bytes).into()),
            Dtype::F64 => numbers(view.data(), f64::from_le_bytes),
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Values of a tensor of 32-bit or 64-bit floats, as 32-bit ones.
    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.values(name)
            .into_iter()
            .map(|value| value as f32)
            .collect()
    }

    /// Values of a tensor of 32-bit or 64-bit integers.
    pub fn integers(&self, name: &str) -> Vec<usize> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        match view.dtype() {
            Dtype::I64 => numbers(view.data(), |bytes| i64::from_le_bytes(bytes) as usize),
            Dtype::I32 => numbers(view.data(), |bytes| i32::from_le_bytes(bytes) as usize),
            other => panic!("{name} is {other:?}"),
        }
    }

    /// NeMo's encoder output `[B, D, T']` as `[T', D]` an utterance.
    pub fn encodings(&self, name: &str) -> Vec<Vec<f32>> {
        let shape = self.shape(name);
        let (width, frames) = (shape[1], shape[2]);
        let transpose = |values: &[f32]| {
            (0..width * frames)
                .map(|i| values[i % width * frames + i / width])
                .collect()
        };
        self.floats(name)
            .chunks_exact(width * frames)
            .map(transpose)
            .collect()
    }
}

fn numbers<const N: usize, T>(data: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, rest) = data.as_chunks::<N>();
    assert!(rest.is_empty());
    chunks.iter().map(|bytes| number(*bytes)).collect()
}

/// Greatest difference, absolute below 1 and relative above; NaN counts as infinite.
pub fn difference(got: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let differences = got.iter().zip(expected).map(|(got, expected)| {
        let (got, expected) = (f64::from(*got), f64::from(*expected));
        let difference = (got - expected).abs() / expected.abs().max(1.0);
        if difference.is_nan() {
            f64::INFINITY
        } else {
            difference
        }
    });
    differences.fold(0.0, f64::max)
}
