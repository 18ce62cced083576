//! What activations look like on real swipes, and the ranges that follow.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use swipekit::internals::runtime::{OnnxModel, RuntimeOptions, Tensor};

use super::histogram::Histogram;
use super::layers::{Kind, graph, layers};
use super::rewrite::{Range, Ranges};
use super::{QuantizeError, Result};
use crate::arguments::{arguments_of, between, share};
use crate::onnx::proto::{Model, TensorType, Type, ValueInfo};
use crate::onnx::{ElementType, LengthType, serialize};

/// How a range follows from what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Method {
    /// From the least to the greatest value.
    MinMax,
    /// The least and greatest value of each batch, averaged: each batch counts for `weight`, what
    /// came before for the rest.
    MovingAverage {
        /// 0 to 1.
        weight: f32,
    },
    /// What holds `percent` percent of the values, leaving as many out below as above.
    Percentile {
        /// 0 to 100.
        percent: f64,
    },
    /// The threshold that loses least information ([`Histogram::entropy`]).
    Entropy,
}

/// [`Method`] on the command line.
#[derive(clap::Args)]
struct MethodArguments {
    /// How the ranges of activations follow from the calibration, for static recipes.
    #[arg(long = "calibration-method", value_name = "METHOD", value_enum, default_value_t = MethodName::Percentile)]
    calibration_method: MethodName,
    /// Percent of the values that the method `percentile` keeps, 50 to 100.
    #[arg(long, value_name = "X", default_value_t = 99.99, value_parser = |text: &str| between(text, 50.0, 100.0))]
    percentile: f64,
    /// Weight of the newest batch in the method `moving-average`, 0 to 1.
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = share)]
    moving_average: f64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum MethodName {
    /// Least to greatest value.
    #[value(name = "minmax")]
    MinMax,
    /// Least and greatest value of each batch, averaged.
    MovingAverage,
    /// All but the rarest values.
    Percentile,
    /// The threshold that loses least information.
    Entropy,
}

impl From<MethodArguments> for Method {
    fn from(arguments: MethodArguments) -> Self {
        match arguments.calibration_method {
            MethodName::MinMax => Self::MinMax,
            MethodName::MovingAverage => Self::MovingAverage {
                weight: arguments.moving_average as f32,
            },
            MethodName::Percentile => Self::Percentile {
                percent: arguments.percentile,
            },
            MethodName::Entropy => Self::Entropy,
        }
    }
}

arguments_of!(Method, MethodArguments);

/// What was seen of one activation.
#[derive(Clone, Debug, Default)]
struct Seen {
    histogram: Histogram,
    batches: Vec<Range>,
    /// Sum of the squares of each column, and how many rows there were.
    columns: (Vec<f64>, u64),
}

/// What was seen of every activation that goes into a layer, and of what comes out of a
/// convolution.
#[derive(Clone, Debug)]
pub struct Observations {
    seen: BTreeMap<String, Seen>,
}

/// What an encoder reads of one swipe.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderInput {
    /// Features `[F, T]`, row-major.
    pub features: Vec<f32>,
    /// Samples of the path, T.
    pub samples: usize,
}

/// Runs `model` over `swipes`, one swipe at a time so that padding never counts, and takes down
/// its activations. A batch of the moving average is `batch` swipes. The swipes are spread over
/// `threads` threads; the result does not depend on their number.
///
/// # Errors
/// [`QuantizeError::NotFinite`] where an activation is not finite, and what the runtime gives.
pub fn observe(
    model: &Model,
    lengths: LengthType,
    swipes: &[EncoderInput],
    batch: usize,
    threads: usize,
) -> Result<Observations> {
    let names = activations(model)?;
    let bytes = serialize(watched(model, &names)?);
    let batches: Vec<&[EncoderInput]> = swipes.chunks(batch.max(1)).collect();
    let share = batches.len().div_ceil(threads.max(1)).max(1);
    let parts = std::thread::scope(|scope| {
        let runs: Vec<_> = batches
            .chunks(share)
            .map(|batches| {
                let (bytes, names) = (&bytes, &names);
                scope.spawn(move || observe_batches(bytes, names, lengths, batches))
            })
            .collect();
        let parts = runs.into_iter().map(|run| match run.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        parts.collect::<Result<Vec<_>>>()
    })?;
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for (name, part) in parts.into_iter().flatten() {
        let all = seen.entry(name).or_default();
        all.histogram.merge(&part.histogram);
        all.batches.extend(part.batches);
        add_columns(&mut all.columns, part.columns);
    }
    Ok(Observations { seen })
}

fn observe_batches(
    model: &[u8],
    names: &BTreeSet<String>,
    lengths: LengthType,
    batches: &[&[EncoderInput]],
) -> Result<BTreeMap<String, Seen>> {
    let mut model = OnnxModel::from_bytes(model, &RuntimeOptions::default())?;
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for batch in batches {
        let mut ranges: BTreeMap<String, (f32, f32)> = BTreeMap::new();
        for swipe in *batch {
            for (name, tensor) in run(&mut model, swipe, lengths)? {
                let Some(values) = tensor.as_f32().filter(|_| names.contains(&name)) else {
                    continue;
                };
                let entry = seen.entry(name.clone()).or_default();
                if !entry.histogram.add(values) {
                    return Err(QuantizeError::NotFinite { what: name });
                }
                let width = tensor.shape.last().copied().unwrap_or(1).max(1);
                let mut squares = vec![0.0; width];
                for row in values.chunks_exact(width) {
                    for (sum, value) in squares.iter_mut().zip(row) {
                        *sum += f64::from(*value).powi(2);
                    }
                }
                let rows = (values.len() / width) as u64;
                add_columns(&mut entry.columns, (squares, rows));
                let range = ranges.entry(name).or_insert((0.0, 0.0));
                for value in values {
                    *range = (range.0.min(*value), range.1.max(*value));
                }
            }
        }
        for (name, (low, high)) in ranges {
            if let Some(entry) = seen.get_mut(&name) {
                entry.batches.push(Range::new(low, high));
            }
        }
    }
    Ok(seen)
}

fn run(
    model: &mut OnnxModel,
    swipe: &EncoderInput,
    lengths: LengthType,
) -> swipekit::Result<Vec<(String, Tensor)>> {
    let count = swipe.features.len().checked_div(swipe.samples).unwrap_or(0);
    let features = Tensor::f32([1, count, swipe.samples], swipe.features.clone());
    let lengths = match lengths {
        LengthType::Int32 => Tensor::i32([1], vec![swipe.samples as i32]),
        LengthType::Int64 => Tensor::i64([1], vec![swipe.samples as i64]),
    };
    model.run(&[("features_bft", &features), ("lengths", &lengths)])
}

impl Observations {
    /// The range of every activation.
    pub fn ranges(&self, method: Method) -> Ranges {
        let ranges = self.seen.iter().map(|(name, seen)| {
            let range = match method {
                Method::MinMax => seen.histogram.extremes(),
                Method::MovingAverage { weight } => moving_average(&seen.batches, weight),
                Method::Percentile { percent } => seen.histogram.percentile(percent),
                Method::Entropy => seen.histogram.entropy(),
            };
            (name.clone(), range)
        });
        ranges.collect()
    }
}

impl Observations {
    /// Root mean squares of the columns of an activation (its last dimension); empty where it was
    /// not seen.
    pub fn columns(&self, name: &str) -> Vec<f32> {
        let Some(Seen {
            columns: (squares, rows),
            ..
        }) = self.seen.get(name)
        else {
            return Vec::new();
        };
        let rows = (*rows).max(1) as f64;
        squares
            .iter()
            .map(|sum| (sum / rows).sqrt() as f32)
            .collect()
    }
}

fn add_columns(sums: &mut (Vec<f64>, u64), (squares, rows): (Vec<f64>, u64)) {
    if sums.0.is_empty() {
        sums.0 = vec![0.0; squares.len()];
    }
    sums.0
        .iter_mut()
        .zip(squares)
        .for_each(|(sum, more)| *sum += more);
    sums.1 += rows;
}

fn moving_average(batches: &[Range], weight: f32) -> Range {
    let average = batches.iter().copied().reduce(|average, batch| Range {
        low: average.low + weight * (batch.low - average.low),
        high: average.high + weight * (batch.high - average.high),
    });
    average.unwrap_or(Range::new(0.0, 0.0))
}

/// Names of the activations whose ranges a static recipe asks for.
fn activations(model: &Model) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for layer in layers(model)? {
        if layer.kind == Kind::Convolution {
            names.insert(layer.output);
        }
        names.insert(layer.activation);
    }
    Ok(names)
}

/// The model with `names` among its outputs.
fn watched(model: &Model, names: &BTreeSet<String>) -> Result<Model> {
    graph(model)?;
    let mut model = model.clone();
    if let Some(graph) = &mut model.graph {
        let known: BTreeSet<String> = graph.output.iter().filter_map(|o| o.name.clone()).collect();
        graph
            .output
            .extend(names.difference(&known).map(|name| ValueInfo {
                name: Some(name.clone()),
                r#type: Some(Type {
                    tensor_type: Some(TensorType {
                        elem_type: Some(ElementType::F32 as i32),
                        shape: None,
                    }),
                }),
                doc_string: None,
            }));
    }
    Ok(model)
}
