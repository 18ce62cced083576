//! `transducer.safetensors`: prediction network and joint as core runs them itself.

use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use crate::network::Network;

/// The file's bytes: tensors under the names that [`swipekit::internals::transducer::PredictionJoint::new`]
/// reads, in 32-bit floats, or with the matrices in 16-bit floats where `half` is set.
///
/// # Errors
/// None that a network of sane sizes gives.
pub fn transducer(network: &Network, half: bool) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let (classes, config) = (network.classes(), network.config);
    let (d, h, j) = (
        config.encoder.d_model,
        config.prediction.hidden,
        config.joint.hidden,
    );
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>, Dtype)> = Vec::new();
    let mut add = |name: String, shape: &[usize], values: &mut dyn Iterator<Item = f32>| {
        let (bytes, dtype) = if half && shape.len() > 1 {
            let values = values.map(f16::from_f32);
            (values.flat_map(f16::to_le_bytes).collect(), Dtype::F16)
        } else {
            (values.flat_map(f32::to_le_bytes).collect(), Dtype::F32)
        };
        tensors.push((name, shape.to_vec(), bytes, dtype));
    };
    add(
        "embedding".to_owned(),
        &[classes, h],
        &mut network.embedding.iter().copied(),
    );
    for (layer, lstm) in network.lstm.iter().enumerate() {
        add(
            format!("lstm.{layer}.weight_ih"),
            &[4 * h, h],
            &mut lstm.weight_ih.iter().copied(),
        );
        add(
            format!("lstm.{layer}.weight_hh"),
            &[4 * h, h],
            &mut lstm.weight_hh.iter().copied(),
        );
        let mut bias = lstm.bias_ih.iter().zip(lstm.bias_hh).map(|(a, b)| a + b);
        add(format!("lstm.{layer}.bias"), &[4 * h], &mut bias);
    }
    for (name, affine, shape) in [
        ("encoder", network.joint_encoder, [j, d]),
        ("prediction", network.joint_prediction, [j, h]),
        ("output", network.joint_output, [classes, j]),
    ] {
        add(
            format!("joint.{name}.weight"),
            &shape,
            &mut affine.weight.iter().copied(),
        );
        add(
            format!("joint.{name}.bias"),
            &shape[..1],
            &mut affine.bias.iter().copied(),
        );
    }
    let mut views = Vec::with_capacity(tensors.len());
    for (name, shape, bytes, dtype) in &tensors {
        views.push((name, TensorView::new(*dtype, shape.clone(), bytes)?));
    }
    safetensors::serialize(views, None)
}
