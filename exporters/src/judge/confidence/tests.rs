use super::*;
use crate::random::Random;

/// Swipes whose words are drawn from exp(score / `temperature`) with another word of score `other`.
fn drawn(count: usize, temperature: f64, other: f64) -> Vec<Scored> {
    let mut random = Random::new(1);
    let mut uniform = move || (random.bits() >> 11) as f64 / (1_u64 << 53) as f64;
    let mut scored = Vec::new();
    for _ in 0..count {
        let mut scores: Vec<f64> = (0..6).map(|_| -8.0 * uniform() - 1.0).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let weights = scores.iter().map(|score| (score / temperature).exp());
        let total = weights.sum::<f64>() + (other / temperature).exp();
        let hit = uniform() * total < (scores[0] / temperature).exp();
        scored.push(Scored { scores, hit });
    }
    scored
}

#[test]
fn a_fit_finds_what_the_swipes_were_drawn_with() {
    for (temperature, other) in [(1.0, -4.0), (2.5, -5.0), (0.6, -3.0)] {
        let scored = drawn(20_000, temperature, other);
        let start = ConfidenceOptions {
            temperature: 1.0,
            other_score: None,
        };
        let fitted = likeliest(&scored, start);
        // Temperature and score lean on each other; what they give is what counts.
        let truth = ConfidenceOptions {
            temperature: temperature as f32,
            other_score: Some(other as f32),
        };
        let off = scored.iter().map(|swipe| {
            (fitted.confidence(&swipe.scores) - truth.confidence(&swipe.scores)).abs()
        });
        let off = off.sum::<f64>() / scored.len() as f64;
        assert!(
            off < 0.02,
            "{temperature} {other}: {fitted:?}, off by {off}"
        );
        let after = fitted.reliability(&scored);
        assert!(after.ece < 0.015, "{}", after.ece);
        assert!((after.confidence - after.accuracy).abs() < 0.01);
        let before = ConfidenceOptions {
            temperature: 0.2,
            other_score: None,
        };
        let before = before.reliability(&scored);
        assert!(before.ece > 0.1);
        assert!(after.negative_log_likelihood < before.negative_log_likelihood);
    }
}

#[test]
fn without_words_nothing_is_fitted() {
    let before = ConfidenceOptions {
        temperature: 1.5,
        other_score: Some(-7.0),
    };
    let nothing = Scored {
        scores: Vec::new(),
        hit: false,
    };
    assert_eq!(likeliest(&[nothing], before), before);
    assert_eq!(likeliest(&[], before), before);
}

#[test]
fn scores_of_any_size_give_a_confidence() {
    let fitted = ConfidenceOptions {
        temperature: 0.5,
        other_score: Some(-3.0),
    };
    assert_eq!(fitted.confidence(&[]), 0.0);
    for scores in [[-1e9, -2e9], [1e9, 0.0], [-3.0, -3.0]] {
        let confidence = fitted.confidence(&scores);
        assert!((0.0..=1.0).contains(&confidence), "{confidence}");
    }
    assert!((fitted.confidence(&[-3.0, -3.0]) - 1.0 / 3.0).abs() < 1e-12);
}
