//! The stream's form: a header, then samples.
//!
//! `SWFEED1` and a line feed; the length of the header as 32 bits; the header, a JSON object; then
//! for each sample: frames T (32 bits), labels U (16 bits), source (8 bits: 0 recorded, 1
//! synthetic), 8 bits of zero; U classes of 8 bits; T rows of 37 float32. All numbers are
//! little-endian.

use std::io::{self, Write};
use std::sync::mpsc::sync_channel;
use std::thread;

use serde_json::{Value, json};

use super::{Feed, Sample};
use crate::files::FileError;
use crate::synth::error::{Result, SynthError};

/// First bytes of a stream.
pub const MAGIC: &[u8; 8] = b"SWFEED1\n";

/// Samples that a thread makes before it hands them on.
const CHUNK: u64 = 64;

/// Writes samples from `start` on, `count` of them or without an end, made by so many `threads`:
/// the same bytes for every number. The samples of a feed that gives each once end by themselves. A
/// reader that goes away ends the stream without an error.
///
/// # Errors
/// [`SynthError::File`] where `out` fails otherwise.
pub fn write(
    feed: &Feed,
    start: u64,
    count: Option<u64>,
    threads: usize,
    out: &mut impl Write,
) -> Result<()> {
    match write_all(feed, start, count, threads.clamp(1, 64), out) {
        Err(SynthError::File(FileError::Io { source, .. }))
            if source.kind() == io::ErrorKind::BrokenPipe =>
        {
            Ok(())
        }
        result => result,
    }
}

fn write_all(
    feed: &Feed,
    start: u64,
    count: Option<u64>,
    threads: usize,
    out: &mut impl Write,
) -> Result<()> {
    let header = feed.header(start, count).to_string();
    let failed = FileError::write("the stream");
    (out.write_all(MAGIC))
        .and_then(|()| out.write_all(&(header.len() as u32).to_le_bytes()))
        .and_then(|()| out.write_all(header.as_bytes()))
        .map_err(failed)?;
    let end = start
        .saturating_add(count.unwrap_or(u64::MAX))
        .min(feed.end());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads as u64)
            .map(|worker| {
                let (sender, receiver) = sync_channel::<Result<Vec<u8>>>(2);
                scope.spawn(move || {
                    let mut draws = feed.draws();
                    let mut sample = Sample::default();
                    let mut from = start.saturating_add(worker * CHUNK);
                    while from < end {
                        let mut bytes = Vec::new();
                        let to = end.min(from.saturating_add(CHUNK));
                        let made = (from..to).try_for_each(|index| {
                            draws.sample(index, &mut sample)?;
                            sample.append(&mut bytes);
                            Ok(())
                        });
                        // Nobody listens any more once the stream has ended.
                        if sender.send(made.map(|()| bytes)).is_err() {
                            return;
                        }
                        from = from.saturating_add(CHUNK * threads as u64);
                    }
                });
                receiver
            })
            .collect();
        for worker in workers.iter().cycle() {
            let Ok(bytes) = worker.recv() else { break };
            out.write_all(&bytes?)
                .map_err(FileError::write("the stream"))?;
        }
        Ok(out.flush().map_err(FileError::write("the stream"))?)
    })
}

impl Sample {
    /// Appends the sample's bytes.
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.frames as u32).to_le_bytes());
        bytes.extend((self.labels.len() as u16).to_le_bytes());
        bytes.extend([u8::from(!self.recorded), 0]);
        bytes.extend(&self.labels);
        bytes.extend(self.features.iter().flat_map(|value| value.to_le_bytes()));
    }
}

impl Feed {
    /// What a network has to know of its samples, and where they come from.
    fn header(&self, start: u64, count: Option<u64>) -> Value {
        let options = &self.options;
        let mut sources: Vec<Value> = (self.recorded.sources().iter())
            .map(|source| {
                let mut source = json!(source);
                source["kind"] = "swipe_file".into();
                source
            })
            .collect();
        if let (Some(source), false) = (&options.synthetic, options.once) {
            sources.push(json!({
                "kind": "synthetic",
                "words": source.words,
                "sha256": source.sha256,
                "typeable": source.synth.words(),
                "temper": source.word_options.temper,
                "length_power": source.word_options.length_power,
                "profile": source.synth.profile(),
            }));
        }
        json!({
            "features": self.featurizer.width(),
            "labels": self.labels,
            "blank": self.labels.len(),
            "layout": options.layout,
            "featurizer": self.spec,
            "seed": options.seed,
            "start": start,
            "count": count,
            "once": options.once,
            "share": options.share,
            "max_deviation": options.recorded.max_deviation,
            "augmentation": if options.once { super::Augmentation::NONE } else { options.augmentation },
            "sources": sources,
        })
    }
}
