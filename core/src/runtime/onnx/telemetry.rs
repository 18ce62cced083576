//! Keeps ONNX Runtime from reporting usage to Microsoft.
//!
//! Official builds since 1.29 report on Linux, macOS and Android as well. They begin when their
//! environment is made, before the API can forbid it; only an environment variable is asked
//! earlier.

use std::env;

/// Asked once by ONNX Runtime, when it makes its environment.
const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";

/// Forbids telemetry in the whole process. Call it before the library is loaded, under the lock
/// that guards loading.
///
/// Every other value than `1` is overwritten: several of them allow telemetry. Where the variable
/// is `1` already, nothing is written, so a program can see to it itself.
#[allow(unsafe_code)]
pub(super) fn forbid() {
    if env::var_os(VARIABLE).is_some_and(|value| value == "1") {
        return;
    }
    // SAFETY: Windows guards all accesses to the environment. Elsewhere the standard library guards
    // its own, and no C code may access it in another thread meanwhile. ONNX Runtime has no thread
    // yet. Of other code in the program this cannot be known, and nothing but this variable keeps
    // ONNX Runtime silent. So it is written once at most, before the first session, and
    // `crate::runtime` says how a program that has such threads avoids it.
    unsafe { env::set_var(VARIABLE, "1") };
}
