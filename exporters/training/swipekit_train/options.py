"""Options of a run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ConfigurationError


@dataclass
class Options:
    """What the command line sets; see ``--help`` for the meanings."""

    feed: str
    output: Path
    validate: str | None = None
    minutes: float | None = None
    samples: int | None = None
    batch: int = 64
    chunk: int = 64
    tokens: int = 0
    lr: float = 1.5e-3
    lr_end: float = 2e-5
    warmup: int = 300
    cooldown: float = 0.4
    ema: float = 0.998
    seed: int = 1
    threads: int = 1
    device: str = "auto"
    precision: str = "bf16"
    resume: bool = False
    init: Path | None = None
    interval: int = 50
    validate_every: int = 100_000
    validate_limit: int = 2000
    save_minutes: float = 5.0
    d_model: int = 128
    layers: int = 4
    heads: int = 4
    kernel: int = 15
    ff: int = 4
    subsampling: int = 2
    conv_channels: int = 32
    prediction: int = 128
    prediction_layers: int = 1
    joint: int = 192
    dropout: float = 0.0

    def check(self) -> None:
        """Refuses what cannot be trained; the architecture is checked by `ModelConfig`."""
        if self.minutes is None and self.samples is None:
            raise ConfigurationError("expected a budget: --minutes or --samples")
        positive = ("minutes", "samples", "batch", "chunk", "lr", "threads", "interval", "validate_every", "save_minutes")
        for name in positive:
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"--{name.replace('_', '-')}: expected more than 0, got {value}")
        for name in ("tokens", "lr_end", "warmup", "validate_limit", "seed"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"--{name.replace('_', '-')}: expected 0 or more, got {getattr(self, name)}")
        if self.seed >= 1 << 32:
            raise ConfigurationError(f"--seed: expected below {1 << 32}, got {self.seed}")
        if not 0.0 <= self.cooldown <= 1.0:
            raise ConfigurationError(f"--cooldown: expected 0 to 1, got {self.cooldown}")
        if not 0.0 <= self.ema < 1.0:
            raise ConfigurationError(f"--ema: expected 0 to below 1, got {self.ema}")
        if self.precision not in ("bf16", "fp32"):
            raise ConfigurationError(f"--precision: expected bf16 or fp32, got {self.precision}")

    def to_dict(self) -> dict[str, Any]:
        """The options as plain data."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in dataclasses.asdict(self).items()
            if name != "resume"
        }


#: A run that is resumed with another value of one of these would not be the same run.
FIXED = (
    "batch", "chunk", "tokens", "seed", "precision",
    "d_model", "layers", "heads", "kernel", "ff", "subsampling", "conv_channels",
    "prediction", "prediction_layers", "joint", "dropout",
)  # fmt: skip
