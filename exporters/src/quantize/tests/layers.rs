use super::*;
use crate::quantize::QuantizeError;
use crate::quantize::layers::{Kind, floats, layers};

#[test]
fn layers_are_the_products_and_the_dense_convolutions() {
    for (config, model) in encoders() {
        let found = layers(&model).unwrap();
        let convolutions = found.iter().filter(|l| l.kind == Kind::Convolution);
        // The first convolution has a single channel. Those of the Conformer are depthwise.
        let stages = config.encoder.subsampling.ilog2() as usize;
        assert_eq!(convolutions.count(), stages - 1);
        let products = found.iter().filter(|layer| layer.kind == Kind::Gemm);
        assert_eq!(products.count(), 1 + 9 * config.encoder.layers);
        for layer in &found {
            let node = &body(&model).node[layer.node];
            assert_eq!(layer.weight, format!("{}.weight", layer.name));
            assert_eq!(
                node.input[..2],
                [layer.activation.clone(), layer.weight.clone()]
            );
            assert_eq!(node.input.get(2), layer.bias.as_ref());
            assert_eq!(node.output, std::slice::from_ref(&layer.output));
            let shape: Vec<i64> = layer.shape.iter().map(|size| *size as i64).collect();
            assert_eq!(constant(&model, &layer.weight).dims, shape);
        }
        assert!(found.is_sorted_by_key(|layer| layer.node));
    }
}

#[test]
fn products_of_another_form_are_left_alone() {
    let (_, model) = encoders().swap_remove(0);
    let found = layers(&model).unwrap();
    let layer = &found[0];
    let without = |change: &dyn Fn(&mut proto::Graph)| {
        let mut model = model.clone();
        change(body_mut(&mut model));
        let left = layers(&model).unwrap();
        assert!(left.iter().all(|other| other.name != layer.name));
        assert_eq!(left.len(), found.len() - 1);
    };
    // Not transposed; a computed weight; two constants; a bias that is not a vector of the
    // channels.
    without(&|graph| graph.node[layer.node].attribute.clear());
    without(&|graph| graph.node[layer.node].input[1] = layer.activation.clone());
    without(&|graph| graph.node[layer.node].input[0] = layer.weight.clone());
    without(&|graph| {
        let bias = layer.bias.as_deref().unwrap();
        let mut constants = graph.initializer.iter_mut();
        let bias = constants.find(|tensor| name(tensor) == bias).unwrap();
        bias.dims.insert(0, 1);
    });
}

#[test]
fn a_constant_must_hold_what_its_shape_says() {
    let (_, model) = encoders().swap_remove(0);
    let weight = &layers(&model).unwrap()[0].weight;
    let sound = constant(&model, weight);
    assert_eq!(
        floats(sound).unwrap().len() as i64,
        sound.dims.iter().product::<i64>()
    );
    for change in [
        |tensor: &mut proto::Tensor| tensor.raw_data.as_mut().unwrap().truncate(7),
        |tensor: &mut proto::Tensor| tensor.raw_data = None,
        |tensor: &mut proto::Tensor| tensor.data_type = Some(10),
    ] {
        let mut wrong = sound.clone();
        change(&mut wrong);
        let error = floats(&wrong).unwrap_err();
        assert!(matches!(error, QuantizeError::Graph { what, .. } if what == *weight));
    }
}

#[test]
fn a_model_without_a_graph_is_refused() {
    let (_, mut model) = encoders().swap_remove(0);
    model.graph = None;
    let error = layers(&model).unwrap_err();
    assert!(matches!(error, QuantizeError::Graph { .. }), "{error}");
}
