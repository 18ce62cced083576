//! The search allocates nothing for a frame once it is warm.

use swipekit::internals::decoder::{Decoder, DecoderOptions};
use swipekit_exporters::fixtures::nemo;
use swipekit_exporters::random::Random;
use swipekit_tests::{english, lexicon, plain};

/// Allocations of one decoding after two that warmed the buffers up.
fn allocations(decoder: &mut Decoder, frames: &[f32], options: &DecoderOptions) -> u64 {
    for _ in 0..2 {
        decoder.decode(frames, options).unwrap();
    }
    let mut words = 0;
    let counted =
        allocation_counter::measure(|| words = decoder.decode(frames, options).unwrap().len());
    assert_eq!(
        words, options.candidates,
        "what is returned is allocated, and as much each time"
    );
    counted.count_total
}

#[test]
fn frames_cost_no_allocation() {
    let lexicon = lexicon(&english(5000), &nemo::labels());
    let mut decoder = Decoder::new(plain::transducer(), lexicon, 256).unwrap();
    let mut random = Random::new(9);
    let frames: Vec<f32> = (0..1600 * plain::CLASSES)
        .map(|_| random.uniform() as f32 * 8.0)
        .collect();
    for beam in [4, 16, 64] {
        let mut options = DecoderOptions::default();
        options.beam = beam;
        options.window = 50.0;
        let counts = [25, 100, 400, 1600].map(|count| {
            let frames = &frames[..count * plain::CLASSES];
            allocations(&mut decoder, frames, &options)
        });
        println!("beam {beam}: {counts:?} allocations for 25, 100, 400 and 1600 frames");
        // More or fewer words come to an end in time, and a word is read with a few allocations;
        // frames cost none.
        let most = counts[1..].iter().max().unwrap();
        assert!(*most < counts[0] + 40, "{counts:?}");
    }
}
