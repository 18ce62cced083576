use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::manifest::{
    Activation, FileEntry, LexiconSpec, ModelSpec, Provenance, RuntimeSpec, SessionSpec, Vocabulary,
};
use super::*;
use crate::decoder::DecoderOptions;
use crate::features::FeaturizerSpec;
use crate::geometry::GeometryOptions;
use crate::layout::Layout;

const FILES: [(&str, usize); 4] = [
    ("encoder.onnx", 5000),
    ("lexicon.fst", 333),
    ("transducer.safetensors", 20_000),
    ("empty.txt", 0),
];

fn content(name: &str, size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 31 + name.len()) as u8).collect()
}

pub(crate) fn manifest() -> Manifest {
    let files = FILES.iter().map(|&(name, size)| {
        let sha256 = sha256_hex(&content(name, size));
        let size = size as u64;
        (name.to_owned(), FileEntry { size, sha256 })
    });
    Manifest {
        format: manifest::FORMAT,
        name: "en-qwerty".to_owned(),
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
            labels: ('a'..='z').map(String::from).collect(),
            blank: 26,
            start_of_sequence: "zero-vector".to_owned(),
            step_output: "log-probabilities".to_owned(),
        },
        featurizer: FeaturizerSpec::seed(),
        layout: Layout::qwerty(),
        presets: [("default".to_owned(), DecoderOptions::default())].into(),
        lexicon: Some(LexiconSpec {
            file: "lexicon.fst".to_owned(),
            words: 3,
            keys: 3,
            source: "made by the test".to_owned(),
            licence: "CC0-1.0".to_owned(),
        }),
        language_model: None,
        files: files.collect(),
        provenance: Provenance {
            checkpoint: "test.nemo".to_owned(),
            checkpoint_sha256: "0".repeat(64),
            exporter: "test 0".to_owned(),
            calibration: None,
            licence: "CC0-1.0".to_owned(),
            credits: Vec::new(),
        },
    }
}

pub(super) fn json(manifest: &Manifest) -> Vec<u8> {
    serde_json::to_vec_pretty(manifest).unwrap()
}

fn write_folder(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (name, size) in FILES {
        fs::write(folder.join(name), content(name, size)).unwrap();
    }
    fs::write(folder.join(MANIFEST_FILE), json(&manifest())).unwrap();
}

/// An entry of a hand-made archive.
#[derive(Clone)]
struct Stored {
    name: String,
    data: Vec<u8>,
    method: u16,
    flags: u16,
    /// Overrides the offset that the directory gives.
    offset: Option<u32>,
    alignment: usize,
}

fn stored(name: &str, data: Vec<u8>) -> Stored {
    Stored {
        name: name.to_owned(),
        data,
        method: 0,
        flags: 0,
        offset: None,
        alignment: ALIGNMENT as usize,
    }
}

fn entries() -> Vec<Stored> {
    let mut entries: Vec<Stored> = FILES
        .iter()
        .map(|&(name, size)| stored(name, content(name, size)))
        .collect();
    entries.push(stored(MANIFEST_FILE, json(&manifest())));
    entries
}

/// A zip archive, written independently of the exporters.
fn zip(entries: &[Stored]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = entry.offset.unwrap_or(out.len() as u32);
        let size = (entry.data.len() as u32).to_le_bytes();
        let mut shared = Vec::new();
        shared.extend(20u16.to_le_bytes());
        shared.extend(entry.flags.to_le_bytes());
        shared.extend(entry.method.to_le_bytes());
        shared.extend([0, 0, 33, 0]);
        shared.extend(crc32fast::hash(&entry.data).to_le_bytes());
        shared.extend(size);
        shared.extend(size);
        shared.extend((entry.name.len() as u16).to_le_bytes());
        let head = out.len() + 30 + entry.name.len();
        let padding = head.next_multiple_of(entry.alignment) - head;
        out.extend(0x0403_4b50u32.to_le_bytes());
        out.extend(&shared);
        out.extend((padding as u16).to_le_bytes());
        out.extend(entry.name.as_bytes());
        out.resize(out.len() + padding, 0);
        out.extend(&entry.data);
        directory.extend(0x0201_4b50u32.to_le_bytes());
        directory.extend([20, 0]);
        directory.extend(&shared);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
    }
    let (start, size) = (out.len() as u32, directory.len() as u32);
    out.extend(directory);
    out.extend(0x0605_4b50u32.to_le_bytes());
    out.extend([0; 4]);
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

struct Written {
    _folder: tempfile::TempDir,
    folder: PathBuf,
    packed: PathBuf,
}

fn written() -> Written {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("bundle");
    let packed = temporary.path().join("bundle.swipekit");
    write_folder(&folder);
    fs::write(&packed, zip(&entries())).unwrap();
    Written {
        _folder: temporary,
        folder,
        packed,
    }
}

#[test]
fn a_folder_and_a_packed_file_open_alike() {
    let written = written();
    for path in [&written.folder, &written.packed] {
        let bundle = Bundle::open(path).unwrap();
        assert_eq!(bundle.path(), path);
        assert_eq!(bundle.manifest(), &manifest());
        for (name, size) in FILES {
            assert_eq!(*bundle.file(name).unwrap(), content(name, size)[..]);
        }
        assert_eq!(bundle.file_names().count(), FILES.len());
        assert!(bundle.unlisted_files().is_empty());
        assert!(bundle.golden().unwrap().is_none());
        assert!(matches!(
            bundle.file("other.onnx"),
            Err(Error::Damaged { .. })
        ));
        assert!(bundle.file("../../etc/passwd").is_err());
        let path = bundle.file_path("encoder.onnx");
        assert_eq!(path.is_some(), bundle.path().is_dir());
    }
    let aligned = Bundle::open(&written.packed).unwrap();
    for (name, _) in FILES.iter().filter(|(_, size)| *size > 0) {
        let address = aligned.file(name).unwrap().as_ptr() as usize;
        assert_eq!(address % 4096, 0, "{name} lies at a page");
    }
}

#[test]
fn golden_swipes_are_read() {
    let written = written();
    let golden = br#"{"encoder_tolerance":0.001,"score_tolerance":0.01,"swipes":[]}"#;
    let mut manifest = manifest();
    let entry = FileEntry {
        size: golden.len() as u64,
        sha256: sha256_hex(golden),
    };
    manifest.files.insert(GOLDEN_FILE.to_owned(), entry);
    fs::write(written.folder.join(GOLDEN_FILE), golden).unwrap();
    fs::write(written.folder.join(MANIFEST_FILE), json(&manifest)).unwrap();
    let bundle = Bundle::open(&written.folder).unwrap();
    assert_eq!(bundle.golden().unwrap().unwrap().score_tolerance, 0.01);
}

#[test]
fn unlisted_files_are_named_in_a_folder_and_refused_in_a_packed_file() {
    let written = written();
    fs::write(written.folder.join("notes.txt"), "x").unwrap();
    let bundle = Bundle::open(&written.folder).unwrap();
    assert_eq!(bundle.unlisted_files(), ["notes.txt"]);
    assert!(bundle.file("notes.txt").is_err());

    let mut entries = entries();
    entries.push(stored("notes.txt", vec![1]));
    fs::write(&written.packed, zip(&entries)).unwrap();
    let error = Bundle::open(&written.packed).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}

#[test]
fn a_missing_file_or_bundle_is_an_error() {
    let written = written();
    for (name, _) in FILES.into_iter().chain([(MANIFEST_FILE, 0)]) {
        let path = written.folder.join(name);
        let content = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = Bundle::open(&written.folder).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
        // A folder where a file should be.
        fs::create_dir(&path).unwrap();
        let error = Bundle::open(&written.folder).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, content).unwrap();
        let mut entries = entries();
        entries.retain(|entry| entry.name != name);
        fs::write(&written.packed, zip(&entries)).unwrap();
        let error = Bundle::open(&written.packed).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
    assert!(matches!(
        Bundle::open(written.folder.join("absent")),
        Err(Error::Io { .. })
    ));
    for content in [&b""[..], b"PK", &[0; 22], &[0xff; 100]] {
        fs::write(&written.packed, content).unwrap();
        assert!(Bundle::open(&written.packed).is_err());
    }
}

#[test]
fn every_altered_byte_of_a_file_is_found() {
    let written = written();
    for (name, size) in FILES.iter().filter(|(_, size)| *size > 0) {
        let path = written.folder.join(name);
        let sound = content(name, *size);
        for step in 0..40 {
            let at = step * (size - 1) / 39;
            let mut flipped = sound.clone();
            flipped[at] ^= 1 << (step % 8);
            for bad in [&flipped[..], &sound[..at]] {
                fs::write(&path, bad).unwrap();
                let error = Bundle::open(&written.folder).unwrap_err();
                assert!(matches!(error, Error::Damaged { .. }), "{error}");
            }
        }
        fs::write(&path, [&sound[..], b"more"].concat()).unwrap();
        assert!(Bundle::open(&written.folder).is_err());
        fs::write(&path, &sound).unwrap();
    }
    Bundle::open(&written.folder).unwrap();
}

#[test]
fn altered_manifests_give_an_error_or_a_sound_manifest() {
    let path = Path::new("bundle.json");
    let sound = json(&manifest());
    for at in 0..sound.len() {
        assert!(Manifest::parse(&sound[..at], path).is_err());
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok(manifest) = Manifest::parse(&flipped, path) {
            manifest.check(path).unwrap();
        }
    }
}

#[test]
fn altered_packed_files_give_an_error_or_the_same_content() {
    let written = written();
    let sound = zip(&entries());
    let check = |bad: &[u8]| {
        fs::write(&written.packed, bad).unwrap();
        match Bundle::open(&written.packed) {
            // A bit of the padding or of a time stamp.
            Ok(bundle) => {
                assert_eq!(bundle.manifest(), &manifest());
                for (name, size) in FILES {
                    assert_eq!(*bundle.file(name).unwrap(), content(name, size)[..]);
                }
                true
            }
            Err(Error::Damaged { .. } | Error::TooLarge { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(check(&sound));
    // Everything behind the content of the last file: the directory and the end record.
    let tail = sound.len() - 400..sound.len();
    let spread = (0..200).map(|step| step * (sound.len() - 1) / 199);
    for (step, at) in spread.chain(tail).enumerate() {
        assert!(!check(&sound[..at]), "truncated at {at}");
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << (step % 8);
        check(&flipped);
    }
    assert!(!check(&[&sound[..], b"x"].concat()));
    assert!(!check(&[b"x", &sound[..]].concat()));
}

#[test]
fn hostile_archives_are_refused() {
    type Edit = fn(&mut Vec<Stored>);
    let edits: [(&str, Edit); 11] = [
        ("twice", |e| e.push(e[0].clone())),
        ("traversal", |e| e.push(stored("../evil", vec![1]))),
        ("absolute", |e| e.push(stored("/evil", vec![1]))),
        ("nested", |e| e.push(stored("a/b", vec![1]))),
        ("hidden", |e| e.push(stored(".evil", vec![1]))),
        ("no name", |e| e.push(stored("", vec![1]))),
        ("compressed", |e| e[0].method = 8),
        ("encrypted", |e| e[0].flags = 1),
        ("unaligned", |e| e[2].alignment = 4),
        ("elsewhere", |e| e[1].offset = Some(7)),
        ("far away", |e| e[1].offset = Some(u32::MAX)),
    ];
    let path = Path::new("bundle.swipekit");
    archive::read(&Bytes::from(zip(&entries())), path).unwrap();
    for (what, edit) in edits {
        let mut entries = entries();
        edit(&mut entries);
        let result = archive::read(&Bytes::from(zip(&entries)), path);
        assert!(matches!(result, Err(Error::Damaged { .. })), "{what}");
    }
    // Two entries that share their content.
    let mut twins = entries();
    twins[1] = stored("encoder.onnx", twins[0].data.clone());
    twins[1].offset = Some(0);
    let result = archive::read(&Bytes::from(zip(&twins)), path);
    assert!(matches!(result, Err(Error::Damaged { .. })));
    let many: Vec<Stored> = (0..300)
        .map(|i| Stored {
            alignment: 1,
            ..stored(&format!("f{i}"), Vec::new())
        })
        .collect();
    let result = archive::read(&Bytes::from(zip(&many)), path);
    assert!(matches!(result, Err(Error::TooLarge { .. })));
}

#[test]
fn an_unknown_format_featurizer_or_runtime_says_expected_and_got() {
    let path = Path::new("bundle.json");
    type Edit = fn(&mut Manifest);
    let edits: [(Edit, &str); 5] = [
        (
            |m| m.format = 2,
            "bundle.json needs bundle format 2, this version of swipekit supports 1",
        ),
        (
            |m| m.featurizer.id = "raw2".to_owned(),
            "needs featurizer \"raw2\" version 1, this version of swipekit supports kinematic37 version 1",
        ),
        (|m| m.featurizer.version = 9, "\"kinematic37\" version 9"),
        (
            |m| m.runtime.kind = "tflite".to_owned(),
            "supports onnxruntime",
        ),
        (|m| m.precision = "int4".to_owned(), "fp32, fp16, int8"),
    ];
    for (edit, text) in edits {
        let mut manifest = manifest();
        edit(&mut manifest);
        let error = Manifest::parse(&json(&manifest), path).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
    // A newer format may look quite different.
    let error = Manifest::parse(br#"{"format": 7, "parts": []}"#, path).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

/// A bundle of a newer version may have presets with further weights; everything else that is not
/// known is refused.
#[test]
fn fields_of_presets_that_are_not_known_are_ignored() {
    let path = Path::new("bundle.json");
    let mut known = manifest();
    let preset = known.presets.get_mut("default").unwrap();
    preset.prior_weight = 0.7;
    preset.geometry = Some(GeometryOptions::default());
    let mut newer: serde_json::Value = serde_json::from_slice(&json(&known)).unwrap();
    let preset = &mut newer["presets"]["default"];
    preset["weight_of_tomorrow"] = 0.3.into();
    preset["geometry"]["smoothing"] = "none".into();
    preset["geometry"]["weights"]["jerk"] = (-0.1).into();
    let text = newer.to_string();
    assert_eq!(Manifest::parse(text.as_bytes(), path).unwrap(), known);
    // What is known is still checked.
    newer["presets"]["default"]["prior_weight"] = "much".into();
    let wrong = Manifest::parse(newer.to_string().as_bytes(), path);
    assert!(matches!(wrong, Err(Error::Damaged { .. })));
    for pointer in [
        "",
        "/runtime",
        "/runtime/session",
        "/model",
        "/featurizer",
        "/vocabulary",
    ] {
        let mut newer: serde_json::Value = serde_json::from_str(&text).unwrap();
        newer.pointer_mut(pointer).unwrap()["of_tomorrow"] = 1.into();
        let refused = Manifest::parse(newer.to_string().as_bytes(), path);
        assert!(matches!(refused, Err(Error::Damaged { .. })), "{pointer}");
    }
}

#[test]
fn unsound_manifests_are_refused() {
    let path = Path::new("bundle.json");
    type Edit = fn(&mut Manifest);
    let edits: [Edit; 32] = [
        |m| m.name = "../en".to_owned(),
        |m| m.name.clear(),
        |m| m.language = "en_GB!".to_owned(),
        |m| m.runtime.minimum = "1".to_owned(),
        |m| m.runtime.minimum = "1.x".to_owned(),
        |m| m.runtime.minimum = "1.2.3.4".to_owned(),
        |m| m.runtime.encoder = "other.onnx".to_owned(),
        |m| m.runtime.encoder = "../encoder.onnx".to_owned(),
        |m| m.runtime.step = Some("step.onnx".to_owned()),
        |m| m.runtime.transducer.clear(),
        |m| m.model.features = 36,
        |m| m.model.encoder = 0,
        |m| m.model.encoder = usize::MAX,
        |m| m.model.prediction_layers = 9,
        |m| m.model.subsampling = 3,
        |m| m.vocabulary.blank = 0,
        |m| m.vocabulary.blank = 27,
        |m| m.vocabulary.labels.clear(),
        |m| m.vocabulary.labels[3] = "a".to_owned(),
        |m| m.vocabulary.labels[3].clear(),
        |m| m.vocabulary.start_of_sequence = "blank".to_owned(),
        |m| m.vocabulary.step_output = "softmax".to_owned(),
        |m| m.featurizer.scale = vec![1.0],
        |m| m.featurizer.key_centres.clear(),
        |m| m.layout.keys.clear(),
        |m| m.layout.keys[0].width = -1.0,
        |m| m.presets.clear(),
        |m| m.presets.get_mut("default").unwrap().window = -1.0,
        |m| m.presets.get_mut("default").unwrap().candidates = 0,
        |m| m.lexicon.as_mut().unwrap().file = "words".to_owned(),
        |m| m.files.get_mut("lexicon.fst").unwrap().sha256 = "A".repeat(64),
        |m| {
            let entry = m.files["lexicon.fst"].clone();
            m.files.insert("a/../b".to_owned(), entry);
        },
    ];
    for (index, edit) in edits.into_iter().enumerate() {
        let mut manifest = manifest();
        edit(&mut manifest);
        let error = Manifest::parse(&json(&manifest), path).unwrap_err();
        assert!(
            matches!(error, Error::Damaged { .. }),
            "edit {index}: {error}"
        );
    }
    let text = String::from_utf8(json(&manifest())).unwrap();
    for (from, to) in [
        ("\"format\": 1", "\"format\": 1, \"more\": 1"),
        ("\"format\": 1", "\"format\": \"1\""),
        ("\"format\": 1,", ""),
        ("\"blank\": 26", "\"blank\": -1"),
        ("\"window\": 12.0", "\"window\": 1e400"),
        ("\"window\": 12.0", "\"window\": 1e39"),
        ("\"window\": 12.0", "\"window\": NaN"),
    ] {
        let bad = text.replace(from, to);
        assert_ne!(bad, text);
        let error = Manifest::parse(bad.as_bytes(), path).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{to}: {error}");
    }
    let deep = "[".repeat(100_000);
    let error = Manifest::parse(deep.as_bytes(), path).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}

#[test]
fn a_huge_manifest_is_refused_before_it_is_read() {
    let written = written();
    let file = fs::File::create(written.folder.join(MANIFEST_FILE)).unwrap();
    file.set_len(1 << 40).unwrap();
    let error = Bundle::open(&written.folder).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_an_archive_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = archive::read(&Bytes::from(bytes), Path::new("x"));
    }

    #[test]
    fn any_edit_of_the_directory_is_survived(
        edits in prop::collection::vec((0usize..420, any::<u8>()), 1..6),
    ) {
        let mut bytes = zip(&entries());
        let size = bytes.len();
        for (back, value) in edits {
            bytes[size - 1 - back] = value;
        }
        let _ = archive::read(&Bytes::from(bytes), Path::new("x"));
    }

    #[test]
    fn file_names_never_leave_the_folder(name in "[./\\\\a-c:\\PC]{0,12}") {
        if is_file_name(&name) {
            let path = Path::new(&name);
            prop_assert_eq!(path.components().count(), 1);
            prop_assert_eq!(path.file_name().and_then(|n| n.to_str()), Some(name.as_str()));
        }
    }
}

/// Without its runtime a bundle can be looked at, and is refused by name where it is to run.
#[cfg(not(feature = "executorch"))]
#[test]
fn a_bundle_for_a_runtime_that_is_not_there_is_refused_by_name() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/random-pte.swipekit");
    let bundle = Bundle::open(&path).unwrap();
    assert_eq!(bundle.manifest().runtime.kind, "executorch");
    match crate::Engine::open(&path) {
        Err(Error::Unsupported {
            what,
            expected,
            got,
            ..
        }) => {
            assert_eq!((what, &got[..]), ("the runtime", "executorch"));
            assert_eq!(expected, crate::runtime::supported().join(", "));
        }
        other => panic!("{other:?}"),
    }
}
