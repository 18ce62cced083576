//! Writes what Rust decodes, for other languages to be held to.
//!
//! ```text
//! cargo run --release -p swipekit-tests --example expected -- BUNDLE MANIFEST|synthetic COUNT FOLDER
//! ```
//!
//! `expected.jsonl` has a swipe a line:
//! `{"area":[left,top,width,height],"points":[[x,y,ms],…],"words":[…],"scores":[…]}`, on a keyboard
//! as a phone has it. `swipe-N.f32` are the encoder's frames `[T', D]` of the first swipes,
//! little-endian, and `swipe-N.result` what the search makes of them alone: a line `word<TAB>score`
//! a candidate. `bundle.swipekit` is the bundle as one file.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::json;
use swipekit::layout::LetterArea;
use swipekit::trace::Point;
use swipekit::{Engine, Limits, Trace};
use swipekit_exporters::package::pack;
use swipekit_exporters::random::Random;
use swipekit_exporters::swipes::sample;
use swipekit_exporters::synth::samples;

/// Swipes whose frames are written.
const FRAMES: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, manifest, count, folder] = &arguments[..] else {
        return Err("usage: expected BUNDLE MANIFEST|synthetic COUNT FOLDER".into());
    };
    let (count, folder) = (count.parse()?, Path::new(folder));
    let traces = match manifest.as_str() {
        "synthetic" => drawn(count)?,
        path => sample::read(Path::new(path), Some(count), false)?
            .swipes
            .into_iter()
            .map(|swipe| swipe.trace)
            .collect(),
    };
    fs::create_dir_all(folder)?;
    let engine = Engine::open(bundle)?;
    let mut session = engine.session();
    let [left, top, width, height] = [12.0, 1600.0, 1056.0, 480.0];
    let area = LetterArea::new(left, top, width, height)?;
    let mut lines = String::new();
    for (at, trace) in traces.iter().enumerate() {
        let points: Vec<Point> = trace
            .points()
            .iter()
            .map(|point| {
                let [x, y] = area.point([point.x, point.y]);
                Point::new(x, y, point.t)
            })
            .collect();
        let trace = Trace::from_points(area, points.iter().copied())?;
        let mut gesture = session.encode(&trace, &Limits::default())?;
        let found = gesture.words(engine.options())?.candidates;
        let line = json!({
            "area": [left, top, width, height],
            "points": points.iter().map(|point| [point.x, point.y, point.t]).collect::<Vec<_>>(),
            "words": found.iter().map(|candidate| candidate.word.as_str()).collect::<Vec<_>>(),
            "scores": found.iter().map(|candidate| candidate.score).collect::<Vec<_>>(),
        });
        lines += &format!("{line}\n");
        if at < FRAMES {
            let frames = gesture.frames();
            let bytes: Vec<u8> = frames
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            fs::write(folder.join(format!("swipe-{at}.f32")), bytes)?;
            let found = swipekit_ffi::search::frames(Path::new(bundle), frames)?;
            let text: String = found
                .iter()
                .map(|candidate| format!("{}\t{}\n", candidate.word, candidate.score))
                .collect();
            fs::write(folder.join(format!("swipe-{at}.result")), text)?;
        }
    }
    fs::write(folder.join("expected.jsonl"), lines)?;
    pack(bundle, folder.join("bundle.swipekit"))?;
    println!("{} swipes", traces.len());
    Ok(())
}

/// Swipes that nobody made, of the most frequent words.
fn drawn(count: usize) -> Result<Vec<Trace>, Box<dyn Error>> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/lexicons/en/words.tsv");
    let list = fs::read_to_string(list)?;
    let words = list.lines().filter_map(|line| line.split('\t').next());
    let mut random = Random::new(500);
    Ok(words
        .filter_map(|word| samples::trace(word, &mut random))
        .take(count)
        .collect())
}
