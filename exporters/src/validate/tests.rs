use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::check::FailedCheck;
use crate::checkpoint::Checkpoint;
use crate::fixtures::{random_weights, small_config, small_configs};
use crate::onnx;
use crate::schema::ModelConfig;
use crate::testing::{oracle, runtime, shared};

/// The files of one export in a folder of their own.
struct Export {
    _folder: TempDir,
    paths: [PathBuf; 6],
}

impl Export {
    fn new(network: &Network<'_>, lengths: LengthType, output: StepOutput) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "encoder",
            "step",
            "transducer",
            "prediction",
            "joint_encoder",
            "joint",
        ];
        let contents = [
            onnx::serialize(onnx::encoder(network, lengths)),
            onnx::serialize(onnx::step(network, output)),
            onnx::transducer(network, false).unwrap(),
            onnx::serialize(onnx::prediction(network)),
            onnx::serialize(onnx::joint_encoder(network)),
            onnx::serialize(onnx::joint(network)),
        ];
        let paths = names.map(|name| folder.path().join(name));
        for (path, content) in paths.iter().zip(contents) {
            fs::write(path, content).unwrap();
        }
        Self {
            _folder: folder,
            paths,
        }
    }

    fn of(network: &Network<'_>) -> Self {
        let output = StepOutput::of(network.config.joint.log_softmax);
        Self::new(network, LengthType::Int64, output)
    }

    fn files(&self) -> Files<'_> {
        let [encoder, step, transducer, prediction, joint_encoder, joint] = &self.paths;
        Files {
            encoder,
            step,
            transducer,
            parts: Some(Parts {
                prediction,
                joint_encoder,
                joint,
            }),
        }
    }

    fn validate(&self, network: &Network<'_>) -> Result<ValidationReport> {
        validate(network, &self.files(), LengthType::Int64)
    }
}

/// Returns the check that failed.
fn failed_check(result: Result<ValidationReport>) -> Option<String> {
    match result {
        Err(ValidationError::Check(FailedCheck {
            check,
            expected,
            got,
            ..
        })) => {
            assert!(!expected.is_empty() && !got.is_empty());
            Some(check)
        }
        _ => None,
    }
}

#[test]
fn every_kind_of_network_passes() {
    if !runtime() {
        return;
    }
    for (seed, config) in small_configs().iter().enumerate() {
        let weights = random_weights(config, seed as u64);
        let network = Network::new(config, &weights).unwrap();
        for lengths in [LengthType::Int64, LengthType::Int32] {
            let output = StepOutput::of(config.joint.log_softmax);
            let export = Export::new(&network, lengths, output);
            let report = validate(&network, &export.files(), lengths).unwrap();
            assert_eq!(report.checks.len(), 20, "{report:?}");
            assert!(report.max_error() > 0.0);
            for check in &report.checks {
                assert!(check.max_error <= check.tolerance, "{check:?}");
                assert!(check.values > 0 || check.name == "greedy", "{check:?}");
            }
            let json = serde_json::to_value(&report).unwrap();
            assert_eq!(json["checks"][0]["name"], "blank");
        }
    }
}

#[test]
fn the_same_export_gives_the_same_report() {
    if !runtime() {
        return;
    }
    let config = small_config();
    let weights = random_weights(&config, 1);
    let network = Network::new(&config, &weights).unwrap();
    let export = Export::of(&network);
    assert_eq!(
        export.validate(&network).unwrap(),
        export.validate(&network).unwrap()
    );
}

/// One wrong number anywhere in the artefacts is found.
#[test]
fn one_wrong_weight_is_found() {
    if !runtime() {
        return;
    }
    for config in small_configs() {
        let weights = random_weights(&config, 3);
        let network = Network::new(&config, &weights).unwrap();
        for name in weights.tensors.keys() {
            // A bias of the keys is the same for all keys of a query, so the softmax removes it.
            if name.ends_with("linear_k.bias") {
                continue;
            }
            let mut wrong = weights.clone();
            let data = &mut wrong.tensors.get_mut(name).unwrap().data;
            let index = if name.ends_with("embed.weight") {
                data.len() - 1
            } else {
                0
            };
            data[index] += 0.25;
            let wrong_network = Network::new(&config, &wrong).unwrap();
            let check = failed_check(Export::of(&wrong_network).validate(&network));
            let check = check.unwrap_or_else(|| panic!("{name} passed"));
            let expected = if name.starts_with("encoder") {
                "encoder"
            } else {
                "step"
            };
            assert!(check.starts_with(expected), "{name}: {check}");
        }
    }
}

/// The tensors of decoder and joint, by file.
#[test]
fn every_file_is_checked_on_its_own() {
    if !runtime() {
        return;
    }
    let config = small_config();
    let weights = random_weights(&config, 5);
    let network = Network::new(&config, &weights).unwrap();
    let other_weights = random_weights(&config, 6);
    let other = Export::of(&Network::new(&config, &other_weights).unwrap());
    let checks = [
        "encoder.samples_1",
        "step.start_of_sequence",
        "transducer.weights",
        "prediction",
        "joint_encoder",
        "joint",
    ];
    for (i, check) in checks.iter().enumerate() {
        let export = Export::of(&network);
        fs::copy(&other.paths[i], &export.paths[i]).unwrap();
        assert_eq!(
            failed_check(export.validate(&network)).as_deref(),
            Some(*check)
        );
    }
}

#[test]
fn a_blank_that_is_not_zero_is_found() {
    let config = small_config();
    let mut weights = random_weights(&config, 7);
    let embedding = weights
        .tensors
        .get_mut("decoder.prediction.embed.weight")
        .unwrap();
    *embedding.data.last_mut().unwrap() = 1e-30;
    let network = Network::new(&config, &weights).unwrap();
    assert!(
        matches!(blank(&network), Err(ValidationError::Check(failed)) if failed.check == "blank")
    );
}

#[test]
fn undeclared_kinds_of_scores_are_found() {
    if !runtime() {
        return;
    }
    for (declared, written) in [
        (Some(true), StepOutput::Logits),
        (None, StepOutput::Logits),
        (Some(false), StepOutput::LogProbabilities),
    ] {
        let config = ModelConfig {
            joint: crate::schema::JointConfig {
                log_softmax: declared,
                ..small_config().joint
            },
            ..small_config()
        };
        let weights = random_weights(&config, 9);
        let network = Network::new(&config, &weights).unwrap();
        let export = Export::new(&network, LengthType::Int64, written);
        let check = failed_check(export.validate(&network)).unwrap();
        assert!(check.starts_with("step."), "{check}");
    }
}

#[test]
fn a_graph_of_another_kind_is_refused_by_its_names() {
    if !runtime() {
        return;
    }
    let config = small_config();
    let weights = random_weights(&config, 11);
    let network = Network::new(&config, &weights).unwrap();
    let export = Export::of(&network);
    let files = Files {
        encoder: export.files().step,
        ..export.files()
    };
    let got = failed_check(validate(&network, &files, LengthType::Int64));
    assert_eq!(got.as_deref(), Some("encoder.names"));
    let got = validate(&network, &export.files(), LengthType::Int32);
    assert!(
        matches!(got, Err(ValidationError::Runtime { .. })),
        "lengths of another type"
    );
}

#[test]
fn damaged_and_absent_files_are_errors() {
    if !runtime() {
        return;
    }
    let config = small_config();
    let weights = random_weights(&config, 13);
    let network = Network::new(&config, &weights).unwrap();
    let export = Export::of(&network);
    for path in &export.paths {
        let whole = fs::read(path).unwrap();
        for length in [0, 1, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            fs::write(path, &whole[..length]).unwrap();
            assert!(
                export.validate(&network).is_err(),
                "{} cut to {length}",
                path.display()
            );
        }
        fs::remove_file(path).unwrap();
        let error = export.validate(&network).unwrap_err();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(error.to_string().contains(&name), "{error}");
        fs::write(path, whole).unwrap();
    }
    export.validate(&network).unwrap();
}

#[test]
fn real_checkpoints_pass() {
    if !runtime() {
        return;
    }
    let proof =
        shared("checkpoints/en-qwerty-poc.ckpt").map(|path| Checkpoint::open(path).unwrap());
    for checkpoint in [oracle("tiny"), oracle("tiny4"), proof]
        .into_iter()
        .flatten()
    {
        let network = Network::new(&checkpoint.config, &checkpoint.weights).unwrap();
        let report = Export::of(&network).validate(&network).unwrap();
        assert!(report.max_error() < TOLERANCE);
    }
}
