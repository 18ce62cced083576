"""Whole runs: learning, resuming, stopping, the command line."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import unittest

import support
import torch

from swipekit_train import cli, nemo
from swipekit_train.errors import ConfigurationError, FeedError, TrainingError
from swipekit_train.model import Transducer
from swipekit_train.trainer import CKPT, METRICS, NEMO, STATE, Trainer


def run(options, stop_after=None):
    """Trains quietly, up to a step where that is given; the trainer."""
    with contextlib.redirect_stderr(io.StringIO()):
        trainer = Trainer(options)
        if stop_after is not None:
            step = trainer.stepper.step

            def stopping(batch, number):
                trainer.stop = number + 1 == stop_after
                return step(batch, number)

            trainer.stepper.step = stopping
        trainer.run()
    return trainer


def lines(folder, kind=None):
    """Lines of metrics."""
    rows = [json.loads(line) for line in (folder / METRICS).read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if kind in (None, row["kind"])]


class Runs(support.Folder):
    def equal(self, one, two):
        """Whether two runs ended in the same weights, bit for bit."""
        for name in ("model", "ema", "optimizer", "random"):
            self.assertEqual(*(repr_of(torch.load(folder / STATE, weights_only=True)[name]) for folder in (one, two)), name)
        first, second = (nemo.read_ckpt(folder / CKPT)[1] for folder in (one, two))
        for name, value in first.items():
            self.assertTrue(torch.equal(value, second[name]), name)

    def test_it_learns(self):
        feed = support.feed_command()
        check = support.feed_command("--seed", 99, "--count", 200)
        output = self.folder / "run"
        run(support.small(output, feed, samples=9600, batch=32, chunk=8, validate=check, validate_every=3200, validate_limit=150))
        train, checks, (final,) = lines(output, "train"), lines(output, "validation"), lines(output, "final")
        self.assertGreater(train[0]["loss"], 1.5)
        self.assertLess(train[-1]["loss"], 0.25)
        self.assertEqual([row["samples"] for row in checks], [3200, 6400, 9600])
        self.assertEqual(final["swipes"], 150)
        self.assertLess(final["validation_loss"], 0.3)
        self.assertGreater(final["validation_words"], 0.7)
        for row in train:
            for name in ("samples", "steps", "loss", "loss_real", "loss_synthetic", "lr", "gradient_norm", "samples_per_second", "seconds"):
                self.assertGreater(row[name], 0.0, name)
        cfg = torch.load(output / CKPT, weights_only=True)["hyper_parameters"]["cfg"]
        self.assertEqual(cfg["swipekit"]["samples"], 9600)
        self.assertEqual(cfg["swipekit"]["sources"], [{"kind": "synthetic", "profile": 'test: a "quote"'}])
        self.assertEqual(cfg["featurizer"]["kind"], "test")
        self.assertTrue((output / NEMO).exists())

    def test_a_resumed_run_is_the_same_run(self):
        feed = support.feed_command()
        changes = dict(dropout=0.1, prediction_layers=2, precision="bf16")
        run(support.small(self.folder / "whole", feed, **changes))
        # In the middle of a chunk, at the end of one, at the first step.
        for stop in (6, 8, 1):
            output = self.folder / f"parts{stop}"
            first = run(support.small(output, feed, **changes), stop_after=stop)
            self.assertEqual(first.samples, 16 * stop)
            run(support.small(output, feed, resume=True, **changes))
            self.equal(self.folder / "whole", output)
            self.assertEqual(lines(output)[-1]["samples"], 640)

    def test_the_seed_decides(self):
        feed = support.feed_command()
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            run(support.small(self.folder / name, feed, samples=160, seed=seed))
        self.equal(self.folder / "a", self.folder / "b")
        first, other = (nemo.read_ckpt(self.folder / name / CKPT)[1] for name in "ac")
        self.assertFalse(torch.equal(first["joint.enc.weight"], other["joint.enc.weight"]))

    def test_the_data_may_end_first(self):
        trainer = run(support.small(self.folder / "run", support.feed_command("--count", 100)))
        self.assertEqual(trainer.samples, 100)

    def test_minutes(self):
        trainer = run(support.small(self.folder / "run", support.feed_command(), samples=None, minutes=0.02, interval=5))
        self.assertGreater(trainer.seconds, 1.2)
        rates = [row["lr"] for row in lines(self.folder / "run", "train")]
        self.assertLess(rates[-1], 0.5 * max(rates))

    def test_a_broken_feed_ends_the_run(self):
        with self.assertRaisesRegex(FeedError, "code 3"):
            run(support.small(self.folder / "run", support.feed_command("--fail", 200)))
        # Three chunks of 64 were whole, and are kept.
        self.assertEqual(torch.load(self.folder / "run" / STATE, weights_only=True)["samples"], 192)
        run(support.small(self.folder / "run", support.feed_command(), resume=True))
        run(support.small(self.folder / "whole", support.feed_command()))
        self.equal(self.folder / "whole", self.folder / "run")

    def test_beginning_with_weights(self):
        feed = support.feed_command()
        run(support.small(self.folder / "a", feed))
        run(support.small(self.folder / "b", feed, init=self.folder / "a" / CKPT, samples=16, lr=1e-9, lr_end=0.0, dropout=0.1))
        first, second = (nemo.read_ckpt(self.folder / name / CKPT)[1] for name in "ab")
        self.assertLess(float((first["joint.enc.weight"] - second["joint.enc.weight"]).abs().max()), 1e-6)
        with self.assertRaises(TrainingError):
            run(support.small(self.folder / "c", feed, init=self.folder / "a" / CKPT, d_model=32))

    def test_what_is_refused(self):
        feed = support.feed_command()
        output = self.folder / "run"
        run(support.small(output, feed, samples=32))
        with self.assertRaisesRegex(ConfigurationError, "resume"):
            run(support.small(output, feed))
        with self.assertRaisesRegex(ConfigurationError, "batch"):
            run(support.small(output, feed, resume=True, batch=8))
        for changes in ({"samples": None}, {"lr": 0.0}, {"ema": 1.0}, {"cooldown": 2.0}, {"seed": -1}, {"lr": float("nan")}):
            with self.assertRaises(ConfigurationError):
                run(support.small(self.folder / "other", feed, **changes))

    def test_gradients_that_are_no_numbers(self):
        trainer = Trainer(support.small(self.folder / "run", support.feed_command()))
        self.addCleanup(trainer.metrics.close)
        self.addCleanup(trainer.feed.close)
        batch = next(iter(trainer.batches))
        batch.features[0, 0, 0] = float("inf")
        before = trainer.model.joint.enc.weight.detach().clone()
        for number in range(49):
            trainer.stepper.step(batch, number)
        self.assertTrue(torch.equal(before, trainer.model.joint.enc.weight))
        with self.assertRaisesRegex(TrainingError, "finite"):
            trainer.stepper.step(batch, 49)


def repr_of(value):
    """Something that is equal where all tensors in `value` are, bit for bit."""
    if isinstance(value, torch.Tensor):
        return value.dtype, value.shape, value.contiguous().view(-1).tolist()
    if isinstance(value, dict):
        return {key: repr_of(member) for key, member in value.items()}
    return [repr_of(member) for member in value] if isinstance(value, (list, tuple)) else value


class CommandLine(support.Folder):
    FLAGS = "--batch 16 --chunk 4 --d-model 16 --layers 1 --heads 2 --kernel 5 --ff 2 --conv-channels 4 --prediction 16 --joint 16 --interval 2"

    def start(self, *arguments):
        environment = {**os.environ, "PYTHONPATH": str(support.TESTS.parent)}
        command = [sys.executable, "-m", "swipekit_train", "--output", str(self.folder / "run"), *arguments]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def test_stopped_and_resumed(self):
        process = self.start("--feed", support.feed_command(), "--minutes", "30", *self.FLAGS.split())
        line = process.stderr.readline()
        self.assertIn("loss", line)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        state = torch.load(self.folder / "run" / STATE, weights_only=True)
        self.assertGreater(state["samples"], 0)
        goal = state["samples"] + 64
        # The options of the run are those that it began with.
        process = self.start("--resume", "--samples", str(goal))
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertGreaterEqual(torch.load(self.folder / "run" / STATE, weights_only=True)["samples"], goal)
        config, weights = nemo.read_ckpt(self.folder / "run" / CKPT)
        nemo.load_weights(Transducer(config), weights)

    def test_errors(self):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(cli.main(["--output", str(self.folder), "--minutes", "1"]), 1)
            self.assertEqual(cli.main(["--output", str(self.folder / "x"), "--feed", "no-such-program", "--minutes", "1"]), 1)
            self.assertEqual(cli.main(["--output", str(self.folder / "none"), "--resume"]), 1)
            with self.assertRaises(SystemExit) as caught:
                cli.main(["--subsampling", "3"])
        self.assertEqual(caught.exception.code, 2)
        self.assertEqual(errors.getvalue().count("error: "), 4)

    def test_a_file_of_options(self):
        path = self.folder / "options.json"
        path.write_text(json.dumps({"feed": "f", "output": "o", "d-model": 64, "lr": 1, "lr_end": 0.5, "validate": None}))
        options = cli.options(["--config", str(path), "--lr-end", "0.25"])
        self.assertEqual((options.d_model, options.lr, options.lr_end, str(options.output)), (64, 1.0, 0.25, "o"))
        for bad in ({"d_mode": 64}, {"d_model": "64"}, {"d_model": 1.5}, {"feed": 3}, {"lr": True}, []):
            path.write_text(json.dumps(bad))
            with self.assertRaises(ConfigurationError):
                cli.options(["--config", str(path), "--feed", "f", "--output", "o"])


if __name__ == "__main__":
    unittest.main()
