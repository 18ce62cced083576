//! Writes small checkpoints in every form that the reader accepts, and in some that it must refuse.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use half::{bf16, f16};
use serde_json::{Value as Json, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::checkpoint::interpret::model_config;
use crate::checkpoint::value::Value;
use crate::checkpoint::yaml::from_yaml;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::fixtures::random_weights;
use crate::schema::{self, TensorSpec};

/// A Python value to pickle.
#[derive(Clone, Debug)]
pub(super) enum Py {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Py>),
    Tuple(Vec<Py>),
    Dict(Vec<(Py, Py)>),
    /// A class or function, as `module` and `name`.
    Global(&'static str, &'static str),
    /// A call.
    Call(Box<Py>, Vec<Py>),
    /// An object with its state.
    Build(Box<Py>, Box<Py>),
    /// An object with items set on it.
    Items(Box<Py>, Vec<(Py, Py)>),
    /// A reference out of the pickle.
    Persistent(Box<Py>),
    /// Raw opcodes.
    Raw(Vec<u8>),
}

pub(super) fn text(text: &str) -> Py {
    Py::Str(text.to_owned())
}

pub(super) fn call(module: &'static str, name: &'static str, args: Vec<Py>) -> Py {
    Py::Call(Box::new(Py::Global(module, name)), args)
}

/// Pickles a value with the opcodes of protocol 2.
pub(super) fn pickle(value: &Py) -> Vec<u8> {
    let mut bytes = vec![0x80, 2];
    write(&mut bytes, value);
    bytes.push(b'.');
    bytes
}

fn write(out: &mut Vec<u8>, value: &Py) {
    match value {
        Py::None => out.push(b'N'),
        Py::Bool(value) => out.push(if *value { 0x88 } else { 0x89 }),
        Py::Int(value) => match i32::try_from(*value) {
            Ok(value) => {
                out.push(b'J');
                out.extend(value.to_le_bytes());
            }
            Err(_) => {
                out.extend([0x8a, 8]);
                out.extend(value.to_le_bytes());
            }
        },
        Py::Float(value) => {
            out.push(b'G');
            out.extend(value.to_be_bytes());
        }
        Py::Str(text) => {
            out.push(b'X');
            out.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            out.extend(text.bytes());
        }
        Py::List(members) => {
            out.extend(b"](");
            members.iter().for_each(|member| write(out, member));
            out.push(b'e');
        }
        Py::Tuple(members) => {
            out.push(b'(');
            members.iter().for_each(|member| write(out, member));
            out.push(b't');
        }
        Py::Dict(items) => {
            out.push(b'}');
            write_items(out, items);
        }
        Py::Global(module, name) => out.extend(format!("c{module}\n{name}\n").bytes()),
        Py::Call(callable, args) => {
            write(out, callable);
            write(out, &Py::Tuple(args.clone()));
            out.push(b'R');
        }
        Py::Build(object, state) => {
            write(out, object);
            write(out, state);
            out.push(b'b');
        }
        Py::Items(object, items) => {
            write(out, object);
            write_items(out, items);
        }
        Py::Persistent(id) => {
            write(out, id);
            out.push(b'Q');
        }
        Py::Raw(bytes) => out.extend(bytes),
    }
}

fn write_items(out: &mut Vec<u8>, items: &[(Py, Py)]) {
    out.push(b'(');
    for (key, value) in items {
        write(out, key);
        write(out, value);
    }
    out.push(b'u');
}

/// How the values of a tensor are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    F32,
    F16,
    Bf16,
    F64,
    /// `_rebuild_tensor_v3` over bytes, which newer torch writes for types without a storage class.
    Untyped,
    /// A `Parameter` around the tensor.
    Parameter,
    /// The last two dimensions swapped in memory, after a gap, every second element unused.
    Strided,
}

/// A small model: its configuration and its weights.
#[derive(Clone, Debug)]
pub(super) struct Fixture {
    pub(super) config: Json,
    pub(super) tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
    pub(super) storage: Storage,
    /// Prefix of the torch archive.
    pub(super) prefix: &'static str,
}

/// A complete configuration of a very small model.
pub(super) fn small_config() -> Json {
    json!({
        "labels": ["'", "a", "b"],
        "sample_rate": 16000,
        "model_defaults": {"enc_hidden": 8, "pred_hidden": 4},
        "preprocessor": {"_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor", "features": 5},
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConformerEncoder",
            "feat_in": "${preprocessor.features}", "n_layers": 2, "d_model": 8, "feat_out": -1,
            "subsampling": "striding", "subsampling_factor": 2, "subsampling_conv_channels": 4,
            "ff_expansion_factor": 2, "self_attention_model": "rel_pos", "n_heads": 2,
            "att_context_size": [-1, -1], "xscaling": true, "untie_biases": true, "pos_emb_max_len": 5000,
            "conv_kernel_size": 3, "conv_norm_type": "batch_norm", "dropout": 0.1, "dropout_emb": 0.0
        },
        "decoder": {
            "_target_": "nemo.collections.asr.modules.RNNTDecoder",
            "normalization_mode": null, "random_state_sampling": false, "blank_as_pad": true,
            "prednet": {"pred_hidden": "${model_defaults.pred_hidden}", "pred_rnn_layers": 1, "t_max": null, "dropout": 0.2}
        },
        "joint": {
            "_target_": "nemo.collections.asr.modules.RNNTJoint", "log_softmax": null, "preserve_memory": false,
            "jointnet": {"joint_hidden": 6, "activation": "tanh", "dropout": 0.2}
        },
        "optim": {"name": "adamw", "lr": 1e-3, "sched": "${nothing.at.all}"}
    })
}

impl Fixture {
    /// A random model of this configuration. Its weights are exact in float16.
    pub(super) fn of(config: Json) -> Self {
        let model = model_config(&tree(&config)).unwrap();
        let weights = random_weights(&model, 1);
        let tensors = schema::tensors(&model)
            .into_iter()
            .map(|TensorSpec { name, shape, .. }| {
                let data = &weights.get(&name).unwrap().data;
                let data = data.iter().map(|value| (value * 64.0).round() / 64.0);
                (name, shape, data.collect())
            })
            .collect();
        Self {
            config,
            tensors,
            storage: Storage::F32,
            prefix: "archive/",
        }
    }

    pub(super) fn small() -> Self {
        Self::of(small_config())
    }

    pub(super) fn tensor(&mut self, name: &str) -> &mut (String, Vec<usize>, Vec<f32>) {
        self.tensors
            .iter_mut()
            .find(|tensor| tensor.0 == name)
            .unwrap()
    }

    /// The state dictionary and the bytes of its storages.
    pub(super) fn state_dict(&self) -> (Py, Vec<Vec<u8>>) {
        let mut storages = Vec::new();
        let mut items = Vec::new();
        for (name, shape, data) in &self.tensors {
            items.push((text(name), tensor(shape, data, self.storage, &mut storages)));
        }
        let dictionary = call("collections", "OrderedDict", Vec::new());
        let metadata = Py::Dict(vec![(
            text("_metadata"),
            call("collections", "OrderedDict", Vec::new()),
        )]);
        (
            Py::Build(
                Box::new(Py::Items(Box::new(dictionary), items)),
                Box::new(metadata),
            ),
            storages,
        )
    }

    /// A Lightning checkpoint with the given `hyper_parameters`.
    pub(super) fn ckpt_with(&self, parameters: Py) -> Vec<u8> {
        let (state_dict, storages) = self.state_dict();
        let root = Py::Dict(vec![
            (text("epoch"), Py::Int(3)),
            (text("state_dict"), state_dict),
            (text("callbacks"), odd_values()),
            (text("hyper_parameters"), parameters),
        ]);
        torch_zip(self.prefix, &pickle(&root), &storages)
    }

    /// A Lightning checkpoint with a plain configuration.
    pub(super) fn ckpt(&self) -> Vec<u8> {
        self.ckpt_with(Py::Dict(vec![(text("cfg"), plain(&self.config))]))
    }

    pub(super) fn nemo_entries(&self) -> Vec<(&'static str, Vec<u8>)> {
        let (state_dict, storages) = self.state_dict();
        vec![
            ("./model_config.yaml", self.config.to_string().into_bytes()),
            (
                "./model_weights.ckpt",
                torch_zip("model_weights/", &pickle(&state_dict), &storages),
            ),
        ]
    }

    pub(super) fn nemo(&self) -> Vec<u8> {
        tar(&self.nemo_entries())
    }
}

/// Other values that training leaves in a checkpoint. The reader must ignore them.
fn odd_values() -> Py {
    Py::List(vec![
        call("pathlib", "PosixPath", vec![text("/tmp")]),
        Py::Build(
            Box::new(call("argparse", "Namespace", vec![])),
            Box::new(Py::Dict(vec![(text("a"), Py::Int(1))])),
        ),
        call(
            "numpy.core.multiarray",
            "scalar",
            vec![call("numpy", "dtype", vec![text("f8")]), Py::Float(0.5)],
        ),
        call("posix", "system", vec![text("touch /tmp/never")]),
    ])
}

fn tensor(shape: &[usize], data: &[f32], storage: Storage, storages: &mut Vec<Vec<u8>>) -> Py {
    let mut stride = vec![1; shape.len()];
    for dimension in (1..shape.len()).rev() {
        stride[dimension - 1] = stride[dimension] * shape[dimension];
    }
    let (mut offset, mut stored) = (0, data.to_vec());
    if storage == Storage::Strided {
        offset = 3;
        if let [rows @ .., a, b] = shape {
            let (a, b, outer) = (*a, *b, rows.iter().product::<usize>());
            let dimensions = stride.len();
            stride[dimensions - 2..].copy_from_slice(&[1, a]);
            for block in 0..outer {
                for (row, column) in (0..a).flat_map(|row| (0..b).map(move |column| (row, column)))
                {
                    stored[block * a * b + column * a + row] =
                        data[block * a * b + row * b + column];
                }
            }
        }
        stride.iter_mut().for_each(|stride| *stride *= 2);
        stored = [f32::NAN; 3]
            .into_iter()
            .chain(stored.iter().flat_map(|value| [*value, f32::NAN]))
            .collect();
    }
    let (class, bytes): (_, Vec<u8>) = match storage {
        Storage::F16 => (
            "HalfStorage",
            stored
                .iter()
                .flat_map(|v| f16::from_f32(*v).to_le_bytes())
                .collect(),
        ),
        Storage::Bf16 => (
            "BFloat16Storage",
            stored
                .iter()
                .flat_map(|v| bf16::from_f32(*v).to_le_bytes())
                .collect(),
        ),
        Storage::F64 => (
            "DoubleStorage",
            stored
                .iter()
                .flat_map(|v| f64::from(*v).to_le_bytes())
                .collect(),
        ),
        Storage::Untyped => (
            "UntypedStorage",
            stored.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ),
        _ => (
            "FloatStorage",
            stored.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ),
    };
    let module = if storage == Storage::Untyped {
        "torch.storage"
    } else {
        "torch"
    };
    let count = if storage == Storage::Untyped {
        bytes.len()
    } else {
        stored.len()
    };
    let key = storages.len().to_string();
    storages.push(bytes);
    let sizes =
        |sizes: &[usize]| Py::Tuple(sizes.iter().map(|size| Py::Int(*size as i64)).collect());
    let storage_id = vec![
        text("storage"),
        Py::Global(module, class),
        text(&key),
        text("cpu"),
        Py::Int(count as i64),
    ];
    let mut args = vec![
        Py::Persistent(Box::new(Py::Tuple(storage_id))),
        Py::Int(offset),
        sizes(shape),
        sizes(&stride),
        Py::Bool(false),
        call("collections", "OrderedDict", vec![]),
    ];
    if storage == Storage::Untyped {
        args.push(Py::Global("torch", "float32"));
        return call("torch._utils", "_rebuild_tensor_v3", args);
    }
    let inner = call("torch._utils", "_rebuild_tensor_v2", args);
    if storage == Storage::Parameter {
        let hooks = call("collections", "OrderedDict", vec![]);
        return call(
            "torch._utils",
            "_rebuild_parameter",
            vec![inner, Py::Bool(true), hooks],
        );
    }
    inner
}

/// A configuration as plain Python values.
pub(super) fn plain(config: &Json) -> Py {
    match config {
        Json::Null => Py::None,
        Json::Bool(value) => Py::Bool(*value),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Py::Float(number.as_f64().unwrap()), Py::Int),
        Json::String(value) => text(value),
        Json::Array(members) => Py::List(members.iter().map(plain).collect()),
        Json::Object(entries) => Py::Dict(
            entries
                .iter()
                .map(|(key, value)| (text(key), plain(value)))
                .collect(),
        ),
    }
}

/// A configuration as OmegaConf pickles it.
pub(super) fn omegaconf(config: &Json) -> Py {
    let object = |module, class, attribute: &str, content| {
        let metadata = Py::Build(
            Box::new(call("omegaconf.base", "ContainerMetadata", vec![])),
            Box::new(Py::Dict(vec![(
                text("ref_type"),
                Py::Global("typing", "Any"),
            )])),
        );
        let state = vec![
            (text("_metadata"), metadata),
            (text("_parent"), Py::None),
            (text(attribute), content),
        ];
        Py::Build(
            Box::new(call(module, class, vec![])),
            Box::new(Py::Dict(state)),
        )
    };
    match config {
        Json::Object(entries) => {
            let content = entries
                .iter()
                .map(|(key, value)| (text(key), omegaconf(value)))
                .collect();
            object(
                "omegaconf.dictconfig",
                "DictConfig",
                "_content",
                Py::Dict(content),
            )
        }
        Json::Array(members) => {
            let content = Py::List(members.iter().map(omegaconf).collect());
            object("omegaconf.listconfig", "ListConfig", "_content", content)
        }
        scalar => object("omegaconf.nodes", "AnyNode", "_val", plain(scalar)),
    }
}

/// A configuration as the reader's tree. JSON is YAML.
pub(super) fn tree(config: &Json) -> Value {
    from_yaml(config.to_string().as_bytes()).unwrap()
}

/// What `torch.save` writes.
pub(super) fn torch_zip(prefix: &str, pickle: &[u8], storages: &[Vec<u8>]) -> Vec<u8> {
    let mut entries = vec![
        (format!("{prefix}data.pkl"), pickle.to_vec()),
        (format!("{prefix}byteorder"), b"little".to_vec()),
        (format!("{prefix}version"), b"3\n".to_vec()),
    ];
    for (key, bytes) in storages.iter().enumerate() {
        entries.push((format!("{prefix}data/{key}"), bytes.clone()));
    }
    zip(&entries, CompressionMethod::Stored)
}

pub(super) fn zip(entries: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(
                name.as_str(),
                SimpleFileOptions::default().compression_method(method),
            )
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(super) fn tar(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        // Written directly: the crate's own setter refuses `..`.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Opens a checkpoint that is given as bytes.
pub(super) fn open(bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Checkpoint::open(file.path())
}

/// The message of the error that opening gives.
pub(super) fn refusal(bytes: &[u8]) -> String {
    match open(bytes) {
        Ok(_) => panic!("the file was accepted"),
        Err(error) => error.problem.to_string(),
    }
}
