//! Puts ExecuTorch's printed messages into errors.

use std::cell::RefCell;
use std::sync::Once;

use executorch::platform::{self, LogLevel, PlatformImpl};

use super::KIND;
use crate::error::Error;

/// Most bytes of messages that are kept.
const MOST: usize = 500;

thread_local! {
    /// Error messages of this thread that were not yet taken.
    static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Starts ExecuTorch's platform layer, once per process, and redirects its messages.
pub(super) fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut hooks = PlatformImpl::new(None);
        hooks.set_emit_log_message(|entry| {
            if matches!(entry.level, LogLevel::Error | LogLevel::Fatal) {
                keep(entry.message);
            }
        });
        // SAFETY: `Once` runs this once, before any other call of this module into ExecuTorch.
        unsafe {
            platform::register_platform_impl(hooks);
            platform::pal_init();
        }
    });
}

fn keep(message: &str) {
    // A message may arrive while the thread ends.
    let _ = PRINTED.try_with(|printed| {
        let Ok(mut printed) = printed.try_borrow_mut() else {
            return;
        };
        if !printed.is_empty() {
            printed.push_str("; ");
        }
        let room = MOST.saturating_sub(printed.len());
        let end = message.floor_char_boundary(room);
        printed.push_str(&message[..end]);
    });
}

/// Takes the messages of this thread.
pub(super) fn take() -> String {
    PRINTED.with(RefCell::take)
}

/// For `map_err`: an [`Error::Runtime`] about `action`, with ExecuTorch's messages about it.
pub(super) fn failed(action: &'static str) -> impl FnOnce(executorch::Error) -> Error {
    move |error| {
        let printed = take();
        let message = if printed.is_empty() {
            error.to_string()
        } else {
            format!("{error}: {printed}")
        };
        Error::Runtime {
            runtime: KIND.title,
            action,
            message,
        }
    }
}
