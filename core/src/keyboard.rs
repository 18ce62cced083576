//! The keyboard on which an engine's traces are made.

use std::sync::Arc;

use crate::bundle::Manifest;
use crate::error::Result;
use crate::geometry::Keys;
use crate::layout::{Layout, LayoutPolicy, Mapping, Warp};
use crate::options::DecoderOptions;
use crate::transducer::PredictionJoint;

/// Added to the weight of the internal language model on a keyboard whose letters all stand for
/// others; scaled by their share otherwise. It and [`RELABELLED_PRIOR`] were chosen on swipes of
/// How We Swipe's training people, mapped to other layouts (docs/LAYOUTS.md).
const RELABELLED_INTERNAL: f32 = 0.25;
/// The same for the weight of the prior, see [`RELABELLED_INTERNAL`].
const RELABELLED_PRIOR: f32 = 0.15;

/// A caller's layout or the trained one, with what decoding derives from it.
#[derive(Debug)]
pub(crate) struct Keyboard {
    /// The layout as the caller gave it.
    pub(crate) layout: Layout,
    /// The positions of its labels, for geometric evidence.
    pub(crate) keys: Keys,
    mapping: Mapping,
    /// The prediction network and the joint, with the classes in the order of the labels that the
    /// keys type.
    pub(crate) transducer: Arc<PredictionJoint>,
}

impl Keyboard {
    /// The keyboard that the bundle's network was trained on.
    ///
    /// # Errors
    /// None with a checked manifest.
    pub(crate) fn trained(manifest: &Manifest, transducer: &Arc<PredictionJoint>) -> Result<Self> {
        Ok(Self {
            layout: manifest.layout.clone(),
            keys: Keys::new(&manifest.layout, &manifest.vocabulary.labels)?,
            mapping: Mapping::default(),
            transducer: Arc::clone(transducer),
        })
    }

    /// The keyboard of `layout` for a bundle and its `transducer`.
    ///
    /// # Errors
    /// Those of [`Mapping::new`].
    pub(crate) fn new(
        layout: &Layout,
        manifest: &Manifest,
        transducer: &Arc<PredictionJoint>,
    ) -> Result<Self> {
        if *layout == manifest.layout {
            return Self::trained(manifest, transducer);
        }
        let labels = &manifest.vocabulary.labels;
        let mapping = match manifest.featurizer.layout_policy()? {
            LayoutPolicy::Warp => Mapping::new(layout, &manifest.layout, labels)?,
        };
        let transducer = match &mapping.classes {
            Some(classes) => Arc::new(transducer.relabelled(classes)?),
            None => Arc::clone(transducer),
        };
        Ok(Self {
            keys: Keys::new(layout, labels)?,
            layout: layout.clone(),
            mapping,
            transducer,
        })
    }

    /// The map of points before featurization.
    pub(crate) fn warp(&self) -> Option<&Warp> {
        self.mapping.warp.as_ref()
    }

    /// Whether its labels have the same classes as on the trained layout.
    pub(crate) fn has_trained_classes(&self) -> bool {
        self.mapping.classes.is_none()
    }

    /// Adapts `options`, which suit the trained layout, to this one: where letters stand for
    /// others, the network's knowledge of spelling concerns other words.
    pub(crate) fn adjusted(&self, options: &DecoderOptions) -> DecoderOptions {
        let relabelled = self.relabelled();
        DecoderOptions {
            internal_lm_weight: options.internal_lm_weight + RELABELLED_INTERNAL * relabelled,
            prior_weight: options.prior_weight + RELABELLED_PRIOR * relabelled,
            ..options.clone()
        }
    }

    /// Share of the labels that stand for others, 0 to 1.
    fn relabelled(&self) -> f32 {
        let Some(classes) = &self.mapping.classes else {
            return 0.0;
        };
        let others = classes
            .iter()
            .zip(0..)
            .filter(|(class, label)| *class != label);
        others.count() as f32 / classes.len().max(1) as f32
    }

    /// Whether the other keyboard's labels have the same classes, so that results by label hold for
    /// both.
    pub(crate) fn has_classes_of(&self, other: &Self) -> bool {
        self.mapping.classes == other.mapping.classes
    }
}
