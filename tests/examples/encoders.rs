//! Exports bundles of all precisions, targets and schemes and writes what this runtime gives for
//! their encoders, to be held to another runtime: `encoders FOLDER CHECKPOINT...`. Without a
//! checkpoint a random one is exported. The bundles in `models` are written out besides.
//!
//! `FOLDER/cases.jsonl` gets a line for each encoder; see `xtask/python/run_onnxruntime.py`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swipekit::Trace;
use swipekit::internals::bundle::Bundle;
use swipekit::internals::features::{Features, Featurizer};
use swipekit::internals::runtime::{OnnxModel, RuntimeOptions, Tensor};
use swipekit_exporters::export::{self, Options, Precision, Quantization, Source, Target};
use swipekit_exporters::quantize::Recipe;
use swipekit_exporters::quantize::recipe::{DYNAMIC_U8S7, STATIC_S8S8, STATIC_U8S7};
use swipekit_exporters::random::Random;
use swipekit_exporters::synth::samples;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("expected a folder")?;
    let mut checkpoints: Vec<PathBuf> = arguments.collect();
    if checkpoints.is_empty() {
        checkpoints.push(swipekit_tests::random_checkpoint(&folder));
    }
    let mut cases = String::new();
    for (index, checkpoint) in checkpoints.iter().enumerate() {
        let at = folder.join(index.to_string());
        let floats = vec![Precision::Fp32, Precision::Fp16];
        let (all, desktop) = (
            vec![Target::Desktop, Target::Android, Target::Web],
            vec![Target::Desktop],
        );
        let exports: [(_, _, Option<Recipe>); 4] = [
            (floats, all, None),
            (vec![Precision::Int8], desktop.clone(), Some(DYNAMIC_U8S7)),
            (vec![Precision::Int8], desktop, Some(STATIC_U8S7)),
            (
                vec![Precision::Int8],
                vec![Target::Android],
                Some(STATIC_S8S8),
            ),
        ];
        for (precisions, targets, recipe) in exports {
            let options = Options {
                precisions,
                targets,
                quantization: Quantization {
                    calibration: Some(Source::Synthetic),
                    batches: 4,
                    recipe,
                    ..Quantization::default()
                },
                optimized: true,
                ..Options::new(
                    checkpoint,
                    at.join(recipe.map_or("float", |recipe| recipe.name)),
                )
            };
            for bundle in export::onnx(&options, |_| {})?.bundles {
                for case in encoders(&bundle.path)? {
                    cases.push_str(&format!("{case}\n"));
                }
            }
        }
    }
    for bundle in shipped()? {
        for case in encoders(&bundle)? {
            cases.push_str(&format!("{case}\n"));
        }
    }
    fs::write(folder.join("cases.jsonl"), cases)?;
    Ok(())
}

/// The bundles that ship with the repository.
fn shipped() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(swipekit_tests::repository("models"))?;
    let mut folders = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    folders.retain(|folder| folder.join("bundle.json").exists());
    folders.sort();
    Ok(folders)
}

/// The encoders of a bundle, with a swipe and its frames.
fn encoders(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let bundle = Bundle::open(path)?;
    let manifest = bundle.manifest();
    let trace = samples::trace("keyboard", &mut Random::new(3)).ok_or("no swipe")?;
    let (features, lengths) = input(&Featurizer::new(&manifest.featurizer)?, &trace);
    let runtime = &manifest.runtime;
    let optimized = runtime.optimized.as_ref();
    let optimized = optimized.map(|spec| (&spec.file, &spec.runtime));
    let mut cases = Vec::new();
    for (file, minimum) in [Some((&runtime.encoder, &runtime.minimum)), optimized]
        .into_iter()
        .flatten()
    {
        let model = bundle.file(file)?;
        let mut model = OnnxModel::from_bytes(&model, &RuntimeOptions::default())?;
        let outputs = model.run(&[("features_bft", &features), ("lengths", &lengths)])?;
        let output = |name: &str| {
            let found = outputs.iter().find(|(output, _)| output == name);
            found
                .map(|(_, tensor)| tensor)
                .ok_or("an output is missing")
        };
        let (encoded, valid) = (output("encoded_btf")?, output("encoded_lengths")?);
        cases.push(json!({
            "model": path.join(file),
            "minimum": minimum,
            "features": {"shape": features.shape, "values": features.as_f32()},
            "lengths": {"shape": lengths.shape, "values": lengths.as_i64()},
            "encoded": {"shape": encoded.shape, "values": encoded.as_f32()},
            "encoded_lengths": {"shape": valid.shape, "values": valid.as_i64()},
            // An integer that rounds the other way moves everything behind it.
            "tolerance": if manifest.precision == Precision::Int8.name() { 0.05 } else { 1e-5 },
        }));
    }
    Ok(cases)
}

fn input(featurizer: &Featurizer, trace: &Trace) -> (Tensor, Tensor) {
    let mut features = Features::new();
    let frames = featurizer.features(trace, &mut features);
    let values = features.data().to_vec();
    let width = values.len() / frames.max(1);
    (
        Tensor::f32([1, width, frames], values),
        Tensor::i64([1], vec![frames as i64]),
    )
}
