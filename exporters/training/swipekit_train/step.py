"""One step of training."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .batches import Batch
from .errors import TrainingError
from .model import Transducer
from .optimizer import CLIP

#: Steps in a row whose gradient may be no number.
PATIENCE = 50


class Stepper:
    """Forward, backward, and the optimizer's step."""

    def __init__(self, model: Transducer, optimizer: torch.optim.Optimizer, precision: str, device: torch.device) -> None:
        self.model, self.optimizer, self.device = model, optimizer, device
        self.bf16 = precision == "bf16"
        self.parameters = list(model.parameters())
        #: Steps in a row that were left out.
        self.skipped = 0

    def losses(self, batch: Batch) -> Tensor:
        """Loss of every swipe over its number of labels ``[B]``."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            losses = self.model.loss(batch.features, batch.frames, batch.labels, batch.counts, batch.padded)
        return losses / batch.counts

    def step(self, batch: Batch, number: int) -> tuple[Tensor, float]:
        """Step `number` (from 0): losses ``[B]`` and the norm of the gradient. One whose gradient is no number changes nothing."""
        self.model.train()
        self.model.pool.begin(number, self.device)
        losses = self.losses(batch)
        self.optimizer.zero_grad(set_to_none=True)
        losses.mean().backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.parameters, CLIP, foreach=True))
        if math.isfinite(norm):
            self.optimizer.step()
            self.skipped = 0
        else:
            self.skipped += 1
            if self.skipped == PATIENCE:
                raise TrainingError(f"step {number}: {PATIENCE} steps in a row without a finite gradient: a lower --lr may help")
        return losses.detach(), norm
