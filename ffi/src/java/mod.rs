//! The Kotlin and Java library's native half.

use std::ffi::c_void;

use jni::sys::{JNI_VERSION_1_6, JavaVM, jint};

/// Called by the virtual machine when the library is loaded.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
pub extern "system" fn JNI_OnLoad(_vm: *mut JavaVM, _reserved: *mut c_void) -> jint {
    JNI_VERSION_1_6
}
