use std::path::Path;
use std::rc::Rc;

use super::*;
use crate::audit::product_weights;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::fixtures::random_checkpoint;
use crate::quantize::Recipe;
use crate::quantize::recipe::{STATIC_S8S8, STATIC_U8S8};
use crate::quantize::sensitivity::When;
use crate::testing::runtime;
use swipekit::internals::bundle::manifest::{FileEntry, SessionSpec};
use swipekit::internals::runtime::{OnnxModel, RuntimeOptions};

const TARGETS: [Target; 3] = [Target::Desktop, Target::Android, Target::Web];
const PRECISIONS: [Precision; 3] = [Precision::Fp32, Precision::Fp16, Precision::Int8];

#[test]
fn a_single_bundle_is_the_output_itself() {
    for (target, precision) in TARGETS.into_iter().zip(PRECISIONS) {
        let mut options = Options::new("model.nemo", "some/where");
        options.targets = vec![target];
        options.precisions = vec![precision];
        let plans = planned(&options);
        assert_eq!(plans.len(), 1);
        assert_eq!((plans[0].target, plans[0].precision), (target, precision));
        assert_eq!(plans[0].folder, Path::new("some/where"));
        assert_eq!(plans[0].name, "where");
        options.name = Some("mine".to_owned());
        assert_eq!(planned(&options)[0].name, "mine");
    }
}

#[test]
fn several_bundles_stand_in_the_output_by_target_and_precision() {
    let mut options = Options::new("model.nemo", "some/where");
    options.name = Some("mine".to_owned());
    options.targets = vec![Target::Android, Target::Web];
    options.precisions = vec![Precision::Fp32, Precision::Int8];
    let plans = planned(&options);
    let names: Vec<&str> = plans.iter().map(|plan| &*plan.name).collect();
    let expected = ["android-fp32", "android-int8", "web-fp32", "web-int8"];
    assert_eq!(names, expected.map(|kind| format!("mine-{kind}")));
    for (plan, kind) in plans.iter().zip(expected) {
        assert_eq!(plan.folder, Path::new("some/where").join(kind));
        let own = format!("{}-{}", plan.target.name(), plan.precision.name());
        assert_eq!(own, kind);
    }
    // One target with two precisions gives several bundles too.
    options.targets.truncate(1);
    assert_eq!(planned(&options).len(), 2);
    assert_eq!(planned(&options)[0].name, "mine-android-fp32");
}

#[test]
fn every_target_has_recipes_that_are_known() {
    for target in TARGETS {
        let recipes = target.recipes();
        assert!(!recipes.is_empty());
        for recipe in recipes {
            assert_eq!(Recipe::named(recipe.name), Some(*recipe));
        }
        // Desktops and browsers may lack VNNI, where 8-bit weights overflow.
        if target != Target::Android {
            assert!(recipes.iter().all(|recipe| recipe.weight_limit == 63));
        }
    }
}

#[test]
fn a_calibration_is_one_line() {
    let mut report = CalibrationReport {
        source: "swipes.jsonl".to_owned(),
        sha256: Some("00ff".to_owned()),
        swipes: 512,
        batch_size: 16,
        method: crate::quantize::calibrate::Method::MinMax,
        words: "bundle",
    };
    assert_eq!(report.line(), "swipes.jsonl: 512 swipes, SHA-256 00ff");
    report.sha256 = None;
    assert_eq!(report.line(), "swipes.jsonl: 512 swipes");
}

/// The graphs of a random checkpoint, in a folder of their own.
fn shared(folder: &Path) -> (Options, SharedParts) {
    let checkpoint = random_checkpoint(folder);
    let options = Options::new(&checkpoint, folder.join("bundle"));
    let checkpoint = Checkpoint::open(&checkpoint).unwrap();
    let shared = SharedParts::new(&options, &checkpoint, folder, |_| ()).unwrap();
    (options, shared)
}

#[test]
fn sessions_are_accepted_by_the_manifest_and_the_runtime() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, shared) = shared(folder.path());
    let mut manifest = shared.manifest.clone();
    let entry = FileEntry {
        size: 1,
        sha256: "0".repeat(64),
    };
    for file in [ENCODER, STEP, TRANSDUCER] {
        manifest.files.insert(file.to_owned(), entry.clone());
    }
    for target in TARGETS {
        manifest.runtime.target = Some(target.name().to_owned());
        manifest.runtime.session = target.session();
        manifest.check(Path::new("manifest.json")).unwrap();
        assert!(!target.session().spinning);
        let mut options = RuntimeOptions::default();
        options.session = Some(target.session());
        OnnxModel::from_bytes(&shared.encoder_file, &options).unwrap();
    }
    manifest.runtime.session = SessionSpec::default();
    manifest.runtime.session.threads = 0;
    assert!(manifest.check(Path::new("manifest.json")).is_err());
}

#[test]
fn compact_bundles_store_the_transducer_in_half_and_have_no_step() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut options, whole) = shared(folder.path());
    options.compact = true;
    let checkpoint = Checkpoint::open(&options.checkpoint).unwrap();
    let compact = SharedParts::new(&options, &checkpoint, folder.path(), |_| ()).unwrap();
    let size = |shared: &SharedParts, wanted: &str| {
        let file = shared.files.iter().find(|(name, _)| *name == wanted);
        file.map(|(_, content)| content.len())
    };
    assert!(whole.manifest.runtime.step.is_some() && size(&whole, STEP).is_some());
    assert!(compact.manifest.runtime.step.is_none() && size(&compact, STEP).is_none());
    let [before, after] = [&whole, &compact].map(|shared| size(shared, TRANSDUCER).unwrap());
    assert!(after < before * 3 / 4, "{after} of {before} bytes");
    let checks = &compact.validation.checks;
    let rounding = checks.iter().find(|check| check.name == "transducer.half");
    let error = rounding.unwrap().max_error;
    assert!(error > 0.0 && error < 1e-2, "{error}");

    let mut huge = checkpoint.clone();
    let weight = huge.weights.tensors.get_mut("joint.pred.weight").unwrap();
    weight.data[0] = 70_000.0;
    let error = SharedParts::new(&options, &huge, folder.path(), |_| ()).unwrap_err();
    assert!(error.to_string().contains("65504"), "{error}");
    // The option does not change the encoder.
    assert_eq!(whole.encoder_file, compact.encoder_file);
}

#[test]
fn presets_are_taken_of_bundles_of_the_same_checkpoint() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut options, _) = shared(folder.path());
    options.output = folder.path().join("first");
    options.prior_weight = Some(0.77);
    onnx(&options, |_| ()).unwrap();
    let checkpoint = Checkpoint::open(&options.checkpoint).unwrap();
    options.prior_weight = None;
    options.presets_of = Some(options.output.clone());
    let taken = SharedParts::new(&options, &checkpoint, folder.path(), |_| ()).unwrap();
    assert_eq!(taken.manifest.presets["default"].prior_weight, 0.77);

    let mut other = checkpoint.clone();
    other.sha256 = "0".repeat(64);
    let error = SharedParts::new(&options, &other, folder.path(), |_| ()).unwrap_err();
    assert!(error.to_string().contains("presets"), "{error}");
    options.presets_of = Some(folder.path().join("absent"));
    assert!(SharedParts::new(&options, &checkpoint, folder.path(), |_| ()).is_err());
}

#[test]
fn encoders_are_made_once_each() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut options, shared) = shared(folder.path());
    options.quantization = Quantization {
        calibration: Some(Source::Synthetic),
        batches: 2,
        batch_size: 8,
        // Words mean nothing with random weights, so any loss is accepted.
        max_top1_loss: 100.0,
        sensitivity: When::Needed,
        ..Quantization::default()
    };
    let mut encoders = Encoders::new(&options, &shared, 1);
    let mut get = |precision, target| encoders.get(precision, target, &mut |_| ()).unwrap();

    let fp32 = get(Precision::Fp32, Target::Desktop);
    assert_eq!(fp32.file, shared.encoder_file);
    assert!(fp32.reduced.is_empty());
    assert!(Rc::ptr_eq(&fp32, &get(Precision::Fp32, Target::Web)));

    let fp16 = get(Precision::Fp16, Target::Desktop);
    assert!(fp16.kept.is_empty() && fp16.reduced.len() == fp16.report.half.len());
    let agreement = fp16.report.agreement.as_ref().unwrap();
    assert!(agreement.error.cosine_mean > 0.9999 && agreement.error.max_abs > 0.0);
    assert!(Rc::ptr_eq(&fp16, &get(Precision::Fp16, Target::Android)));

    let desktop = get(Precision::Int8, Target::Desktop);
    let android = get(Precision::Int8, Target::Android);
    // Desktop and web share their recipes. Android has others.
    assert!(Rc::ptr_eq(&desktop, &get(Precision::Int8, Target::Web)));
    assert!(!Rc::ptr_eq(&desktop, &android));
    for (encoder, target) in [(&desktop, Target::Desktop), (&android, Target::Android)] {
        let report = &encoder.report;
        let recipe = report.recipe.unwrap();
        assert!(target.recipes().contains(&recipe));
        // The better-ranked recipes were tried, and the report gives their losses.
        for passed in &report.passed_over {
            assert!(target.recipes().iter().any(|r| r.name == passed.recipe));
            assert!(passed.reason.contains("mean cosine"), "{}", passed.reason);
        }
        let first = target.recipes()[0].name;
        let passed = report.passed_over.first().map(|passed| passed.recipe);
        assert_eq!(passed.unwrap_or(recipe.name), first);
        let calibration = report.calibration.as_ref().unwrap();
        assert_eq!(
            (&*calibration.source, calibration.swipes),
            ("synthetic", 16)
        );
        assert_eq!(calibration.words, "swipes");
        assert!(report.agreement.as_ref().unwrap().error.cosine_mean >= 0.99);
        // Every product weight is in 8 bits or listed.
        let mut all = [&encoder.reduced[..], &encoder.kept].concat();
        let mut products = product_weights(&shared.encoder_file).unwrap();
        all.sort();
        products.sort();
        assert_eq!(all, products);
        assert!(!encoder.reduced.is_empty());
    }
}

#[test]
fn a_recipe_of_ones_own_takes_the_place_of_the_targets() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut options, shared) = shared(folder.path());
    for recipe in [STATIC_U8S8, STATIC_S8S8] {
        options.quantization = Quantization {
            calibration: Some(Source::Synthetic),
            batches: 2,
            batch_size: 8,
            recipe: Some(recipe),
            max_top1_loss: 100.0,
            ..Quantization::default()
        };
        let mut encoders = Encoders::new(&options, &shared, 1);
        let made = encoders.get(Precision::Int8, Target::Web, &mut |_| ());
        assert_eq!(made.unwrap().report.recipe, Some(recipe));
    }
}

#[test]
fn int8_needs_swipes() {
    if !runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut options, shared) = shared(folder.path());
    let int8 = |options: &Options| {
        let mut encoders = Encoders::new(options, &shared, 1);
        encoders
            .get(Precision::Int8, Target::Desktop, &mut |_| ())
            .unwrap_err()
    };
    assert!(matches!(int8(&options), Error::NoCalibration));
    // Dots are not swipes.
    let dots = folder.path().join("dots.jsonl");
    let line = "{\"word\":\"a\",\"points\":[{\"x\":0.5,\"y\":0.5,\"t\":0}]}\n";
    std::fs::write(&dots, line.repeat(3)).unwrap();
    options.quantization.calibration = Some(Source::Swipes(dots));
    let error = int8(&options);
    assert!(
        matches!(
            error,
            Error::Quantize(crate::quantize::QuantizeError::NoSwipes { .. })
        ),
        "{error}"
    );
}
