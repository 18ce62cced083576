//! From a configuration tree to a [`ModelConfig`].
//!
//! Defaults and meanings are those of NeMo 2.4.0 and 3.0.0: `ConformerEncoder.__init__`
//! (`nemo/collections/asr/modules/conformer_encoder.py`), `RNNTDecoder.__init__` and
//! `RNNTJoint.__init__` (`nemo/collections/asr/modules/rnnt.py`), `EncDecRNNTModel.__init__`
//! (`models/rnnt_models.py`), which takes the number of classes from `labels` whatever the rest
//! says. A key that the maths does not depend on is listed as ignored; a key that is in no list is
//! refused, since NeMo would have handed it to the module.

use serde::de::DeserializeOwned;
use swipekit::internals::features::Featurizer;
use swipekit::layout::Layout;

use super::error::{Problem, at_most};
use super::section::Section;
use super::value::Value;
use crate::schema::{
    Activation, ConvNorm, EncoderConfig, JointConfig, ModelConfig, PredictionConfig,
};

const MAX_WIDTH: u32 = 16_384;
const MAX_LAYERS: u32 = 256;
const MAX_LABELS: u64 = 65_535;

/// Reads the model configuration (`cfg` in NeMo).
pub(super) fn model_config(tree: &Value) -> Result<ModelConfig, Problem> {
    let root = Section::root(tree)?;
    refuse_other_losses(&root)?;
    let encoder = encoder(&root.section("encoder")?)?;
    let prediction = prediction(&root.section("decoder")?)?;
    let joint = joint(&root.section("joint")?)?;
    let labels = labels(&root)?;
    check_vocabulary(&root, &labels)?;
    let feature_scale = feature_scale(&root, encoder.features)?;
    Ok(ModelConfig {
        encoder,
        prediction,
        joint,
        labels,
        feature_scale,
        featurizer: block(&root, "featurizer", |spec| {
            Featurizer::new(spec).map(|_| ())
        })?,
        layout: block(&root, "layout", Layout::validate)?,
    })
}

fn encoder(section: &Section<'_>) -> Result<EncoderConfig, Problem> {
    check_target(section, "ConformerEncoder")?;
    let d_model = section.size("d_model", None, MAX_WIDTH)?;
    if d_model % 2 != 0 {
        return Err(Problem::config(
            section.name("d_model"),
            "an even number",
            d_model.to_string(),
        ));
    }
    let heads = section.size("n_heads", Some(4), MAX_WIDTH)?;
    if d_model % heads != 0 {
        return Err(Problem::config(
            section.name("n_heads"),
            format!("a divisor of d_model {d_model}"),
            heads.to_string(),
        ));
    }
    let kernel = section.size("conv_kernel_size", Some(31), MAX_WIDTH)?;
    if kernel % 2 == 0 {
        return Err(Problem::config(
            section.name("conv_kernel_size"),
            "an odd number",
            kernel.to_string(),
        ));
    }
    let conv_channels = match section.integer(
        "subsampling_conv_channels",
        Some(-1),
        -1..=i64::from(MAX_WIDTH),
    )? {
        -1 => d_model,
        _ => section.size("subsampling_conv_channels", None, MAX_WIDTH)?,
    };
    let conv_norm = match section.text("conv_norm_type", Some("batch_norm"))? {
        "batch_norm" => ConvNorm::BatchNorm,
        "layer_norm" => ConvNorm::LayerNorm,
        other => {
            return Err(only(
                section,
                "conv_norm_type",
                "batch_norm or layer_norm",
                other,
            ));
        }
    };
    let config = EncoderConfig {
        features: section.size("feat_in", None, MAX_WIDTH)?,
        d_model,
        layers: section.size("n_layers", None, MAX_LAYERS)?,
        heads,
        kernel,
        feed_forward: feed_forward(section, d_model)?,
        subsampling: subsampling(section)?,
        conv_channels,
        conv_norm,
        xscaling: section.boolean("xscaling", true)?,
        untie_biases: section.boolean("untie_biases", true)?,
    };
    refuse_other_encoders(section, d_model, kernel)?;
    section.ignore(&[
        // Dropout and stochastic depth act in training only.
        "dropout",
        "dropout_pre_encoder",
        "dropout_emb",
        "dropout_att",
        "stochastic_depth_drop_prob",
        "stochastic_depth_mode",
        "stochastic_depth_start_layer",
        "att_context_probs",
        // How it is computed, not what.
        "pos_emb_max_len",
        "subsampling_conv_chunking_factor",
        "use_pytorch_sdpa",
        "use_pytorch_sdpa_backends",
        "sync_max_audio_length",
        // Read for local attention only, which is refused.
        "global_tokens",
        "global_tokens_spacing",
        "global_attn_separate",
        // Read with `reduction` only, which is refused.
        "reduction_position",
    ]);
    section.finish()?;
    Ok(config)
}

/// The inner width of the feed-forward modules.
fn feed_forward(section: &Section<'_>, d_model: usize) -> Result<usize, Problem> {
    const KEY: &str = "ff_expansion_factor";
    let factor = match section.get(KEY)? {
        None => 4.0,
        Some(_) => section.number(KEY)?,
    };
    let width = factor * d_model as f64;
    if width >= 1.0 && width <= f64::from(16 * MAX_WIDTH) && width.fract() == 0.0 {
        return Ok(width as usize);
    }
    let expected = format!(
        "a factor that makes d_model {d_model} a whole number from 1 to {}",
        16 * MAX_WIDTH
    );
    Err(Problem::config(
        section.name(KEY),
        expected,
        factor.to_string(),
    ))
}

fn subsampling(section: &Section<'_>) -> Result<usize, Problem> {
    let kind = section.text("subsampling", Some("striding"))?;
    if kind != "striding" {
        return Err(only(section, "subsampling", "striding", kind));
    }
    match section.integer("subsampling_factor", Some(4), 1..=1024)? {
        2 => Ok(2),
        4 => Ok(4),
        8 => Ok(8),
        // 1 replaces the convolutions by one Linear; other numbers round down to a power of 2 in
        // NeMo.
        other => Err(only(
            section,
            "subsampling_factor",
            "2, 4 or 8",
            &other.to_string(),
        )),
    }
}

/// Options of the encoder that change its maths and are not computed here.
fn refuse_other_encoders(
    section: &Section<'_>,
    d_model: usize,
    kernel: usize,
) -> Result<(), Problem> {
    let attention = section.text("self_attention_model", Some("rel_pos"))?;
    if attention != "rel_pos" {
        return Err(only(section, "self_attention_model", "rel_pos", attention));
    }
    let feat_out = section.integer("feat_out", Some(-1), i64::MIN..=i64::MAX)?;
    if feat_out > 0 && usize::try_from(feat_out) != Ok(d_model) {
        return Err(only(
            section,
            "feat_out",
            "-1 or d_model",
            &feat_out.to_string(),
        ));
    }
    if section.boolean("causal_downsampling", false)? {
        return Err(only(section, "causal_downsampling", "false", "true"));
    }
    if !section.boolean("use_bias", true)? {
        return Err(only(section, "use_bias", "true", "false"));
    }
    let factor = section.integer("reduction_factor", Some(1), i64::MIN..=i64::MAX)?;
    if let Some(value) = section.get_some("reduction")?
        && factor > 1
    {
        return Err(section.unsupported("reduction", "null", value));
    }
    if let Some(value) = section.get_some("att_context_size")?
        && !unlimited(value)
    {
        return Err(section.unsupported("att_context_size", "unlimited context, [-1, -1]", value));
    }
    for key in ["att_context_style", "conv_context_style"] {
        let style = section.text(key, Some("regular"))?;
        if style != "regular" {
            return Err(only(section, key, "regular", style));
        }
    }
    for key in ["att_chunk_context_size", "adapters"] {
        if let Some(value) = section.get_some(key)? {
            return Err(section.unsupported(key, "null", value));
        }
    }
    let side = Value::Int(i64::try_from(kernel / 2).unwrap_or(i64::MAX));
    match section.get_some("conv_context_size")? {
        None => Ok(()),
        Some(Value::List(sides)) if sides.as_slice() == [side.clone(), side.clone()] => Ok(()),
        Some(value) => {
            Err(section.unsupported("conv_context_size", "null or as much on both sides", value))
        }
    }
}

/// Whether an `att_context_size` limits nothing: null, [], [-1, -1] or a list of such pairs.
fn unlimited(value: &Value) -> bool {
    match value {
        Value::List(members) => members.iter().all(unlimited),
        Value::Int(side) => *side < 0,
        _ => false,
    }
}

fn prediction(section: &Section<'_>) -> Result<PredictionConfig, Problem> {
    check_target(section, "RNNTDecoder")?;
    if let Some(value) = section.get_some("normalization_mode")? {
        return Err(section.unsupported("normalization_mode", "null", value));
    }
    if !section.boolean("blank_as_pad", true)? {
        return Err(only(section, "blank_as_pad", "true", "false"));
    }
    if let Some(value) = section.get_some("adapters")? {
        return Err(section.unsupported("adapters", "null", value));
    }
    // vocab_size is held to the labels; states are sampled in training only.
    section.ignore(&["vocab_size", "random_state_sampling"]);
    let prednet = section.section("prednet")?;
    section.finish()?;
    let hidden = prednet.size("pred_hidden", None, MAX_WIDTH)?;
    let layers = prednet.size("pred_rnn_layers", None, MAX_LAYERS)?;
    if layers > 3 {
        return Err(only(
            &prednet,
            "pred_rnn_layers",
            "1 to 3",
            &layers.to_string(),
        ));
    }
    let width = prednet.integer("rnn_hidden_size", Some(-1), i64::MIN..=i64::MAX)?;
    if width > 0 && usize::try_from(width) != Ok(hidden) {
        return Err(only(
            &prednet,
            "rnn_hidden_size",
            "-1 or pred_hidden (no projection)",
            &width.to_string(),
        ));
    }
    // How weights began, and dropout.
    prednet.ignore(&[
        "forget_gate_bias",
        "t_max",
        "weights_init_scale",
        "hidden_hidden_bias_scale",
        "dropout",
    ]);
    prednet.finish()?;
    Ok(PredictionConfig { hidden, layers })
}

fn joint(section: &Section<'_>) -> Result<JointConfig, Problem> {
    check_target(section, "RNNTJoint")?;
    let extra = section.integer("num_extra_outputs", Some(0), i64::MIN..=i64::MAX)?;
    if extra != 0 {
        return Err(only(
            section,
            "num_extra_outputs",
            "0 (no token-and-duration or multi-blank outputs)",
            &extra.to_string(),
        ));
    }
    if section.number("masking_prob")? > 0.0 {
        return Err(only(
            section,
            "masking_prob",
            "-1 (no hybrid autoregressive inference)",
            "a probability",
        ));
    }
    if let Some(value) = section.get_some("adapters")? {
        return Err(section.unsupported("adapters", "null", value));
    }
    let log_softmax = match section.get_some("log_softmax")? {
        None => None,
        Some(Value::Bool(value)) => Some(*value),
        Some(other) => return Err(section.wrong("log_softmax", "true, false or null", other)),
    };
    section.ignore(&[
        // Held to the labels.
        "num_classes",
        "vocabulary",
        // How it is computed, and the loss.
        "preserve_memory",
        "fuse_loss_wer",
        "fused_batch_size",
        "experimental_fuse_loss_wer",
    ]);
    let net = section.section("jointnet")?;
    section.finish()?;
    let activation = match net.text("activation", None)? {
        "relu" => Activation::Relu,
        "tanh" => Activation::Tanh,
        "sigmoid" => Activation::Sigmoid,
        other => return Err(only(&net, "activation", "relu, tanh or sigmoid", other)),
    };
    let output_layer = if net.number("dropout")? == 0.0 {
        "joint_net.1"
    } else {
        "joint_net.2"
    };
    let hidden = net.size("joint_hidden", None, MAX_WIDTH)?;
    // Overwritten by model_defaults in NeMo; the shapes of the tensors are held to d_model and
    // pred_hidden.
    net.ignore(&["encoder_hidden", "pred_hidden"]);
    net.finish()?;
    Ok(JointConfig {
        hidden,
        activation,
        log_softmax,
        output_layer: output_layer.to_owned(),
    })
}

/// Losses whose joint has other outputs than labels and one blank.
fn refuse_other_losses(root: &Section<'_>) -> Result<(), Problem> {
    let Some(Value::Map(_)) = root.get_some("loss")? else {
        return Ok(());
    };
    let loss = root.section("loss")?;
    match loss.get_some("loss_name")? {
        Some(Value::Str(name)) if name.starts_with("tdt") || name.starts_with("multiblank") => Err(
            only(&loss, "loss_name", "a transducer loss with one blank", name),
        ),
        _ => Ok(()),
    }
}

fn labels(root: &Section<'_>) -> Result<Vec<String>, Problem> {
    if root.get_some("labels")?.is_none()
        && let Some(value) = root.get_some("tokenizer")?
    {
        return Err(root.unsupported("tokenizer", "models with labels (characters)", value));
    }
    let members = root.list("labels")?;
    at_most("the number of labels", MAX_LABELS, members.len() as u64)?;
    let mut labels: Vec<String> = Vec::with_capacity(members.len());
    for (index, member) in members.into_iter().enumerate() {
        let Value::Str(label) = member else {
            return Err(Problem::config(
                format!("labels[{index}]"),
                "text",
                member.describe(),
            ));
        };
        labels.push(label.clone());
    }
    if labels.is_empty() {
        return Err(Problem::config("labels", "at least one label", "none"));
    }
    let mut sorted: Vec<&String> = labels.iter().collect();
    sorted.sort_unstable();
    if let Some([label, ..]) = sorted.windows(2).find(|pair| pair.first() == pair.last()) {
        return Err(Problem::config(
            "labels",
            "different labels",
            format!("{label:?} twice"),
        ));
    }
    Ok(labels)
}

/// Holds `labels` to the other places that tell them. NeMo writes all alike when it makes a model,
/// and its `change_vocabulary()` renews all but `labels`.
fn check_vocabulary(root: &Section<'_>, labels: &[String]) -> Result<(), Problem> {
    let (decoder, joint) = (root.section("decoder")?, root.section("joint")?);
    let stale = |field: String, difference: String| Problem::StaleLabels { field, difference };
    if joint.get_some("vocabulary")?.is_some() {
        let vocabulary = joint.list("vocabulary")?;
        let is_same = |at: usize| match (labels.get(at), vocabulary.get(at)) {
            (Some(label), Some(Value::Str(other))) => label == other,
            _ => false,
        };
        let longest = labels.len().max(vocabulary.len());
        if let Some(at) = (0..longest).find(|at| !is_same(*at)) {
            let field = joint.name("vocabulary");
            let label = labels.get(at).cloned().map(Value::Str);
            let [label, other] = [label.as_ref(), vocabulary.get(at).copied()]
                .map(|value| value.map_or_else(|| "missing".to_owned(), Value::describe));
            let lengths = format!("they have {} and {} labels", labels.len(), vocabulary.len());
            let difference =
                format!("labels[{at}] is {label}, {field}[{at}] is {other}, {lengths}");
            return Err(stale(field, difference));
        }
    }
    for (section, key) in [(&decoder, "vocab_size"), (&joint, "num_classes")] {
        match section.get_some(key)? {
            // NeMo's mark of a number that is not known yet.
            None | Some(Value::Int(..=0)) => {}
            Some(Value::Int(size)) if usize::try_from(*size) == Ok(labels.len()) => {}
            Some(Value::Int(size)) => {
                let field = section.name(key);
                let difference = format!("there are {} labels, {field} is {size}", labels.len());
                return Err(stale(field, difference));
            }
            Some(other) => return Err(section.wrong(key, "the number of labels", other)),
        }
    }
    Ok(())
}

fn feature_scale(root: &Section<'_>, features: usize) -> Result<Option<Vec<f32>>, Problem> {
    const KEY: &str = "feature_scale";
    if root.get_some(KEY)?.is_none() {
        return Ok(None);
    }
    let members = root.list(KEY)?;
    if members.len() != features {
        return Err(Problem::config(
            KEY,
            format!("{features} numbers, as encoder.feat_in"),
            members.len().to_string(),
        ));
    }
    let number = |(index, member): (usize, &Value)| {
        let value = match member {
            Value::Int(value) => *value as f32,
            Value::Float(value) => *value as f32,
            _ => f32::NAN,
        };
        if value.is_finite() {
            return Ok(value);
        }
        Err(Problem::config(
            format!("{KEY}[{index}]"),
            "a finite number",
            member.describe(),
        ))
    };
    members
        .into_iter()
        .enumerate()
        .map(number)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// A block that swipekit's training adds to the configuration, in the form that it has in a bundle.
fn block<T: DeserializeOwned>(
    root: &Section<'_>,
    key: &str,
    check: impl Fn(&T) -> swipekit::Result<()>,
) -> Result<Option<T>, Problem> {
    let Some(value) = root.get_some(key)? else {
        return Ok(None);
    };
    let wrong = |got: String| Problem::config(key, "a block in the form of bundle.json", got);
    let json = value.json().ok_or_else(|| wrong(value.describe()))?;
    let block = serde_json::from_value(json).map_err(|error| wrong(error.to_string()))?;
    check(&block).map_err(|error| wrong(error.to_string()))?;
    Ok(Some(block))
}

/// Checks that `_target_` is NeMo's class `class`, under whichever of NeMo's modules.
fn check_target(section: &Section<'_>, class: &str) -> Result<(), Problem> {
    let target = section.text("_target_", None)?;
    let (module, name) = target.rsplit_once('.').unwrap_or(("", target));
    if name != class || !module.starts_with("nemo.collections.asr.") {
        return Err(only(
            section,
            "_target_",
            &format!("NeMo's {class}"),
            target,
        ));
    }
    section.ignore(&["_recursive_", "_convert_"]);
    Ok(())
}

fn only(section: &Section<'_>, key: &str, supported: &str, got: &str) -> Problem {
    let got: String = got.chars().take(120).collect();
    Problem::unsupported(section.name(key), supported, got)
}
