"""A run: feed, steps, files."""

from __future__ import annotations

import hashlib
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch

from . import __version__, batch_norm, nemo, runtime
from .batches import Batches, collate
from .checkpoint import State
from .ema import Ema
from .errors import ConfigurationError, FeedError
from .feed import Feed, Header
from .metrics import Metrics, machine
from .model import ModelConfig, Transducer
from .optimizer import Schedule, adamw, set_rate
from .options import FIXED, Options
from .step import Stepper
from .validation import Score, Validation

STATE, CKPT, NEMO, METRICS = "state.pt", "model.ckpt", "model.nemo", "metrics.jsonl"


class Trainer:
    """Everything of one run. ``run`` trains until the budget is spent, the data ends or the process is told to stop."""

    def __init__(self, options: Options) -> None:
        options.check()
        self.options = options
        self.output = options.output
        state_file = self.output / STATE
        if not options.resume and state_file.exists():
            raise ConfigurationError(f"{self.output}: expected a new folder, or --resume, got one with the state of a run")
        state = State.load(state_file) if options.resume else None
        if state is not None:
            changed = [name for name in FIXED if state.options[name] != getattr(options, name)]
            if changed:
                raise ConfigurationError(f"--resume: expected what the run began with, got another {', '.join(changed)}")
        self.output.mkdir(parents=True, exist_ok=True)
        self.device = runtime.device(options.device)
        runtime.prepare(options.threads, options.seed)
        self.steps = state.steps if state else 0
        self.samples = state.samples if state else 0
        self.seconds_before = state.seconds if state else 0.0
        position = state.position if state else 0
        self.feed = Feed(options.feed, position)
        try:
            self.header = self.feed.header
            self.config = self._config(self.header)
            if state is not None and state.config != self.config.to_dict():
                raise ConfigurationError("--resume: the feed's features or labels are not those that the run began with")
            self.model = Transducer(self.config, options.seed)
            if options.init is not None and state is None:
                self._initialize(options.init)
            self.model.to(self.device)
            if state is not None:
                self.model.load_state_dict(state.model)
            self.optimizer = adamw(self.model, options.lr)
            self.ema = Ema(self.model, options.ema)
            if state is not None:
                self.optimizer.load_state_dict(state.optimizer)
                self.ema.model.load_state_dict(state.ema)
                torch.set_rng_state(state.random)
                if state.random_cuda is not None and self.device.type == "cuda":
                    torch.cuda.set_rng_state(state.random_cuda)
            self.stepper = Stepper(self.model, self.optimizer, options.precision, self.device)
            self.schedule = Schedule(options.lr, options.lr_end, options.warmup, options.cooldown)
            self.batches = Batches(
                self.feed,
                self.header.blank,
                size=options.batch,
                chunk=options.chunk,
                tokens=options.tokens,
                seed=options.seed,
                position=position,
                taken=state.taken if state else 0,
            )
            self.validation = self._validation()
            self.metrics = Metrics(self.output / METRICS, append=options.resume)
        except BaseException:
            self.feed.close()
            raise
        self.stop = False
        self.begun = time.monotonic()

    def _config(self, header: Header) -> ModelConfig:
        o = self.options
        return ModelConfig(
            labels=header.labels,
            features=header.features,
            d_model=o.d_model,
            layers=o.layers,
            heads=o.heads,
            kernel=o.kernel,
            ff=o.ff,
            subsampling=o.subsampling,
            conv_channels=o.conv_channels,
            prediction=o.prediction,
            prediction_layers=o.prediction_layers,
            joint=o.joint,
            dropout=o.dropout,
        )

    def _initialize(self, path: Path) -> None:
        config, weights = nemo.read_ckpt(path)
        if config.labels != self.config.labels:
            raise ConfigurationError(f"{path}: its labels are not the feed's")
        nemo.load_weights(self.model, weights)

    def _validation(self) -> Validation | None:
        if self.options.validate is None:
            return None
        with Feed(self.options.validate) as feed:
            header = feed.header
            if (header.features, header.labels, header.featurizer) != (self.header.features, self.header.labels, self.header.featurizer):
                raise FeedError("--validate: expected the features and labels of --feed, got others")
            return Validation(header, feed, self.options.validate_limit, self.device)

    @property
    def seconds(self) -> float:
        """Seconds of the run so far, those before a resumption included."""
        return self.seconds_before + time.monotonic() - self.begun

    def progress(self) -> float:
        """How much of the budget is spent, from 0."""
        spent = 0.0
        if self.options.samples is not None:
            spent = self.samples / self.options.samples
        if self.options.minutes is not None:
            spent = max(spent, self.seconds / (60.0 * self.options.minutes))
        return spent

    def run(self) -> None:
        """Trains, and writes the files."""
        handlers = self._handle_signals()
        try:
            self._train()
        except FeedError:
            # What was learnt is not lost with the feed.
            self.save()
            raise
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self.feed.close()
            self.metrics.close()

    def _handle_signals(self) -> dict[int, Any]:
        def handle(_number: int, _frame: Any) -> None:
            self.stop = True

        try:
            return {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:
            # Not the main thread: whoever runs it there sets `stop`.
            return {}

    def _train(self) -> None:
        saved = time.monotonic()
        due = self.samples // self.options.validate_every + 1
        for batch in self.batches:
            progress = self.progress()
            if progress >= 1.0 or self.stop:
                # This batch is not taken: it is the first of a run that goes on.
                self.batches.taken -= 1
                break
            rate = self.schedule.rate(self.steps, progress)
            set_rate(self.optimizer, rate)
            losses, norm = self.stepper.step(batch.to(self.device), self.steps)
            self.steps += 1
            self.samples += len(batch)
            self.ema.update(self.steps)
            self.metrics.add(losses.cpu(), batch.sources, norm)
            if self.steps % self.options.interval == 0:
                self._line(rate)
            if self.validation is not None and self.samples // self.options.validate_every >= due:
                due = self.samples // self.options.validate_every + 1
                self._validate("validation")
            if time.monotonic() - saved > 60.0 * self.options.save_minutes:
                self.save()
                saved = time.monotonic()
        self.finish()

    def _line(self, rate: float) -> None:
        line = self.metrics.line(kind="train", steps=self.steps, samples=self.samples, seconds=self.seconds, lr=rate)
        print(
            f"{self.seconds / 60:.1f} min  step {self.steps}  {self.samples} samples  loss {line['loss']:.4f}  lr {rate:.2e}  "
            f"norm {line['gradient_norm']:.2f}  {line['samples_per_second']:.0f}/s",
            file=sys.stderr,
            flush=True,
        )

    def _validate(self, kind: str) -> Score | None:
        if self.validation is None:
            return None
        score = self.validation.score(self.ema.model)
        self.metrics.write(
            {
                "kind": kind,
                "steps": self.steps,
                "samples": self.samples,
                "seconds": self.seconds,
                "swipes": score.swipes,
                "validation_loss": score.loss,
                "validation_words": score.words,
            }
        )
        print(f"{kind}: loss {score.loss:.4f}  words {100 * score.words:.1f} % of {score.swipes}", file=sys.stderr, flush=True)
        return score

    def save(self) -> None:
        """Writes the state, and the averaged weights as they are."""
        State(
            config=self.config.to_dict(),
            options=self.options.to_dict(),
            model=self.model.state_dict(),
            ema=self.ema.model.state_dict(),
            optimizer=self.optimizer.state_dict(),
            random=torch.get_rng_state(),
            random_cuda=torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
            steps=self.steps,
            samples=self.samples,
            seconds=self.seconds,
            position=self.batches.position,
            taken=self.batches.taken,
        ).save(self.output / STATE)
        nemo.write_ckpt(self.output / CKPT, self.ema.model, self._nemo_configuration(), self.steps)

    def finish(self) -> None:
        """Writes the state, then the model with batch norms measured for it, and validates that."""
        self.save()
        chunk = (collate(group, self.header.blank).to(self.device) for group in self.batches.current)
        batch_norm.measure(self.ema.model, chunk)
        self._validate("final")
        cfg = self._nemo_configuration()
        nemo.write_ckpt(self.output / CKPT, self.ema.model, cfg, self.steps)
        nemo.write_nemo(self.output / NEMO, self.ema.model, cfg)

    def _nemo_configuration(self) -> dict[str, Any]:
        o = self.options
        provenance = {
            "sources": self.header.sources,
            "mixture": self.header.mixture,
            "feed_seed": self.header.seed,
            "samples": self.samples,
            "steps": self.steps,
            "seed": o.seed,
            "seconds": round(self.seconds, 1),
            "machine": machine(self.device, o.threads),
            "torch": str(torch.__version__),
            "version": __version__,
            "code": code_version(),
            "precision": o.precision,
            "batch": o.batch,
            "lr": o.lr,
            "ema": o.ema,
        }
        if o.init is not None:
            provenance["init"] = hashlib.sha256(o.init.read_bytes()).hexdigest() if o.init.is_file() else o.init.name
        return nemo.configuration(self.config, self.header, provenance)


def code_version() -> str:
    """First 12 digits of the SHA-256 of this package's files."""
    total = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]
