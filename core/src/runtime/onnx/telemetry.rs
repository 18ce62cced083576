//! Turns off ONNX Runtime's usage reports to Microsoft.
//!
//! Official builds since 1.29 also report on Linux, macOS and Android. They start when the
//! environment is created, before the API can turn them off; only an environment variable takes
//! effect earlier.

use std::env;

/// ONNX Runtime reads it once, when it creates its environment.
const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";

/// Turns off telemetry in the whole process. Must be called before the library is loaded, under the
/// lock that guards loading.
///
/// Any value other than `1` is overwritten, because several of them allow telemetry. A program that
/// sets `1` itself prevents the write.
#[allow(unsafe_code)]
pub(super) fn forbid() {
    if env::var_os(VARIABLE).is_some_and(|value| value == "1") {
        return;
    }
    // SAFETY: Windows guards all accesses to the environment. Elsewhere the standard library guards
    // its own, and no C code may access it in another thread during the call. ONNX Runtime has no
    // thread yet. Other code in the program is unknown, and only this variable silences ONNX
    // Runtime. The variable is therefore written at most once, before the first session, and
    // `crate::runtime` explains how a program with such threads avoids the write.
    unsafe { env::set_var(VARIABLE, "1") };
}
