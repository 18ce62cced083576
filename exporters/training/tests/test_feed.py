"""The stream: what is read, and what is refused."""

import io
import math
import struct
import sys
import unittest

import support
import stream

from swipekit_train.errors import FeedError
from swipekit_train.feed import Feed, Reader

FRAMES = [[0.5] * stream.FEATURES, [-1.0] * stream.FEATURES]


def read(data):
    """All samples of `data`."""
    reader = Reader(io.BytesIO(data))
    out = []
    while (sample := reader.next()) is not None:
        out.append(sample)
    return out


class Stream(unittest.TestCase):
    def refused(self, data, *words):
        with self.assertRaises(FeedError) as caught:
            read(data)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_samples_come_back(self):
        data = stream.header() + stream.encode(FRAMES, [1, 3], 1) + stream.sample(7)
        first, second = read(data)
        self.assertEqual((first.labels, first.source, first.features.tolist()), (b"\x01\x03", 1, FRAMES))
        self.assertEqual(second.features.shape[1], stream.FEATURES)

    def test_every_cut_is_an_error(self):
        data = stream.header() + stream.encode(FRAMES, [1])
        whole = {len(data), len(stream.header())}
        for end in range(len(data) + 1):
            if end in whole:
                self.assertLessEqual(len(read(data[:end])), 1)
            else:
                self.refused(data[:end])

    def test_bad_streams(self):
        self.refused(b"SWFEED2\n" + stream.header()[8:], "begins with")
        self.refused(b"", "begins with")
        self.refused(b"SWFEED1\n" + struct.pack("<I", 0), "bytes")
        self.refused(b"SWFEED1\n" + struct.pack("<I", 1 << 30), "bytes")
        self.refused(b"SWFEED1\n" + struct.pack("<I", 3) + b"\xff{}", "JSON")
        self.refused(b"SWFEED1\n" + struct.pack("<I", 2) + b"[]", "object")

    def test_bad_headers(self):
        for name, value in (
            ("features", 0), ("features", "37"), ("features", True), ("labels", []), ("labels", ["a", "a"]), ("labels", [1]),
            ("blank", 0), ("blank", None), ("featurizer", None), ("featurizer", {"scale": [1.0]}), ("featurizer", {"scale": ["x"] * 6}),
            ("start", -1), ("count", "all"), ("sources", None), ("seed", None),
        ):  # fmt: skip
            self.refused(stream.header(**{name: value}), name)

    def test_bad_samples(self):
        head = stream.header()
        self.refused(head + stream.encode(FRAMES, [4]), "sample 0", "labels below 4")
        self.refused(head + stream.encode(FRAMES, []), "label")
        self.refused(head + stream.encode(FRAMES[:1], [1]), "frames")
        self.refused(head + struct.pack("<IHBB", 1 << 31, 1, 0, 0), "frames")
        self.refused(head + stream.encode(FRAMES, [1], source=2), "source")
        self.refused(head + stream.encode(FRAMES, [1], zero=1), "zero")
        for bad in (math.nan, math.inf, -math.inf):
            frames = [list(FRAMES[0]), [*FRAMES[1][:-1], bad]]
            self.refused(head + stream.sample(0) + stream.encode(frames, [1]), "sample 1", "NaN")
        both = [[math.inf, -math.inf, *FRAMES[0][2:]], FRAMES[1]]
        self.refused(head + stream.encode(both, [1]), "NaN")

    def test_positions_count_from_the_start(self):
        self.refused(stream.header(start=40) + stream.encode(FRAMES, [1]) + stream.encode(FRAMES, [9]), "sample 41")


class Sources(support.Folder):
    def test_a_command_and_a_file_give_the_same(self):
        path = self.folder / "stream.bin"
        path.write_bytes(stream.header() + b"".join(stream.sample(i) for i in range(200)))
        for start in (0, 70):
            with Feed(str(path), start) as feed:
                one = [(s.labels, s.features.tolist()) for s in feed]
            with Feed(support.feed_command("--count", 200), start) as feed:
                two = [(s.labels, s.features.tolist()) for s in feed]
            self.assertEqual(len(one), 200 - start)
            self.assertEqual(one, two)

    def test_an_endless_command_is_ended(self):
        feed = Feed([sys.executable, str(support.TESTS / "stream.py")])
        next(iter(feed))
        feed.close()
        self.assertIsNotNone(feed.process.returncode)
        self.assertTrue(feed.stream.closed)
        self.assertFalse(feed._thread.is_alive())

    def test_a_failing_command_is_an_error(self):
        with Feed(support.feed_command("--fail", 100)) as feed:
            with self.assertRaisesRegex(FeedError, "code 3"):
                list(feed)
        with self.assertRaisesRegex(FeedError, "no-such-program"):
            Feed("no-such-program --x")
        with self.assertRaisesRegex(FeedError, "begins with"):
            Feed([sys.executable, "-c", "print('hello')"])
        with self.assertRaises(FeedError):
            Feed("   ")

    def test_a_file_that_starts_too_late(self):
        path = self.folder / "stream.bin"
        path.write_bytes(stream.header(start=10) + stream.sample(10))
        with self.assertRaisesRegex(FeedError, "starts at 10"):
            Feed(str(path), 5)


if __name__ == "__main__":
    unittest.main()
