//! The Kotlin and Java library's native half.
//!
//! The methods of `io.github.swipekit.internal.Native` are registered when the library is loaded,
//! so that nothing but `JNI_OnLoad` is exported and nothing is looked up in a call. Points come in
//! one array, results go back in one (`packed`), failures and panics are thrown (`thrown`). Objects
//! are numbers ([`crate::handles`]): one that was closed is told apart from every open one, so that
//! a wrong number cannot reach freed memory.

mod arguments;
mod decode;
mod engine;
mod layouts;
mod live;
mod packed;
mod thrown;
mod words;

use std::ffi::c_void;

use jni::objects::JByteArray;
use jni::sys::{JNI_ERR, JNI_VERSION_1_6, jint};
use jni::{Env, JavaVM, NativeMethod};

use crate::handles::Table;
use crate::pool::Pool;
use packed::Packed;
use thrown::Thrown;

/// Open engines.
static ENGINES: Table<Pool> = Table::new("the engine");

/// A native method of `Native`: the function, and its signature. `Throw` must be in scope.
macro_rules! native {
    ($function:path, $($signature:tt)*) => {
        jni::native_method! {
            static fn $($signature)*,
            fn = $function,
            error_policy = Throw,
        }
    };
}
use native;

/// Registers the native methods.
#[allow(unsafe_code)]
fn register(env: &mut Env<'_>) -> jni::errors::Result<()> {
    let class = thrown::load(env)?;
    let methods: Vec<NativeMethod> = [
        engine::METHODS,
        decode::METHODS,
        layouts::METHODS,
        live::METHODS,
        words::METHODS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect();
    // SAFETY: every function was checked against its signature where the table was made.
    unsafe { env.register_native_methods(&class, &methods) }
}

/// Called by the virtual machine when the library is loaded.
///
/// # Safety
/// `vm` is what the virtual machine gives.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
pub unsafe extern "system" fn JNI_OnLoad(
    vm: *mut jni::sys::JavaVM,
    _reserved: *mut c_void,
) -> jint {
    // SAFETY: the virtual machine calls this with a pointer to itself.
    let vm = unsafe { JavaVM::from_raw(vm) };
    let registered = std::panic::catch_unwind(|| vm.attach_current_thread(register));
    match registered {
        Ok(Ok(())) => JNI_VERSION_1_6,
        _ => JNI_ERR,
    }
}

/// The bytes for Java.
fn bytes<'l>(env: &mut Env<'l>, packed: &Packed) -> Result<JByteArray<'l>, Thrown> {
    Ok(env.byte_array_from_slice(packed.bytes())?)
}
