//! Engines: opening, what they are, closing.

use std::fs::File;
use std::path::Path;

use jni::objects::{
    JByteArray, JByteBuffer, JClass, JFloatArray, JIntArray, JObjectArray, JString,
};
use jni::refs::Reference as _;
use jni::sys::{jint, jlong};
use jni::{Env, NativeMethod};
use swipekit::Engine;
use swipekit::bytes::Bytes;
use swipekit::internals::runtime;
use swipekit::language_model::LanguageModel;

use super::packed::Packed;
use super::thrown::{Throw, Thrown};
use super::{ENGINES, arguments, bytes, native};
use crate::error::Failure;
use crate::pool::Pool;
use crate::words;

pub(super) const METHODS: &[NativeMethod] = &[
    native!(version, version() -> [jbyte]),
    native!(open, engine_open(path: JString, options: [jint], preset: JString, library: JString) -> jlong),
    native!(open_descriptor, engine_open_descriptor(fd: jint, offset: jlong, length: jlong, name: JString, options: [jint], preset: JString, library: JString) -> jlong),
    native!(open_bytes, engine_open_bytes(bytes: [jbyte], buffer: JByteBuffer, offset: jint, length: jint, name: JString, options: [jint], preset: JString, library: JString) -> jlong),
    native!(close, engine_close(engine: jlong)),
    native!(info, engine_info(engine: jlong) -> [jbyte]),
    native!(self_test, engine_self_test(engine: jlong) -> [jbyte]),
    native!(warm_up, engine_warm_up(engine: jlong)),
    native!(trim, engine_trim(engine: jlong)),
    native!(with_layout, engine_with_layout(engine: jlong, name: JString, labels: [JString], rectangles: [jfloat]) -> jlong),
    native!(with_words, engine_with_words(engine: jlong, words: [JString], weights: [jfloat]) -> [jbyte]),
    native!(with_language_model, engine_with_language_model(engine: jlong, path: JString) -> jlong),
];

fn version<'l>(env: &mut Env<'l>, _: JClass<'l>) -> Result<JByteArray<'l>, Thrown> {
    let loaded = runtime::loaded();
    let (version, path) = loaded.map_or_else(Default::default, |loaded| {
        let path = loaded.path.unwrap_or_default();
        (loaded.version, path.to_string_lossy().into_owned())
    });
    let mut packed = Packed::default();
    packed
        .text(env!("CARGO_PKG_VERSION"))
        .text(&version)
        .text(&path);
    bytes(env, &packed)
}

fn open<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    path: JString<'l>,
    options: JIntArray<'l>,
    preset: JString<'l>,
    library: JString<'l>,
) -> Result<jlong, Thrown> {
    let path = arguments::path(env, "the path of the bundle", &path)?;
    let options = arguments::engine_options(env, &options, &preset, &library)?;
    Ok(ENGINES.open(Pool::new(Engine::open_with(path, &options)?)))
}

#[allow(clippy::too_many_arguments)]
fn open_descriptor<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    descriptor: jint,
    offset: jlong,
    length: jlong,
    name: JString<'l>,
    options: JIntArray<'l>,
    preset: JString<'l>,
    library: JString<'l>,
) -> Result<jlong, Thrown> {
    let name = arguments::path(env, "the name of the bundle", &name)?;
    let options = arguments::engine_options(env, &options, &preset, &library)?;
    let offset = u64::try_from(offset)
        .map_err(|_| Failure::argument("the offset in the file", "not below 0", offset))?;
    let length = match length {
        -1 => None,
        _ => Some(
            u64::try_from(length)
                .map_err(|_| Failure::argument("the length of the part", "not below 0", length))?,
        ),
    };
    let file = duplicate(descriptor, &name)?;
    let part = Bytes::map_part(&file, offset, length, &name)?;
    Ok(ENGINES.open(Pool::new(Engine::open_bytes(part, name, &options)?)))
}

/// The file of a descriptor that stays the caller's.
#[cfg(unix)]
#[allow(unsafe_code)]
fn duplicate(descriptor: jint, name: &Path) -> Result<File, Thrown> {
    use std::os::fd::BorrowedFd;

    if descriptor < 0 {
        return Err(Failure::argument("the file descriptor", "not below 0", descriptor).into());
    }
    // SAFETY: the caller keeps its descriptor open during the call; a number that is none is
    // refused by the system.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let owned = borrowed
        .try_clone_to_owned()
        .map_err(|source| swipekit::Error::io(name, source))?;
    Ok(File::from(owned))
}

#[cfg(not(unix))]
fn duplicate(_: jint, _: &Path) -> Result<File, Thrown> {
    Err(Failure::argument(
        "a file descriptor",
        "given on Android, Linux or macOS",
        "this system",
    )
    .into())
}

#[allow(clippy::too_many_arguments)]
fn open_bytes<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    array: JByteArray<'l>,
    buffer: JByteBuffer<'l>,
    offset: jint,
    length: jint,
    name: JString<'l>,
    options: JIntArray<'l>,
    preset: JString<'l>,
    library: JString<'l>,
) -> Result<jlong, Thrown> {
    let name = arguments::path(env, "the name of the bundle", &name)?;
    let options = arguments::engine_options(env, &options, &preset, &library)?;
    let inside = |size: usize| {
        let start = usize::try_from(offset).ok()?;
        let length = usize::try_from(length).ok()?;
        (start.checked_add(length)? <= size).then_some((start, length))
    };
    let outside = |size: usize| {
        let expected = format!("inside the {size} bytes that are there");
        Failure::argument(
            "the part of the buffer",
            &expected,
            format!("{length} from {offset}"),
        )
    };
    let copy = if !array.is_null() {
        let size = array.len(env)?;
        let (_, length) = inside(size).ok_or_else(|| outside(size))?;
        let mut copy = vec![0_u8; length];
        array.get_region(env, offset, bytemuck::cast_slice_mut(&mut copy))?;
        copy
    } else if !buffer.is_null() {
        let size = env.get_direct_buffer_capacity(&buffer)?;
        let (start, length) = inside(size).ok_or_else(|| outside(size))?;
        copy_direct(env, &buffer, start, length)?
    } else {
        return Err(Failure::argument("the bundle's bytes", "given", "null").into());
    };
    let engine = Engine::open_bytes(Bytes::from(copy), name, &options)?;
    Ok(ENGINES.open(Pool::new(engine)))
}

/// `length` bytes from `start` of a direct buffer that has so many.
#[allow(unsafe_code)]
fn copy_direct(
    env: &Env<'_>,
    buffer: &JByteBuffer<'_>,
    start: usize,
    length: usize,
) -> Result<Vec<u8>, Thrown> {
    let address = env.get_direct_buffer_address(buffer)?;
    let mut copy = vec![0_u8; length];
    // SAFETY: the caller has checked the part against the buffer's capacity, and the buffer lives
    // during the call. It is copied without a reference to memory that Java may write meanwhile.
    unsafe { std::ptr::copy_nonoverlapping(address.add(start), copy.as_mut_ptr(), length) };
    Ok(copy)
}

fn close<'l>(_: &mut Env<'l>, _: JClass<'l>, engine: jlong) -> Result<(), Thrown> {
    ENGINES.close(engine);
    Ok(())
}

fn info<'l>(env: &mut Env<'l>, _: JClass<'l>, engine: jlong) -> Result<JByteArray<'l>, Thrown> {
    let pool = ENGINES.get(engine)?;
    let engine = &pool.engine;
    let (manifest, runtime) = (engine.manifest(), engine.runtime());
    let library = runtime::loaded().and_then(|loaded| loaded.path);
    let mut packed = Packed::default();
    packed
        .text(&manifest.name)
        .text(&manifest.language)
        .text(&manifest.precision)
        .text(runtime.name)
        .text(&runtime.version)
        .text(&library.unwrap_or_default().to_string_lossy())
        .count(manifest.vocabulary.labels.len());
    for label in &manifest.vocabulary.labels {
        packed.text(label);
    }
    let words = engine.lexicon().map_or(0, |lexicon| lexicon.len() as u64);
    packed.size(words).flag(engine.language_model().is_some());
    let memory = engine.memory();
    for part in [
        memory.mapped,
        memory.encoder_file,
        memory.transducer,
        memory.prefixes,
        memory.words,
    ] {
        packed.size(part as u64);
    }
    bytes(env, &packed)
}

fn self_test<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
) -> Result<JByteArray<'l>, Thrown> {
    let seen = ENGINES.get(engine)?.engine.self_test()?;
    let mut packed = Packed::default();
    packed
        .count(seen.swipes)
        .double(seen.encoder_difference)
        .double(seen.score_difference);
    bytes(env, &packed)
}

fn warm_up<'l>(_: &mut Env<'l>, _: JClass<'l>, engine: jlong) -> Result<(), Thrown> {
    Ok(ENGINES.get(engine)?.warm_up()?)
}

fn trim<'l>(_: &mut Env<'l>, _: JClass<'l>, engine: jlong) -> Result<(), Thrown> {
    ENGINES.get(engine)?.trim();
    Ok(())
}

fn with_layout<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    name: JString<'l>,
    labels: JObjectArray<'l, JString<'l>>,
    rectangles: JFloatArray<'l>,
) -> Result<jlong, Thrown> {
    let pool = ENGINES.get(engine)?;
    let name = arguments::text(env, "the name of the layout", &name)?;
    let layout = arguments::layout(env, name, &labels, &rectangles)?;
    Ok(ENGINES.open(Pool::new(pool.engine.with_layout(&layout)?)))
}

fn with_words<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    words: JObjectArray<'l, JString<'l>>,
    weights: JFloatArray<'l>,
) -> Result<JByteArray<'l>, Thrown> {
    let pool = ENGINES.get(engine)?;
    let labels = &pool.engine.manifest().vocabulary.labels;
    let words = arguments::texts(env, "a word", &words)?;
    let weights = arguments::floats(env, "the words' weights", &weights)?;
    if weights.len() != words.len() {
        let expected = format!("{}, one for each word", words.len());
        return Err(Failure::argument("the number of weights", &expected, weights.len()).into());
    }
    let weighted = words.iter().map(String::as_str);
    let weighted = weighted.zip(weights.into_iter().map(f64::from));
    let (lexicon, rejected) = words::lexicon(weighted, labels)?;
    let number = ENGINES.open(Pool::new(pool.engine.with_lexicon(lexicon)?));
    let mut packed = Packed::default();
    packed.long(number).count(rejected.len());
    for (at, reason) in rejected {
        packed.count(at).int(reason as i32);
    }
    bytes(env, &packed)
}

fn with_language_model<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    path: JString<'l>,
) -> Result<jlong, Thrown> {
    let pool = ENGINES.get(engine)?;
    let path = arguments::path(env, "the path of the language model", &path)?;
    let model = LanguageModel::open(path)?;
    Ok(ENGINES.open(Pool::new(pool.engine.with_language_model(model))))
}
