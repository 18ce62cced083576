"""What the tests share."""

import json
import os
import shlex
import struct
import sys
import tempfile
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS.parent))

import torch  # noqa: E402

from swipekit_train.options import Options  # noqa: E402

import stream  # noqa: E402

torch.set_num_threads(1)
ROOT = TESTS.parents[2]
SHARED = ROOT.parent / "shared"


def feed_command(*arguments):
    """Command line of the test's feed."""
    return shlex.join([sys.executable, str(TESTS / "stream.py"), *map(str, arguments)])


def shared(name):
    """A file of ``tests/data`` or ``../shared``; skips the test where it is absent.

    With ``SWIPEKIT_TESTS_COMPLETE=1`` that is a failure where there is a ``../shared`` at all.
    """
    for folder in (ROOT / "tests" / "data", SHARED):
        if (folder / name).exists():
            return folder / name
    reason = f"../shared/{name} is absent"
    if os.environ.get("SWIPEKIT_TESTS_COMPLETE") == "1" and SHARED.exists():
        raise AssertionError(reason)
    if skips := os.environ.get("SWIPEKIT_TESTS_SKIPS"):
        with open(skips, "a", encoding="utf-8") as file:
            file.write(f"training: {reason}\n")
    raise unittest.SkipTest(reason)


def safetensors(path):
    """Reads a file of safetensors."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    kinds = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8}
    out = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        kind = kinds[entry["dtype"]]
        raw = bytearray(data[8 + length + begin : 8 + length + end])
        out[name] = torch.frombuffer(raw, dtype=kind).reshape(entry["shape"]) if raw else torch.empty(entry["shape"], dtype=kind)
    return out


class Folder(unittest.TestCase):
    """A test with a temporary folder."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)


def small(output, feed, **changes):
    """Options of a run of a second."""
    values = dict(
        feed=feed,
        output=output,
        samples=640,
        batch=16,
        chunk=4,
        lr=5e-3,
        warmup=10,
        ema=0.9,
        precision="fp32",
        device="cpu",
        interval=10,
        d_model=16,
        layers=1,
        heads=2,
        kernel=5,
        ff=2,
        conv_channels=4,
        prediction=16,
        joint=16,
    )
    values.update(changes)
    return Options(**values)
