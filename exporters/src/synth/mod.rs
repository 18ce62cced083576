//! Synthetic swipes to train on, generated fast enough to feed a GPU.
//!
//! A [`Synth`] draws words from a list ([`Words`]), people and their phones from a [`Profile`], and
//! makes the paths of their fingers: strokes of minimum jerk that overlap, through visits that miss
//! their keys, read by a touch screen. Swipe `index` of a seed is always the same, whatever was
//! drawn before and on whatever machine. The profile's numbers are fitted to real swipes by
//! [`fit()`].
//!
//! [`samples`] are different: input for demonstrations, golden swipes and tests, not fitted to
//! anything.
//!
//! ```
//! use swipekit::layout::Layout;
//! use swipekit_exporters::synth::{Profile, Synth, SynthSwipe, WordOptions, Words};
//!
//! let words = vec![("hello".to_owned(), 3.0), ("don't".to_owned(), 5.0)];
//! let words = Words::new(words, WordOptions::default())?;
//! let synth = Synth::new(&Layout::qwerty(), words, Profile::default(), 7)?;
//! let mut swipe = SynthSwipe::default();
//! synth.swipe(0, &mut swipe);
//! assert!(swipe.word == "hello" || swipe.word == "dont");
//! assert_eq!(swipe.points[0].2, 0.0);
//! # Ok::<(), swipekit_exporters::error::Error>(())
//! ```

mod board;
mod error;
pub mod feed;
pub mod fit;
mod motion;
mod person;
mod profile;
pub mod samples;
#[cfg(test)]
mod tests;
mod touch;
mod words;
mod write;

use swipekit::layout::Layout;

use crate::random::{Stream, mix};
use board::Board;
pub use error::{Result, SynthError};
pub use fit::{Fit, FitOptions, fit};
use motion::Motion;
use person::Person;
pub use profile::{Device, Fitted, PARAMETERS, Parameter, Profile};
pub use touch::MAX_POINTS;
use words::Urn;
pub use words::{WordOptions, Words};
pub use write::swipe_file;

/// What the streams of random numbers are for.
const PERSON: u64 = 1;
const SWIPE: u64 = 2;
const WHO: u64 = 3;

/// One synthetic swipe, and room for the work on the next: kept from call to call, it saves
/// allocations.
#[derive(Clone, Debug, Default)]
pub struct SynthSwipe {
    /// The word as it is swiped: the letters of its key path, in lower case, without apostrophes
    /// and hyphens.
    pub word: String,
    /// Points (x, y, t), 1 to [`MAX_POINTS`]: x and y in the letter area's frame (not clamped to
    /// it), t in whole milliseconds, not decreasing, from 0.
    pub points: Vec<(f64, f64, f64)>,
    /// Width and height of the letter area in CSS pixels.
    pub keyboard: [f64; 2],
    /// Who swiped: the same number is the same person, with the same habits and phone.
    pub user: u64,
    motion: Motion,
}

/// Draws swipes. Nothing in it changes while drawing, so threads may share it: sample `index` of
/// `seed` is always the same swipe.
#[derive(Clone, Debug)]
pub struct Synth {
    board: Board,
    urn: Urn,
    profile: Profile,
    /// Sum of the devices' weights.
    weights: f64,
    /// The profile without texts and devices.
    numbers: Profile,
    /// What differs from person to person by [`Profile::variety`].
    varied: Vec<Parameter>,
    seed: u64,
    people: u64,
}

impl Synth {
    /// Swipes of `words` on `layout`. Words that it cannot type are left out ([`Synth::left_out`]).
    ///
    /// # Errors
    /// Those of [`Profile::validate`] and [`Layout::letter_area`]; [`swipekit::Error::Invalid`]
    /// where no word is left.
    pub fn new(layout: &Layout, words: Words, profile: Profile, seed: u64) -> Result<Self> {
        profile.validate()?;
        let board = Board::new(layout)?;
        let urn = Urn::new(&words, &board)?;
        Ok(Self {
            weights: profile.devices.iter().map(|device| device.weight).sum(),
            numbers: profile.numbers(),
            varied: profile.varied(),
            board,
            urn,
            profile,
            seed,
            people: 0,
        })
    }

    /// Draws from `people` people, so that each of them makes many swipes; 0, the default, has
    /// every swipe made by somebody else.
    pub fn with_people(mut self, people: u64) -> Self {
        self.people = people;
        self
    }

    /// Words that can be drawn.
    pub fn words(&self) -> usize {
        self.urn.len()
    }

    /// Words left out: too long, or with a letter that has no key.
    pub fn left_out(&self) -> usize {
        self.urn.left_out
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Puts swipe `index` into `out`.
    pub fn swipe(&self, index: u64, out: &mut SynthSwipe) {
        let mut stream = Stream::new(self.seed, SWIPE, index);
        let keys = self.urn.draw(&mut stream);
        let who = self.who(index);
        self.make(keys, who, None, &mut stream, out);
    }

    /// Puts a swipe of `word` into `out`, by the person of swipe `index`. Whether it could: not
    /// where a letter of the word has no key, or where it has more than 64; `out` is unchanged
    /// then.
    pub fn swipe_word(&self, word: &str, index: u64, out: &mut SynthSwipe) -> bool {
        let Some(keys) = self.board.keys(word) else {
            return false;
        };
        self.make(
            &keys,
            self.who(index),
            None,
            &mut Stream::new(self.seed, SWIPE, index),
            out,
        );
        true
    }

    /// Who makes swipe `index`.
    fn who(&self, index: u64) -> u64 {
        match self.people {
            0 => index,
            people => mix(mix(self.seed ^ mix(WHO)) ^ index) % people,
        }
    }

    /// Makes a swipe of `keys` by the person `who`, on their own keyboard or on one of the given
    /// size.
    fn make(
        &self,
        keys: &[u8],
        who: u64,
        keyboard: Option<[f64; 2]>,
        stream: &mut Stream,
        out: &mut SynthSwipe,
    ) {
        let mut habits = Stream::new(self.seed, PERSON, who);
        // Without texts and devices: nothing is allocated.
        let mut own = self.numbers.clone();
        for parameter in &self.varied {
            let factor = habits.factor(own.variety);
            (parameter.set)(&mut own, (parameter.get)(&self.numbers) * factor);
        }
        let profile = &own;
        let person = Person::draw(profile, &self.profile.devices, self.weights, &mut habits);
        let size = keyboard.unwrap_or_else(|| {
            let height = person.width / 10.0 * person.row_height * self.board.rows();
            [person.width, (height * 10.0).round().max(1.0) / 10.0]
        });
        let unit = self.board.unit[0] * size[0];
        out.motion
            .plan(profile, &person, &self.board, size, keys, stream);
        touch::read(
            profile,
            &person,
            &mut out.motion,
            size,
            unit,
            stream,
            &mut out.points,
        );
        out.word.clear();
        out.word
            .extend(keys.iter().map(|key| self.board.letter(*key)));
        out.keyboard = size;
        out.user = who;
    }
}
