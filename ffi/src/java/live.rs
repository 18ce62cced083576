//! Words while the finger moves.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jni::objects::{
    JByteArray, JClass, JDoubleArray, JFloatArray, JIntArray, JObjectArray, JString,
};
use jni::sys::{jfloat, jint, jlong};
use jni::{Env, JavaVM, NativeMethod};
use swipekit::live::Ended;
use swipekit::{LiveOptions, LiveSession, Partial};

use super::arguments::Settings;
use super::decode::token;
use super::packed::Packed;
use super::thrown::{Throw, Thrown, tell_partial};
use super::{ENGINES, arguments, bytes, native};
use crate::error::Failure;
use crate::handles::Table;

pub(super) const METHODS: &[NativeMethod] = &[
    native!(open, live_open(engine: jlong, interval: jint, share: jfloat, min_points: jint, settings: [jint]) -> jlong),
    native!(begin, live_begin(session: jlong, area: [jfloat]) -> jlong),
    native!(push, live_push(session: jlong, points: [jdouble], count: jint)),
    native!(set_context, live_context(session: jlong, context: [JString])),
    native!(end, live_end(session: jlong) -> jlong),
    native!(finish, live_finish(session: jlong, gesture: jlong, deadline: jint, token: jlong) -> [jbyte]),
    native!(abandon, live_abandon(session: jlong)),
    native!(close, live_close(session: jlong)),
];

/// Gestures that were ended and are to be decoded, at most; a caller that never asks for their
/// words leaves no more behind.
const ENDED: usize = 8;

/// A live session, and the gestures that wait for their words.
struct Live {
    session: LiveSession,
    ended: Mutex<VecDeque<Ended>>,
}

impl Live {
    fn ended(&self) -> MutexGuard<'_, VecDeque<Ended>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static SESSIONS: Table<Live> = Table::new("the session");

fn open<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    engine: jlong,
    interval: jint,
    share: jfloat,
    min_points: jint,
    settings: JIntArray<'l>,
) -> Result<jlong, Thrown> {
    let pool = ENGINES.get(engine)?;
    let settings = Settings::read(env, &settings)?;
    let mut options = LiveOptions::default();
    if let Some(ms) = arguments::given("the interval", interval)? {
        options.interval = Duration::from_millis(ms as u64);
    }
    if share >= 0.0 || share.is_nan() {
        options.share = share.into();
    }
    if let Some(points) = arguments::given("the number of points", min_points)? {
        options.min_points = points;
    }
    options.decoder = Some(settings.options(pool.engine.options()));
    let number = Table::<Live>::number();
    let session = pool.engine.live_with(&options, move |partial| {
        tell(number, partial.map_err(Failure::from));
    })?;
    let ended = Mutex::default();
    SESSIONS.put(number, Live { session, ended });
    Ok(number)
}

/// Hands a partial result on, in the session's own thread, which the virtual machine gets to know
/// at its first one.
fn tell(number: i64, partial: Result<&Partial, Failure>) {
    let mut packed = Packed::default();
    let (gesture, points, kind) = match partial {
        Ok(partial) => {
            packed.candidates(&partial.candidates);
            (partial.gesture, partial.points, 0)
        }
        Err(failure) => {
            packed.text(&failure.message);
            (0, 0, failure.kind as i32)
        }
    };
    // Where the virtual machine is about to end there is nobody to tell.
    if let Ok(vm) = JavaVM::singleton() {
        let _ = vm.attach_current_thread(|env| {
            tell_partial(env, number, gesture, points, kind, packed.bytes())
        });
    }
}

fn begin<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    session: jlong,
    area: JFloatArray<'l>,
) -> Result<jlong, Thrown> {
    let session = SESSIONS.get(session)?;
    Ok(session.session.begin(arguments::area(env, &area)?) as jlong)
}

fn push<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    session: jlong,
    points: JDoubleArray<'l>,
    count: jint,
) -> Result<(), Thrown> {
    let session = SESSIONS.get(session)?;
    Ok(session
        .session
        .push(&arguments::points(env, &points, count)?)?)
}

fn set_context<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    session: jlong,
    context: JObjectArray<'l, JString<'l>>,
) -> Result<(), Thrown> {
    let session = SESSIONS.get(session)?;
    session
        .session
        .set_context(&arguments::texts(env, "a word of the context", &context)?);
    Ok(())
}

fn end<'l>(_: &mut Env<'l>, _: JClass<'l>, session: jlong) -> Result<jlong, Thrown> {
    let session = SESSIONS.get(session)?;
    let ended = session.session.end()?;
    let gesture = ended.gesture();
    let mut waiting = session.ended();
    if waiting.len() == ENDED {
        waiting.pop_front();
    }
    waiting.push_back(ended);
    Ok(gesture as jlong)
}

fn finish<'l>(
    env: &mut Env<'l>,
    _: JClass<'l>,
    session: jlong,
    gesture: jlong,
    deadline: jint,
    cancel: jlong,
) -> Result<JByteArray<'l>, Thrown> {
    let session = SESSIONS.get(session)?;
    let limits = arguments::deadline(deadline, token(cancel)?)?;
    let mut waiting = session.ended();
    let at = waiting
        .iter()
        .position(|ended| ended.gesture() as jlong == gesture);
    let ended = at.and_then(|at| waiting.remove(at)).ok_or_else(|| {
        let expected = "one that was ended, and not decoded yet";
        Failure::argument("the gesture", expected, "another")
    })?;
    drop(waiting);
    let live = &session.session;
    let decoded = live.with_gesture(&ended, &limits, |gesture| gesture.words(live.options()))?;
    let mut packed = Packed::default();
    packed.decoded(&decoded);
    bytes(env, &packed)
}

fn abandon<'l>(_: &mut Env<'l>, _: JClass<'l>, session: jlong) -> Result<(), Thrown> {
    SESSIONS.get(session)?.session.abandon();
    Ok(())
}

fn close<'l>(_: &mut Env<'l>, _: JClass<'l>, session: jlong) -> Result<(), Thrown> {
    SESSIONS.close(session);
    Ok(())
}
