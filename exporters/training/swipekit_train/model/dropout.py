"""Dropout from a pool of masks.

A Bernoulli draw for each activation takes about a fifth of a training step on a CPU. Here a pool of masks is drawn once in some
steps and every place takes a stretch of it from a random offset. Dropped are the outputs of modules where they
meet the residual, and those of subsampling and prediction network; NeMo has more places of it, inside of the modules, where the
activations are several times wider and so the masks dearer. What is drawn follows from the seed and the step alone, so that a
resumed run needs no state of a generator.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..randomness import generator

#: Masks in the pool, more than any place of a usual batch takes.
POOL = 1 << 22
#: Steps that one pool serves.
STEPS = 16


class MaskPool:
    """Masks of one rate, scaled by ``1 / (1 - rate)`` so that the expectation stays."""

    def __init__(self, rate: float, seed: int) -> None:
        self.rate = rate
        self.seed = seed
        self.offsets = torch.Generator()
        self.drawn = -1
        self.masks = torch.empty(0)

    def begin(self, step: int, device: torch.device) -> None:
        """Draws what step `step` needs."""
        if self.rate == 0.0:
            return
        if step // STEPS != self.drawn or self.masks.device != device:
            self.drawn = step // STEPS
            masks = generator("masks", self.seed, self.drawn)
            # Bytes of 64-bit draws: the rate is rounded to 1/256.
            words = torch.empty(POOL // 8, dtype=torch.int64).random_(-(1 << 63), (1 << 63) - 1, generator=masks)
            threshold = max(1, min(255, round(self.rate * 256)))
            keep = words.view(torch.uint8) >= threshold
            self.masks = keep.to(torch.float32).mul_(256.0 / (256 - threshold)).to(device)
        self.offsets = generator("offsets", self.seed, step)

    def masks_like(self, x: Tensor) -> Tensor:
        """Masks in the shape of `x`: 0, or 1 / (1 - rate)."""
        count = x.numel()
        if count > POOL // 2:
            return torch.nn.functional.dropout(torch.ones_like(x), self.rate)
        offset = int(torch.randint(0, POOL - count, (), generator=self.offsets))
        return self.masks[offset : offset + count].view(x.shape)


class Dropout(torch.nn.Module):
    """A place where activations are dropped in training. Has no parameters; the pool is shared by the whole model."""

    def __init__(self, pool: MaskPool) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """`x`, dropped in training."""
        return x * self.pool.masks_like(x) if self.active else x

    @property
    def active(self) -> bool:
        """Whether anything is dropped."""
        return self.training and self.pool.rate > 0.0

    def add(self, x: Tensor, branch: Tensor, weight: float) -> Tensor:
        """``x + weight * dropped branch``, in one pass."""
        if self.active:
            return torch.addcmul(x, branch.to(x.dtype), self.pool.masks_like(branch), value=weight)
        return torch.add(x, branch, alpha=weight)
