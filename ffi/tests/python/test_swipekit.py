"""The Python bindings against what Rust gives: run by `cargo test -p swipekit-ffi`.

Beside the module swipekit, in the folder SWIPEKIT_FOLDER, lie expected.json (what Rust decodes), language.bin and a damaged bundle;
SWIPEKIT_BUNDLE is the default bundle.
"""

import gc
import hashlib
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile
from pathlib import Path

import swipekit
from swipekit import (
    CancelToken,
    DecodeOptions,
    Engine,
    EngineOptions,
    LetterArea,
    LexiconFile,
    LiveOptions,
    NamedLayout,
    PartialListener,
    Point,
    SwipekitError,
    WeightedWord,
    WordRejection,
)

BUNDLE = Path(os.environ["SWIPEKIT_BUNDLE"])
FOLDER = Path(os.environ["SWIPEKIT_FOLDER"])
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
UNIT = LetterArea(left=0.0, top=0.0, width=1.0, height=1.0)


def points(swipe):
    return [Point(x=x, y=y, t=t) for x, y, t in swipe["points"]]


def packed(swipe):
    return b"".join(struct.pack("<3d", *point) for point in swipe["points"])


def words(result):
    return [candidate.word for candidate in result.candidates]


def expected_words(swipe):
    return [candidate["word"] for candidate in swipe["candidates"]]


def path_over(word, layout, ms=60.0):
    """A path through the middles of a word's keys, twelve points a letter."""
    keys = {key.label: (key.left + key.width / 2, key.top + key.height / 2) for key in layout.keys}
    corners = [keys[letter] for letter in word]
    path = []
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[-1:]):
        for step in range(12):
            path.append((x0 + (x1 - x0) * step / 12, y0 + (y1 - y0) * step / 12))
    return [Point(x=x, y=y, t=ms / 6 * at) for at, (x, y) in enumerate(path)]


def pack(folder, file):
    """A bundle as one file: stored entries, each beginning at a multiple of 16 KiB."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name)
            start = archive.fp.tell() + 30 + len(path.name)
            entry.extra = bytes(-start % 16384)
            archive.writestr(entry, path.read_bytes())


def write(folder, name, content):
    """Writes a file of a bundle, and what the manifest says of it."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["files"][name].update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    (folder / "bundle.json").write_text(json.dumps(manifest))


def live_threads():
    """Threads of live sessions; `None` where the system does not tell."""
    names = [task / "comm" for task in Path("/proc/self/task").glob("*")]
    return sum(name.read_text().startswith("swipekit-live") for name in names) if names else None


class Listener(PartialListener):
    def __init__(self):
        self.partials = []
        self.failures = []
        self.came = threading.Event()

    def on_partial(self, partial):
        self.partials.append(partial)
        self.came.set()

    def on_failure(self, error):
        self.failures.append(error)
        self.came.set()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = Engine.open(str(BUNDLE))

    def fails(self, error, call, *arguments, without=()):
        """The call fails with that error, whose message says something and none of the words `without`."""
        with self.assertRaises(error) as caught:
            call(*arguments)
        message = str(caught.exception)
        self.assertGreater(len(message), 10)
        for word in without:
            self.assertNotIn(word, message)
        return message


class Decoding(Case):
    def test_same_words_and_scores_as_rust(self):
        for swipe in EXPECTED:
            result = self.engine.decode(points(swipe), UNIT)
            self.assertEqual(words(result), expected_words(swipe))
            self.assertTrue(result.is_complete)
            for got, expected in zip(result.candidates, swipe["candidates"]):
                self.assertEqual(got.score, expected["score"])
                self.assertEqual(got.confidence, expected["confidence"])
                self.assertEqual(got.log_probability, expected["log_probability"])
            times = result.timings
            self.assertGreater(min(times.features_ms, times.encoder_ms, times.search_ms), 0)

    def test_packed_points_are_points(self):
        for swipe in EXPECTED[:10]:
            self.assertEqual(
                self.engine.decode_packed(packed(swipe), UNIT).candidates,
                self.engine.decode(points(swipe), UNIT).candidates,
            )
        for cut in (1, 23, 25, 47):
            message = self.fails(
                SwipekitError.Argument, self.engine.decode_packed, packed(EXPECTED[0])[:cut], UNIT
            )
            self.assertIn("24", message)

    def test_spellings_as_in_rust(self):
        for swipe in EXPECTED[:10]:
            found = self.engine.spellings(points(swipe), UNIT, 3)
            self.assertEqual([(s.text, s.log_probability) for s in found], [tuple(s) for s in swipe["spellings"]])
            self.assertEqual(self.engine.greedy(points(swipe), UNIT), swipe["greedy"])
            self.assertAlmostEqual(found[0].confidence, math.exp(found[0].log_probability))
        for count in (0, 1025):
            self.fails(SwipekitError.Argument, self.engine.spellings, points(swipe), UNIT, count)

    def test_options(self):
        swipe = EXPECTED[0]
        for count in (1, 3):
            result = self.engine.decode(points(swipe), UNIT, DecodeOptions(candidates=count))
            self.assertEqual(words(result), expected_words(swipe)[:count])
        for options in (DecodeOptions(candidates=0), DecodeOptions(beam=1 << 20)):
            self.fails(SwipekitError.Argument, self.engine.decode, points(swipe), UNIT, options)
        for number in (-1, 1 << 32):
            with self.assertRaises(ValueError):
                self.engine.decode(points(swipe), UNIT, DecodeOptions(candidates=number))

    def test_area_in_pixels(self):
        area = LetterArea(left=12.0, top=1600.0, width=1024.0, height=512.0)
        for swipe in EXPECTED[:10]:
            moved = [Point(x=12 + 1024 * p.x, y=1600 + 512 * p.y, t=p.t) for p in points(swipe)]
            self.assertEqual(words(self.engine.decode(moved, area)), expected_words(swipe))

    def test_too_few_points_are_no_word(self):
        for few in ([], points(EXPECTED[0])[:1]):
            self.assertEqual(words(self.engine.decode(few, UNIT)), [])
            self.assertEqual(self.engine.greedy(few, UNIT), "")

    def test_numbers_that_are_not_finite(self):
        for bad in (math.nan, math.inf, -math.inf):
            for at in range(3):
                numbers = [0.5, 0.5, 8.0]
                numbers[at] = bad
                point = Point(x=numbers[0], y=numbers[1], t=numbers[2])
                swipe = points(EXPECTED[0])[:5] + [point]
                for call in (self.engine.decode, self.engine.greedy):
                    self.fails(SwipekitError.NotFinite, call, swipe, UNIT)
                self.fails(SwipekitError.NotFinite, self.engine.spellings, swipe, UNIT, 1)
            area = LetterArea(left=bad, top=0.0, width=1.0, height=1.0)
            self.fails(SwipekitError.NotFinite, self.engine.decode, swipe[:5], area)

    def test_values_that_cannot_be_used(self):
        swipe = points(EXPECTED[0])
        for width in (0.0, -1.0, 1e-40):
            area = LetterArea(left=0.0, top=0.0, width=width, height=1.0)
            self.fails(SwipekitError.Argument, self.engine.decode, swipe, area)
        long = [Point(x=0.5, y=0.5, t=0.0), Point(x=0.5, y=0.5, t=1e9)]
        self.fails(SwipekitError.Argument, self.engine.decode, long, UNIT)
        many = struct.pack("<3d", 0.5, 0.5, 0.0) * ((1 << 18) + 1)
        self.fails(SwipekitError.Argument, self.engine.decode_packed, many, UNIT)
        for wrong in (None, "a", [1, 2], [None]):
            with self.assertRaises((TypeError, AttributeError)):
                self.engine.decode(wrong, UNIT)

    def test_deadline_and_cancelling(self):
        swipe = points(EXPECTED[0])
        result = self.engine.decode(swipe, UNIT, DecodeOptions(deadline_ms=0))
        self.assertFalse(result.is_complete)
        token = CancelToken()
        self.assertFalse(token.is_cancelled())
        self.assertEqual(words(self.engine.decode(swipe, UNIT, cancel=token)), expected_words(EXPECTED[0]))
        token.cancel()
        self.assertTrue(token.is_cancelled())
        self.fails(SwipekitError.Cancelled, lambda: self.engine.decode(swipe, UNIT, cancel=token))
        # From another thread.
        token = CancelToken()
        threading.Timer(0.1, token.cancel).start()
        until = time.monotonic() + 10

        def decode():
            while time.monotonic() < until:
                self.engine.decode(swipe, UNIT, cancel=token)

        self.fails(SwipekitError.Cancelled, decode)

    def test_threads(self):
        wrong = []

        def decode(offset):
            for at in range(len(EXPECTED)):
                swipe = EXPECTED[(at + offset) % len(EXPECTED)]
                if words(self.engine.decode(points(swipe), UNIT)) != expected_words(swipe):
                    wrong.append(offset)

        threads = [threading.Thread(target=decode, args=(5 * number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_context(self):
        with_model = self.engine.with_language_model(str(FOLDER / "language.bin"))
        self.assertTrue(with_model.info().has_language_model)
        self.assertFalse(self.engine.info().has_language_model)
        swipe = next(swipe for swipe in EXPECTED if len(swipe["candidates"]) > 2)
        alone = with_model.decode(points(swipe), UNIT)
        self.assertEqual(words(alone), expected_words(swipe))
        # The model says that Rust's third candidate is what follows "behold".
        told = with_model.decode(points(swipe), UNIT, DecodeOptions(context=["behold"]))
        third = alone.candidates[2].word

        def score(result):
            return next(c.score for c in result.candidates if c.word == third)

        self.assertGreater(score(told), score(alone) + 0.5)
        # Words before one swipe are forgotten for the next.
        self.assertEqual(with_model.decode(points(swipe), UNIT).candidates, alone.candidates)
        self.fails(SwipekitError.NotFound, self.engine.with_language_model, "/nowhere/language.bin")
        self.fails(SwipekitError.Damaged, self.engine.with_language_model, str(FOLDER / "expected.json"))


class Opening(Case):
    def test_what_an_engine_is(self):
        info = self.engine.info()
        self.assertEqual((info.name, info.language, info.layout), ("en-qwerty", "en", "qwerty"))
        self.assertIn("default", info.presets)
        self.assertIn("z", info.labels)
        self.assertGreater(info.words, 10_000)
        self.assertEqual(info.runtime, "ONNX Runtime")
        self.assertTrue(Path(info.runtime_library).exists())
        memory = self.engine.memory()
        self.assertGreater(memory.mapped, memory.encoder_file)
        self.assertGreater(min(memory.encoder_file, memory.transducer), 10_000)
        report = self.engine.self_test()
        self.assertGreater(report.swipes, 0)
        self.engine.warm_up()
        self.engine.trim()
        self.assertEqual(words(self.engine.decode(points(EXPECTED[0]), UNIT)), expected_words(EXPECTED[0]))
        self.assertRegex(swipekit.version(), r"^\d+\.\d+\.\d+")

    def test_bytes_of_a_packed_bundle(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "en.swipekit"
            pack(BUNDLE, file)
            content = file.read_bytes()
            for engine in (Engine.open(str(file)), Engine.open_bytes(content, "memory")):
                for swipe in EXPECTED[:5]:
                    self.assertEqual(words(engine.decode(points(swipe), UNIT)), expected_words(swipe))
        for garbage in (b"", b"x", bytes(1000), content[:-1], content[:-50000] + bytes(50000)):
            message = self.fails(SwipekitError.Damaged, Engine.open_bytes, garbage, "my bundle")
            self.assertIn("my bundle", message)

    def test_options(self):
        options = EngineOptions(threads=1, copies=2, warm_prefixes=0, prefix_bytes=100_000)
        engine = Engine.open(str(BUNDLE), options)
        self.assertEqual(words(engine.decode(points(EXPECTED[0]), UNIT)), expected_words(EXPECTED[0]))
        message = self.fails(SwipekitError.Argument, Engine.open, str(BUNDLE), EngineOptions(preset="none"))
        self.assertIn("default", message)
        self.fails(SwipekitError.Argument, Engine.open, str(BUNDLE), EngineOptions(copies=0))

    def test_bundles_that_cannot_be_opened(self):
        self.fails(SwipekitError.NotFound, Engine.open, "/nowhere/bundle")
        self.fails(SwipekitError.NotFound, Engine.open, "")
        self.fails(SwipekitError.Damaged, Engine.open, str(FOLDER / "expected.json"))
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "bundle"
            shutil.copytree(BUNDLE, copy)
            golden = json.loads((copy / "golden.json").read_text())
            golden["swipes"][0]["greedy"] = "xylophone"
            write(copy, "golden.json", json.dumps(golden).encode())
            other = Engine.open(str(copy))
            self.fails(SwipekitError.SelfTest, other.self_test, without=["xylophone"])
            encoder = copy / "encoder.onnx"
            content = bytearray(encoder.read_bytes())
            content[len(content) // 2] ^= 1
            encoder.write_bytes(content)
            self.fails(SwipekitError.Damaged, Engine.open, str(copy))
            # With the hash that it has, it is for the runtime to say.
            write(copy, "encoder.onnx", b"no graph")
            self.fails(SwipekitError.Decode, Engine.open, str(copy))
            manifest = json.loads((BUNDLE / "bundle.json").read_text())
            manifest["format"] = 99
            (copy / "bundle.json").write_text(json.dumps(manifest))
            message = self.fails(SwipekitError.Unsupported, Engine.open, str(copy))
            self.assertIn("update swipekit", message)

    def test_runtime_that_is_not_there(self):
        # The runtime is loaded once a process: another library is asked for in one of its own.
        code = (
            "import swipekit\n"
            "for library in ('/nowhere/libonnxruntime.so', __file__):\n"
            "    try:\n"
            f"        swipekit.Engine.open({str(BUNDLE)!r}, swipekit.EngineOptions(runtime_library=library))\n"
            "    except swipekit.SwipekitError.RuntimeLibrary as error:\n"
            "        assert library in str(error), error\n"
            "        print('told')\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "script.py"
            script.write_text(code)
            environment = {**os.environ, "PYTHONPATH": str(Path(swipekit.__file__).parent)}
            run = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)
        self.assertEqual(run.stdout.split(), ["told", "told"], run.stderr)

    def test_engines_come_and_go(self):
        for _ in range(20):
            engine = Engine.open(str(BUNDLE), EngineOptions(warm_prefixes=0))
            user = engine.words()
            session = engine.live()
            del engine
            gc.collect()
            # What was made of an engine keeps what it needs.
            self.assertIsNone(user.add("zyzzyva"))
            session.begin(UNIT)
            session.push(points(EXPECTED[0]))
            self.assertEqual(words(session.finish()), expected_words(EXPECTED[0]))


class Layouts(Case):
    def test_named_layouts(self):
        area = LetterArea(left=0.0, top=100.0, width=1080.0, height=480.0)
        for name in NamedLayout:
            layout = swipekit.named_layout(name, area)
            self.assertEqual(len(layout.keys), 26)
            found = swipekit.letter_area(layout)
            for got, expected in ((found.left, 0.0), (found.top, 100.0), (found.width, 1080.0), (found.height, 480.0)):
                self.assertAlmostEqual(got, expected, delta=0.01)
        flat = LetterArea(left=0.0, top=0.0, width=1.0, height=0.0)
        self.fails(SwipekitError.Argument, swipekit.named_layout, NamedLayout.QWERTY, flat)

    def test_words_on_another_layout(self):
        layout = swipekit.named_layout(NamedLayout.AZERTY, LetterArea(left=0.0, top=0.0, width=1080.0, height=480.0))
        engine = self.engine.with_layout(layout)
        self.assertEqual(engine.info().layout, "azerty")
        self.assertEqual(engine.layout().keys, layout.keys)
        area = swipekit.letter_area(layout)
        for word in ("hello", "people", "quite"):
            self.assertEqual(words(engine.decode(path_over(word, layout), area))[0], word)
        # The user's words are the same ones.
        engine.words().add("shared")
        self.assertIn("shared", [entry.word for entry in self.engine.words().entries()])
        engine.words().remove("shared")

    def test_layouts_that_are_none(self):
        layout = swipekit.named_layout(NamedLayout.QWERTY, UNIT)
        for keys in ([], layout.keys[:5], layout.keys + layout.keys[:1]):
            layout = swipekit.KeyboardLayout(name="x", keys=keys)
            self.fails(SwipekitError.Argument, self.engine.with_layout, layout)
        keys[0].left = math.nan
        self.fails(SwipekitError.NotFinite, self.engine.with_layout, layout)


class Words(Case):
    def setUp(self):
        self.engine = Engine.open(str(BUNDLE))
        self.qwerty = self.engine.layout()
        self.user = self.engine.words()

    def first(self, word, engine=None):
        found = words((engine or self.engine).decode(path_over(word, self.qwerty), UNIT))
        return found[0] if found else None

    def test_words_of_the_user(self):
        self.assertNotEqual(self.first("zyzzlet"), "zyzzlet")
        self.assertIsNone(self.user.add("zyzzlet"))
        self.assertEqual(self.first("zyzzlet"), "zyzzlet")
        self.assertIsNone(self.user.add_with("Zyzzlet", -5.0))
        self.assertIsNone(self.user.boost("zyzzlet", 2.5))
        self.assertIsNone(self.user.learn("zyzzlet"))
        self.assertIsNone(self.user.block("hello"))
        self.assertNotIn("hello", words(self.engine.decode(path_over("hello", self.qwerty), UNIT)))
        self.assertEqual(self.user.size(), 3)
        entries = {entry.word: entry for entry in self.user.entries()}
        self.assertEqual(set(entries), {"zyzzlet", "Zyzzlet", "hello"})
        self.assertEqual((entries["Zyzzlet"].log_prior, entries["zyzzlet"].boost), (-5.0, 2.5))
        self.assertEqual((entries["zyzzlet"].chosen, entries["hello"].blocked), (1.0, True))
        self.assertIsNone(entries["hello"].log_prior)
        self.assertIsNone(self.user.unblock("hello"))
        self.assertEqual(self.first("hello"), "hello")
        self.assertIsNone(self.user.remove("zyzzlet"))
        self.assertEqual(self.user.size(), 1)
        self.user.clear()
        self.assertEqual(self.user.entries(), [])

    def test_why_a_word_is_not_taken(self):
        for word, reason in (
            ("", WordRejection.EMPTY),
            ("'", WordRejection.EMPTY),
            ("日本", WordRejection.UNTYPEABLE),
            ("a" * 1000, WordRejection.TOO_LONG),
        ):
            for change in (self.user.add, self.user.block, self.user.unblock, self.user.remove, self.user.learn):
                self.assertEqual(change(word), reason, (word, change))
        for prior in (math.nan, 1.0, -101.0):
            self.assertEqual(self.user.add_with("word", prior), WordRejection.WEIGHT)
        self.assertEqual(self.user.boost("word", math.nan), WordRejection.WEIGHT)
        self.assertEqual(self.user.size(), 0)

    def test_words_in_a_file(self):
        self.user.add("zyzzlet")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "user.words"
            self.user.export_to(str(file))
            self.user.clear()
            self.user.import_from(str(file))
            self.assertEqual([entry.word for entry in self.user.entries()], ["zyzzlet"])
            content = file.read_bytes()
            file.write_bytes(content[:-3])
            self.fails(SwipekitError.Damaged, self.user.import_from, str(file), without=["zyzzlet"])
            file.write_bytes(content.replace(b"words 1", b"words 9", 1))
            self.fails(SwipekitError.Unsupported, self.user.import_from, str(file))
            self.fails(SwipekitError.NotFound, self.user.import_from, folder + "/none")
            self.fails(SwipekitError.Storage, self.user.export_to, folder + "/none/words")
        self.assertEqual(self.user.size(), 1)

    def test_words_of_an_app(self):
        given = [
            WeightedWord(word="zyzzlet", weight=5.0),
            WeightedWord(word="日本", weight=5.0),
            WeightedWord(word="hello", weight=math.nan),
            WeightedWord(word="quuxly", weight=1.0),
        ]
        made = self.engine.with_words(given)
        self.assertEqual(
            [(rejected.index, rejected.reason) for rejected in made.rejected],
            [(1, WordRejection.UNTYPEABLE), (2, WordRejection.WEIGHT)],
        )
        self.assertEqual(made.engine.info().words, 2)
        self.assertEqual(self.first("quuxly", made.engine), "quuxly")
        self.assertNotIn("hello", words(made.engine.decode(path_over("hello", self.qwerty), UNIT)))

    def test_lexicons_of_files(self):
        file = str(BUNDLE / "lexicon.fst")
        alone = self.engine.with_lexicons([LexiconFile(path=file)], keep_own=False)
        twice = self.engine.with_lexicons([LexiconFile(path=file, log_weight=-3.0)])
        for swipe in EXPECTED[:10]:
            for engine in (alone, twice):
                self.assertEqual(words(engine.decode(points(swipe), UNIT)), expected_words(swipe))
        none = self.engine.with_lexicons([], keep_own=False)
        self.assertIsNone(none.info().words)
        self.fails(SwipekitError.Argument, none.decode, points(EXPECTED[0]), UNIT)
        none.warm_up()
        none.words().add("hello")
        self.assertEqual(self.first("hello", none), "hello")
        self.fails(SwipekitError.NotFound, self.engine.with_lexicons, [LexiconFile(path="/nowhere/words.fst")])
        self.fails(SwipekitError.Damaged, self.engine.with_lexicons, [LexiconFile(path=str(FOLDER / "expected.json"))])
        self.fails(SwipekitError.Argument, self.engine.with_lexicons, [LexiconFile(path=file, log_weight=1.0)])
        self.fails(SwipekitError.Argument, self.engine.with_lexicons, [LexiconFile(path=file)] * 4)


class Live(Case):
    def test_partial_results_and_the_final_one(self):
        listener = Listener()
        session = self.engine.live(LiveOptions(interval_ms=1, share=1.0), listener)
        for number, swipe in enumerate(EXPECTED[-5:], 1):
            self.assertEqual(session.begin(UNIT), number)
            listener.came.clear()
            at = 0
            while at < len(swipe["points"]):
                part = points(swipe)[at : at + 4]
                if at % 8 == 0:
                    session.push(part)
                else:
                    session.push_packed(b"".join(struct.pack("<3d", p.x, p.y, p.t) for p in part))
                at += 4
                time.sleep(0.005)
            self.assertTrue(listener.came.wait(10))
            self.assertEqual(session.points(), len(swipe["points"]))
            result = session.finish()
            self.assertEqual(words(result), expected_words(swipe))
            self.assertTrue(result.is_complete)
        self.assertEqual(listener.failures, [])
        gestures = [partial.gesture for partial in listener.partials]
        self.assertEqual(gestures, sorted(gestures))
        self.assertEqual(set(gestures), {1, 2, 3, 4, 5})
        for partial in listener.partials:
            self.assertGreaterEqual(partial.points, 8)
            self.assertTrue(all(candidate.word for candidate in partial.candidates))
        session.stop()

    def test_partial_results_without_a_listener(self):
        session = self.engine.live(LiveOptions(interval_ms=1, share=1.0, candidates=2))
        session.begin(UNIT)
        self.assertIsNone(session.partial())
        session.push(points(EXPECTED[-1]))
        until = time.monotonic() + 10
        while session.partial() is None and time.monotonic() < until:
            time.sleep(0.01)
        partial = session.partial()
        self.assertEqual((partial.gesture, partial.points), (1, len(EXPECTED[-1]["points"])))
        session.set_context(["not", "used"])
        self.assertEqual(words(session.finish(deadline_ms=60_000)), expected_words(EXPECTED[-1])[:2])
        self.assertIsNone(session.partial())

    def test_a_gesture_ended_here_and_decoded_there(self):
        session = self.engine.live()
        ended = []
        for swipe in EXPECTED[-3:]:
            session.begin(UNIT)
            session.push(points(swipe))
            ended.append(session.end())
        self.assertEqual([gesture.gesture() for gesture in ended], [1, 2, 3])
        found = {}

        def decode(at):
            found[at] = words(ended[at].decode())

        threads = [threading.Thread(target=decode, args=(at,)) for at in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([found[at] for at in range(3)], [expected_words(swipe) for swipe in EXPECTED[-3:]])
        self.fails(SwipekitError.Argument, session.end)
        token = CancelToken()
        token.cancel()
        self.fails(SwipekitError.Cancelled, lambda: ended[0].decode(cancel=token))
        session.stop()
        self.fails(SwipekitError.Closed, ended[0].decode)
        self.fails(SwipekitError.Closed, session.end)

    def test_gestures_that_are_none(self):
        session = self.engine.live()
        for call in (session.finish, lambda: session.push(points(EXPECTED[0]))):
            self.fails(SwipekitError.Argument, call)
        session.begin(UNIT)
        session.push(points(EXPECTED[0])[:3])
        bad = Point(x=math.nan, y=0.0, t=0.0)
        self.fails(SwipekitError.NotFinite, session.push, points(EXPECTED[0])[3:6] + [bad])
        self.fails(SwipekitError.Argument, session.push_packed, bytes(25))
        self.assertEqual(session.points(), 3)
        session.abandon()
        session.abandon()
        self.fails(SwipekitError.Argument, session.finish)
        session.begin(UNIT)
        self.assertEqual(words(session.finish()), [])
        token = CancelToken()
        token.cancel()
        session.begin(UNIT)
        session.push(points(EXPECTED[0]))
        self.fails(SwipekitError.Cancelled, lambda: session.finish(cancel=token))
        self.fails(SwipekitError.Argument, session.finish)
        for options in (LiveOptions(share=0.0), LiveOptions(share=math.nan), LiveOptions(candidates=0)):
            self.fails(SwipekitError.Argument, self.engine.live, options)

    def test_stopping(self):
        listener = Listener()
        session = self.engine.live(LiveOptions(interval_ms=1), listener)
        session.begin(UNIT)
        session.push(points(EXPECTED[-1]))
        self.assertTrue(listener.came.wait(10))
        before = live_threads()
        session.stop()
        session.stop()
        if before is not None:
            self.assertEqual(live_threads(), before - 1)
        for call in (
            session.finish,
            session.partial,
            session.abandon,
            session.points,
            lambda: session.begin(UNIT),
            lambda: session.push([]),
            lambda: session.push_packed(b""),
            lambda: session.set_context([]),
        ):
            self.fails(SwipekitError.Closed, call)

    def test_a_listener_that_throws_or_stops_the_session(self):
        engine = self.engine

        class Thrower(Listener):
            def on_partial(self, partial):
                super().on_partial(partial)
                raise ValueError("xylophone")

        listener = Thrower()
        session = engine.live(LiveOptions(interval_ms=1, share=1.0), listener)
        session.begin(UNIT)
        session.push(points(EXPECTED[-1]))
        self.assertTrue(listener.came.wait(10))
        time.sleep(0.1)
        message = self.fails(SwipekitError.Argument, session.partial, without=["xylophone"])
        self.assertIn("listener", message)
        session.partial()
        self.assertEqual(words(session.finish()), expected_words(EXPECTED[-1]))
        # It is called again.
        listener.came.clear()
        session.begin(UNIT)
        session.push(points(EXPECTED[-2]))
        self.assertTrue(listener.came.wait(10))
        session.abandon()

        class Stopper(Listener):
            def on_partial(self, partial):
                stopped.stop()
                super().on_partial(partial)

        listener = Stopper()
        stopped = engine.live(LiveOptions(interval_ms=1, share=1.0), listener)
        stopped.begin(UNIT)
        stopped.push(points(EXPECTED[-1]))
        self.assertTrue(listener.came.wait(10))
        self.fails(SwipekitError.Closed, stopped.partial)

    def test_stopped_while_others_finish(self):
        for _ in range(10):
            session = self.engine.live()
            session.begin(UNIT)
            session.push(points(EXPECTED[-1]))
            ends = []

            def finish():
                try:
                    ends.append(words(session.finish()) == expected_words(EXPECTED[-1]))
                except SwipekitError.Closed:
                    ends.append(True)
                except SwipekitError.Argument:
                    # Another thread has finished the gesture.
                    ends.append(True)

            threads = [threading.Thread(target=finish) for _ in range(4)]
            for thread in threads:
                thread.start()
            session.stop()
            for thread in threads:
                thread.join()
            self.assertEqual(ends, [True] * 4)


if __name__ == "__main__":
    unittest.main()
