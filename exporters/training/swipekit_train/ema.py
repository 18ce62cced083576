"""Exponential moving average of the weights (Polyak & Juditsky 1992), which is what is saved and validated."""

from __future__ import annotations

import copy

import torch
from torch import nn

#: Steps between updates; the decay of one update is that of so many steps.
EVERY = 4


class Ema:
    """A second model that follows the first.

    Running statistics of batch norms follow as the weights do. They are those of models of a moment ago, not of the averaged one;
    :mod:`.batch_norm` measures the latter's own at the end.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._pairs: tuple[list[torch.Tensor], list[torch.Tensor]] = ([], [])
        self._counters: list[tuple[torch.Tensor, torch.Tensor]] = []
        mine = self.model.state_dict(keep_vars=True)
        for name, theirs in model.state_dict(keep_vars=True).items():
            if theirs.dtype.is_floating_point:
                self._pairs[0].append(mine[name].detach())
                self._pairs[1].append(theirs.detach())
            else:
                self._counters.append((mine[name], theirs))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """After step `step` (from 1). The average is shorter at first, so that the start is soon forgotten."""
        if step % EVERY:
            return
        decay = min(self.decay, (1 + step) / (10 + step)) ** EVERY
        torch._foreach_lerp_(*self._pairs, 1.0 - decay)
        for mine, theirs in self._counters:
            mine.copy_(theirs)
