use std::fs;
use std::path::{Path, PathBuf};

use swipekit::DecoderOptions;
use swipekit::internals::bundle::manifest::{
    Activation, FORMAT, ModelSpec, Provenance, RuntimeSpec, SessionSpec, Vocabulary,
};
use swipekit::internals::bundle::{ALIGNMENT, Bundle, MANIFEST_FILE, Manifest, RUNTIME_META_FILE};
use swipekit::internals::features::FeaturizerSpec;
use swipekit::layout::Layout;
use tempfile::TempDir;

use super::*;
use crate::files::FileError;

fn manifest() -> Manifest {
    let labels = ["<blank>", "'", "a", "b", "<unk>"].map(str::to_owned);
    Manifest {
        format: FORMAT,
        name: "test".to_owned(),
        language: "en".to_owned(),
        precision: "fp32".to_owned(),
        runtime: RuntimeSpec {
            kind: "onnxruntime".to_owned(),
            minimum: "1.17".to_owned(),
            encoder: "encoder.onnx".to_owned(),
            step: None,
            transducer: "transducer.safetensors".to_owned(),
            prefixes: None,
            target: None,
            session: SessionSpec::default(),
            optimized: None,
        },
        model: ModelSpec {
            features: 37,
            encoder: 64,
            subsampling: 2,
            prediction_layers: 1,
            prediction: 32,
            joint: 48,
            activation: Activation::Relu,
            parameters: 100_000,
        },
        vocabulary: Vocabulary {
            blank: labels.len(),
            labels: labels.to_vec(),
            start_of_sequence: "zero-vector".to_owned(),
            step_output: "log-probabilities".to_owned(),
        },
        featurizer: FeaturizerSpec::kinematic37(
            Layout::qwerty_unshifted().key_centres(),
            (1..=37).map(|i| 0.1 * i as f32).collect(),
        ),
        layout: Layout::qwerty(),
        presets: [("default".to_owned(), DecoderOptions::default())].into(),
        lexicon: None,
        language_model: None,
        files: Default::default(),
        provenance: Provenance {
            checkpoint: "test.nemo".to_owned(),
            checkpoint_sha256: "0".repeat(64),
            exporter: "test 0".to_owned(),
            calibration: None,
            licence: "CC0-1.0".to_owned(),
            credits: vec!["nobody".to_owned()],
        },
    }
}

fn writer(folder: &Path, seed: u8) -> BundleWriter {
    let mut writer = BundleWriter::create(folder).unwrap();
    let content: Vec<u8> = (0..40_000u32)
        .map(|i| (i as u8).wrapping_mul(seed))
        .collect();
    writer.add("encoder.onnx", &content).unwrap();
    writer.add("transducer.safetensors", &[seed; 999]).unwrap();
    writer.add("empty.txt", b"").unwrap();
    writer
        .add_json(RUNTIME_META_FILE, &RuntimeMeta::of(&manifest()))
        .unwrap();
    writer
}

fn written(seed: u8) -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("deep/er/bundle");
    writer(&folder, seed).finish(manifest()).unwrap();
    (root, folder)
}

fn entries(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

const NAMES: [&str; 5] = [
    "bundle.json",
    "empty.txt",
    "encoder.onnx",
    "runtime_meta.json",
    "transducer.safetensors",
];

#[test]
fn a_written_bundle_opens_and_leaves_nothing_else() {
    let (_place, folder) = written(3);
    assert_eq!(entries(&folder), NAMES);
    assert_eq!(entries(folder.parent().unwrap()), ["bundle"]);
    let bundle = Bundle::open(&folder).unwrap();
    assert_eq!(bundle.file("transducer.safetensors").unwrap()[..], [3; 999]);
    assert_eq!(bundle.manifest().featurizer, manifest().featurizer);
    assert_eq!(bundle.manifest().files.len(), 4);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        let usual = folder.join("usual");
        fs::create_dir(&usual).unwrap();
        assert_eq!(mode(&folder), mode(&usual));
    }
}

#[test]
fn a_bundle_is_replaced_and_everything_else_is_refused() {
    let (root, folder) = written(3);
    writer(&folder, 5).finish(manifest()).unwrap();
    let bundle = Bundle::open(&folder).unwrap();
    assert_eq!(bundle.file("transducer.safetensors").unwrap()[..], [5; 999]);
    assert_eq!(entries(folder.parent().unwrap()), ["bundle"]);

    // A damaged or newer bundle is still a bundle.
    fs::write(folder.join("encoder.onnx"), "damaged").unwrap();
    writer(&folder, 6).finish(manifest()).unwrap();
    fs::write(folder.join(MANIFEST_FILE), r#"{"format":9,"files":{"encoder.onnx":1,"empty.txt":[],"runtime_meta.json":0,"transducer.safetensors":0}}"#).unwrap();
    writer(&folder, 7).finish(manifest()).unwrap();

    let refused = |folder: &Path| {
        let error = BundleWriter::create(folder).unwrap_err();
        assert!(matches!(error, FileError::InTheWay { .. }), "{error}");
    };
    fs::write(folder.join("thesis.txt"), "mine").unwrap();
    refused(&folder);
    assert_eq!(fs::read(folder.join("thesis.txt")).unwrap(), b"mine");

    let other = root.path().join("other");
    fs::create_dir(&other).unwrap();
    BundleWriter::create(&other).unwrap();
    fs::write(other.join("thesis.txt"), "mine").unwrap();
    refused(&other);
    // Another program's bundle.json.
    fs::write(other.join(MANIFEST_FILE), r#"{"name":"x"}"#).unwrap();
    refused(&other);
    let file = root.path().join("file");
    fs::write(&file, "mine").unwrap();
    refused(&file);
    assert_eq!(entries(root.path()), ["deep", "file", "other"]);
}

#[test]
fn a_folder_that_appears_while_writing_is_not_replaced() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("bundle");
    let writer = writer(&folder, 3);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("thesis.txt"), "mine").unwrap();
    let error = writer.finish(manifest()).unwrap_err();
    assert!(matches!(error, FileError::InTheWay { .. }), "{error}");
    assert_eq!(entries(&folder), ["thesis.txt"]);
    assert_eq!(entries(root.path()), ["bundle"]);
}

#[test]
fn a_bundle_that_fails_is_not_written() {
    let (_place, folder) = written(3);
    let before = fs::read(folder.join(MANIFEST_FILE)).unwrap();
    let edits: [fn(&mut Manifest); 4] = [
        |manifest| manifest.vocabulary.blank = 0,
        |manifest| manifest.runtime.encoder = "absent.onnx".to_owned(),
        |manifest| manifest.featurizer.scale[0] = f32::NAN,
        |manifest| manifest.presets.clear(),
    ];
    for edit in edits {
        let mut manifest = manifest();
        edit(&mut manifest);
        writer(&folder, 4).finish(manifest).unwrap_err();
        assert_eq!(entries(folder.parent().unwrap()), ["bundle"]);
        assert_eq!(fs::read(folder.join(MANIFEST_FILE)).unwrap(), before);
    }
    // A file that was written but never added, or changed after it was.
    let forgotten = writer(&folder, 4);
    fs::write(forgotten.folder().join("scratch.bin"), "x").unwrap();
    let error = forgotten.finish(manifest()).unwrap_err();
    assert!(matches!(error, FileError::InTheWay { .. }), "{error}");
    let changed = writer(&folder, 4);
    fs::write(changed.folder().join("encoder.onnx"), "x").unwrap();
    changed.finish(manifest()).unwrap_err();
    drop(writer(&folder, 4));
    assert_eq!(entries(folder.parent().unwrap()), ["bundle"]);
    assert_eq!(entries(&folder), NAMES);
}

#[test]
fn names_are_checked_and_files_can_be_adopted() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("bundle");
    let mut writer = writer(&folder, 3);
    for name in ["", "../x", "/x", "a/b", ".x", MANIFEST_FILE, "empty.txt"] {
        let error = writer.add(name, b"x").unwrap_err();
        let invalid = matches!(&error, FileError::Core(swipekit::Error::Invalid { .. }));
        assert!(invalid, "{error}");
    }
    fs::write(writer.folder().join("made.bin"), "by another program").unwrap();
    writer.adopt("made.bin").unwrap();
    assert!(writer.adopt("absent.bin").is_err());
    let source = root.path().join("source");
    fs::write(&source, "copied").unwrap();
    writer.add_file("copy.bin", &source).unwrap();
    let bundle = writer.finish(manifest()).unwrap();
    assert_eq!(*bundle.file("made.bin").unwrap(), *b"by another program");
    assert_eq!(*bundle.file("copy.bin").unwrap(), *b"copied");
}

#[test]
fn packing_is_repeatable_and_reversible() {
    let (root, folder) = written(3);
    let [a, b, c] = ["a", "b", "c"].map(|name| root.path().join(format!("{name}.swipekit")));
    pack(&folder, &a).unwrap();
    // What is no part of the bundle is not packed.
    fs::write(folder.join("notes.txt"), "x").unwrap();
    pack(&folder, &b).unwrap();
    let bytes = fs::read(&a).unwrap();
    assert_eq!(bytes, fs::read(&b).unwrap());
    let unpacked = root.path().join("unpacked");
    let bundle = unpack(&a, &unpacked).unwrap();
    assert_eq!(entries(&unpacked), NAMES);
    for name in NAMES {
        let (old, new) = (folder.join(name), unpacked.join(name));
        assert_eq!(fs::read(old).unwrap(), fs::read(new).unwrap(), "{name}");
    }
    pack(&unpacked, &c).unwrap();
    assert_eq!(bytes, fs::read(&c).unwrap());
    pack(&a, &a).unwrap();
    assert_eq!(bytes, fs::read(&a).unwrap());
    let packed = Bundle::open(&a).unwrap();
    assert_eq!(packed.manifest(), bundle.manifest());
    let start = packed.file("encoder.onnx").unwrap();
    let at = bytes.windows(100).position(|w| w == &start[..100]).unwrap();
    assert_eq!(at as u64 % ALIGNMENT, 0);
    unpack(&a, &unpacked).unwrap();
    assert!(matches!(
        unpack(&a, &folder),
        Err(FileError::InTheWay { .. })
    ));
    assert!(matches!(pack(&a, &folder), Err(FileError::InTheWay { .. })));
    let names = entries(root.path());
    assert_eq!(
        names,
        ["a.swipekit", "b.swipekit", "c.swipekit", "deep", "unpacked"]
    );
}

#[test]
fn hundreds_of_altered_packed_bundles() {
    let (root, folder) = written(3);
    let file = root.path().join("a.swipekit");
    pack(&folder, &file).unwrap();
    let sound = fs::read(&file).unwrap();
    let manifest = Bundle::open(&file).unwrap().manifest().clone();
    let altered = root.path().join("altered.swipekit");
    let mut refused = 0;
    let spread = (0..250).map(|step| step * (sound.len() - 1) / 249);
    let tail = sound.len() - 350..sound.len();
    for (step, at) in spread.chain(tail).enumerate() {
        fs::write(&altered, &sound[..at]).unwrap();
        assert!(Bundle::open(&altered).is_err(), "truncated at {at}");
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << (step % 8);
        fs::write(&altered, flipped).unwrap();
        match Bundle::open(&altered) {
            // A bit of the padding, of a time stamp or of the like.
            Ok(bundle) => assert_eq!(bundle.manifest(), &manifest),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 200, "{refused}");
}

#[test]
fn hundreds_of_altered_bundle_folders() {
    let (_place, folder) = written(3);
    for name in NAMES {
        let path = folder.join(name);
        let sound = fs::read(&path).unwrap();
        let steps = if sound.is_empty() { 0 } else { 80 };
        for step in 0..steps {
            let at = step * (sound.len() - 1) / 79;
            fs::write(&path, &sound[..at]).unwrap();
            // The manifest's last byte is a line break that no reader needs.
            let whole = name == MANIFEST_FILE && at == sound.len() - 1;
            assert_eq!(verify(&folder).is_ok(), whole, "{name} cut at {at}");
            let mut flipped = sound.clone();
            flipped[at] ^= 1 << (step % 8);
            fs::write(&path, flipped).unwrap();
            let result = verify(&folder);
            // A letter of a name or a digit of a number may change in the manifest, which no hash
            // covers in a folder.
            assert!(name == MANIFEST_FILE || result.is_err(), "{name} at {at}");
        }
        fs::write(&path, sound).unwrap();
    }
    verify(&folder).unwrap();
}

#[test]
fn reports_say_what_is_there() {
    let (root, folder) = written(3);
    fs::write(folder.join("notes.txt"), "x").unwrap();
    let report = verify(&folder).unwrap();
    assert_eq!(
        (report.files, report.golden_swipes, report.packed),
        (4, 0, false)
    );
    assert_eq!(report.unlisted, ["notes.txt"]);
    let meta = fs::metadata(folder.join(RUNTIME_META_FILE)).unwrap().len();
    assert_eq!(report.bytes, 40_999 + meta);
    let file = root.path().join("a.swipekit");
    pack(&folder, &file).unwrap();
    let inspection = inspect(&file).unwrap();
    assert!(inspection.packed);
    assert_eq!(inspection.bytes, report.bytes);
    assert_eq!(inspection.manifest.name, "test");
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["manifest"]["vocabulary"]["blank"], 5);
    assert!(inspect(root.path().join("absent")).is_err());
}

#[test]
fn the_blank_of_the_runtime_meta_is_the_last_class() {
    let meta = RuntimeMeta::of(&manifest());
    assert_eq!(meta.tokens, ["<blank>", "'", "a", "b", "<unk>", "<blk>"]);
    assert_eq!((meta.blank_id, meta.sos_id, meta.vocab_size), (5, 5, 6));
    assert_eq!(meta.unk_id, Some(4));
    assert_eq!(meta.char_to_id, [('\'', 1), ('a', 2), ('b', 3)].into());
    assert_eq!(meta.id_to_char, [(1, '\''), (2, 'a'), (3, 'b')].into());
    let json = serde_json::to_string(&meta).unwrap();
    assert!(json.contains(r#""id_to_char":{"1":"'","2":"a","3":"b"}"#));
    assert_eq!(serde_json::from_str::<RuntimeMeta>(&json).unwrap(), meta);
}

#[test]
fn a_runtime_meta_that_contradicts_the_manifest_is_found() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("bundle");
    let mut writer = BundleWriter::create(&folder).unwrap();
    writer.add("encoder.onnx", b"x").unwrap();
    writer.add("transducer.safetensors", b"x").unwrap();
    let mut meta = RuntimeMeta::of(&manifest());
    meta.blank_id = 0;
    writer.add_json(RUNTIME_META_FILE, &meta).unwrap();
    writer.finish(manifest()).unwrap();
    let error = verify(&folder).unwrap_err();
    assert!(
        matches!(error, FileError::Core(swipekit::Error::Damaged { .. })),
        "{error}"
    );
}
