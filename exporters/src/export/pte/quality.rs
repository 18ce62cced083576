//! Requirements on a program besides correctness.

use crate::check::FailedCheck;
use crate::pte::LoweredFile;

/// Share of the nodes that XNNPACK should run.
const WANTED_SHARE: f64 = 0.9;
/// Share of the nodes below which a program is hardly faster than without XNNPACK.
const LOW_SHARE: f64 = 0.5;

/// Checks that a program is quantized and that XNNPACK runs some of it.
/// [`share_warning`] judges how much.
pub(super) fn ultra(encoder: &LoweredFile) -> Result<(), FailedCheck> {
    let none = |what: &str| FailedCheck::new(format!("{what} of {}", encoder.file), "some", "none");
    for (check, count) in [
        ("quantizing nodes", encoder.quantize_nodes),
        ("dequantizing nodes", encoder.dequantize_nodes),
    ] {
        if count == 0 {
            return Err(none(check));
        }
    }
    if encoder.subgraphs == 0 {
        return Err(none("parts that XNNPACK runs"));
    }
    Ok(())
}

/// A warning if XNNPACK runs too little of a program.
pub(super) fn share_warning(encoder: &LoweredFile, share: f64) -> Option<String> {
    let outside: Vec<String> = encoder
        .outside
        .iter()
        .map(|(name, count)| format!("{name} x {count}"))
        .collect();
    let (least, consequence) = match share {
        share if share < LOW_SHARE => (LOW_SHARE, "it will be slow"),
        share if share < WANTED_SHARE => (WANTED_SHARE, "it could be faster"),
        _ => return None,
    };
    Some(format!(
        "XNNPACK runs {:.1} % of the encoder's nodes, less than {:.0} %: {consequence}. Outside: {}",
        100.0 * share,
        100.0 * least,
        outside.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(delegated: u64, quantize: u64, dequantize: u64) -> LoweredFile {
        LoweredFile {
            file: "encoder.pte".to_owned(),
            kind: "encoder".to_owned(),
            mode: "int8".to_owned(),
            scheme: Some("dynamic".to_owned()),
            bytes: 1,
            seconds: 1.0,
            subgraphs: delegated.min(1),
            delegated,
            total: 100,
            outside: [("view_copy.default".to_owned(), 3)].into(),
            quantize_nodes: quantize,
            dequantize_nodes: dequantize,
        }
    }

    #[test]
    fn programs_that_are_not_quantized_are_refused() {
        ultra(&file(95, 1, 1)).unwrap();
        for (wrong, what) in [
            (file(95, 0, 1), "quantizing"),
            (file(95, 1, 0), "dequantizing"),
            (file(0, 1, 1), "XNNPACK"),
        ] {
            let message = ultra(&wrong).unwrap_err().to_string();
            assert!(
                message.contains(what) && message.contains("encoder.pte"),
                "{message}"
            );
        }
    }

    #[test]
    fn programs_that_xnnpack_hardly_runs_are_warned_of() {
        let warning = |delegated| {
            let file = file(delegated, 1, 1);
            share_warning(&file, file.delegated_share())
        };
        assert_eq!(warning(90), None);
        let some = warning(89).unwrap();
        assert!(
            some.contains("89.0 %") && some.contains("view_copy.default x 3"),
            "{some}"
        );
        assert!(warning(49).unwrap().contains("slow"));
    }
}
