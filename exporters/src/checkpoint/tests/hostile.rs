//! Damaged and malicious files give a typed error or a sound result.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use zip::CompressionMethod;

use super::fixture::{
    Fixture, Py, call, gzip, open, pickle, plain, refusal, tar, text, torch_zip, zip,
};
use super::oracle::shared;
use crate::checkpoint::pickle::parse;
use crate::checkpoint::yaml::from_yaml;
use crate::checkpoint::{Checkpoint, interpret, lightning_parts, state_dict};

/// Opens damaged bytes: an error, or the weights of the sound file.
fn survives(bytes: &[u8], sound: &Checkpoint) {
    if let Ok(checkpoint) = open(bytes) {
        assert!(
            checkpoint.weights == sound.weights,
            "damaged weights were accepted"
        );
    }
}

/// Positions spread over a file, dense at both of its ends.
fn positions(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let step = (length / count).max(1);
    (0..length.min(64))
        .chain((0..length).step_by(step))
        .chain(length.saturating_sub(64)..length)
}

#[test]
fn truncated_files() {
    let fixture = Fixture::small();
    for bytes in [fixture.ckpt(), fixture.nemo(), gzip(&fixture.nemo())] {
        let sound = open(&bytes).unwrap();
        for length in positions(bytes.len(), 300) {
            survives(&bytes[..length], &sound);
        }
    }
}

#[test]
fn altered_files() {
    let fixture = Fixture::small();
    for bytes in [fixture.ckpt(), fixture.nemo(), gzip(&fixture.nemo())] {
        let sound = open(&bytes).unwrap();
        for (number, position) in positions(bytes.len(), 500).enumerate() {
            let mut altered = bytes.clone();
            altered[position] ^= 1 << (number % 8);
            survives(&altered, &sound);
        }
    }
}

#[test]
fn a_real_checkpoint_damaged() {
    let Some(path) = shared("oracle/tiny/tiny.ckpt") else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let sound = open(&bytes).unwrap();
    for (number, position) in positions(bytes.len(), 100).enumerate() {
        survives(&bytes[..position], &sound);
        let mut altered = bytes.clone();
        altered[position] ^= 1 << (number % 8);
        survives(&altered, &sound);
    }
}

/// The pickle of a small Lightning checkpoint and its values, without the archive, whose checksum
/// would detect changes.
fn small_pickle() -> Vec<u8> {
    let fixture = Fixture::small();
    let (state_dict, _) = fixture.state_dict();
    pickle(&Py::Dict(vec![
        (text("state_dict"), state_dict),
        (
            text("hyper_parameters"),
            super::fixture::omegaconf(&fixture.config),
        ),
    ]))
}

fn interpret_pickle(bytes: &[u8]) -> Option<()> {
    let graph = parse(bytes).ok()?;
    let (tree, id) = lightning_parts(&graph).ok()?;
    state_dict::views(&graph, id).ok()?;
    interpret::model_config(&tree).ok().map(drop)
}

#[test]
fn altered_pickles() {
    let bytes = small_pickle();
    assert!(interpret_pickle(&bytes).is_some());
    for position in (0..bytes.len()).step_by(3) {
        let mut altered = bytes.clone();
        altered[position] ^= 1 << (position % 8);
        interpret_pickle(&altered);
        if position % 7 == 0 {
            assert!(interpret_pickle(&bytes[..position]).is_none());
        }
    }
}

proptest! {
    #[test]
    fn random_opcodes(body in proptest::collection::vec(proptest::sample::select(OPCODES), 0..400)) {
        let mut bytes = vec![0x80, 2];
        bytes.extend(body);
        interpret_pickle(&bytes);
    }

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000), head in 0_usize..5) {
        let heads: [&[u8]; 5] = [b"", b"PK\x03\x04", &[0x1f, 0x8b, 8], &[0x80, 2], b"PK\x05\x06"];
        let bytes = [heads[head], &bytes].concat();
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn random_yaml(text in "[-a-c:{}\\[\\]&*!|>'\"#%@,?0-9 \n\t]{0,400}") {
        let _ = from_yaml(text.as_bytes());
    }
}

const OPCODES: &[u8] =
    b"(012NJKMG]ae)tR}dsubQhjqrlcXU\n\x01\x00\x85\x86\x87\x88\x8f\x90\x91\x93\x94\x81\x92.ab";

#[test]
fn nothing_named_by_a_pickle_is_called() {
    let marker = std::env::temp_dir().join("swipekit-pickle-was-executed");
    let fixture = Fixture::small();
    let (state_dict, storages) = fixture.state_dict();
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("subprocess", "Popen"),
    ] {
        let evil = || {
            call(
                module,
                name,
                vec![text(&format!("touch {}", marker.display()))],
            )
        };
        let global = format!("{module}.{name}");
        let root = |state_dict: Py, parameters: Py| {
            let items = vec![
                (text("state_dict"), state_dict),
                (text("hyper_parameters"), parameters),
            ];
            torch_zip("archive/", &pickle(&Py::Dict(items)), &storages)
        };
        let named = [
            torch_zip("archive/", &pickle(&evil()), &[]),
            root(evil(), plain(&fixture.config)),
            root(
                Py::Dict(vec![(text("encoder.pre_encode.out.weight"), evil())]),
                plain(&fixture.config),
            ),
            root(state_dict.clone(), evil()),
            root(
                state_dict.clone(),
                Py::Dict(vec![(
                    text("cfg"),
                    Py::Dict(vec![(text("encoder"), evil())]),
                )]),
            ),
        ];
        for bytes in named {
            let message = refusal(&bytes);
            assert!(message.contains(&global), "{message}");
        }
    }
    assert!(!marker.exists());
}

#[test]
fn deep_and_repeated_structures_are_cheap() {
    let start = Instant::now();
    // Lists nested half a million deep; then the same with tuples and with calls.
    let deep = [
        [vec![b']'; 500_000], vec![b'a'; 499_999]].concat(),
        [vec![b')'], vec![0x85; 900_000]].concat(),
        [
            b"cm\nf\n".to_vec(),
            [b"q\x00)R".to_vec(), b"q\x01h\x00h\x01\x85R".repeat(150_000)].concat(),
        ]
        .concat(),
    ];
    let fixture = Fixture::small();
    for body in deep {
        let parameters = Py::Dict(vec![(text("cfg"), Py::Raw(body))]);
        assert!(open(&fixture.ckpt_with(parameters)).is_err());
    }
    // A list doubled 40 times by memo: 2^40 values if it were expanded.
    let mut bomb = b"]Na".to_vec();
    for _ in 0..40 {
        bomb.extend(b"q\x000](h\x00h\x00e");
    }
    let message = refusal(&fixture.ckpt_with(Py::Dict(vec![(text("cfg"), Py::Raw(bomb))])));
    assert!(
        message.contains("too large") || message.contains("model configuration"),
        "{message}"
    );
    // A dictionary that contains itself.
    let cycle = b"}q\x00X\x03\x00\x00\x00cfgh\x00s".to_vec();
    assert!(refusal(&fixture.ckpt_with(Py::Raw(cycle))).contains("too large"));
    // One long text remembered and used many times.
    let mut long = b"](".to_vec();
    long.push(b'X');
    long.extend(1_000_000_u32.to_le_bytes());
    long.extend([b'x'; 1_000_000]);
    long.extend(b"q\x00");
    long.extend(b"h\x00".repeat(10_000));
    long.push(b'e');
    assert!(
        refusal(&fixture.ckpt_with(Py::Dict(vec![(text("cfg"), Py::Raw(long))])))
            .contains("too large")
    );
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn limits_of_the_pickle_machine() {
    let run = |body: &[u8]| {
        parse(&[b"\x80\x02", body].concat())
            .unwrap_err()
            .to_string()
    };
    assert!(run(&b"N0".repeat(1_500_000)).contains("opcodes"));
    assert!(
        run(&[
            b"X\x80\x00\x00\x00",
            [b'm'; 128].as_slice(),
            b"q\x00",
            &b"h\x00h\x00\x930".repeat(50_000)
        ]
        .concat())
        .contains("names of globals")
    );
    for broken in [
        &b"."[..],
        b"0.",
        b"(0.",
        b"t.",
        b"u.",
        b"}Ns.",
        b"}(Nu.",
        b"h\x00.",
        b"j\xff\xff\xff\xff.",
        b"R.",
        b"NNR.",
        b"b.",
        b"Na.",
        b"\x93.",
        b"NN\x93.",
        b"Q.",
        b"X\xff\xff\xff\xffab",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x8b\xff\xff\xff\xff",
        b"I1\n.",
        b"\x97.",
        b"\x82\x01.",
        b"cos\n",
        b"(cos\nsystem\no.",
        b"(ios\nsystem\n.",
        b"Pid\n.",
        b"2.",
        b"q\x00.",
        b"\x94.",
        b"",
        b"\x85.",
        b"N\x86.",
        b"(N\x85",
    ] {
        assert!(
            parse(&[b"\x80\x02", broken].concat()).is_err(),
            "{broken:?}"
        );
    }
    assert!(
        parse(b"(lp0\n.")
            .unwrap_err()
            .to_string()
            .contains("protocol")
    );
    assert!(
        parse(b"\x80\x06N.")
            .unwrap_err()
            .to_string()
            .contains("protocol 6")
    );
    assert!(parse(b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N.").is_ok());
}

#[test]
fn views_outside_of_their_storage() {
    let fixture = Fixture::small();
    let storage = |count: i64| {
        let id = vec![
            text("storage"),
            Py::Global("torch", "FloatStorage"),
            text("0"),
            text("cpu"),
            Py::Int(count),
        ];
        Py::Persistent(Box::new(Py::Tuple(id)))
    };
    let tuple = |sizes: &[i64]| Py::Tuple(sizes.iter().map(|size| Py::Int(*size)).collect());
    let cases: [(i64, i64, &[i64], &[i64]); 10] = [
        (96, 1, &[8, 12], &[12, 1]),
        (95, 0, &[8, 12], &[12, 1]),
        (96, -1, &[8, 12], &[12, 1]),
        (96, 0, &[8, 12], &[12, -1]),
        (96, 0, &[-8, 12], &[12, 1]),
        (96, i64::MAX, &[8, 12], &[12, 1]),
        (96, 0, &[8, 12], &[i64::MAX, i64::MAX]),
        (96, 0, &[i64::MAX, i64::MAX], &[1, 1]),
        (i64::MAX, 0, &[8, 12], &[12, 1]),
        (96, 0, &[8, 12], &[1]),
    ];
    for (count, offset, shape, stride) in cases {
        let args = vec![
            storage(count),
            Py::Int(offset),
            tuple(shape),
            tuple(stride),
            Py::Bool(false),
            Py::None,
        ];
        let tensor = call("torch._utils", "_rebuild_tensor_v2", args);
        let items = vec![
            (
                text("state_dict"),
                Py::Dict(vec![(text("encoder.pre_encode.out.weight"), tensor)]),
            ),
            (text("hyper_parameters"), plain(&fixture.config)),
        ];
        let message = refusal(&torch_zip(
            "archive/",
            &pickle(&Py::Dict(items)),
            &[vec![0; 384]],
        ));
        assert!(
            message.contains("encoder.pre_encode.out.weight"),
            "{shape:?}: {message}"
        );
    }
    // A huge model filled by one repeated element: refused before memory is allocated for it.
    let mut config = super::fixture::small_config();
    config["encoder"]["d_model"] = 8192.into();
    let model = interpret::model_config(&super::fixture::tree(&config)).unwrap();
    let items = crate::schema::tensors(&model).into_iter().map(|spec| {
        let shape: Vec<i64> = spec.shape.iter().map(|size| *size as i64).collect();
        let stride = vec![0; shape.len()];
        let args = vec![
            storage(1),
            Py::Int(0),
            tuple(&shape),
            tuple(&stride),
            Py::Bool(false),
            Py::None,
        ];
        (
            text(&spec.name),
            call("torch._utils", "_rebuild_tensor_v2", args),
        )
    });
    let items = vec![
        (text("state_dict"), Py::Dict(items.collect())),
        (text("hyper_parameters"), plain(&config)),
    ];
    let message = refusal(&torch_zip(
        "archive/",
        &pickle(&Py::Dict(items)),
        &[vec![0; 4]],
    ));
    assert!(message.contains("number of weights"), "{message}");
}

#[test]
fn hostile_zip_archives() {
    let fixture = Fixture::small();
    let (state_dict, _) = fixture.state_dict();
    let pickle = pickle(&state_dict);
    let entry = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let stored = CompressionMethod::Stored;
    let two = [entry("a/data.pkl", &pickle), entry("b/data.pkl", &pickle)];
    assert!(refusal(&zip(&two, stored)).contains("one data.pkl"));
    let up = [
        entry("a/data.pkl", &pickle),
        entry("a/../../etc/passwd", b"x"),
    ];
    assert!(refusal(&zip(&up, stored)).contains("entry names"));
    let big = [entry("a/data.pkl", &pickle), entry("a/byteorder", b"big")];
    assert!(refusal(&zip(&big, stored)).contains("big"));
    let script = [
        entry("a/data.pkl", &pickle),
        entry("a/constants.pkl", b"x"),
        entry("a/code/m.py", b"x"),
    ];
    assert!(refusal(&zip(&script, stored)).contains("TorchScript"));
    assert!(
        refusal(&zip(&[entry("word/document.xml", b"x")], stored)).contains("without data.pkl")
    );
    assert!(refusal(&torch_zip("a/", &pickle, &[])).contains("without a model configuration"));

    // The same entry twice in the directory; a compressed entry; sizes of 4 GB. Patched into sound
    // archives.
    let sound = fixture.ckpt();
    let patch = |from: &[u8], to: &[u8]| {
        let mut bytes = sound.clone();
        let found: Vec<usize> = bytes
            .windows(from.len())
            .enumerate()
            .filter(|(_, window)| *window == from)
            .map(|(at, _)| at)
            .collect();
        assert!(!found.is_empty());
        found
            .into_iter()
            .for_each(|at| bytes[at..at + to.len()].copy_from_slice(to));
        bytes
    };
    assert!(open(&patch(b"archive/data/1", b"archive/data/2")).is_err());
    let directory: Vec<usize> = sound
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == b"PK\x01\x02")
        .map(|(at, _)| at)
        .collect();
    for (field, value) in [
        (10, vec![8, 0]),
        (20, vec![0xf0; 4]),
        (24, vec![0xf0; 4]),
        (42, vec![0xf0; 4]),
        (16, vec![1, 2, 3, 4]),
        (8, vec![1, 0]),
    ] {
        let mut bytes = sound.clone();
        directory
            .iter()
            .for_each(|at| bytes[at + field..at + field + value.len()].copy_from_slice(&value));
        assert!(open(&bytes).is_err(), "directory field {field}");
    }
    // All entries at one offset: every storage would read the whole file.
    let mut bytes = sound.clone();
    directory
        .iter()
        .skip(1)
        .for_each(|at| bytes[at + 42..at + 46].fill(0));
    assert!(open(&bytes).is_err());
}

#[test]
fn hostile_tar_archives() {
    let fixture = Fixture::small();
    let entries = fixture.nemo_entries();
    let with = |more: &[(&'static str, Vec<u8>)]| tar(&[&entries, more].concat());
    for name in ["../evil", "a/../../evil", "/etc/passwd", "a\\b"] {
        assert!(
            refusal(&with(&[(name, b"x".to_vec())])).contains("entry names"),
            "{name}"
        );
    }
    assert!(refusal(&with(&entries[..1])).contains("model_config.yaml"));
    assert!(refusal(&with(&[("model_weights.ckpt", vec![])])).contains("two"));
    assert!(refusal(&tar(&entries[..1])).contains("model_weights.ckpt"));
    assert!(refusal(&tar(&entries[1..])).contains("model_config.yaml"));
    let mut link = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    link.append_link(&mut header, "model_config.yaml", "/etc/passwd")
        .unwrap();
    assert!(refusal(&link.into_inner().unwrap()).contains("a plain file"));
    // Sizes beyond the file, and a long extension header.
    for (kind, size) in [
        (tar::EntryType::Regular, u64::MAX >> 1),
        (tar::EntryType::GNULongName, 1 << 20),
        (tar::EntryType::XHeader, 1 << 20),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_path("model_config.yaml").unwrap();
        header.set_cksum();
        let bytes = [
            header.as_bytes().as_slice(),
            &vec![b'x'; (size as usize).min(2 << 20)],
        ]
        .concat();
        assert!(open(&bytes).is_err());
    }
    // A name in a pax header counts: Python writes long names that way.
    let mut builder = tar::Builder::new(Vec::new());
    builder
        .append_pax_extensions([("path", b"../evil".as_slice())])
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(0);
    header.set_path("harmless").unwrap();
    header.set_cksum();
    builder.append(&header, std::io::empty()).unwrap();
    assert!(refusal(&builder.into_inner().unwrap()).contains("evil"));
    // 64 MiB of zeros in a few KB: no model, and no memory allocated for one.
    assert!(open(&gzip(&vec![0; 64 << 20])).is_err());
    assert!(open(&gzip(b"not a tar archive")).is_err());
}

#[test]
fn hostile_yaml() {
    let start = Instant::now();
    let deep = "[".repeat(100_000);
    let nested = (0..2000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect::<String>();
    let aliases = {
        let mut text = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..40 {
            text += &format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1);
        }
        text
    };
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        vec!["*a"; 10_000].join(", ")
    );
    let keys = (0..50_000)
        .map(|key| format!("k{key}: 1\n"))
        .collect::<String>();
    // The parser has its own limit for this.
    assert!(from_yaml(deep.as_bytes()).is_err());
    for text in [&nested, &aliases, &long, &keys] {
        assert!(
            from_yaml(text.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("too large"),
            "{}",
            &text[..20]
        );
    }
    for text in [
        "",
        "a: 1\na: 2",
        "a: *b",
        "a: &a [*a]",
        "<<: {a: 1}",
        "{[1]: 2}",
        "a: 1\n---\nb: 2",
        "\u{fffe}",
        "\t- a: [",
        "%YAML 9.9\n---\n",
        "a: 'x",
    ] {
        let _ = from_yaml(text.as_bytes())
            .map(|tree| assert!(interpret::model_config(&tree).is_err(), "{text}"));
    }
    assert!(from_yaml(b"a: \xff\xfe").is_err());
    let object = from_yaml(b"encoder: !!python/object/apply:os.system ['true']").unwrap();
    assert!(
        interpret::model_config(&object)
            .unwrap_err()
            .to_string()
            .contains("os.system")
    );
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn other_files_are_told_by_name() {
    let cases: [(&[u8], &str); 10] = [
        (b"", "an empty file"),
        (
            b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
            "before version 1.6",
        ),
        (b"\x80\x04N.", "a bare pickle"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":1}", "safetensors"),
        (b"\x18\x00\x00\x00ORTM\x00\x00", "ONNX Runtime"),
        (b"\x08\x08\x12\x07pytorch", "an ONNX model"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x1c\x00\x00\x00ET12", "ExecuTorch"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 191570197\n",
            "Git LFS pointer",
        ),
        (b"hello, world", "an unknown kind of file"),
    ];
    for (bytes, found) in cases {
        let message = refusal(bytes);
        assert!(message.contains(found), "{message}");
    }
    let error = Checkpoint::open("/no/such/file.nemo")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("/no/such/file.nemo: cannot read"),
        "{error}"
    );
    assert!(Checkpoint::open(std::env::temp_dir()).is_err(), "a folder");
}
