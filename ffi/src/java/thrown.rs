//! How a failure becomes an exception.
//!
//! Native code knows one class, `io.github.swipekit.internal.Native`, and two of its static
//! methods: one makes an exception of a kind and a message, one takes what live sessions find. The
//! class and the methods are looked up once, when the library is loaded.

use std::any::Any;
use std::sync::OnceLock;

use jni::errors::{Error as JniError, ErrorPolicy};
use jni::ids::JStaticMethodID;
use jni::objects::{JClass, JThrowable};
use jni::refs::Global;
use jni::signature::ReturnType;
use jni::sys::jvalue;
use jni::{Env, jni_sig, jni_str};

use crate::error::Failure;

/// What a native method ends with in place of a result.
#[derive(Debug, thiserror::Error)]
pub enum Thrown {
    /// A failure, to be thrown.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The virtual machine has failed a call, or has an exception of its own pending.
    #[error(transparent)]
    Jni(#[from] JniError),
}

impl From<swipekit::Error> for Thrown {
    fn from(error: swipekit::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// The class that native code calls.
struct Bridge {
    class: Global<JClass<'static>>,
    exception: JStaticMethodID,
    on_partial: JStaticMethodID,
}

static BRIDGE: OnceLock<Bridge> = OnceLock::new();

/// Looks the class up and keeps it.
pub fn load<'l>(env: &mut Env<'l>) -> jni::errors::Result<JClass<'l>> {
    // Within JNI_OnLoad, FindClass looks with the class loader of who loads the library.
    let class = env.find_class(jni_str!("io/github/swipekit/internal/Native"))?;
    let exception = env.get_static_method_id(
        &class,
        jni_str!("exception"),
        jni_sig!((kind: jint, message: JString) -> JThrowable),
    )?;
    let on_partial = env.get_static_method_id(
        &class,
        jni_str!("onPartial"),
        jni_sig!((session: jlong, gesture: jlong, points: jint, code: jint, packed: [jbyte]) -> void),
    )?;
    let bridge = Bridge {
        class: env.new_global_ref(&class)?,
        exception,
        on_partial,
    };
    // Loaded twice, by two class loaders, is refused by the virtual machine.
    let _ = BRIDGE.set(bridge);
    Ok(class)
}

fn bridge() -> jni::errors::Result<&'static Bridge> {
    BRIDGE.get().ok_or(JniError::NullPtr("the class Native"))
}

/// Throws `failure`, unless an exception is pending.
#[allow(unsafe_code)]
fn throw(env: &mut Env<'_>, failure: &Failure) -> jni::errors::Result<()> {
    if env.exception_check() {
        return Ok(());
    }
    let bridge = bridge()?;
    let message = env.new_string(&failure.message)?;
    let arguments = [
        jvalue {
            i: failure.kind as i32,
        },
        jvalue {
            l: message.as_raw(),
        },
    ];
    // SAFETY: the method takes an int and a String and returns an object, as its signature was when
    // it was looked up.
    let made = unsafe {
        env.call_static_method_unchecked(
            &bridge.class,
            bridge.exception,
            ReturnType::Object,
            &arguments,
        )
    }?;
    let made = made.l()?;
    let throwable = env.cast_local::<JThrowable<'_>>(made)?;
    // It reports the exception that it has just thrown.
    let _ = env.throw(throwable);
    Ok(())
}

/// Tells Java of a partial result, or of a failure where `kind` is not 0.
#[allow(unsafe_code)]
pub fn tell_partial(
    env: &mut Env<'_>,
    session: i64,
    gesture: u64,
    points: usize,
    kind: i32,
    packed: &[u8],
) -> jni::errors::Result<()> {
    let bridge = bridge()?;
    let packed = env.byte_array_from_slice(packed)?;
    let arguments = [
        jvalue { j: session },
        jvalue { j: gesture as i64 },
        jvalue { i: points as i32 },
        jvalue { i: kind },
        jvalue { l: packed.as_raw() },
    ];
    // SAFETY: as looked up: two longs, two ints and an array of bytes, nothing back.
    unsafe {
        env.call_static_method_unchecked(
            &bridge.class,
            bridge.on_partial,
            ReturnType::Primitive(jni::signature::Primitive::Void),
            &arguments,
        )
    }?;
    Ok(())
}

/// Throws what a native method ended with; its result is 0 or null then.
#[derive(Debug)]
pub struct Throw;

impl<T: Default> ErrorPolicy<T, Thrown> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut Self::Captures<'unowned_env_local, 'native_method>,
        thrown: Thrown,
    ) -> jni::errors::Result<T> {
        let failure = match thrown {
            Thrown::Failure(failure) => failure,
            Thrown::Jni(error) => Failure::new(
                crate::error::Kind::Decode,
                format!("a call of the virtual machine failed: {error}"),
            ),
        };
        throw(env, &failure)?;
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut Self::Captures<'unowned_env_local, 'native_method>,
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        // Dropping it could panic again.
        std::mem::forget(payload);
        throw(env, &Failure::panicked())?;
        Ok(T::default())
    }
}
