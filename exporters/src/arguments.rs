//! What the option types need to be arguments of the command line: checks of numbers, and
//! [`arguments_of!`] for enums whose variants carry values.

use std::fmt::Display;
use std::str::FromStr;

/// A number of at least one.
pub(crate) fn at_least_one<N>(text: &str) -> Result<N, String>
where
    N: FromStr<Err: Display> + PartialOrd + From<u8>,
{
    match text.parse() {
        Ok(number) if number >= N::from(1) => Ok(number),
        Ok(_) => Err("expected at least 1".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A share, 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    between(text, 0.0, 1.0)
}

/// Percentage points, 0 to 100.
pub(crate) fn points(text: &str) -> Result<f64, String> {
    between(text, 0.0, 100.0)
}

/// A number from `low` to `high`.
pub(crate) fn between(text: &str, low: f64, high: f64) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if number >= low && number <= high {
        Ok(number)
    } else {
        Err(format!("expected {low} to {high}"))
    }
}

/// A finite number greater than 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
        .ok_or_else(|| "expected a positive number".to_owned())
}

/// Makes a type arguments of the command line by way of a struct that derives [`clap::Args`] and
/// converts into it. clap derives structs only.
macro_rules! arguments_of {
    ($type:ty, $arguments:ty) => {
        impl clap::FromArgMatches for $type {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                <$arguments>::from_arg_matches(matches).map(Self::from)
            }

            fn update_from_arg_matches(
                &mut self,
                matches: &clap::ArgMatches,
            ) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl clap::Args for $type {
            fn group_id() -> Option<clap::Id> {
                <$arguments>::group_id()
            }

            fn augment_args(command: clap::Command) -> clap::Command {
                <$arguments>::augment_args(command)
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                <$arguments>::augment_args_for_update(command)
            }
        }
    };
}

pub(crate) use arguments_of;
