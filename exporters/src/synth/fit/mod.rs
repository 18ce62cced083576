//! Fits a profile to real swipes.
//!
//! Each parameter has a statistic of its own (`STATISTICS`). Each round makes swipes of the same
//! words by as many people on the same keyboards with the current profile, compares the statistics
//! with the real ones, and corrects each parameter by the difference of its statistic. A few dozen
//! rounds match nearly all of them. Every round uses the same random numbers, so the result is not
//! affected by chance.

mod estimate;
mod measure;
mod page;
mod path;
mod remake;
mod statistics;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;
use swipekit::layout::Layout;

use super::profile::{Fitted, PARAMETERS, Parameter, Profile};
use crate::arguments::at_least_one;
use crate::files::FileError;
use crate::swipes::sample;
use crate::synth::error::Result;
use measure::Measured;
pub use page::{page, summary};
use remake::Remake;
use statistics::{Rule, STATISTICS};

/// Share of a correction that is applied in a round.
const GAIN: f64 = 0.6;
/// Largest change of a parameter in a round, as a factor.
const MOST: f64 = 1.6;
/// Smallest value of a parameter that is multiplied, as a share of its range. Zero would never
/// grow.
const LEAST: f64 = 1e-3;

/// Options of [`fit()`].
#[derive(Clone, Debug, clap::Args)]
pub struct FitOptions {
    /// Most swipes to take, spread evenly over the file.
    #[arg(long, value_name = "N", default_value = "10000", value_parser = at_least_one::<usize>)]
    pub limit: Option<usize>,
    /// The keyboard of the swipes.
    #[arg(skip = Layout::qwerty())]
    pub layout: Layout,
    /// The initial profile.
    #[arg(skip = Profile::prior())]
    pub profile: Profile,
    /// Number of rounds.
    #[arg(long, value_name = "N", default_value_t = Self::default().rounds)]
    pub rounds: usize,
    /// Random seed of the synthetic swipes.
    #[arg(long, value_name = "N", default_value_t = Self::default().seed)]
    pub seed: u64,
}

impl Default for FitOptions {
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

/// Result of a fit.
#[derive(Debug, Serialize)]
pub struct Fit {
    /// The profile, with the statistics in [`Profile::fitted`].
    pub profile: Profile,
    /// Number of swipes measured.
    pub swipes: usize,
    /// Number of swipes in the file.
    pub of: usize,
    /// Number of swipes left out: without points, or with a letter that the layout lacks.
    pub left_out: usize,
    /// Number of people.
    pub people: usize,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Mean distance of the fitted statistics before the first round: see [`Fit::distance`].
    pub before: f64,
    /// Mean distance of the statistics from the real ones: logarithms of quotients, or, for
    /// statistics that may be negative, differences relative to the parameter's size.
    pub distance: f64,
    #[serde(skip)]
    real: Measured,
    #[serde(skip)]
    synthetic: Measured,
}

/// Fits the profile to the swipes of a file. `progress` is called after every round.
///
/// # Errors
/// Those of reading the file; [`FileError::Empty`] if no swipe can be made on the layout.
pub fn fit(
    swipe_file: &Path,
    options: &FitOptions,
    mut progress: impl FnMut(usize),
) -> Result<Fit> {
    let sample = sample::read(swipe_file, options.limit, false)?;
    let remake = Remake::new(&sample.swipes, options)?;
    if remake.models.is_empty() {
        return Err(FileError::Empty {
            path: swipe_file.to_path_buf(),
            what: "swipes that can be made on this layout",
        }
        .into());
    }
    let mut profile = options.profile.clone();
    // Fitting needs no added variety.
    profile.variety = 0.0;
    profile.devices = remake.devices();
    let target = remake.real.statistics();
    let mut best: Option<(f64, Profile)> = None;
    let mut before = 0.0;
    for round in 0..=options.rounds {
        let got = remake.measure(&profile)?.statistics();
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
        remake.models.len(),
        remake.people
    );
    for parameter in PARAMETERS {
        let value = (parameter.get)(&profile);
        (parameter.set)(&mut profile, rounded(value));
    }
    let synthetic = remake.measure(&profile)?;
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
    Ok(Fit {
        profile,
        swipes: remake.models.len(),
        of: sample.of,
        left_out: remake.left_out,
        people: remake.people,
        sha256: sample.sha256,
        before,
        distance,
        real: remake.real,
        synthetic,
    })
}

/// Rounds to four significant digits. No parameter is known better.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// Distance of a statistic from the real one by its rule; `None` if it is unknown.
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
        let Some(parameter) = Parameter::named(statistic.parameter) else {
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

/// Mean distance of the statistics, each at most 1.
fn distance(profile: &Profile, real: &[f64], got: &[f64]) -> f64 {
    let offs =
        STATISTICS
            .iter()
            .zip(real.iter().zip(got))
            .filter_map(|(statistic, (real, got))| {
                let off = off(statistic.rule, *real, *got)?;
                let parameter = Parameter::named(statistic.parameter)?;
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
