//! Decodes swipes with a bundle and prints the likeliest words.
//!
//! ```text
//! cargo run --release -p swipekit --example decode -- models/en-qwerty models/samples/en-qwerty.jsonl
//! ```
//!
//! A line of the file is a swipe, `{"points":[{"x":0.59,"y":0.5,"t":0},…]}`, in the letter area's
//! coordinates.

use std::error::Error;
use std::fs;

use serde::Deserialize;
use swipekit::{Engine, Trace};

#[derive(Deserialize)]
struct Swipe {
    points: Vec<Point>,
}

#[derive(Deserialize)]
struct Point {
    x: f64,
    y: f64,
    t: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(bundle), Some(swipes)) = (arguments.next(), arguments.next()) else {
        return Err("usage: decode BUNDLE SWIPES.jsonl".into());
    };
    let engine = Engine::open(bundle)?;
    let mut session = engine.session();
    for line in fs::read_to_string(swipes)?.lines() {
        let swipe: Swipe = serde_json::from_str(line)?;
        let points = swipe.points.iter().map(|point| (point.x, point.y, point.t));
        let decoded = session.decode(&Trace::in_letter_area(points)?)?;
        let words: Vec<&str> = decoded
            .candidates
            .iter()
            .map(|candidate| candidate.word.as_str())
            .collect();
        println!("{:7.2?}  {}", decoded.timings.total(), words.join(" "));
    }
    Ok(())
}
