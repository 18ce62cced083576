//! Fits a profile to real swipes.
//!
//! Each parameter has a statistic of its own ([`STATISTICS`]). Swipes of the same words by as many
//! people on the same keyboards are made with the current profile, the statistics of both are
//! compared, and each parameter is moved by what its statistic is off; a few dozen rounds meet
//! nearly all of them. The synthetic swipes use the same random numbers in every round, so nothing
//! is left to chance.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use serde::Serialize;
use swipekit::layout::Layout;

use super::board::Board;
use super::measure::Measured;
use super::path::Target;
use super::profile::{Device, Fitted, PARAMETERS, Profile};
use super::random::Stream;
use super::statistics::{Rule, STATISTICS};
use super::{Synth, SynthSwipe, WordOptions, Words};
use crate::arguments::at_least_one;
use crate::files::FileError;
use crate::swipes::{Swipe, sample};
use crate::synth::error::Result;

/// Share of a correction that is made in a round.
const GAIN: f64 = 0.6;
/// Most that a parameter changes in a round, as a factor.
const MOST: f64 = 1.6;
/// Least that a parameter is taken for where it is multiplied, as a share of its range: from 0
/// nothing grows.
const LEAST: f64 = 1e-3;
/// Most kinds of phone that are kept.
const DEVICES: usize = 48;
/// Purpose of the streams: those of [`Synth`] have others.
const CALIBRATION: u64 = 4;

/// How [`calibrate()`] works.
#[derive(Clone, Debug, clap::Args)]
pub struct CalibrateOptions {
    /// Swipes at most, taken evenly.
    #[arg(long, value_name = "N", default_value = "10000", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// The keyboard that they were made on.
    #[arg(skip = Layout::qwerty())]
    pub layout: Layout,
    /// Where the fit begins.
    #[arg(skip = Profile::prior())]
    pub profile: Profile,
    /// Rounds of the fit.
    #[arg(long, value_name = "N", default_value_t = Self::default().rounds)]
    pub rounds: usize,
    /// Seed of the synthetic swipes.
    #[arg(long, value_name = "N", default_value_t = Self::default().seed)]
    pub seed: u64,
}

impl Default for CalibrateOptions {
    /// 10,000 swipes on QWERTY, 30 rounds from [`Profile::prior`].
    fn default() -> Self {
        Self {
            limit: Some(10_000),
            layout: Layout::qwerty(),
            profile: Profile::prior(),
            rounds: 30,
            seed: 1,
        }
    }
}

/// A fit.
#[derive(Debug, Serialize)]
pub struct Calibration {
    /// The profile, with the statistics in [`Profile::fitted`].
    pub profile: Profile,
    /// Swipes measured.
    pub swipes: usize,
    /// Swipes of the manifest.
    pub of: usize,
    /// Swipes left out: without points, or with a letter that the layout lacks.
    pub left_out: usize,
    /// People.
    pub people: usize,
    /// SHA-256 of the manifest.
    pub sha256: String,
    /// Mean distance of the statistics that decide a parameter, before the first round: see
    /// [`Calibration::distance`].
    pub before: f64,
    /// Mean distance of the statistics from the real ones: logarithms of quotients, or differences
    /// over the parameter's own size where a statistic may be negative.
    pub distance: f64,
    #[serde(skip)]
    pub(super) real: Measured,
    #[serde(skip)]
    pub(super) synthetic: Measured,
}

/// A real swipe that has been measured, to be made again.
struct Model {
    keys: Vec<u8>,
    target: Target,
    person: usize,
    keyboard: [f64; 2],
}

/// Fits the profile to the swipes of a manifest; `progress` is told of every round.
///
/// # Errors
/// Whatever reading the manifest gives; [`FileError::Empty`] where no swipe can be made on the layout.
pub fn calibrate(
    manifest: &FilePath,
    options: &CalibrateOptions,
    mut progress: impl FnMut(usize),
) -> Result<Calibration> {
    let sample = sample::read(manifest, options.limit, false)?;
    let fitter = Fitter::new(&sample.swipes, options)?;
    if fitter.models.is_empty() {
        return Err(FileError::Empty {
            path: manifest.to_path_buf(),
            what: "swipes that can be made on this layout",
        }
        .into());
    }
    let mut profile = options.profile.clone();
    // What is fitted needs no variety besides.
    profile.variety = 0.0;
    profile.devices = fitter.devices();
    let target = fitter.real.statistics();
    let mut best: Option<(f64, Profile)> = None;
    let mut before = 0.0;
    for round in 0..=options.rounds {
        let got = fitter.measure(&profile)?.statistics();
        let distance = distance(&profile, &target, &got);
        if round == 0 {
            before = distance;
        }
        if best.as_ref().is_none_or(|best| distance < best.0) {
            best = Some((distance, profile.clone()));
        }
        correct(&mut profile, &target, &got);
        progress(round + 1);
    }
    let (distance, mut profile) = best.unwrap_or((before, profile));
    profile.name = "fitted".to_owned();
    profile.source = format!(
        "Fitted to {} swipes of {} people.",
        fitter.models.len(),
        fitter.people
    );
    for parameter in PARAMETERS {
        let value = (parameter.get)(&profile);
        (parameter.set)(&mut profile, rounded(value));
    }
    let synthetic = fitter.measure(&profile)?;
    let got = synthetic.statistics();
    profile.fitted = STATISTICS
        .iter()
        .zip(target.iter().zip(&got))
        .filter(|(_, (real, synthetic))| real.is_finite() && synthetic.is_finite())
        .map(|(statistic, (real, synthetic))| Fitted {
            statistic: statistic.name.to_owned(),
            parameter: (statistic.rule != Rule::Check).then(|| statistic.parameter.to_owned()),
            real: rounded(*real),
            synthetic: rounded(*synthetic),
        })
        .collect();
    Ok(Calibration {
        profile,
        swipes: fitter.models.len(),
        of: sample.of,
        left_out: fitter.left_out,
        people: fitter.people,
        sha256: sample.sha256,
        before,
        distance,
        real: fitter.real,
        synthetic,
    })
}

/// Four significant digits are more than any of these numbers is known to.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// Real swipes, and what makes their like.
struct Fitter<'a> {
    options: &'a CalibrateOptions,
    board: Board,
    models: Vec<Model>,
    real: Measured,
    people: usize,
    left_out: usize,
}

impl<'a> Fitter<'a> {
    fn new(swipes: &[Swipe], options: &'a CalibrateOptions) -> Result<Self> {
        let mut fitter = Self {
            board: Board::new(&options.layout)?,
            options,
            models: Vec::new(),
            real: Measured::default(),
            people: 0,
            left_out: 0,
        };
        let mut people: BTreeMap<String, usize> = BTreeMap::new();
        for (index, swipe) in swipes.iter().enumerate() {
            let keys = fitter.board.keys(&swipe.word);
            let (Some(keys), false) = (keys, swipe.trace.points().is_empty()) else {
                fitter.left_out += 1;
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
                .unwrap_or([360.0, 360.0 / 10.0 * 1.5 * fitter.board.rows()]);
            let target = Target::new(&fitter.board, &keys);
            let first = swipe.trace.points()[0].t;
            let points = swipe.trace.points().iter().map(|p| (p.x, p.y, p.t - first));
            fitter
                .real
                .add(&fitter.board, &target, keys.len(), person, keyboard, points);
            fitter.models.push(Model {
                keys,
                target,
                person,
                keyboard,
            });
        }
        fitter.people = people.len();
        Ok(fitter)
    }

    /// The commonest keyboard of each person, the commonest of those first.
    fn devices(&self) -> Vec<Device> {
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
    fn measure(&self, profile: &Profile) -> Result<Measured> {
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
            let mut stream = Stream::new(self.options.seed, CALIBRATION, index);
            synth.make(
                &model.keys,
                model.person as u64,
                Some(model.keyboard),
                &mut stream,
                &mut swipe,
            );
            // As manifests have them.
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

/// A coordinate as manifests give it, to four digits.
pub(super) fn digits(coordinate: f64) -> f64 {
    (coordinate * 1e4).round() / 1e4
}

/// How far a statistic is from the real one, in the terms of its rule; `None` where it is not
/// known.
fn off(rule: Rule, real: f64, got: f64) -> Option<f64> {
    let off = match rule {
        Rule::Add => real - got,
        Rule::Scale => (real.max(1e-6) / got.max(1e-6)).ln(),
        Rule::Shrink => (got.max(1e-6) / real.max(1e-6)).ln(),
        Rule::Take | Rule::Check => return None,
    };
    off.is_finite().then_some(off)
}

fn correct(profile: &mut Profile, real: &[f64], got: &[f64]) {
    for (statistic, (real, got)) in STATISTICS.iter().zip(real.iter().zip(got)) {
        let Some(parameter) = PARAMETERS.iter().find(|p| p.name == statistic.parameter) else {
            continue;
        };
        let value = (parameter.get)(profile);
        if statistic.rule == Rule::Take {
            if real.is_finite() {
                (parameter.set)(profile, *real);
            }
            continue;
        }
        let Some(off) = off(statistic.rule, *real, *got) else {
            continue;
        };
        let value = match statistic.rule {
            Rule::Add => value + GAIN * off,
            _ => {
                let least = LEAST * (parameter.high - parameter.low);
                value.max(least) * (GAIN * off).clamp(-MOST.ln(), MOST.ln()).exp()
            }
        };
        (parameter.set)(profile, value);
    }
}

/// Mean of what the statistics are off, each no more than 1.
fn distance(profile: &Profile, real: &[f64], got: &[f64]) -> f64 {
    let offs =
        STATISTICS
            .iter()
            .zip(real.iter().zip(got))
            .filter_map(|(statistic, (real, got))| {
                let off = off(statistic.rule, *real, *got)?;
                let parameter = PARAMETERS.iter().find(|p| p.name == statistic.parameter)?;
                let size = match statistic.rule {
                    Rule::Add => (parameter.get)(profile)
                        .abs()
                        .max(0.02 * (parameter.high - parameter.low)),
                    _ => 1.0,
                };
                Some((off / size).abs().min(1.0))
            });
    let offs: Vec<f64> = offs.collect();
    offs.iter().sum::<f64>() / offs.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report;
    use crate::synth::{manifest, page};

    const LIST: &[&str] = &[
        "the",
        "and",
        "people",
        "letter",
        "water",
        "which",
        "something",
        "hello",
        "keyboard",
        "different",
        "other",
        "would",
        "is",
        "school",
        "question",
        "about",
    ];

    /// Writes swipes of a profile.
    fn write(path: &FilePath, profile: Profile, count: u64) {
        let list = LIST.iter().map(|word| ((*word).to_owned(), 1.0)).collect();
        let words = Words::new(list, WordOptions::default()).unwrap();
        let synth = Synth::new(&Layout::qwerty(), words, profile, 77)
            .unwrap()
            .with_people(80);
        let mut text = Vec::new();
        manifest(&synth, 0, count, &mut text, |_| {}).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn known_parameters_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("swipes.jsonl");
        let mut known = Profile::prior();
        // What is fitted has none.
        known.variety = 0.0;
        (known.start_x, known.start_y, known.start_mean_y) = (0.13, 0.1, 0.12);
        (known.end_x, known.end_y, known.end_mean_x) = (0.4, 0.3, 0.08);
        (known.segment_ms, known.segment_power, known.speed_person) = (230.0, 0.35, 0.25);
        (
            known.start_dwell_ms,
            known.end_dwell_ms,
            known.double_pause_ms,
        ) = (70.0, 60.0, 250.0);
        (known.clock_60, known.fractional, known.clock_jitter_ms) = (1.0, 0.0, 1.5);
        write(&path, known.clone(), 2400);
        let options = CalibrateOptions {
            rounds: 20,
            ..CalibrateOptions::default()
        };
        let mut rounds = 0;
        let calibration = calibrate(&path, &options, |_| rounds += 1).unwrap();
        assert_eq!(
            (
                calibration.swipes,
                calibration.people,
                calibration.left_out,
                rounds
            ),
            (2400, 80, 0, 21)
        );
        assert!(
            calibration.distance < 0.4 * calibration.before,
            "{} {}",
            calibration.before,
            calibration.distance
        );
        let found = &calibration.profile;
        found.validate().unwrap();
        for (name, tolerance) in [
            ("start_x", 0.15),
            ("start_y", 0.15),
            ("end_x", 0.15),
            ("end_y", 0.15),
            ("inner_x", 0.25),
            ("segment_ms", 0.12),
            ("segment_power", 0.2),
            ("speed_person", 0.3),
            ("start_dwell_ms", 0.35),
            ("end_dwell_ms", 0.35),
            ("double_pause_ms", 0.3),
            ("clock_jitter_ms", 0.2),
            ("clock_60", 0.02),
        ] {
            let parameter = PARAMETERS.iter().find(|p| p.name == name).unwrap();
            let (got, expected) = ((parameter.get)(found), (parameter.get)(&known));
            assert!(
                (got / expected - 1.0).abs() < tolerance,
                "{name}: {got} {expected}"
            );
        }
        for (got, expected) in [(found.start_mean_y, 0.12), (found.end_mean_x, 0.08)] {
            assert!((got - expected).abs() < 0.04, "{got} {expected}");
        }
        let widths = |profile: &Profile| {
            profile
                .devices
                .iter()
                .map(|device| device.width as u64)
                .collect::<Vec<_>>()
        };
        assert!(
            widths(found)
                .iter()
                .all(|width| widths(&known).contains(width))
        );
        assert!(
            found
                .fitted
                .iter()
                .all(|fitted| fitted.real.is_finite() && fitted.synthetic.is_finite())
        );
        let page = page(&calibration);
        assert!(page.contains("<svg") && !page.contains("NaN"));
        for parameter in PARAMETERS {
            assert!(
                page.contains(&report::escape(parameter.name)),
                "{}",
                parameter.name
            );
        }
    }

    #[test]
    fn the_same_manifest_gives_the_same_profile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("swipes.jsonl");
        write(&path, Profile::default(), 120);
        let options = CalibrateOptions {
            rounds: 3,
            ..CalibrateOptions::default()
        };
        let profiles: Vec<Profile> = (0..2)
            .map(|_| calibrate(&path, &options, |_| {}).unwrap().profile)
            .collect();
        assert_eq!(profiles[0], profiles[1]);
        assert_eq!(
            serde_json::from_str::<Profile>(&profiles[0].json()).unwrap(),
            profiles[0]
        );
    }

    #[test]
    fn the_built_in_profile_is_fitted_to_how_we_swipe() {
        let Some(path) = swipekit_tests::shared("data/hws-train.jsonl.gz") else {
            return;
        };
        let options = CalibrateOptions {
            rounds: 0,
            profile: Profile::default(),
            ..CalibrateOptions::default()
        };
        let calibration = calibrate(&path, &options, |_| {}).unwrap();
        assert_eq!(calibration.profile.devices, Profile::default().devices);
        let written = &Profile::default().fitted;
        assert_eq!(calibration.profile.fitted.len(), written.len());
        for (found, written) in calibration.profile.fitted.iter().zip(written) {
            assert_eq!(
                (&found.statistic, &found.parameter),
                (&written.statistic, &written.parameter)
            );
            let near = |a: f64, b: f64| (a - b).abs() <= 0.02 * b.abs() + 1e-3;
            assert!(
                near(found.real, written.real) && near(found.synthetic, written.synthetic),
                "{}",
                found.statistic
            );
        }
        assert!(calibration.distance < 0.03, "{}", calibration.distance);
    }

    #[test]
    fn odd_manifests_give_a_profile_or_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("swipes.jsonl");
        let options = CalibrateOptions {
            rounds: 3,
            ..CalibrateOptions::default()
        };
        for (text, swipes) in [
            ("", None),
            (
                "{\"word\":\"слово\",\"points\":[{\"x\":0,\"y\":0,\"t\":0}]}\n",
                None,
            ),
            ("{\"word\":\"the\",\"points\":[]}\n", None),
            (
                "{\"word\":\"the\",\"points\":[{\"x\":0,\"y\":0,\"t\":0}]}\n",
                Some(1),
            ),
            (
                "{\"word\":\"the\",\"kb\":[1e300,-4],\"points\":[{\"x\":1e300,\"y\":-1e300,\"t\":0},{\"x\":1,\"y\":1,\"t\":400000}]}\n",
                Some(1),
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            match (calibrate(&path, &options, |_| {}), swipes) {
                (Ok(calibration), Some(swipes)) => {
                    assert_eq!(calibration.swipes, swipes);
                    calibration.profile.validate().unwrap();
                    assert!(!page(&calibration).contains("NaN"));
                }
                (Err(_), None) => {}
                (result, _) => panic!("{:?}", result.map(|calibration| calibration.swipes)),
            }
        }
    }
}
