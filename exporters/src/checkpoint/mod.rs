//! Reads NeMo RNN-T checkpoints: `.nemo` archives and Lightning `.ckpt` files.
//!
//! A checkpoint is untrusted input. Nothing of its pickle is executed (see `pickle`). Nothing is
//! written to disk under a name that it gives. Sizes are checked before memory is allocated for
//! them. Only the tensors of the network are read, so an optimizer's state costs nothing. The
//! reader is strict: the model configuration alone decides which tensors there must be. A tensor
//! that is missing, left over or of another shape is an error, and so is an option that changes the
//! network's maths and is not supported here.
//!
//! The path of a file through the modules: `container` (its format and parts), `torch_zip` (the
//! archive of `torch.save`), `pickle` (its values as data), `yaml` or `omegaconf` (the
//! configuration as a tree), `interpret` (the tree as a [`ModelConfig`]), `state_dict` and
//! `weights` (the tensors that [`schema`](crate::schema) names, with their values).

mod container;
mod error;
mod interpret;
mod omegaconf;
mod pickle;
mod section;
mod state_dict;
mod torch_zip;
mod value;
mod weights;
mod yaml;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

pub use error::{CheckpointError, Problem, TensorProblem};

use container::{Format, Window};
use pickle::{Graph, NodeId};
use torch_zip::TorchZip;
use value::Value;

use crate::schema::{ModelConfig, Weights};

/// A checkpoint that was read and is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The network's configuration.
    pub config: ModelConfig,
    /// Its weights: exactly the tensors that the configuration requires, all finite.
    pub weights: Weights,
    /// Kind of the file.
    pub kind: CheckpointKind,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// The file's name without its folder.
    pub file_name: String,
}

/// The kinds of checkpoint files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointKind {
    /// An archive of NeMo's `save_to` (`.nemo`): a tar, or a gzipped tar.
    Nemo,
    /// A checkpoint of Lightning's trainer (`.ckpt`) with `hyper_parameters`.
    Lightning,
}

impl Checkpoint {
    /// Reads the checkpoint at `path`. Its content tells its kind, not its name.
    ///
    /// # Errors
    /// [`CheckpointError`] names the file and the problem: see [`Problem`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CheckpointError> {
        let path = path.as_ref();
        read(path).map_err(|problem| CheckpointError {
            path: path.to_owned(),
            problem,
        })
    }
}

fn read(path: &Path) -> Result<Checkpoint, Problem> {
    let mut file = File::open(path)?;
    let format = container::detect(&mut file)?;
    let sha256 = crate::files::sha256::of_file(&mut file)?;
    let (config, weights, kind) = match format {
        Format::Tar => read_nemo(file)?,
        Format::GzippedTar => read_nemo(container::unpack(&mut file)?)?,
        Format::Zip => read_lightning(file)?,
    };
    let file_name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    Ok(Checkpoint {
        config,
        weights,
        kind,
        sha256,
        file_name,
    })
}

type Parts = (ModelConfig, Weights, CheckpointKind);

fn read_nemo(mut file: File) -> Result<Parts, Problem> {
    let parts = container::nemo_parts(&mut file)?;
    let config = interpret::model_config(&yaml::from_yaml(&parts.config)?)?;
    let mut archive = TorchZip::open(Window::new(file, parts.weights_start, parts.weights_length))?;
    let graph = pickle::parse(&archive.pickle()?)?;
    let views = state_dict::views(&graph, graph.root())?;
    drop(graph);
    let weights = weights::read(&config, views, &mut archive)?;
    Ok((config, weights, CheckpointKind::Nemo))
}

fn read_lightning(mut file: File) -> Result<Parts, Problem> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut archive = TorchZip::open(Window::new(file, 0, length))?;
    let graph = pickle::parse(&archive.pickle()?)?;
    let (tree, state_dict) = lightning_parts(&graph)?;
    let config = interpret::model_config(&tree)?;
    let views = state_dict::views(&graph, state_dict)?;
    drop(graph);
    let weights = weights::read(&config, views, &mut archive)?;
    Ok((config, weights, CheckpointKind::Lightning))
}

/// The configuration and the state dictionary of a Lightning checkpoint.
fn lightning_parts(graph: &Graph) -> Result<(Value, NodeId), Problem> {
    const WEIGHTS_ONLY: Problem = Problem::NotACheckpoint {
        found: "a torch file with weights but without a model configuration",
        advice: "give the .nemo archive, or a .ckpt of Lightning's trainer with its hyper_parameters",
    };
    let root = graph.root();
    if graph.items(root).is_none() {
        return Err(graph.unexpected("the checkpoint", "a dictionary", root));
    }
    let Some(state_dict) = graph.item(root, "state_dict") else {
        return Err(WEIGHTS_ONLY);
    };
    let Some(parameters) = graph.item(root, "hyper_parameters") else {
        return Err(WEIGHTS_ONLY);
    };
    let tree = omegaconf::from_pickle(graph, parameters)?;
    // Lightning stores the arguments of the model's constructor. NeMo's is called `cfg`.
    let tree = match tree {
        Value::Map(mut entries) => match entries.iter().position(|(key, _)| key == "cfg") {
            Some(index) => entries.swap_remove(index).1,
            None => Value::Map(entries),
        },
        Value::Opaque(global) => {
            return Err(Problem::ForbiddenGlobal {
                part: "hyper_parameters".to_owned(),
                global,
            });
        }
        other => other,
    };
    Ok((tree, state_dict))
}
