//! The hot path: points in, words out, in one call.

use jni::objects::{
    JByteArray, JClass, JDoubleArray, JFloatArray, JIntArray, JObjectArray, JString,
};
use jni::sys::{jint, jlong};
use jni::{Env, NativeMethod};
use swipekit::{CancelToken, Decoded, Trace};

use super::arguments::Settings;
use super::packed::Packed;
use super::thrown::{Throw, Thrown};
use super::{ENGINES, arguments, bytes, native};
use crate::error::Failure;
use crate::handles::Table;
use crate::search;

pub(super) const METHODS: &[NativeMethod] = &[
    native!(decode, decode(engine: jlong, points: [jdouble], count: jint, area: [jfloat], settings: [jint], context: [JString], token: jlong) -> [jbyte]),
    native!(spell, spell(engine: jlong, points: [jdouble], count: jint, area: [jfloat], number: jint) -> [jbyte]),
    native!(search_frames, search_frames(path: JString, frames: [jfloat]) -> [jbyte]),
    native!(token_new, token_new() -> jlong),
    native!(token_cancel, token_cancel(token: jlong)),
    native!(token_free, token_free(token: jlong)),
];

static TOKENS: Table<CancelToken> = Table::new("the cancel token");

/// The token of a number; `None` for 0.
pub(super) fn token(number: jlong) -> Result<Option<CancelToken>, Thrown> {
    match number {
        0 => Ok(None),
        _ => Ok(Some(CancelToken::clone(&*TOKENS.get(number)?))),
    }
}

fn trace(
    env: &Env<'_>,
    points: &JDoubleArray<'_>,
    count: jint,
    area: &JFloatArray<'_>,
) -> Result<Trace, Thrown> {
    let area = arguments::area(env, area)?;
    let points = arguments::points(env, points, count)?;
    Ok(Trace::from_points(area, points)?)
}

#[allow(clippy::too_many_arguments)]
fn decode<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    points: JDoubleArray<'l>,
    count: jint,
    area: JFloatArray<'l>,
    settings: JIntArray<'l>,
    context: JObjectArray<'l, JString<'l>>,
    cancel: jlong,
) -> Result<JByteArray<'l>, Thrown> {
    let pool = ENGINES.get(engine)?;
    let trace = trace(env, &points, count, &area)?;
    let settings = Settings::read(env, &settings)?;
    let context = arguments::texts(env, "a word of the context", &context)?;
    let limits = settings.limits(token(cancel)?);
    let options = settings.options(pool.engine.options());
    let decoded = pool.with_session(|session| {
        let gesture = session.encode(&trace, &limits)?;
        gesture.with_context(&context).words(&options)
    })?;
    let mut packed = Packed::default();
    packed.decoded(&decoded);
    bytes(env, &packed)
}

fn spell<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    points: JDoubleArray<'l>,
    count: jint,
    area: JFloatArray<'l>,
    number: jint,
) -> Result<JByteArray<'l>, Thrown> {
    let pool = ENGINES.get(engine)?;
    let trace = trace(env, &points, count, &area)?;
    let number = usize::try_from(number)
        .map_err(|_| Failure::argument("the number of spellings", "1 to 1024", number))?;
    let spellings = pool.spellings(&trace, number)?;
    let mut packed = Packed::default();
    packed.spellings(&spellings);
    bytes(env, &packed)
}

fn search_frames<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    path: JString<'l>,
    frames: JFloatArray<'l>,
) -> Result<JByteArray<'l>, Thrown> {
    let path = arguments::path(env, "the path of the bundle", &path)?;
    let frames = arguments::floats(env, "the encoder's frames", &frames)?;
    let mut decoded = Decoded::default();
    decoded.candidates = search::frames(&path, &frames)?;
    decoded.is_complete = true;
    let mut packed = Packed::default();
    packed.decoded(&decoded);
    bytes(env, &packed)
}

fn token_new<'l>(_: &mut Env<'l>, _: JClass<'l>) -> Result<jlong, Thrown> {
    Ok(TOKENS.open(CancelToken::new()))
}

fn token_cancel<'l>(_: &mut Env<'l>, _: JClass<'l>, token: jlong) -> Result<(), Thrown> {
    if let Ok(token) = TOKENS.get(token) {
        token.cancel();
    }
    Ok(())
}

fn token_free<'l>(_: &mut Env<'l>, _: JClass<'l>, token: jlong) -> Result<(), Thrown> {
    TOKENS.close(token);
    Ok(())
}
