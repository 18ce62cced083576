//! People's fingers and phones, as numbers of a profile.

mod parameters;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files::FileError;
use crate::synth::error::Result;
pub use parameters::{PARAMETERS, Parameter, Profile};

/// Kinds of phone that a profile may have.
const MAX_DEVICES: usize = 1024;

/// The profile that was fitted to the train people of How We Swipe.
const HOW_WE_SWIPE: &str = include_str!("../profiles/how-we-swipe.json");
/// The profile without human data.
const PRIOR: &str = include_str!("../profiles/prior.json");

/// A kind of phone: how large its keyboard is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Width of the letter area in CSS pixels, 100 to 4000.
    pub width: f64,
    /// Height of a row of keys over a tenth of the width: QWERTY's keys are this much higher than
    /// wide. 0.3 to 5.
    pub row_height: f64,
    /// Share of people who have it, in any unit.
    pub weight: f64,
}

/// A statistic of real swipes that a profile was fitted to, and its value on synthetic swipes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    /// Name of the statistic.
    pub statistic: String,
    /// The parameter that was fitted to it. `None` for statistics that only check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Its value on real swipes.
    pub real: f64,
    /// Its value on synthetic ones.
    pub synthetic: f64,
}

impl Default for Profile {
    /// [`Profile::how_we_swipe`].
    fn default() -> Self {
        Self::how_we_swipe()
    }
}

impl Profile {
    /// The profile that was fitted to the train people of How We Swipe (Leiva et al., MobileHCI
    /// 2021), whom it credits.
    pub fn how_we_swipe() -> Self {
        built_in(HOW_WE_SWIPE)
    }

    /// The profile without human data: published figures (minimum-jerk strokes, times of pen
    /// strokes, sizes of phones) and judgement.
    pub fn prior() -> Self {
        built_in(PRIOR)
    }

    /// The built-in profile with this name, or else the profile in the file of this name.
    ///
    /// # Errors
    /// Those of [`Profile::read`].
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "how-we-swipe" => Ok(Self::how_we_swipe()),
            "prior" => Ok(Self::prior()),
            path => Self::read(path),
        }
    }

    /// The parameters that [`variety`](Self::variety) changes from person to person; none where
    /// that is 0.
    pub(super) fn varied(&self) -> Vec<Parameter> {
        let all = PARAMETERS.iter().filter(|_| self.variety > 0.0);
        all.filter(|parameter| parameter.varies).copied().collect()
    }

    /// The numbers alone, without devices and texts.
    pub(super) fn numbers(&self) -> Self {
        Self {
            name: String::new(),
            source: String::new(),
            devices: Vec::new(),
            fitted: Vec::new(),
            ..self.clone()
        }
    }

    /// Reads a profile from a JSON file.
    ///
    /// # Errors
    /// [`swipekit::Error::Io`], [`FileError::Json`] where it is not a profile, and those of
    /// [`Profile::validate`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read(path).map_err(FileError::read(path))?;
        let profile: Self = serde_json::from_slice(&text).map_err(FileError::json(path))?;
        profile.validate()?;
        Ok(profile)
    }

    /// The profile as JSON.
    pub fn json(&self) -> String {
        // A validated profile contains only numbers and texts that JSON can hold.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Checks that all numbers are in their ranges and that there is at least one device.
    ///
    /// # Errors
    /// [`swipekit::Error::Invalid`] for the first that is not.
    pub fn validate(&self) -> Result<()> {
        for parameter in PARAMETERS {
            let value = (parameter.get)(self);
            if !(parameter.low..=parameter.high).contains(&value) {
                let expected = format!("{} to {}", parameter.low, parameter.high);
                return Err(
                    swipekit::Error::invalid(parameter.name, expected, value.to_string()).into(),
                );
            }
        }
        if self.devices.is_empty() || self.devices.len() > MAX_DEVICES {
            let got = self.devices.len().to_string();
            return Err(swipekit::Error::invalid("the number of devices", "1 to 1024", got).into());
        }
        for device in &self.devices {
            let checks = [
                ("the width of a device", device.width, 100.0, 4000.0),
                ("the row height of a device", device.row_height, 0.3, 5.0),
                ("the weight of a device", device.weight, 1e-6, 1e9),
            ];
            for (what, value, low, high) in checks {
                if !(low..=high).contains(&value) {
                    let expected = format!("{low} to {high}");
                    return Err(swipekit::Error::invalid(what, expected, value.to_string()).into());
                }
            }
        }
        Ok(())
    }
}

/// A profile of this crate; a test reads all of them.
fn built_in(text: &str) -> Profile {
    serde_json::from_str(text).expect("the profiles of this crate are profiles")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::SynthError;

    #[test]
    fn variety_changes_spreads_chances_and_times_alone() {
        let mut profile = Profile::prior();
        let varied = profile.varied();
        assert_eq!(varied.len(), PARAMETERS.iter().filter(|p| p.varies).count());
        // What multiplies a parameter changes no sign.
        assert!(varied.iter().all(|parameter| parameter.low >= 0.0));
        profile.variety = 0.0;
        assert!(profile.varied().is_empty());
    }

    #[test]
    fn the_built_in_profiles_are_sound() {
        for (name, profile) in [
            ("how-we-swipe", Profile::default()),
            ("prior", Profile::prior()),
        ] {
            profile.validate().unwrap();
            assert_eq!(profile.name, name);
            assert_eq!(Profile::named(name).unwrap(), profile);
            let again: Profile = serde_json::from_str(&profile.json()).unwrap();
            assert_eq!(again, profile);
        }
        assert!(
            Profile::prior().fitted.is_empty(),
            "nobody's swipes are in it"
        );
        assert!(Profile::default().source.contains("How We Swipe"));
        assert!(Profile::named("/nonexistent/profile.json").is_err());
    }

    #[test]
    fn every_parameter_says_what_it_is_fitted_to() {
        for parameter in PARAMETERS {
            let says = ["Fitted to: ", "Set by hand"];
            assert!(
                says.iter().any(|text| parameter.meaning.contains(text)),
                "{}",
                parameter.name
            );
        }
    }

    #[test]
    fn hostile_numbers_are_refused() {
        for parameter in PARAMETERS {
            for bad in [
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                -1e9,
                1e9,
                parameter.low - 1e-3,
                parameter.high + 1e-3,
            ] {
                let json = serde_json::to_value(Profile::prior()).unwrap();
                let mut fields = json.as_object().unwrap().clone();
                fields.insert(parameter.name.to_owned(), bad.into());
                // JSON has no NaN: it is null there, which is not a number either.
                if let Ok(profile) = serde_json::from_value::<Profile>(fields.into()) {
                    assert!(profile.validate().is_err(), "{} {bad}", parameter.name);
                }
            }
            let mut profile = Profile::prior();
            (parameter.set)(&mut profile, 1e9);
            assert_eq!((parameter.get)(&profile), parameter.high);
        }
        for change in [
            |profile: &mut Profile| profile.devices.clear(),
            |profile: &mut Profile| profile.devices[0].width = 0.0,
            |profile: &mut Profile| profile.devices[0].row_height = f64::NAN,
            |profile: &mut Profile| profile.devices[0].weight = f64::INFINITY,
            |profile: &mut Profile| profile.devices = vec![profile.devices[0]; 2000],
        ] {
            let mut profile = Profile::prior();
            change(&mut profile);
            assert!(profile.validate().is_err());
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.json");
        std::fs::write(&path, Profile::prior().json()).unwrap();
        assert_eq!(Profile::read(&path).unwrap(), Profile::prior());
        std::fs::write(
            &path,
            Profile::prior().json().replacen("\"skip\"", "\"skipp\"", 1),
        )
        .unwrap();
        assert!(matches!(
            Profile::read(&path),
            Err(SynthError::File(FileError::Json { .. }))
        ));
    }
}
