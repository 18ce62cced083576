//! Evidence that scores words besides the frames and the priors.

use crate::decoder::DecoderOptions;
use crate::geometry::GesturePath;
use crate::language_model::{Context, LanguageModel};

/// Most nats that the words before a swipe add to or subtract from a word, before weighting; a
/// model's rarest pairs are known no better. Of the limits tried on How We Swipe (2, 4, 6, 10),
/// lower ones gave fewer correct words.
const MAX_GAIN: f64 = 10.0;

/// The evidence of one swipe; none by default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence<'a> {
    /// The words before the swipe.
    pub(crate) language_model: Option<Sentence<'a>>,
    /// The path, for geometric evidence.
    pub(crate) geometry: Option<&'a GesturePath>,
}

/// The words before a swipe, with the language model that scores its words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence<'a> {
    pub(crate) model: &'a LanguageModel,
    pub(crate) context: &'a Context,
}

impl Evidence<'_> {
    /// How much likelier the words before the swipe make `word`, in nats, limited to [`MAX_GAIN`]
    /// either way; 0 where the options do not use them.
    pub(super) fn language_model(&self, word: &str, options: &DecoderOptions) -> f64 {
        let Some(Sentence { model, context }) = self.language_model else {
            return 0.0;
        };
        if options.language_model_weight == 0.0 {
            return 0.0;
        }
        model.gain(context, word).clamp(-MAX_GAIN, MAX_GAIN)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;
    use crate::decoder::Decoder;
    use crate::decoder::tests::{frames, lexicon, words};
    use crate::language_model::LanguageModelBuilder;
    use crate::transducer::fixtures;

    /// A model in which every second word is likelier after "we".
    fn model(words: &[(String, f64)]) -> LanguageModel {
        let mut builder = LanguageModelBuilder::new();
        builder.add(&["we"], -3.0, -0.5).unwrap();
        for (at, (word, _)) in words.iter().enumerate().step_by(2) {
            builder.add(&[word], -9.0, 0.0).unwrap();
            let likelier = -8.0 + (at % 7) as f64;
            builder.add(&["we", word], likelier, 0.0).unwrap();
        }
        let bytes = builder.build().unwrap().bytes;
        LanguageModel::from_bytes(bytes.into(), "test").unwrap()
    }

    #[test]
    fn the_words_before_add_their_weight_to_every_score() {
        let words = words(3, 200);
        let transducer = Arc::new(fixtures::transducer(2, 1));
        let frames = frames(&transducer, 2, 10, 2.0);
        let mut decoder = Decoder::new(transducer, lexicon(&words), 20).unwrap();
        let model = model(&words);
        let context = model.context(&["we"]);
        let mut decode = |weight: f32, context: Option<&Context>| {
            let options = DecoderOptions {
                beam: 0,
                candidates: 1000,
                language_model_weight: weight,
                ..DecoderOptions::default()
            };
            let language_model = context.map(|context| Sentence {
                model: &model,
                context,
            });
            let evidence = Evidence {
                language_model,
                geometry: None,
            };
            let decoded = decoder.decode_until(&frames, &options, &evidence, &mut || Ok(false));
            decoded.unwrap().0
        };
        let without = decode(0.7, None);
        assert!(
            without
                .iter()
                .all(|candidate| candidate.language_model == 0.0)
        );
        assert_eq!(decode(0.0, Some(&context)), without);
        assert_eq!(decode(0.7, Some(&model.context::<&str>(&[]))), without);
        assert_eq!(decode(0.7, Some(&model.context(&["absent"]))), without);

        let scores: HashMap<&str, f64> = without
            .iter()
            .map(|candidate| (candidate.word.as_str(), candidate.score))
            .collect();
        let with = decode(0.7, Some(&context));
        assert_eq!(with.len(), without.len());
        assert!(with.is_sorted_by(|a, b| a.score >= b.score));
        let mut moved = 0;
        for candidate in &with {
            let gain = model.gain(&context, &candidate.word);
            assert_eq!(candidate.language_model, gain);
            let expected = scores[candidate.word.as_str()] + f64::from(0.7f32) * gain;
            assert!((candidate.score - expected).abs() < 1e-9);
            // A word that the model lacks keeps its score.
            if !model.contains(&candidate.word) {
                assert_eq!(candidate.score, scores[candidate.word.as_str()]);
            }
            moved += usize::from(gain != 0.0);
        }
        assert!(moved > 50);
        assert_ne!(with[0].word, without[0].word);
        let sum: f64 = with.iter().map(|candidate| candidate.confidence).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }

    #[test]
    fn no_pair_of_a_model_outweighs_all_else() {
        let mut builder = LanguageModelBuilder::new();
        for (words, log_probability) in [
            (&["we"][..], -2.0),
            (&["are"], -30.0),
            (&["we", "are"], -0.1),
        ] {
            builder.add(words, log_probability, 0.0).unwrap();
        }
        let bytes = builder.build().unwrap().bytes;
        let model = LanguageModel::from_bytes(bytes.into(), "test").unwrap();
        let context = model.context(&["we"]);
        assert!(model.gain(&context, "are") > 25.0);
        let sentence = Sentence {
            model: &model,
            context: &context,
        };
        let evidence = Evidence {
            language_model: Some(sentence),
            geometry: None,
        };
        let options = DecoderOptions {
            language_model_weight: 1.0,
            ..DecoderOptions::default()
        };
        assert_eq!(evidence.language_model("are", &options), MAX_GAIN);
    }
}
