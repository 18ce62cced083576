//! Weights of a score that is a sum of weighted terms.
//!
//! For the terms x of a swipe's words, P(word) = exp(w · x) / Σ exp(w · x') over its list. The
//! weights w with the greatest likelihood of the target words are those of a conditional logit
//! model (McFadden 1974). The loss is convex, so Newton's method finds the one minimum. The only
//! parameter is a small penalty that decides between equivalent terms.

/// Most steps; five to ten are usual.
const MAX_STEPS: usize = 50;
/// A step that gains less than this, in nats a list, is the last.
const ENOUGH: f64 = 1e-9;

/// The words that a swipe may mean, each with the terms of its score, and which of them was meant.
/// Holds no word.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredList {
    /// `[words, count]`.
    terms: Vec<f64>,
    count: usize,
    target: Option<usize>,
}

impl ScoredList {
    /// An empty list of words with `count` terms each, at least one.
    pub fn new(count: usize) -> Self {
        Self {
            terms: Vec::new(),
            count: count.max(1),
            target: None,
        }
    }

    /// Appends a word. Of several that were meant the first counts. What is not a number counts as
    /// 0; missing terms as well.
    pub fn push(&mut self, terms: &[f64], is_target: bool) {
        if is_target && self.target.is_none() {
            self.target = Some(self.len());
        }
        let terms = terms.iter().copied().chain(std::iter::repeat(0.0));
        let terms = terms.map(|term| if term.is_finite() { term } else { 0.0 });
        self.terms.extend(terms.take(self.count));
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.terms.len() / self.count
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Index of the word that was meant; `None` where it is not in the list.
    pub fn target(&self) -> Option<usize> {
        self.target
    }

    /// The terms of each word.
    pub fn words(&self) -> impl Iterator<Item = &[f64]> {
        self.terms.chunks_exact(self.count)
    }

    /// Rank of the word that was meant when the words are ordered by their scores, from 0; words
    /// of its score come behind it.
    pub fn rank(&self, weights: &[f64]) -> Option<usize> {
        let mut words = self.words();
        let target = dot(words.nth(self.target?)?, weights);
        let better = self.words().filter(|terms| dot(terms, weights) > target);
        Some(better.count())
    }

    /// log P of the word that was meant, and the P of all words into `shares`.
    fn log_likelihood(&self, weights: &[f64], shares: &mut Vec<f64>) -> Option<f64> {
        let target = self.target?;
        shares.clear();
        shares.extend(self.words().map(|terms| dot(terms, weights)));
        let best = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let score = shares[target] - best;
        let mut total = 0.0;
        for share in shares.iter_mut() {
            *share = (*share - best).exp();
            total += *share;
        }
        shares.iter_mut().for_each(|share| *share /= total);
        Some(score - total.ln())
    }
}

/// Fitted weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Blend {
    /// One for each term.
    pub weights: Vec<f64>,
    /// Mean log P of the words that were meant, in nats, over the lists that hold them.
    pub log_likelihood: f64,
    /// Lists that hold the word that was meant: those that count.
    pub lists: usize,
    /// Steps of Newton's method.
    pub steps: usize,
}

/// Mean log P of the words that were meant, over the lists that hold them; 0 where none does.
pub fn log_likelihood(lists: &[ScoredList], weights: &[f64]) -> f64 {
    let mut shares = Vec::new();
    let (mut sum, mut count) = (0.0, 0);
    for list in lists {
        if let Some(value) = list.log_likelihood(weights, &mut shares) {
            sum += value;
            count += 1;
        }
    }
    sum / f64::from(count.max(1))
}

/// The weights with the greatest likelihood of the target words. Terms whose entry in `free` is not
/// `true`, and those that are the same for all words of each list, keep a weight of 0.
///
/// `penalty` times half the squares of the weights is added to the loss, in nats per list, for
/// terms scaled to a standard deviation of 1 within their lists. 1e-4 is a good value: it only
/// decides what the lists leave open. Lists without their target are ignored. If none is left, all
/// weights are 0.
pub fn fit(lists: &[ScoredList], free: &[bool], penalty: f64) -> Blend {
    let count = lists.first().map_or(0, |list| list.count);
    let lists: Vec<&ScoredList> = lists
        .iter()
        .filter(|list| list.target.is_some() && list.count == count)
        .collect();
    let (columns, penalties): (Vec<usize>, Vec<f64>) = (0..count)
        .filter(|term| free.get(*term).copied().unwrap_or(false))
        .filter_map(|term| Some((term, penalty.max(1e-12) * variance(&lists, term)?)))
        .unzip();
    let mut blend = Blend {
        weights: vec![0.0; count],
        log_likelihood: 0.0,
        lists: lists.len(),
        steps: 0,
    };
    if lists.is_empty() {
        return blend;
    }
    let mut objective = Objective::new(&lists, &columns, &penalties);
    let mut gain = objective.value(&blend.weights);
    for _ in 0..MAX_STEPS {
        objective.differentiate(&blend.weights);
        let Some(step) = objective.newton_step() else {
            break;
        };
        blend.steps += 1;
        // Newton's step may overshoot far from the minimum; the direction is always downhill.
        let mut length = 1.0;
        let (next, value) = loop {
            let mut next = blend.weights.clone();
            for (term, step) in columns.iter().zip(&step) {
                next[*term] += length * step;
            }
            let value = objective.value(&next);
            if value >= gain || length < 1e-6 {
                break (next, value);
            }
            length /= 2.0;
        };
        if value < gain {
            break;
        }
        let won = value - gain;
        (blend.weights, gain) = (next, value);
        if won < ENOUGH {
            break;
        }
    }
    let sum: f64 = lists
        .iter()
        .filter_map(|list| list.log_likelihood(&blend.weights, &mut objective.shares))
        .sum();
    blend.log_likelihood = sum / lists.len() as f64;
    blend
}

/// Variance of a term within its lists, over all words; `None` where it is the same for all words
/// of each list but for rounding, and so says nothing.
fn variance(lists: &[&ScoredList], term: usize) -> Option<f64> {
    let (mut sum, mut squares, mut words) = (0.0, 0.0, 0);
    for list in lists {
        let mean = list.words().map(|terms| terms[term]).sum::<f64>() / list.len() as f64;
        for terms in list.words() {
            sum += (terms[term] - mean).powi(2);
            squares += terms[term].powi(2);
        }
        words += list.len();
    }
    (sum > 1e-24 * squares).then(|| sum / words.max(1) as f64)
}

/// The mean log-likelihood less the penalty, and its derivatives by the free weights.
struct Objective<'a> {
    lists: &'a [&'a ScoredList],
    columns: &'a [usize],
    penalties: &'a [f64],
    gradient: Vec<f64>,
    /// Negative second derivatives, `[columns, columns]`.
    curvature: Vec<f64>,
    shares: Vec<f64>,
}

impl<'a> Objective<'a> {
    fn new(lists: &'a [&'a ScoredList], columns: &'a [usize], penalties: &'a [f64]) -> Self {
        Self {
            lists,
            columns,
            penalties,
            gradient: vec![0.0; columns.len()],
            curvature: vec![0.0; columns.len() * columns.len()],
            shares: Vec::new(),
        }
    }

    fn value(&mut self, weights: &[f64]) -> f64 {
        let lists = self.lists.iter();
        let sum: f64 = lists
            .filter_map(|list| list.log_likelihood(weights, &mut self.shares))
            .sum();
        let penalties = self.columns.iter().zip(self.penalties);
        let penalty: f64 = penalties
            .map(|(term, penalty)| penalty * weights[*term].powi(2) / 2.0)
            .sum();
        sum / self.lists.len() as f64 - penalty
    }

    fn differentiate(&mut self, weights: &[f64]) {
        let (n, size) = (self.lists.len() as f64, self.columns.len());
        self.gradient.fill(0.0);
        self.curvature.fill(0.0);
        let mut mean = vec![0.0; size];
        for list in self.lists {
            let (Some(_), Some(target)) =
                (list.log_likelihood(weights, &mut self.shares), list.target)
            else {
                continue;
            };
            mean.fill(0.0);
            for (terms, share) in list.words().zip(&self.shares) {
                for (mean, term) in mean.iter_mut().zip(self.columns) {
                    *mean += share * terms[*term];
                }
            }
            for (index, (terms, share)) in list.words().zip(&self.shares).enumerate() {
                for (i, a) in self.columns.iter().enumerate() {
                    let off = terms[*a] - mean[i];
                    if index == target {
                        self.gradient[i] += off / n;
                    }
                    let off = share * off / n;
                    for (j, b) in self.columns[..=i].iter().enumerate() {
                        self.curvature[i * size + j] += off * (terms[*b] - mean[j]);
                    }
                }
            }
        }
        for (i, (term, penalty)) in self.columns.iter().zip(self.penalties).enumerate() {
            self.gradient[i] -= penalty * weights[*term];
            self.curvature[i * size + i] += penalty;
            for j in 0..i {
                self.curvature[j * size + i] = self.curvature[i * size + j];
            }
        }
    }

    /// curvature⁻¹ · gradient, by Cholesky's decomposition; `None` where rounding has left the
    /// curvature without one.
    fn newton_step(&self) -> Option<Vec<f64>> {
        let size = self.columns.len();
        let mut factor = self.curvature.clone();
        for i in 0..size {
            for j in 0..=i {
                let products = (0..j).map(|k| factor[i * size + k] * factor[j * size + k]);
                let rest = factor[i * size + j] - products.sum::<f64>();
                factor[i * size + j] = if i != j {
                    rest / factor[j * size + j]
                } else if rest > 0.0 {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        let mut step = self.gradient.clone();
        for i in 0..size {
            let done: f64 = (0..i).map(|k| factor[i * size + k] * step[k]).sum();
            step[i] = (step[i] - done) / factor[i * size + i];
        }
        for i in (0..size).rev() {
            let done: f64 = (i + 1..size).map(|k| factor[k * size + i] * step[k]).sum();
            step[i] = (step[i] - done) / factor[i * size + i];
        }
        step.iter().all(|step| step.is_finite()).then_some(step)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
