//! The keyboard that an engine's traces are made on.

use std::sync::Arc;

use crate::bundle::Manifest;
use crate::error::Result;
use crate::geometry::Keys;
use crate::layout::{Layout, LayoutPolicy, Mapping, Warp};
use crate::options::DecoderOptions;
use crate::transducer::PredictionJoint;

/// What is added to the weights of the internal language model and of the prior on a keyboard all
/// of whose letters are taken for others, in proportion on others. Chosen on swipes of How We
/// Swipe's training people, carried over (docs/LAYOUTS.md).
const RELABELLED_INTERNAL: f32 = 0.25;
/// See [`RELABELLED_INTERNAL`].
const RELABELLED_PRIOR: f32 = 0.15;

/// A caller's layout, or the trained one, and what decoding makes of it.
#[derive(Debug)]
pub(crate) struct Keyboard {
    /// As the caller gave it.
    pub(crate) layout: Layout,
    /// Where its labels lie, for geometric evidence.
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
    /// None that a checked manifest gives.
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

    /// What points go through before they become features.
    pub(crate) fn warp(&self) -> Option<&Warp> {
        self.mapping.warp.as_ref()
    }

    /// Whether its labels mean the classes that they mean on the trained layout.
    pub(crate) fn has_trained_classes(&self) -> bool {
        self.mapping.classes.is_none()
    }

    /// `options`, which are meant for the trained layout, on this one: where letters are taken for
    /// others, what the network has learned of spelling is of other words.
    pub(crate) fn adjusted(&self, options: &DecoderOptions) -> DecoderOptions {
        let relabelled = self.relabelled();
        DecoderOptions {
            internal_lm_weight: options.internal_lm_weight + RELABELLED_INTERNAL * relabelled,
            prior_weight: options.prior_weight + RELABELLED_PRIOR * relabelled,
            ..options.clone()
        }
    }

    /// Share of the labels that are taken for others, 0 to 1.
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

    /// Whether the other keyboard's labels mean the same classes, so that all that was worked out
    /// by labels holds for it.
    pub(crate) fn has_classes_of(&self, other: &Self) -> bool {
        self.mapping.classes == other.mapping.classes
    }
}
