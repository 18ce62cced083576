//! The recorded swipes of a feed, in memory.

use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;

use serde::Serialize;
use sha2::{Digest, Sha256};
use swipekit::layout::Layout;
use swipekit::lexicon::Alphabet;
use swipekit::trace::Point;

use crate::arguments::positive;
use crate::files::{FileError, sha256};
use crate::swipes::deviation::deviation;
use crate::swipes::visits::visits;
use crate::swipes::{Swipe, Swipes};
use crate::synth::error::Result;

/// Which recorded swipes a feed holds.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RecordedOptions {
    /// Swipe file to learn from: JSON lines, plain or gzipped; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub swipes: Vec<PathBuf>,
    /// Swipe file whose people and swipes must not be learned from: they are left out of all
    /// others. May be given several times.
    #[arg(long = "hold-out", value_name = "FILE")]
    pub held_out: Vec<PathBuf>,
    /// Leave out swipes that pass further than this from a key of their word, in keys.
    #[arg(long, value_name = "KEYS", value_parser = positive)]
    pub max_deviation: Option<f64>,
}

/// What was read of one manifest. Part of the stream's header, and so of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManifestSource {
    /// The file's name, without folders.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Swipes in it.
    pub swipes: usize,
    /// Swipes that take part.
    pub used: usize,
    /// Left out: of people or swipes that are held out.
    pub held_out: usize,
    /// Left out: further from their keys than allowed.
    pub far: usize,
    /// Left out: a word that the layout cannot type, or fewer than two points.
    pub unusable: usize,
}

/// Recorded swipes, packed.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// End of each swipe's labels and points.
    ends: Vec<[usize; 2]>,
    labels: Vec<u8>,
    /// x, y and t; a touch screen's numbers fit.
    points: Vec<[f32; 3]>,
    sources: Vec<ManifestSource>,
}

impl Recorded {
    /// Reads all manifests.
    pub(super) fn read(
        options: &RecordedOptions,
        layout: &Layout,
        alphabet: &Alphabet,
        key: [f64; 2],
    ) -> Result<Self> {
        let mut kept_out = HeldOut::default();
        for path in &options.held_out {
            for swipe in Swipes::open(path)? {
                kept_out.add(&swipe?);
            }
        }
        let mut recorded = Self::default();
        for path in &options.swipes {
            let failed = |source| FileError::read(path)(source);
            let hash = (File::open(path).and_then(|mut file| sha256::of_file(&mut file)))
                .map_err(failed)?;
            let mut source = ManifestSource {
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                sha256: hash,
                swipes: 0,
                used: 0,
                held_out: 0,
                far: 0,
                unusable: 0,
            };
            for swipe in Swipes::open(path)? {
                let swipe = swipe?;
                source.swipes += 1;
                let points = swipe.trace.points();
                let far = options.max_deviation.is_some_and(|most| {
                    let measured = swipe.deviation.or_else(|| {
                        let visits = visits(layout, &swipe.word)?;
                        deviation(points, &visits, key)
                    });
                    measured.is_none_or(|r| r.is_nan() || r > most)
                });
                if kept_out.holds(&swipe) {
                    source.held_out += 1;
                } else if far {
                    source.far += 1;
                } else if let (Ok(labels), true) = (alphabet.fold(&swipe.word), points.len() > 1) {
                    source.used += 1;
                    recorded.push(&labels, points);
                } else {
                    source.unusable += 1;
                }
            }
            recorded.sources.push(source);
        }
        Ok(recorded)
    }

    fn push(&mut self, labels: &[u8], points: &[Point]) {
        self.labels.extend(labels);
        let start = points.first().map_or(0.0, |first| first.t);
        self.points.extend(
            points
                .iter()
                .map(|point| [point.x as f32, point.y as f32, (point.t - start) as f32]),
        );
        self.ends.push([self.labels.len(), self.points.len()]);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn sources(&self) -> &[ManifestSource] {
        &self.sources
    }

    /// Labels and points of one swipe.
    pub(super) fn swipe(&self, at: usize) -> (&[u8], impl Iterator<Item = Point> + '_) {
        let [labels, points] = at.checked_sub(1).map_or([0, 0], |before| self.ends[before]);
        let [labels_end, points_end] = self.ends[at];
        let points = self.points[points..points_end].iter();
        (
            &self.labels[labels..labels_end],
            points.map(|point| Point::new(point[0].into(), point[1].into(), point[2].into())),
        )
    }
}

/// People and swipes that are held out.
#[derive(Debug, Default)]
struct HeldOut {
    people: HashSet<String>,
    swipes: HashSet<[u8; 32]>,
}

impl HeldOut {
    fn add(&mut self, swipe: &Swipe) {
        self.people.extend(swipe.user.clone());
        self.swipes.insert(fingerprint(swipe));
    }

    fn holds(&self, swipe: &Swipe) -> bool {
        let known = |user| self.people.contains(user);
        swipe.user.as_ref().is_some_and(known)
            || (!self.swipes.is_empty() && self.swipes.contains(&fingerprint(swipe)))
    }
}

/// What tells a path from all others, whoever is said to have made it.
fn fingerprint(swipe: &Swipe) -> [u8; 32] {
    let mut hash = Sha256::new();
    for point in swipe.trace.points() {
        for value in [point.x, point.y, point.t] {
            hash.update(value.to_le_bytes());
        }
    }
    hash.finalize().into()
}
