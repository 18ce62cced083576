//! Stored tensors: what NeMo gave.

use std::path::Path;

use safetensors::{Dtype, SafeTensors};

/// Names of the inputs that the goldens of every model have.
pub const INPUTS: [&str; 12] = [
    "T1",
    "T2",
    "T3",
    "T7",
    "T28",
    "T64",
    "T131",
    "T200",
    "swipe_water",
    "swipe_people",
    "swipe_which",
    "swipe_number",
];

/// The tensors of a safetensors file.
#[derive(Debug)]
pub struct Goldens(Vec<u8>);

impl Goldens {
    /// Reads the file at `path`.
    pub fn open(path: &Path) -> Self {
        Self(std::fs::read(path).unwrap())
    }

    /// Whether there is a tensor `name`.
    pub fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.0)
            .unwrap()
            .tensor(name)
            .is_ok()
    }

    /// Sizes of the tensor `name`.
    pub fn shape(&self, name: &str) -> Vec<usize> {
        SafeTensors::deserialize(&self.0)
            .unwrap()
            .tensor(name)
            .unwrap()
            .shape()
            .to_vec()
    }

    /// Values of a tensor of 32-bit or 64-bit floats.
    pub fn floats(&self, name: &str) -> Vec<f32> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        match view.dtype() {
            Dtype::F32 => view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .collect(),
            Dtype::F64 => view
                .data()
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().unwrap()) as f32)
                .collect(),
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Values of a tensor of 32-bit or 64-bit integers.
    pub fn integers(&self, name: &str) -> Vec<usize> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        match view.dtype() {
            Dtype::I64 => view
                .data()
                .chunks_exact(8)
                .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as usize)
                .collect(),
            Dtype::I32 => view
                .data()
                .chunks_exact(4)
                .map(|b| i32::from_le_bytes(b.try_into().unwrap()) as usize)
                .collect(),
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
