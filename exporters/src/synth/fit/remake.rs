//! Real swipes, and synthetic ones of the same words by as many people on the same keyboards.

use std::collections::BTreeMap;

use super::FitOptions;
use super::measure::Measured;
use super::path::Target;
use crate::random::Stream;
use crate::swipes::Swipe;
use crate::synth::board::Board;
use crate::synth::error::Result;
use crate::synth::profile::{Device, Profile};
use crate::synth::write::digits;
use crate::synth::{Synth, SynthSwipe, WordOptions, Words};

/// Most kinds of phone that are kept.
const DEVICES: usize = 48;
/// Purpose of the streams: those of [`Synth`] have others.
const REMAKE: u64 = 4;

/// A real swipe that has been measured, to be made again.
pub(super) struct Model {
    keys: Vec<u8>,
    target: Target,
    person: usize,
    keyboard: [f64; 2],
}

/// Real swipes, and what makes their like.
pub(super) struct Remake<'a> {
    options: &'a FitOptions,
    board: Board,
    pub(super) models: Vec<Model>,
    pub(super) real: Measured,
    pub(super) people: usize,
    pub(super) left_out: usize,
}

impl<'a> Remake<'a> {
    pub(super) fn new(swipes: &[Swipe], options: &'a FitOptions) -> Result<Self> {
        let mut remake = Self {
            board: Board::new(&options.layout)?,
            options,
            models: Vec::new(),
            real: Measured::default(),
            people: 0,
            left_out: 0,
        };
        let mut people: BTreeMap<String, usize> = BTreeMap::new();
        for (index, swipe) in swipes.iter().enumerate() {
            let keys = remake.board.keys(&swipe.word);
            let (Some(keys), false) = (keys, swipe.trace.points().is_empty()) else {
                remake.left_out += 1;
                continue;
            };
            // Where nobody is named, every swipe is somebody else's.
            let name = swipe.user.clone().unwrap_or_else(|| format!("\0{index}"));
            let next = people.len();
            let person = *people.entry(name).or_insert(next);
            let sound = |size: &[f64; 2]| size.iter().all(|size| (20.0..10_000.0).contains(size));
            let keyboard = swipe
                .keyboard
                .filter(sound)
                .unwrap_or([360.0, 360.0 / 10.0 * 1.5 * remake.board.rows()]);
            let target = Target::new(&remake.board, &keys);
            let first = swipe.trace.points()[0].t;
            let points = swipe.trace.points().iter().map(|p| (p.x, p.y, p.t - first));
            remake
                .real
                .add(&remake.board, &target, keys.len(), person, keyboard, points);
            remake.models.push(Model {
                keys,
                target,
                person,
                keyboard,
            });
        }
        remake.people = people.len();
        Ok(remake)
    }

    /// The commonest keyboard of each person, the commonest of those first.
    pub(super) fn devices(&self) -> Vec<Device> {
        let mut sizes: BTreeMap<usize, BTreeMap<(u64, u64), u64>> = BTreeMap::new();
        for model in &self.models {
            let [width, height] = model.keyboard;
            let row = height / self.board.rows() / (width / 10.0);
            let size = (width.round() as u64, (row * 50.0).round() as u64);
            *sizes
                .entry(model.person)
                .or_default()
                .entry(size)
                .or_default() += 1;
        }
        let mut counts: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for own in sizes.values() {
            if let Some((size, _)) = own.iter().max_by_key(|(size, count)| (**count, **size)) {
                *counts.entry(*size).or_default() += 1;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(size, count)| (std::cmp::Reverse(*count), *size));
        counts.truncate(DEVICES);
        counts
            .into_iter()
            .map(|((width, row), count)| Device {
                width: (width as f64).clamp(100.0, 4000.0),
                row_height: (row as f64 / 50.0).clamp(0.3, 5.0),
                weight: count as f64,
            })
            .collect()
    }

    /// Makes all swipes again with `profile`, and measures them.
    pub(super) fn measure(&self, profile: &Profile) -> Result<Measured> {
        // The words are given with each swipe; none is drawn.
        let any = self
            .models
            .first()
            .map_or('a', |model| self.board.letter(model.keys[0]));
        let words = Words::new(vec![(any.to_string(), 1.0)], WordOptions::default())?;
        let synth = Synth::new(
            &self.options.layout,
            words,
            profile.clone(),
            self.options.seed,
        )?;
        let mut measured = Measured::default();
        let mut swipe = SynthSwipe::default();
        for (index, model) in (0..).zip(&self.models) {
            let mut stream = Stream::new(self.options.seed, REMAKE, index);
            synth.make(
                &model.keys,
                model.person as u64,
                Some(model.keyboard),
                &mut stream,
                &mut swipe,
            );
            // As swipe files have them.
            let points = swipe
                .points
                .iter()
                .map(|(x, y, t)| (digits(*x), digits(*y), *t));
            measured.add(
                &self.board,
                &model.target,
                model.keys.len(),
                model.person,
                model.keyboard,
                points,
            );
        }
        Ok(measured)
    }
}
