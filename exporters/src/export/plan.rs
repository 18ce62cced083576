//! The bundles that an export makes.

use std::path::PathBuf;

use super::options::Options;
use super::target::Target;
use crate::quantize::Precision;

/// A bundle that an export makes.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) precision: Precision,
    /// Its name.
    pub(super) name: String,
    /// Its folder.
    pub(super) folder: PathBuf,
}

/// The bundles to make, target by target.
pub(super) fn planned(options: &Options) -> Vec<Plan> {
    let single = options.precisions.len() * options.targets.len() == 1;
    let base = options.base_name();
    let pairs = options.targets.iter().flat_map(|target| {
        options
            .precisions
            .iter()
            .map(|precision| (*target, *precision))
    });
    pairs
        .map(|(target, precision)| {
            let kind = format!("{}-{}", target.name(), precision.name());
            Plan {
                target,
                precision,
                name: if single {
                    base.clone()
                } else {
                    format!("{base}-{kind}")
                },
                folder: if single {
                    options.output.clone()
                } else {
                    options.output.join(kind)
                },
            }
        })
        .collect()
}
