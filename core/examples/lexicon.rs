//! Builds a lexicon from a list `word <tab> frequency` and prints its sizes and times.
//!
//! ```text
//! cargo run --release -p swipekit --example lexicon -- models/lexicons/en/words.tsv 70000
//! ```

use std::error::Error;
use std::time::Instant;

use swipekit::bytes::Bytes;
use swipekit::lexicon::{Lexicon, LexiconBuilder};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: lexicon WORDS.tsv [SIZE]")?;
    let size = arguments.next().map_or(Ok(70_000), |size| size.parse())?;
    let text = std::fs::read_to_string(path)?;
    let words: Vec<(&str, f64)> = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(word, weight)| Some((word, weight.parse().ok()?)))
        .take(size)
        .collect();
    let mut labels = vec!["<blank>".to_owned(), "'".to_owned()];
    labels.extend(('a'..='z').map(String::from));
    labels.push("<unk>".to_owned());

    println!(
        "unit nats   bytes automaton   table  states  words   keys  build ms  open us  verify us  ns a transition"
    );
    let folder = std::env::temp_dir();
    for unit in [0.0625, 0.125, 0.25, 0.5, 1.0] {
        let file = folder.join(format!("swipekit-lexicon-{}.fst", std::process::id()));
        let mut build_ms = f64::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            let mut builder = LexiconBuilder::new(&labels).cost_unit(unit)?;
            for &(word, weight) in &words {
                // The rejected are counted by the builder.
                let _ = builder.add(word, weight);
            }
            let built = builder.build()?;
            build_ms = build_ms.min(start.elapsed().as_secs_f64() * 1e3);
            built.write(&file)?;
        }
        let (mut open_us, mut verify_us) = (f64::MAX, f64::MAX);
        for _ in 0..20 {
            let start = Instant::now();
            let lexicon = Lexicon::open(&file, &labels)?;
            open_us = open_us.min(start.elapsed().as_secs_f64() * 1e6);
            let start = Instant::now();
            lexicon.verify(&file)?;
            verify_us = verify_us.min(start.elapsed().as_secs_f64() * 1e6);
        }
        let lexicon = Lexicon::from_bytes(Bytes::map(&file)?, &labels, &file)?;
        std::fs::remove_file(&file)?;
        let start = Instant::now();
        let (mut transitions, mut stack) = (0u64, vec![lexicon.root()]);
        while let Some(state) = stack.pop() {
            for transition in lexicon.transitions(state) {
                transitions += 1;
                stack.push(transition.next);
            }
        }
        let ns = start.elapsed().as_secs_f64() * 1e9 / transitions as f64;
        let [bytes, automaton, table] = lexicon.sizes();
        println!(
            "{unit:9} {bytes:7} {automaton:9} {table:7} {:7} {:6} {:6} {build_ms:9.1} {open_us:8.0} {verify_us:10.0} {ns:10.1}",
            lexicon.states(),
            lexicon.len(),
            lexicon.keys(),
        );
    }
    Ok(())
}
