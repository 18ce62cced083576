//! `_Unwind_*` for Android, of the crate `unwinding`.
#![no_std]

extern crate unwinding;

/// The unwinder itself has nobody to panic to.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn abort() -> !;
    }
    // SAFETY: C's abort may be called at any time.
    unsafe { abort() }
}
