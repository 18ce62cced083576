"""One JSON line an interval."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .feed import REAL, SYNTHETIC


class Metrics:
    """Sums over an interval, and the file of lines."""

    def __init__(self, path: Path, append: bool) -> None:
        self.file = open(path, "a" if append else "w", encoding="utf-8")
        self._begin()

    def _begin(self) -> None:
        self.steps = 0
        self.samples = 0
        self.loss = {REAL: 0.0, SYNTHETIC: 0.0}
        self.count = {REAL: 0, SYNTHETIC: 0}
        self.norm = 0.0
        self.since = time.perf_counter()

    def add(self, losses: Tensor, sources: Tensor, norm: float) -> None:
        """One step: `losses` ``[B]`` over the number of labels, `sources` ``[B]``, norm of the gradient."""
        self.steps += 1
        self.samples += len(losses)
        self.norm += norm
        losses = losses.detach().double()
        for source in self.loss:
            mask = sources == source
            self.loss[source] += float(losses[mask].sum())
            self.count[source] += int(mask.sum())

    def line(self, **fields: Any) -> dict[str, Any]:
        """Writes the means since the last line and `fields`."""
        seconds = time.perf_counter() - self.since
        total = self.count[REAL] + self.count[SYNTHETIC]
        mean = lambda loss, count: loss / count if count else None  # noqa: E731
        line = {
            **fields,
            "loss": mean(self.loss[REAL] + self.loss[SYNTHETIC], total),
            "loss_real": mean(self.loss[REAL], self.count[REAL]),
            "loss_synthetic": mean(self.loss[SYNTHETIC], self.count[SYNTHETIC]),
            "gradient_norm": mean(self.norm, self.steps),
            "samples_per_second": self.samples / seconds if self.steps else None,
        }
        self._begin()
        self.write(line)
        return line

    def write(self, line: dict[str, Any]) -> None:
        """Writes one line."""
        rounded = {key: round(value, 6) if isinstance(value, float) else value for key, value in line.items()}
        self.file.write(json.dumps(rounded) + "\n")
        self.file.flush()

    def close(self) -> None:
        """Closes the file."""
        self.file.close()


def machine(device: torch.device, threads: int) -> str:
    """The machine in words, for the provenance."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = "CPU"
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"
