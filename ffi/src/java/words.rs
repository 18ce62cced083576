//! The user's own words.

use jni::objects::{JByteArray, JClass, JString};
use jni::sys::{jfloat, jint, jlong};
use jni::{Env, NativeMethod};

use super::packed::Packed;
use super::thrown::{Throw, Thrown};
use super::{ENGINES, arguments, bytes, native};
use crate::error::Failure;
use crate::words::WordRejection;

pub(super) const METHODS: &[NativeMethod] = &[
    native!(change, words_change(engine: jlong, operation: jint, word: JString, value: jfloat) -> jint),
    native!(size, words_size(engine: jlong) -> jint),
    native!(clear, words_clear(engine: jlong)),
    native!(entries, words_entries(engine: jlong) -> [jbyte]),
    native!(export, words_export(engine: jlong, path: JString)),
    native!(import, words_import(engine: jlong, path: JString)),
];

fn change<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    operation: jint,
    word: JString<'l>,
    value: jfloat,
) -> Result<jint, Thrown> {
    let pool = ENGINES.get(engine)?;
    let word = arguments::text(env, "the word", &word)?;
    let words = pool.engine.words();
    let done = match operation {
        0 => words.add(&word),
        1 => words.add_with(&word, value),
        2 => words.remove(&word),
        3 => words.boost(&word, value),
        4 => words.block(&word),
        5 => words.unblock(&word),
        6 => words.learn(&word),
        other => return Err(Failure::argument("the operation", "0 to 6", other).into()),
    };
    Ok(done.map_or_else(|reason| WordRejection::from(reason) as jint, |()| 0))
}

fn size<'l>(_: &mut Env<'l>, _: JClass<'l>, engine: jlong) -> Result<jint, Thrown> {
    let size = ENGINES.get(engine)?.engine.words().len();
    Ok(jint::try_from(size).unwrap_or(jint::MAX))
}

fn clear<'l>(_: &mut Env<'l>, _: JClass<'l>, engine: jlong) -> Result<(), Thrown> {
    ENGINES.get(engine)?.engine.words().clear();
    Ok(())
}

fn entries<'l>(env: &mut Env<'l>, _: JClass<'l>, engine: jlong) -> Result<JByteArray<'l>, Thrown> {
    let entries = ENGINES.get(engine)?.engine.words().entries();
    let mut packed = Packed::default();
    packed.count(entries.len());
    for entry in &entries {
        packed
            .text(&entry.word)
            .flag(entry.log_prior.is_some())
            .float(entry.log_prior.unwrap_or_default())
            .float(entry.boost)
            .double(entry.chosen)
            .flag(entry.blocked);
    }
    bytes(env, &packed)
}

fn export<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    path: JString<'l>,
) -> Result<(), Thrown> {
    let path = arguments::path(env, "the path of the words", &path)?;
    Ok(ENGINES.get(engine)?.engine.words().export(path)?)
}

fn import<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    path: JString<'l>,
) -> Result<(), Thrown> {
    let path = arguments::path(env, "the path of the words", &path)?;
    Ok(ENGINES.get(engine)?.engine.words().import(path)?)
}
