"""A stream of swipes that can be learnt, made without anything but the standard library.

As a program: ``python stream.py [--count N] [--start N] [--seed S] [--fail N]``, the stand-in of ``swipekit train feed``. Sample i follows from seed and i alone.
A label is a few frames of its own pattern and noise.
"""

import argparse
import array
import json
import random
import struct
import sys

FEATURES = 6
LABELS = ["a", "b", "c", "d"]


def header(start=0, seed=1, count=None, **changes):
    """The start of a stream up to its samples."""
    fields = {
        "features": FEATURES,
        "labels": LABELS,
        "blank": len(LABELS),
        "featurizer": {"kind": "test", "scale": [0.5] * FEATURES},
        "seed": seed,
        "start": start,
        "count": count,
        "sources": [{"kind": "synthetic", "profile": "test: a \"quote\""}],
        **changes,
    }
    data = json.dumps(fields).encode()
    return b"SWFEED1\n" + struct.pack("<I", len(data)) + data


def sample(index, seed=1):
    """Bytes of one sample."""
    draw = random.Random(seed * 1_000_003 + index)
    labels = [draw.randrange(len(LABELS)) for _ in range(draw.randint(1, 3))]
    frames = []
    for label in labels:
        for _ in range(draw.randint(4, 7)):
            frames.append([(1.0 if i == label else 0.0) + draw.gauss(0.0, 0.1) for i in range(FEATURES)])
    return encode(frames, labels, index % 2)


def encode(frames, labels, source=0, zero=0):
    """Bytes of a sample with these contents."""
    values = array.array("f", (value for frame in frames for value in frame))
    return struct.pack("<IHBB", len(frames), len(labels), source, zero) + bytes(labels) + values.tobytes()


def main():
    """Writes a stream until it is closed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fail", type=int, help="exit with code 3 before this sample")
    options = parser.parse_args()
    out = sys.stdout.buffer
    out.write(header(options.start, options.seed, options.count))
    index = options.start
    try:
        while options.count is None or index < options.count:
            if index == options.fail:
                out.flush()
                sys.exit(3)
            out.write(sample(index, options.seed))
            index += 1
        out.flush()
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == "__main__":
    main()
