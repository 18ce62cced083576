"""AdamW (Loshchilov & Hutter 2019) and the learning rate over a run."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

BETAS = (0.9, 0.98)
DECAY = 1e-2
#: Largest norm of the gradient.
CLIP = 2.0


def adamw(model: nn.Module, rate: float) -> torch.optim.AdamW:
    """The optimizer. Matrices decay; biases, norms, position biases and the embedding do not."""
    decayed, kept = [], []
    for name, parameter in model.named_parameters():
        plain = parameter.dim() > 1 and "embed" not in name and "pos_bias" not in name
        (decayed if plain else kept).append(parameter)
    parts = [{"params": decayed, "weight_decay": DECAY}, {"params": kept, "weight_decay": 0.0}]
    return torch.optim.AdamW(parts, lr=rate, betas=BETAS, fused=True)


@dataclass(frozen=True)
class Schedule:
    """Linear warm-up, flat, linear cooldown."""

    #: The flat rate.
    peak: float
    #: The rate at the end.
    end: float
    #: Steps of the warm-up.
    warmup: int
    #: Share of the run that the cooldown takes.
    cooldown: float

    def rate(self, step: int, progress: float) -> float:
        """The rate of step `step` (from 0), where `progress` of the budget, 0 to 1, is spent."""
        rate = self.peak * min(1.0, (step + 1) / max(1, self.warmup))
        left = 1.0 - min(max(progress, 0.0), 1.0)
        if self.cooldown > 0.0 and left < self.cooldown:
            rate = min(rate, self.end + (self.peak - self.end) * left / self.cooldown)
        return rate


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the rate of all groups."""
    for group in optimizer.param_groups:
        group["lr"] = rate
