//! What the command line prints.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::error::{Error, Result};

/// Version of this program and of what it was built for.
pub(super) fn long_version() -> String {
    let runtime = match swipekit::internals::runtime::load(None) {
        Ok(loaded) => loaded.to_string(),
        Err(_) => {
            "not found; set ORT_DYLIB_PATH, or run `cargo xtask setup` in swipekit's repository"
                .to_owned()
        }
    };
    #[cfg(feature = "executorch")]
    let executorch = swipekit::internals::runtime::EXECUTORCH_VERSION;
    #[cfg(not(feature = "executorch"))]
    let executorch = "not in this build; build with `--features executorch`";
    format!(
        "{}\nbundle format: {}\nONNX Runtime: {runtime}\nExecuTorch: {executorch}",
        env!("CARGO_PKG_VERSION"),
        swipekit::internals::bundle::manifest::FORMAT
    )
}

/// Prints text as it is. A reader that has gone away, such as `head`, is not an error.
pub(super) fn text(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::write("standard output")(error))
        }
        _ => Ok(()),
    }
}

/// Prints one JSON value.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_string_pretty(value).map_err(Error::json("standard output"))?;
    line.push('\n');
    text(&line)
}

/// Writes a file under another name beside it, then renames that: at every moment there is the old
/// file or the new one.
pub(super) fn file(path: &Path, content: &[u8]) -> Result<()> {
    file_with(path, |out| out.write_all(content))
}

/// As [`file`], for what is not kept in memory.
pub(super) fn file_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".swipekit-");
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    let temporary = builder.tempfile_in(parent).map_err(Error::write(path))?;
    let mut out = BufWriter::new(temporary.as_file());
    write(&mut out)
        .and_then(|()| out.flush())
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(Error::write(path))?;
    drop(out);
    temporary
        .persist(path)
        .map_err(|error| Error::write(path)(error.error))?;
    Ok(())
}

/// Names and values in two columns.
pub(super) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in pairs {
        out.push_str(&format!("{name:width$}  {value}\n"));
    }
    out
}

/// Prints a report as names and values, one line each, nested names joined by dots.
pub(super) fn report(value: &impl Serialize) -> Result<()> {
    let value = serde_json::to_value(value).map_err(Error::json("standard output"))?;
    let mut lines = Vec::new();
    flatten("", &value, &mut lines);
    let borrowed: Vec<(&str, String)> = lines
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    text(&pairs(&borrowed))
}

fn flatten(name: &str, value: &serde_json::Value, lines: &mut Vec<(String, String)>) {
    use serde_json::Value;
    let join = |part: &str| {
        if name.is_empty() {
            part.to_owned()
        } else {
            format!("{name}.{part}")
        }
    };
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| flatten(&join(key), value, lines)),
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_object() && !item.is_array()) =>
        {
            let items = items.iter().map(plain).collect::<Vec<_>>();
            lines.push((name.to_owned(), items.join(", ")));
        }
        Value::Array(items) => {
            (0..).zip(items).for_each(|(index, item): (usize, _)| {
                flatten(&join(&index.to_string()), item, lines)
            });
        }
        other => lines.push((name.to_owned(), plain(other))),
    }
}

fn plain(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Progress on standard error, where that is a terminal.
pub(super) fn progress(total: Option<usize>, what: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = match total {
        Some(total) => ProgressBar::new(total as u64),
        None => ProgressBar::new_spinner(),
    };
    if let Ok(style) = ProgressStyle::with_template("{msg} {pos} {per_sec} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// Progress in stages on standard error, where that is a terminal.
pub(super) fn stages(what: &str) -> ProgressBar {
    let bar = progress(Some(1), what);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}
