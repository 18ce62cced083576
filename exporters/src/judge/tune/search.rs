//! How wide a search has to be: depth bonus, window, beam, slots for complete words.

use std::time::Duration;

use serde::Serialize;
use swipekit::DecoderOptions;
use swipekit::{Engine, Limits};

use crate::judge::accuracy::Judge;
use crate::judge::error::Result;
use crate::judge::times::Times;
use crate::swipes::Swipe;
use crate::words::language_model::Cursor;

/// What is tried, one option after the other.
const DEPTH_BONUSES: [f32; 9] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0];
const WINDOWS: [f32; 6] = [6.0, 8.0, 10.0, 12.0, 16.0, 24.0];
const BEAMS: [usize; 11] = [4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
const SLOTS: [usize; 5] = [8, 16, 32, 48, 64];
/// The search that the depth bonus is chosen for: a narrow one would ask for another than the wide
/// one that is looked for.
const WIDE: (usize, f32) = (64, 16.0);

/// What one width of the search gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// Beam.
    pub beam: usize,
    /// Window.
    pub window: f32,
    /// Depth bonus.
    pub depth_bonus: f32,
    /// Places for complete words.
    pub word_slots: usize,
    /// The target is the best candidate, in percent.
    pub top1: f64,
    /// The target is among the best three, in percent.
    pub top3: f64,
    /// Median time of the search in milliseconds, on the clock.
    pub ms: f64,
}

impl Tried {
    /// What a width is judged by, in percent: the word that is written and the three to choose from
    /// count alike.
    fn worth(&self) -> f64 {
        (self.top1 + self.top3) / 2.0
    }
}

/// `options` with the depth bonus of the best mean of top-1 and top-3, then the least window, the
/// least beam and the fewest slots for complete words that lose at most `tolerance` percentage
/// points of that mean to the best. With all that was tried.
///
/// # Errors
/// What decoding gives.
pub fn choose(
    engine: &Engine,
    swipes: &[Swipe],
    options: &DecoderOptions,
    context: bool,
    tolerance: f64,
) -> Result<(DecoderOptions, Vec<Tried>)> {
    let measured = options
        .geometry
        .as_ref()
        .map_or(0, |geometry| geometry.words);
    let mut best = options.clone();
    best.beam = options.beam.max(WIDE.0);
    best.window = options.window.max(WIDE.1);
    best.word_slots = options.word_slots.max(measured);
    let variants = with(&best, &DEPTH_BONUSES, |options, bonus| {
        options.depth_bonus = bonus;
    });
    let mut all = run(engine, swipes, &variants, context)?;
    let most = all.iter().map(Tried::worth).fold(0.0, f64::max);
    // Of equals the one nearest to what there was.
    let nearest = all.iter().filter(|tried| tried.worth() >= most);
    let nearest = nearest.min_by(|a, b| {
        let off = |tried: &&Tried| (tried.depth_bonus - options.depth_bonus).abs();
        off(a).total_cmp(&off(b))
    });
    best.depth_bonus = nearest.map_or(best.depth_bonus, |tried| tried.depth_bonus);

    // The first that loses at most the tolerance to the best of all.
    let mut narrowed = |variants: Vec<DecoderOptions>| -> Result<DecoderOptions> {
        let tried = run(engine, swipes, &variants, context)?;
        let most = tried.iter().map(Tried::worth).fold(0.0, f64::max);
        let enough = tried
            .iter()
            .position(|tried| tried.worth() >= most - tolerance);
        all.extend(tried);
        Ok(variants[enough.unwrap_or(variants.len() - 1)].clone())
    };
    best = narrowed(with(&best, &WINDOWS, |options, window| {
        options.window = window
    }))?;
    best = narrowed(with(&best, &BEAMS, |options, beam| options.beam = beam))?;
    best = narrowed(with(&best, &SLOTS, |options, slots| {
        options.word_slots = slots
    }))?;
    Ok((best, all))
}

/// `options` with each of the values.
fn with<T: Copy>(
    options: &DecoderOptions,
    values: &[T],
    set: impl Fn(&mut DecoderOptions, T),
) -> Vec<DecoderOptions> {
    let mut all = vec![options.clone(); values.len()];
    for (options, value) in all.iter_mut().zip(values) {
        set(options, *value);
    }
    all
}

/// Decodes every swipe with every variant, in turns; the encoder runs once a swipe.
fn run(
    engine: &Engine,
    swipes: &[Swipe],
    variants: &[DecoderOptions],
    context: bool,
) -> Result<Vec<Tried>> {
    let judge = Judge::new(&engine.manifest().vocabulary.labels, engine.lexicon());
    let mut session = engine.session();
    let mut cursor = context.then(Cursor::default);
    let mut hits = vec![[0usize; 2]; variants.len()];
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); variants.len()];
    for swipe in swipes {
        let mut gesture = session.encode(&swipe.trace, &Limits::default())?;
        if let Some(cursor) = &mut cursor {
            gesture = cursor.follow(gesture, swipe);
        }
        for (at, options) in variants.iter().enumerate() {
            let decoded = gesture.words(options)?;
            times[at].push(decoded.timings.search);
            let outcome = judge.outcome(&swipe.word, &decoded.candidates, "");
            for (hits, rank) in hits[at].iter_mut().zip([1, 3]) {
                *hits += usize::from(outcome.within(rank));
            }
        }
    }
    let tried = variants.iter().zip(hits).zip(times);
    Ok(tried
        .map(|((options, [top1, top3]), times)| Tried {
            beam: options.beam,
            window: options.window,
            depth_bonus: options.depth_bonus,
            word_slots: options.word_slots,
            top1: crate::judge::accuracy::percent(top1, swipes.len()),
            top3: crate::judge::accuracy::percent(top3, swipes.len()),
            ms: Times::of(times).p50,
        })
        .collect())
}
