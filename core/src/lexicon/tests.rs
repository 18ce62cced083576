use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::bytes::Bytes;
use crate::error::Error;

fn labels() -> Vec<String> {
    let mut labels = vec!["<blank>".to_owned(), "'".to_owned()];
    labels.extend(('a'..='z').map(String::from));
    labels.push("<unk>".to_owned());
    labels
}

fn build(words: &[(&str, f64)]) -> BuiltLexicon {
    let mut builder = LexiconBuilder::new(&labels());
    for &(word, weight) in words {
        let _ = builder.add(word, weight);
    }
    builder.build().unwrap()
}

fn open(bytes: Vec<u8>) -> Result<Lexicon, Error> {
    Lexicon::from_bytes(Bytes::from(bytes), &labels(), "test.fst")
}

fn key(word: &str) -> Vec<u8> {
    Alphabet::new(&labels()).fold(word).unwrap()
}

fn shown(lexicon: &Lexicon, word: &str) -> Vec<String> {
    lexicon
        .words(&key(word))
        .map(|(w, _)| w.into_owned())
        .collect()
}

const SAMPLE: &[(&str, f64)] = &[
    ("the", 1000.0),
    ("don\u{2019}t", 80.0),
    ("dont", 1.0),
    ("we're", 30.0),
    ("were", 40.0),
    ("I'll", 25.0),
    ("ill", 5.0),
    ("Ill", 5.0),
    ("Zürich", 2.0),
    ("US", 20.0),
    ("us", 60.0),
    ("Paris", 3.0),
    ("walk", 6.0),
    ("walks", 4.0),
    ("walking", 4.0),
    ("a", 700.0),
];

/// All keys below `state` with their total costs, in depth-first order.
fn walk(
    lexicon: &Lexicon,
    state: State,
    prefix: &mut Vec<u8>,
    cost: u32,
    out: &mut Vec<(Vec<u8>, u32)>,
) {
    if let Some(end) = lexicon.final_cost(state) {
        out.push((prefix.clone(), cost + end));
    }
    for transition in lexicon.transitions(state) {
        prefix.push(transition.label);
        walk(
            lexicon,
            transition.next,
            prefix,
            cost + transition.cost,
            out,
        );
        prefix.pop();
    }
}

fn all_keys(lexicon: &Lexicon) -> BTreeMap<Vec<u8>, u32> {
    let mut out = Vec::new();
    walk(lexicon, lexicon.root(), &mut Vec::new(), 0, &mut out);
    let count = out.len();
    let map: BTreeMap<_, _> = out.into_iter().collect();
    assert_eq!(map.len(), count, "a key was reached twice");
    map
}

#[test]
fn homographs_share_a_key_best_first() {
    let built = build(SAMPLE);
    assert!(built.rejected.is_empty());
    let lexicon = open(built.bytes).unwrap();
    lexicon.verify("test.fst").unwrap();
    assert_eq!(shown(&lexicon, "dont"), ["don't", "dont"]);
    assert_eq!(shown(&lexicon, "were"), ["were", "we're"]);
    assert_eq!(shown(&lexicon, "ill"), ["I'll", "Ill", "ill"]);
    assert_eq!(shown(&lexicon, "us"), ["us", "US"]);
    assert_eq!(shown(&lexicon, "zurich"), ["Zürich"]);
    assert_eq!(shown(&lexicon, "paris"), ["Paris"]);
    assert_eq!(shown(&lexicon, "the"), ["the"]);
    assert_eq!(shown(&lexicon, "th"), [""; 0]);
    assert_eq!(shown(&lexicon, "thee"), [""; 0]);
    assert_eq!((lexicon.len(), lexicon.keys()), (16, 11));
    assert!(lexicon.contains(&key("dont"), "don't"));
    assert!(!lexicon.contains(&key("dont"), "Don't"));
    let total: f64 = SAMPLE.iter().map(|w| w.1).sum();
    for &(word, weight) in SAMPLE {
        let word = fold::display_form(word);
        let cost = lexicon
            .words(&key(&word))
            .find(|(w, _)| *w == word)
            .unwrap()
            .1;
        let exact = (total / weight).ln() as f32;
        assert!(
            (cost - exact).abs() <= DEFAULT_COST_UNIT / 2.0 + 1e-5,
            "{word}: {cost} against {exact}"
        );
    }
}

#[test]
fn an_empty_lexicon_is_sound() {
    let lexicon = open(build(&[]).bytes).unwrap();
    lexicon.verify("test.fst").unwrap();
    assert!(lexicon.is_empty());
    assert_eq!(lexicon.transitions(lexicon.root()).count(), 0);
    assert_eq!(lexicon.final_cost(lexicon.root()), None);
    assert_eq!(lexicon.words(&[]).count(), 0);
    lexicon.each_key(|_, _| panic!("no key to visit"));
}

#[test]
fn words_that_cannot_enter_are_reported() {
    let long = format!("a{}", "'".repeat(255));
    let built = build(&[
        ("ok", 1.0),
        ("4th", 1.0),
        ("--", 1.0),
        ("zero", 0.0),
        ("nan", f64::NAN),
        ("minus", -1.0),
        ("infinite", f64::INFINITY),
        (&long, 1.0),
        (&"x".repeat(MAX_KEY + 1), 1.0),
    ]);
    let reasons: Vec<_> = built.rejected.iter().map(|r| r.reason).collect();
    assert_eq!(built.words, 1);
    assert_eq!(
        reasons,
        [
            Rejection::Untypeable(Untypeable::Character),
            Rejection::Untypeable(Untypeable::Empty),
            Rejection::Weight,
            Rejection::Weight,
            Rejection::Weight,
            Rejection::Weight,
            Rejection::TooLong,
            Rejection::Untypeable(Untypeable::TooLong),
        ]
    );
    assert_eq!(built.rejected[0].word, "4th");
}

#[test]
fn the_bytes_do_not_depend_on_the_order() {
    let mut reversed: Vec<_> = SAMPLE.to_vec();
    reversed.push(("the", 0.1));
    reversed.push(("the", 0.7));
    let forward = build(&reversed).bytes;
    reversed.reverse();
    assert_eq!(forward, build(&reversed).bytes);
}

#[test]
fn another_vocabulary_is_refused_with_both_labels() {
    let bytes = build(SAMPLE).bytes;
    let mut other = labels();
    other.swap(5, 6);
    let error = Lexicon::from_bytes(Bytes::from(bytes.clone()), &other, "test.fst").unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::WrongVocabulary { .. }), "{text}");
    let names = [5, 6].map(|class| labels()[class].clone());
    let [own, others] = names.map(|label| format!("{label:?}"));
    assert_eq!(
        text,
        format!(
            "test.fst was made for other labels: class 5 is {own}, this model has {others}; \
             make it for this model"
        )
    );
    let short = &labels()[..10];
    let error = Lexicon::from_bytes(Bytes::from(bytes.clone()), short, "test.fst").unwrap_err();
    assert!(
        matches!(&error, Error::WrongVocabulary { expected, .. } if expected == "no such class"),
        "{error}"
    );
    let open = Lexicon::any_vocabulary(Bytes::from(bytes), "test.fst").unwrap();
    assert_eq!(open.labels().len(), 26);
}

#[test]
fn another_version_is_refused() {
    let mut bytes = build(SAMPLE).bytes;
    bytes[8] = 2;
    let error = open(bytes).unwrap_err();
    assert!(
        matches!(&error, Error::Unsupported { expected, got, .. } if expected == "1" && got == "2"),
        "{error}"
    );
}

#[test]
fn a_file_is_written_whole_and_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lexicon.fst");
    build(SAMPLE).write(&path).unwrap();
    build(SAMPLE).write(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let lexicon = Lexicon::open(&path, &labels()).unwrap();
    assert_eq!(lexicon.len(), SAMPLE.len());
    let missing = folder.path().join("no/such/lexicon.fst");
    assert!(matches!(
        build(SAMPLE).write(&missing),
        Err(Error::Write { .. })
    ));
    assert!(matches!(
        Lexicon::open(&missing, &labels()),
        Err(Error::Io { .. })
    ));
    let nowhere = build(SAMPLE).write(Path::new(""));
    assert!(matches!(nowhere, Err(Error::Write { .. })));
}

#[test]
fn every_single_damage_is_an_error() {
    let bytes = build(SAMPLE).bytes;
    for length in 0..bytes.len() {
        assert!(open(bytes[..length].to_vec()).is_err(), "cut to {length}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(open(damaged).is_err(), "bit {bit}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(open(longer).is_err());
    for junk in [vec![], vec![0; 10], vec![0xff; 4096], b"swipelex".to_vec()] {
        assert!(open(junk).is_err());
    }
}

/// Recomputes the checksums of a damaged file where its section table still lies within the file.
fn reseal(bytes: &mut [u8]) {
    for section in 0..3 {
        let at = 40 + 12 * section;
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let (offset, length) = (number(at), number(at + 4));
        if let Some(part) = bytes.get(offset..offset.saturating_add(length)) {
            let sum = crc32fast::hash(part);
            bytes[at + 8..at + 12].copy_from_slice(&sum.to_le_bytes());
        }
    }
    let sum = crc32fast::hash(&bytes[..76]);
    bytes[76..80].copy_from_slice(&sum.to_le_bytes());
}

/// Searches a possibly damaged lexicon as a decoder would, with bounded work; returns the number of
/// words seen.
fn exercise(lexicon: &Lexicon) -> usize {
    let mut beam = vec![(lexicon.root(), Vec::new(), 0u32)];
    let mut seen = 0;
    for _ in 0..MAX_KEY {
        let mut next = Vec::new();
        for (state, prefix, cost) in &beam {
            for transition in lexicon.transitions(*state) {
                assert!(usize::from(transition.label) < labels().len());
                assert!(transition.next > *state, "a cycle");
                let mut longer = prefix.clone();
                longer.push(transition.label);
                if lexicon.final_cost(transition.next).is_some() {
                    seen += lexicon.words(&longer).count();
                }
                next.push((transition.next, longer, cost + transition.cost));
            }
        }
        next.truncate(32);
        beam = next;
    }
    lexicon.each_key(|key, _| seen += key.len());
    seen + usize::from(lexicon.verify("test.fst").is_ok())
}

#[test]
fn damage_under_right_checksums_never_panics_nor_loops() {
    let bytes = build(SAMPLE).bytes;
    let (mut opened, mut refused) = (0, 0);
    for at in 12..bytes.len() {
        for flip in [1u8, 2, 4, 8, 16, 32, 64, 128, 0xff, 0x5a] {
            let mut hostile = bytes.clone();
            hostile[at] ^= flip;
            reseal(&mut hostile);
            if let Ok(lexicon) = open(hostile) {
                opened += 1;
                exercise(&lexicon);
                refused += usize::from(lexicon.verify("test.fst").is_err());
            }
        }
    }
    assert!(opened > 1000, "only {opened} files were opened");
    assert!(refused * 2 > opened, "verify refused {refused} of {opened}");
}

fn sealed(automaton: &[u8], words: &[u8]) -> Vec<u8> {
    let counts = format::Counts {
        unit: 0.25,
        words: 1,
        keys: 1,
        states: 1,
        longest: 1,
    };
    format::write(&counts, [&[2, 1, b'a', 3, 1, b'b'], automaton, words]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_sections_never_panic(
        automaton in proptest::collection::vec(any::<u8>(), 0..300),
        words in proptest::collection::vec(any::<u8>(), 0..200),
        entries in 0u32..40,
    ) {
        let mut table = entries.to_le_bytes().to_vec();
        table.extend(words);
        if let Ok(lexicon) = open(sealed(&automaton, &table)) {
            exercise(&lexicon);
        }
    }

    #[test]
    fn the_reader_tells_what_the_builder_was_told(
        words in proptest::collection::vec(("[a-dA-D'é-]{1,7}", 1u32..100_000), 0..120),
        unit in prop::sample::select(vec![0.03125f32, 0.125, 0.25, 1.0]),
    ) {
        let alphabet = Alphabet::new(&labels());
        let mut builder = LexiconBuilder::new(&labels()).cost_unit(unit).unwrap();
        let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
        for (word, weight) in &words {
            if builder.add(word, f64::from(*weight)).is_ok() {
                *weights.entry(word).or_default() += f64::from(*weight);
            }
        }
        let total: f64 = weights.values().sum();
        let mut model: BTreeMap<Vec<u8>, Vec<(u32, &str)>> = BTreeMap::new();
        for (word, weight) in &weights {
            let cost = ((total.ln() - weight.ln()) / f64::from(unit)).round() as u32;
            model.entry(alphabet.fold(word).unwrap()).or_default().push((cost, word));
        }
        for forms in model.values_mut() {
            forms.sort_unstable();
        }
        let built = builder.build().unwrap();
        let lexicon = open(built.bytes).unwrap();
        lexicon.verify("test.fst").unwrap();
        prop_assert_eq!(lexicon.len(), weights.len());
        prop_assert_eq!(lexicon.keys(), model.len());
        let costs: BTreeMap<Vec<u8>, u32> = model.iter().map(|(k, forms)| (k.clone(), forms[0].0)).collect();
        prop_assert_eq!(all_keys(&lexicon), costs.clone());
        let mut visited = BTreeMap::new();
        lexicon.each_key(|key, cost| {
            visited.insert(key.to_vec(), cost);
        });
        prop_assert_eq!(&visited, &costs);
        for (key, forms) in &model {
            let got: Vec<_> = lexicon.words(key).map(|(w, c)| ((c / unit).round() as u32, w.into_owned())).collect();
            let expected: Vec<_> = forms.iter().map(|&(c, w)| (c, w.to_owned())).collect();
            prop_assert_eq!(got, expected);
            // At every prefix, the summed costs are exactly the least cost of a key below it.
            let (mut state, mut sum) = (lexicon.root(), 0);
            for end in 1..=key.len() {
                let (next, cost) = lexicon.step(state, key[end - 1]).unwrap();
                state = next;
                sum += cost;
                let least = costs.iter().filter(|(k, _)| k.starts_with(&key[..end])).map(|(_, c)| *c).min();
                prop_assert_eq!(Some(sum), least);
            }
        }
    }
}

#[test]
fn large_alphabets_and_wide_states_are_read_back() {
    // 200 labels need more than the short codes for symbols and transition counts.
    let labels: Vec<String> = (0..200u32)
        .filter_map(|i| char::from_u32(0x4e00 + i))
        .map(String::from)
        .collect();
    let mut builder = LexiconBuilder::new(&labels);
    let mut weight = 1.0;
    for first in &labels {
        for second in labels.iter().step_by(7) {
            weight = weight * 1.01 % 1e6 + 1e-6;
            builder.add(&format!("{first}{second}"), weight).unwrap();
        }
    }
    let built = builder.build().unwrap();
    let lexicon = Lexicon::from_bytes(Bytes::from(built.bytes), &labels, "test.fst").unwrap();
    lexicon.verify("test.fst").unwrap();
    assert_eq!(all_keys(&lexicon).len(), 200 * 29);
    assert_eq!(lexicon.transitions(lexicon.root()).count(), 200);
}

#[test]
fn very_rare_words_keep_a_cost_that_adds_up() {
    let built = build(&[("a", 1e300), ("ab", 1e-300), ("abc", 1e-300)]);
    let lexicon = open(built.bytes).unwrap();
    lexicon.verify("test.fst").unwrap();
    let expected = (600.0 * std::f64::consts::LN_10 / f64::from(DEFAULT_COST_UNIT)).round() as u32;
    assert_eq!(lexicon.key_cost(&key("abc")), Some(expected));
    let mut fine = LexiconBuilder::new(&labels())
        .cost_unit(1.0 / 256.0)
        .unwrap();
    fine.add("a", 1e300).unwrap();
    fine.add("b", 1e-300).unwrap();
    let lexicon = open(fine.build().unwrap().bytes).unwrap();
    assert_eq!(lexicon.key_cost(&key("b")), Some(automaton::MAX_COST));
    for bad in [0.0, -1.0, f32::NAN, f32::INFINITY, 9.0] {
        assert!(LexiconBuilder::new(&labels()).cost_unit(bad).is_err());
    }
}
