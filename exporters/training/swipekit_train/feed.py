"""Reads the stream of samples that ``swipekit train feed`` writes.

The stream: 8 bytes ``SWFEED1\\n``, the length of a header (u32), the header (JSON, UTF-8), then samples: frames T (u32, from 2), labels U
(u16, from 1), source (u8; 0 real, 1 synthetic), a zero byte, U bytes of label ids, T x features float32. Little endian. It ends where
the data ends.
"""

from __future__ import annotations

import dataclasses
import json
import math
import queue
import shlex
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from .errors import FeedError

MAGIC = b"SWFEED1\n"
MAX_HEADER = 16 << 20
MAX_FRAMES = 1 << 16
REAL, SYNTHETIC = 0, 1
MIXTURE = ("share", "max_deviation", "augmentation")


@dataclass(frozen=True)
class Header:
    """What the stream says about itself."""

    features: int
    labels: tuple[str, ...]
    blank: int
    #: How points became features, as in ``bundle.json``.
    featurizer: dict[str, Any]
    seed: int
    start: int
    count: int | None
    sources: list[dict[str, Any]]
    #: The layout that swipes are made on, as in ``bundle.json``; None where the stream does not say.
    layout: dict[str, Any] | None = None
    #: How swipes were chosen, mixed and varied.
    mixture: dict[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Reads the JSON of a header."""
        try:
            tree = json.loads(data.decode("utf-8"))
        except (UnicodeDecodeError, ValueError) as error:
            raise FeedError(f"the feed's header: expected JSON, got {error}") from error
        if not isinstance(tree, dict):
            raise FeedError(f"the feed's header: expected an object, got {type(tree).__name__}")

        def field(name: str, test: Any, expected: str) -> Any:
            value = tree.get(name)
            if not test(value):
                raise FeedError(f"the feed's header: {name}: expected {expected}, got {value!r}"[:300])
            return value

        features = field("features", lambda v: whole(v) and 1 <= v <= 4096, "a number of features")
        labels = field(
            "labels",
            lambda v: isinstance(v, list) and 1 <= len(v) <= 255 and all(isinstance(x, str) and x for x in v) and len(set(v)) == len(v),
            "1 to 255 different labels",
        )
        blank = field("blank", lambda v: whole(v) and v == len(labels), f"{len(labels)}, the class after the labels")
        featurizer = field("featurizer", lambda v: isinstance(v, dict), "an object")
        scale = featurizer.get("scale")
        if scale and not (isinstance(scale, list) and len(scale) == features and all(number(x) for x in scale)):
            raise FeedError(f"the feed's header: featurizer.scale: expected {features} finite numbers")
        return cls(
            features=features,
            labels=tuple(labels),
            blank=blank,
            featurizer=featurizer,
            seed=field("seed", whole, "a whole number"),
            start=field("start", lambda v: whole(v) and v >= 0, "a whole number from 0"),
            count=field("count", lambda v: v is None or (whole(v) and v >= 0), "null or a whole number"),
            sources=field("sources", lambda v: isinstance(v, list) and all(isinstance(x, dict) for x in v), "a list of objects"),
            layout=field("layout", lambda v: v is None or isinstance(v, dict), "an object"),
            mixture={name: tree[name] for name in MIXTURE if name in tree},
        )


def whole(value: Any) -> bool:
    """Whether JSON's value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: Any) -> bool:
    """Whether JSON's value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Sample:
    """One swipe."""

    #: ``[T, features]``, scaled.
    features: Tensor
    #: Label ids.
    labels: bytes
    #: `REAL` or `SYNTHETIC`.
    source: int


class Reader:
    """Samples of an open stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        magic = stream.read(len(MAGIC))
        if magic != MAGIC:
            raise FeedError(f"the feed: expected a stream that begins with {MAGIC!r}, got {magic!r}")
        (length,) = struct.unpack("<I", self.exactly(4, "the header's length"))
        if not 0 < length <= MAX_HEADER:
            raise FeedError(f"the feed's header: expected 1 to {MAX_HEADER} bytes, got {length}")
        self.header = Header.parse(self.exactly(length, "the header"))
        #: Position in the stream of the next sample.
        self.position = self.header.start

    def exactly(self, count: int, what: str) -> bytearray:
        """Reads `count` bytes."""
        data = bytearray(count)
        view = memoryview(data)
        got = 0
        while got < count:
            read = self.stream.readinto(view[got:])
            if not read:
                raise FeedError(f"the feed: expected {count} bytes of {what}, got {got}: the stream is truncated")
            got += read
        return data

    def next(self) -> Sample | None:
        """The next sample, or none at the end."""
        first = self.stream.read(1)
        if not first:
            return None
        what = f"sample {self.position}"
        frames, count, source, zero = struct.unpack("<IHBB", first + self.exactly(7, what))
        if not 2 <= frames <= MAX_FRAMES:
            raise FeedError(f"{what}: expected 2 to {MAX_FRAMES} frames, got {frames}")
        if count < 1:
            raise FeedError(f"{what}: expected at least one label, got none")
        if source not in (REAL, SYNTHETIC) or zero != 0:
            raise FeedError(f"{what}: expected source 0 or 1 and a zero byte, got {source} and {zero}")
        labels = bytes(self.exactly(count, what))
        if max(labels) >= self.header.blank:
            raise FeedError(f"{what}: expected labels below {self.header.blank}, got {max(labels)}")
        data = self.exactly(frames * self.header.features * 4, what)
        if sys.byteorder == "big":
            raise FeedError("the feed: this machine is big endian")
        features = torch.frombuffer(data, dtype=torch.float32).view(frames, self.header.features)
        # A sum is not finite where any of its terms is not, and costs one pass.
        if not math.isfinite(features.sum(dtype=torch.float64).item()):
            raise FeedError(f"{what}: expected finite features, got NaN or infinity")
        self.position += 1
        return Sample(features, labels, source)


class Feed:
    """Samples of a command, a file or standard input, read ahead by a thread."""

    #: Samples read ahead.
    AHEAD = 4096

    def __init__(self, source: str | list[str], start: int = 0) -> None:
        """`source`: an argument list or a command line to start, the path of a file, or ``-``. `start`: position of the first sample.

        A command is given ``--start`` where that is not 0; of a file what comes before is skipped.
        """
        self.process: subprocess.Popen[bytes] | None = None
        self.stream = self._open(source, start)
        try:
            self.reader = Reader(self.stream)
            self.header = self.reader.header
            if self.header.start > start:
                raise FeedError(f"the feed: expected samples from {start} on, got a stream that starts at {self.header.start}")
        except FeedError as error:
            self._stop_process()
            self._close_stream()
            raise self._with_exit(error) from None
        self._skip = start - self.header.start
        self._queue: queue.Queue[list[Sample] | Exception | None] = queue.Queue(maxsize=self.AHEAD // 64)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read, name="feed", daemon=True)
        self._thread.start()

    def _open(self, source: str | list[str], start: int) -> BinaryIO:
        if source == "-":
            return sys.stdin.buffer
        if isinstance(source, str) and Path(source).is_file():
            return open(source, "rb")
        command = shlex.split(source) if isinstance(source, str) else list(source)
        if not command:
            raise FeedError("the feed: expected a command or a file, got nothing")
        if start:
            command += ["--start", str(start)]
        try:
            # A group of its own: an interrupt from the keyboard is for the training, which ends the
            # feed itself.
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=1 << 20, start_new_session=True
            )
        except OSError as error:
            raise FeedError(f"the feed: {command[0]}: {error.strerror or error}") from error
        assert self.process.stdout is not None
        return self.process.stdout  # type: ignore[return-value]

    def _with_exit(self, error: FeedError) -> FeedError:
        code = self.process.returncode if self.process else None
        if code is not None and code > 0:
            return FeedError(f"{error} (the feed command ended with code {code})")
        return error

    def _put(self, item: list[Sample] | Exception | None) -> bool:
        while not self._closing.is_set():
            try:
                self._queue.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def _read(self) -> None:
        group: list[Sample] = []
        try:
            while (sample := self.reader.next()) is not None:
                if self._skip > 0:
                    self._skip -= 1
                    continue
                group.append(sample)
                if len(group) == 64:
                    if not self._put(group):
                        return
                    group = []
            if self.process is not None and (code := self.process.wait()) != 0:
                raise FeedError(f"the feed command ended with code {code}")
            if group:
                self._put(group)
            self._put(None)
        except FeedError as error:
            if self.process is not None:
                self.process.poll()
            self._put(self._with_exit(error))
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits
            self._put(FeedError(f"the feed: {error}"))

    def __iter__(self) -> Iterator[Sample]:
        """The samples in order. Raises `FeedError` where the stream is broken."""
        while True:
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield from item

    def _stop_process(self) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def close(self) -> None:
        """Ends the command and the thread."""
        self._closing.set()
        self._stop_process()
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._close_stream()

    def _close_stream(self) -> None:
        if self.stream is not sys.stdin.buffer:
            self.stream.close()

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
