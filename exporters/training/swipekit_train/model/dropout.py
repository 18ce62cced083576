"""Dropout from a pool of masks.

A Bernoulli draw for each activation takes about a fifth of a training step on a CPU. Here a pool of masks is drawn once in some
steps and every place takes a stretch of it from a random offset. What is drawn follows from the seed and the step alone, so that a
resumed run needs no state of a generator.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Masks in the pool, more than any place of a usual batch takes.
POOL = 1 << 22
#: Steps that one pool serves.
STEPS = 16


class MaskPool:
    """Masks of one rate, scaled by ``1 / (1 - rate)`` so that the expectation stays."""

    def __init__(self, rate: float, seed: int) -> None:
        self.rate = rate
        self.seed = seed
        self.generator = torch.Generator()
        self.drawn = -1
        self.masks = torch.empty(0)

    def begin(self, step: int, device: torch.device, dtype: torch.dtype) -> None:
        """Draws what step `step` needs."""
        if self.rate == 0.0:
            return
        if step // STEPS != self.drawn or self.masks.device != device:
            self.drawn = step // STEPS
            self.generator.manual_seed((self.seed << 32) ^ (2 * self.drawn))
            # Bytes of 64-bit draws: the rate is rounded to 1/256.
            words = torch.empty(POOL // 8, dtype=torch.int64).random_(-(1 << 63), (1 << 63) - 1, generator=self.generator)
            threshold = max(1, min(255, round(self.rate * 256)))
            keep = words.view(torch.uint8) >= threshold
            self.masks = keep.to(dtype).mul_(256.0 / (256 - threshold)).to(device)
        self.generator.manual_seed((self.seed << 32) ^ (2 * step + 1))

    def __call__(self, x: Tensor) -> Tensor:
        """`x` with some activations zeroed."""
        if self.rate == 0.0:
            return x
        count = x.numel()
        if count > POOL // 2:
            return torch.nn.functional.dropout(x, self.rate)
        offset = int(torch.randint(0, POOL - count, (), generator=self.generator))
        return x * self.masks[offset : offset + count].view(x.shape)


class Dropout(torch.nn.Module):
    """A place where activations are dropped in training. Has no parameters; the pool is shared by the whole model."""

    def __init__(self, pool: MaskPool) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """`x`, dropped in training."""
        return self.pool(x) if self.training else x
