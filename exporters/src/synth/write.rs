//! Writes synthetic swipes as a swipe file.

use std::io::{self, Write};

use super::{Synth, SynthSwipe};

/// Writes swipes `start` to `start + count` as lines
/// `{"word","user","kb":[w,h],"points":[{"x","y","t"},…]}`, the form that [`crate::swipes`] reads;
/// coordinates have four digits. `progress` is told of every swipe.
///
/// # Errors
/// Those of the writer.
pub fn swipe_file(
    synth: &Synth,
    start: u64,
    count: u64,
    out: &mut impl Write,
    mut progress: impl FnMut(u64),
) -> io::Result<()> {
    let mut swipe = SynthSwipe::default();
    // Written a line at a time, because each compression call is costly.
    let mut text = Vec::new();
    for done in 0..count {
        synth.swipe(start.wrapping_add(done), &mut swipe);
        text.clear();
        line(&swipe, &mut text)?;
        out.write_all(&text)?;
        progress(done + 1);
    }
    Ok(())
}

/// A coordinate as it is written, to four digits.
pub(super) fn digits(coordinate: f64) -> f64 {
    (coordinate * 1e4).round() / 1e4
}

fn line(swipe: &SynthSwipe, out: &mut impl Write) -> io::Result<()> {
    let [width, height] = swipe.keyboard;
    let word = serde_json::Value::from(swipe.word.as_str());
    write!(
        out,
        "{{\"word\":{word},\"user\":{},\"kb\":[{width},{height}],\"points\":[",
        swipe.user
    )?;
    for (at, (x, y, t)) in swipe.points.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        write!(
            out,
            "{comma}{{\"x\":{},\"y\":{},\"t\":{t}}}",
            digits(*x),
            digits(*y)
        )?;
    }
    out.write_all(b"]}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swipes::Swipes;
    use crate::synth::{Profile, WordOptions, Words};
    use swipekit::layout::Layout;
    use swipekit::trace::Trace;

    #[test]
    fn what_is_written_is_read() {
        let words = Words::new(
            vec![("don't".to_owned(), 1.0), ("über".to_owned(), 1.0)],
            WordOptions::default(),
        )
        .unwrap();
        let layout = Layout::rows(
            "u",
            &[("qwertzuiopü", 0.0), ("asdfghjkl", 0.5), ("yxcvbnm", 1.5)],
        );
        let synth = Synth::new(&layout, words, Profile::default(), 3)
            .unwrap()
            .with_people(2);
        let mut text = Vec::new();
        let mut told = 0;
        swipe_file(&synth, 5, 20, &mut text, |done| told = done).unwrap();
        let read: Vec<_> = Swipes::new("m", io::Cursor::new(text))
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!((read.len(), told), (20, 20));
        let mut swipe = SynthSwipe::default();
        for (index, read) in (5..).zip(&read) {
            synth.swipe(index, &mut swipe);
            assert!(["dont", "über"].contains(&read.word.as_str()));
            assert_eq!(read.word, swipe.word);
            assert_eq!(read.keyboard, Some(swipe.keyboard));
            assert_eq!(read.user, Some(swipe.user.to_string()));
            let written = Trace::in_letter_area(swipe.points.iter().copied()).unwrap();
            assert_eq!(read.trace.len(), written.len());
            for (a, b) in read.trace.points().iter().zip(written.points()) {
                assert!((a.x - b.x).abs() <= 5.1e-5 && (a.y - b.y).abs() <= 5.1e-5 && a.t == b.t);
            }
        }
    }
}
