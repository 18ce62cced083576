//! Interpolated Kneser-Ney smoothing with three discounts (Chen and Goodman, *An Empirical Study of
//! Smoothing Techniques for Language Modeling*, TR-10-98, 1998, section 4.1.6).
//!
//! P(w | h) = (c(h w) - D(c(h w))) / c(h) + γ(h) P(w | h'), down to the uniform distribution over
//! all words. Counts of the longest n-grams are those of the text. Counts of shorter ones are the
//! number of different words before them. Pruned n-grams give their mass to γ, so probabilities
//! still sum to one.

use super::counts::{Corpus, START, continuations};

/// KenLM's discounts for counts 1, 2 and 3 or more, used if a text is too small to estimate them.
pub(super) const FALLBACK: [f64; 3] = [0.5, 1.0, 1.5];

/// A smoothed model. Probabilities and back-off weights are not logarithms.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// By the number of the word. The start of a sentence has probability 0.
    pub unigrams: Vec<[f64; 2]>,
    /// Ascending.
    pub pairs: Vec<([u32; 2], [f64; 2])>,
    /// Ascending.
    pub triples: Vec<([u32; 3], f64)>,
}

/// The discounts of counts 1, 2 and 3 or more.
pub(super) fn discounts(counts: impl Iterator<Item = u64>) -> [f64; 3] {
    let mut of = [0u64; 5];
    for count in counts {
        if (1..=4).contains(&count) {
            of[count as usize] += 1;
        }
    }
    let [_, n1, n2, n3, n4] = of.map(|count| count as f64);
    let y = n1 / (n1 + 2.0 * n2);
    let discounts = [
        1.0 - 2.0 * y * n2 / n1,
        2.0 - 3.0 * y * n3 / n2,
        3.0 - 4.0 * y * n4 / n3,
    ];
    let seen = of[1..].iter().all(|count| *count > 0);
    let sound = discounts
        .iter()
        .zip([1.0, 2.0, 3.0])
        .all(|(discount, most)| *discount > 0.0 && *discount <= most);
    if seen && sound { discounts } else { FALLBACK }
}

fn discount(discounts: &[f64; 3], count: u64) -> f64 {
    match count {
        0 => 0.0,
        1..=2 => discounts[count as usize - 1],
        _ => discounts[2],
    }
}

/// The probability of each n-gram, and γ with one n-gram of each history.
type Level<const N: usize> = (Vec<([u32; N], f64)>, Vec<([u32; N], f64)>);

/// The probabilities of those n-grams in `counts` (ascending) that `keep` selects.
fn level<const N: usize>(
    counts: &[([u32; N], u64)],
    keep: impl Fn(&[u32; N], u64) -> bool,
    lower: impl Fn(&[u32; N]) -> f64,
) -> Level<N> {
    let discounts = discounts(counts.iter().map(|(_, count)| *count));
    let (mut probabilities, mut gammas) = (Vec::new(), Vec::new());
    for group in counts.chunk_by(|a, b| a.0[..N - 1] == b.0[..N - 1]) {
        let total = group.iter().map(|(_, count)| *count).sum::<u64>() as f64;
        let given_up = |(ngram, count): &([u32; N], u64)| {
            if keep(ngram, *count) {
                discount(&discounts, *count)
            } else {
                *count as f64
            }
        };
        let gamma = group.iter().map(given_up).sum::<f64>() / total;
        gammas.push((group[0].0, gamma));
        for (ngram, count) in group.iter().filter(|(ngram, count)| keep(ngram, *count)) {
            let left = *count as f64 - discount(&discounts, *count);
            probabilities.push((*ngram, left / total + gamma * lower(ngram)));
        }
    }
    (probabilities, gammas)
}

/// Smooths the n-grams of up to `order` words whose count reaches `min_counts` for their length.
/// For shorter n-grams the count is the number of different words before them.
pub(super) fn estimate(corpus: &Corpus, order: usize, min_counts: [u64; 3]) -> Model {
    let (raw1, raw2) = (corpus.count::<1>(), corpus.count::<2>());
    let (counts2, counts3) = match order {
        1 => (Vec::new(), Vec::new()),
        2 => (raw2.clone(), Vec::new()),
        _ => {
            let counts3 = corpus.count::<3>();
            (continuations(&counts3, &raw2), counts3)
        }
    };
    let mut counts1 = if order == 1 {
        raw1
    } else {
        continuations(&raw2, &raw1)
    };
    counts1.retain(|([word], _)| *word != START);

    let total = counts1.iter().map(|(_, count)| *count).sum::<u64>() as f64;
    let discounts = discounts(counts1.iter().map(|(_, count)| *count));
    let given_up = counts1
        .iter()
        .map(|(_, count)| discount(&discounts, *count));
    let uniform = given_up.sum::<f64>() / total / (corpus.words.len() - 1) as f64;
    let mut model = Model {
        unigrams: vec![[uniform, 1.0]; corpus.words.len()],
        ..Model::default()
    };
    model.unigrams[START as usize][0] = 0.0;
    for ([word], count) in &counts1 {
        let left = *count as f64 - discount(&discounts, *count);
        model.unigrams[*word as usize][0] += left / total;
    }

    let mut begun: Vec<[u32; 2]> = counts3
        .iter()
        .filter(|(_, count)| *count >= min_counts[2])
        .map(|([first, second, _], _)| [*first, *second])
        .collect();
    begun.dedup();
    let (pairs, gammas) = level(
        &counts2,
        |pair, count| count >= min_counts[1] || begun.binary_search(pair).is_ok(),
        |[_, word]| model.unigrams[*word as usize][0],
    );
    for ([word, _], gamma) in gammas {
        model.unigrams[word as usize][1] = gamma;
    }
    let (triples, gammas) = level(
        &counts3,
        |_, count| count >= min_counts[2],
        |[_, second, third]| match pairs.binary_search_by_key(&[*second, *third], |pair| pair.0) {
            Ok(at) => pairs[at].1,
            Err(_) => model.unigrams[*second as usize][1] * model.unigrams[*third as usize][0],
        },
    );
    model.pairs = pairs
        .into_iter()
        .map(|(pair, probability)| (pair, [probability, 1.0]))
        .collect();
    for ([first, second, _], gamma) in gammas {
        let at = model
            .pairs
            .binary_search_by_key(&[first, second], |pair| pair.0);
        if let Ok(at) = at {
            model.pairs[at].1[1] = gamma;
        }
    }
    model.triples = triples;
    model
}
