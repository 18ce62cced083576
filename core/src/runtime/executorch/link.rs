//! Keeps the libraries that only register themselves in the program.
//!
//! XNNPACK and the kernels register with ExecuTorch when they are loaded. Nothing calls them by
//! name, so a linker would omit them. This module refers to one function of each.

use std::ffi::c_void;
use std::hint::black_box;

// From libexecutorch_backend_xnnpack, libexecutorch_kernels_optimized and
// libexecutorch_kernels_quantized, in this order. The mangled names of these functions are the same
// on every platform (64-bit integers as parameters would differ).
unsafe extern "C" {
    static xnn_initialize: c_void;
    /// `torch::executor::native::opt_add_out(…)`
    #[link_name = "_ZN5torch8executor6native11opt_add_outERN10executorch7runtime20KernelRuntimeContextERKNS3_7etensor6TensorES9_RKNS6_6ScalarERS7_"]
    static opt_add_out: c_void;
    /// `torch::executor::native::choose_qparams_per_token_asymmetric_out(…)`
    #[link_name = "_ZN5torch8executor6native39choose_qparams_per_token_asymmetric_outERN10executorch7runtime20KernelRuntimeContextERKNS3_7etensor6TensorENS6_10ScalarTypeERS7_SB_"]
    static choose_qparams_out: c_void;
}

/// Has no visible effect; must be called where a program is loaded.
pub(super) fn keep() {
    let functions = [
        &raw const xnn_initialize,
        &raw const opt_add_out,
        &raw const choose_qparams_out,
    ];
    black_box(functions);
}
