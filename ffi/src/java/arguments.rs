//! Reads what Java gives: nulls, lengths and counts are checked before anything else is done.

use std::path::PathBuf;

use jni::Env;
use jni::objects::{JDoubleArray, JFloatArray, JIntArray, JObjectArray, JString};
use jni::refs::Reference as _;
use jni::sys::jint;
use swipekit::DecoderOptions;
use swipekit::layout::{Key, Layout, LetterArea};
use swipekit::trace::Point;
use swipekit::{CancelToken, EngineOptions, Limits};

use super::thrown::Thrown;
use crate::error::Failure;

fn null(what: &str) -> Thrown {
    Failure::argument(what, "given", "null").into()
}

/// A text.
pub fn text(env: &Env<'_>, what: &str, text: &JString<'_>) -> Result<String, Thrown> {
    if text.is_null() {
        return Err(null(what));
    }
    Ok(text.try_to_string(env)?)
}

/// A text that may be empty, as a path.
pub fn path(env: &Env<'_>, what: &str, path: &JString<'_>) -> Result<PathBuf, Thrown> {
    Ok(PathBuf::from(text(env, what, path)?))
}

/// Texts; none for null.
pub fn texts(
    env: &mut Env<'_>,
    what: &str,
    texts: &JObjectArray<'_, JString<'_>>,
) -> Result<Vec<String>, Thrown> {
    if texts.is_null() {
        return Ok(Vec::new());
    }
    let length = texts.len(env)?;
    let mut result = Vec::with_capacity(length);
    for at in 0..length {
        let element = texts.get_element(env, at)?;
        result.push(text(env, what, &element)?);
        env.delete_local_ref(element);
    }
    Ok(result)
}

/// Numbers of an array.
pub fn floats(env: &Env<'_>, what: &str, array: &JFloatArray<'_>) -> Result<Vec<f32>, Thrown> {
    if array.is_null() {
        return Err(null(what));
    }
    let mut numbers = vec![0.0; array.len(env)?];
    array.get_region(env, 0, &mut numbers)?;
    Ok(numbers)
}

/// Whole numbers of an array; none for null.
fn ints<const N: usize>(
    env: &Env<'_>,
    what: &str,
    array: &JIntArray<'_>,
) -> Result<Option<[jint; N]>, Thrown> {
    if array.is_null() {
        return Ok(None);
    }
    let length = array.len(env)?;
    if length != N {
        return Err(Failure::argument(what, &format!("{N} numbers"), length).into());
    }
    let mut numbers = [0; N];
    array.get_region(env, 0, &mut numbers)?;
    Ok(Some(numbers))
}

/// The first `count` points of x, y, t one after the other.
pub fn points(env: &Env<'_>, array: &JDoubleArray<'_>, count: jint) -> Result<Vec<Point>, Thrown> {
    if array.is_null() {
        return Err(null("the points"));
    }
    let length = array.len(env)?;
    let count = usize::try_from(count)
        .ok()
        .filter(|count| {
            count
                .checked_mul(3)
                .is_some_and(|numbers| numbers <= length)
        })
        .ok_or_else(|| {
            let expected = format!("0 to {}, the points that the array holds", length / 3);
            Failure::argument("the number of points", &expected, count)
        })?;
    let mut numbers = vec![0.0; 3 * count];
    array.get_region(env, 0, &mut numbers)?;
    let (points, _) = numbers.as_chunks::<3>();
    Ok(points
        .iter()
        .map(|&[x, y, t]| Point::new(x, y, t))
        .collect())
}

/// The rectangle of the letters.
pub fn area(env: &Env<'_>, array: &JFloatArray<'_>) -> Result<LetterArea, Thrown> {
    match floats(env, "the letter area", array)?[..] {
        [left, top, width, height] => Ok(LetterArea::new(left, top, width, height)?),
        ref other => Err(Failure::argument("the letter area", "4 numbers", other.len()).into()),
    }
}

/// A keyboard: a label and 4 numbers a key. Keys whose label is not one character are left out.
pub fn layout(
    env: &mut Env<'_>,
    name: String,
    labels: &JObjectArray<'_, JString<'_>>,
    rectangles: &JFloatArray<'_>,
) -> Result<Layout, Thrown> {
    let labels = texts(env, "the label of a key", labels)?;
    let numbers = floats(env, "the keys' rectangles", rectangles)?;
    if numbers.len() != 4 * labels.len() {
        let expected = format!("4 numbers for each of {} keys", labels.len());
        return Err(Failure::argument("the keys' rectangles", &expected, numbers.len()).into());
    }
    let (rectangles, _) = numbers.as_chunks::<4>();
    let keys = labels.iter().zip(rectangles);
    let keys = keys.filter_map(|(label, &[x, y, width, height])| {
        // Shift, delete and the like type no letter.
        let mut characters = label.chars();
        let (Some(label), None) = (characters.next(), characters.next()) else {
            return None;
        };
        Some(Key {
            label,
            x,
            y,
            width,
            height,
        })
    });
    let keys = keys.collect();
    Ok(Layout { name, keys })
}

/// Options of an engine: threads, copies, warm prefixes, bytes for prefixes; -1 leaves a default.
pub fn engine_options(
    env: &Env<'_>,
    numbers: &JIntArray<'_>,
    preset: &JString<'_>,
    library: &JString<'_>,
) -> Result<EngineOptions, Thrown> {
    let mut options = EngineOptions::default();
    if let Some([threads, copies, warm, bytes]) = ints::<4>(env, "the engine's options", numbers)? {
        options.threads = given("the number of threads", threads)?;
        set(&mut options.copies, "the number of copies", copies)?;
        set(
            &mut options.warm_prefixes,
            "the number of warm prefixes",
            warm,
        )?;
        set(&mut options.prefix_bytes, "the bytes for prefixes", bytes)?;
    }
    let preset = text(env, "the preset", preset)?;
    if !preset.is_empty() {
        options.preset = preset;
    }
    let library = path(env, "the runtime's library", library)?;
    options.runtime_library = Some(library).filter(|path| !path.as_os_str().is_empty());
    Ok(options)
}

/// What a caller may say of one decode.
#[derive(Debug, Default)]
pub struct Settings {
    candidates: Option<usize>,
    beam: Option<usize>,
    /// Milliseconds.
    deadline: Option<usize>,
}

impl Settings {
    /// Candidates, beam and deadline; -1, or null for all, leaves the preset's.
    pub fn read(env: &Env<'_>, numbers: &JIntArray<'_>) -> Result<Self, Thrown> {
        let Some([candidates, beam, deadline]) = ints::<3>(env, "the decode's settings", numbers)?
        else {
            return Ok(Self::default());
        };
        Ok(Self {
            candidates: given("the number of candidates", candidates)?,
            beam: given("the beam", beam)?,
            deadline: given("the deadline", deadline)?,
        })
    }

    /// `preset` with what the caller has said.
    pub fn options(&self, preset: &DecoderOptions) -> DecoderOptions {
        let mut options = preset.clone();
        options.candidates = self.candidates.unwrap_or(options.candidates);
        options.beam = self.beam.unwrap_or(options.beam);
        options
    }

    /// The deadline, and the token.
    pub fn limits(&self, cancel: Option<CancelToken>) -> Limits {
        limits(self.deadline, cancel)
    }
}

/// Limits of `deadline` milliseconds.
fn limits(deadline: Option<usize>, cancel: Option<CancelToken>) -> Limits {
    let mut limits = Limits::default();
    limits.cancel = cancel;
    limits.deadline = deadline.map(|ms| std::time::Duration::from_millis(ms as u64));
    limits
}

/// Limits of a deadline in milliseconds, -1 for none.
pub fn deadline(ms: jint, cancel: Option<CancelToken>) -> Result<Limits, Thrown> {
    Ok(limits(given("the deadline", ms)?, cancel))
}

/// A number that is not below 0; `None` for -1.
pub fn given(what: &str, number: jint) -> Result<Option<usize>, Thrown> {
    match number {
        -1 => Ok(None),
        _ => match usize::try_from(number) {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Failure::argument(what, "not below 0", number).into()),
        },
    }
}

fn set(slot: &mut usize, what: &str, number: jint) -> Result<(), Thrown> {
    if let Some(number) = given(what, number)? {
        *slot = number;
    }
    Ok(())
}
