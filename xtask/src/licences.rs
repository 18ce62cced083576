//! Every dependency's licence must be permissive.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::process;

/// Licences that are accepted, as SPDX identifiers.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Reads `cargo metadata` and fails where a package's licence expression cannot be met by the
/// accepted licences.
pub fn check() -> Result<()> {
    let metadata =
        process::output(process::cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_slice(&metadata).map_err(|error| Error::Licences {
        list: error.to_string(),
    })?;
    let mut refused = BTreeMap::new();
    let packages = metadata["packages"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !accepted(licence) {
            let name = format!(
                "{} {}",
                package["name"].as_str().unwrap_or("?"),
                package["version"].as_str().unwrap_or("?")
            );
            refused.insert(name, licence.to_owned());
        }
    }
    if !refused.is_empty() {
        let list = refused
            .iter()
            .map(|(name, licence)| format!("{name}: {licence}"))
            .collect::<Vec<_>>()
            .join("; ");
        return Err(Error::Licences { list });
    }
    eprintln!("licences of {} packages are accepted", packages.len());
    Ok(())
}

/// Whether an SPDX expression (or crates.io's older `A/B`) can be met: any of an OR, all of an AND.
fn accepted(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    if ACCEPTED.contains(&expression) {
        return true;
    }
    for (operator, any) in [(" OR ", true), (" AND ", false)] {
        if let Some(parts) = split(expression, operator) {
            return if any {
                parts.iter().any(|part| accepted(part))
            } else {
                parts.iter().all(|part| accepted(part))
            };
        }
    }
    expression
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .is_some_and(accepted)
}

/// Splits at an operator outside of parentheses; `None` where it does not occur there.
fn split<'a>(expression: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, byte) in expression.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ if depth == 0 && at >= start && expression[at..].starts_with(operator) => {
                parts.push(&expression[start..at]);
                start = at + operator.len();
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(&expression[start..]);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::accepted;

    #[test]
    fn expressions() {
        for expression in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "GPL-3.0 OR MIT",
        ] {
            assert!(accepted(expression), "{expression}");
        }
        for expression in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "none stated",
            "",
            "(MIT OR Apache-2.0) AND AGPL-3.0",
            "MITx",
        ] {
            assert!(!accepted(expression), "{expression}");
        }
    }
}
