"""Batch norms' statistics of a finished model (Izmailov et al. 2018, section 3.2)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from .batches import Batch
from .model import Transducer


@torch.no_grad()
def measure(model: Transducer, batches: Iterable[Batch]) -> int:
    """Sets running mean and variance of `model`'s batch norms to those of `batches`, and gives the number of frames measured.

    Padding is left out, as a swipe that is decoded has none. Every batch norm normalizes by its batch meanwhile.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d)]
    if not norms:
        return 0
    sums = {norm: torch.zeros(2, norm.num_features, dtype=torch.float64) for norm in norms}
    valid: Tensor | None = None
    frames = 0

    def observe(norm: nn.Module, arguments: tuple[Tensor]) -> None:
        x = arguments[0].double()
        if valid is not None:
            x = x[valid]
        sums[norm] += torch.stack((x.sum(0), x.square().sum(0))).cpu()

    handles = [norm.register_forward_pre_hook(observe) for norm in norms]
    saved = [(norm.running_mean.clone(), norm.running_var.clone(), norm.num_batches_tracked.clone()) for norm in norms]
    model.eval()
    for norm in norms:
        norm.train()
    try:
        for batch in batches:
            lengths = batch.frames
            stages = model.config.subsampling // 2
            for _ in range(stages):
                lengths = torch.div(lengths - 1, 2, rounding_mode="floor") + 1
            valid = (torch.arange(int(lengths.max()), device=lengths.device) < lengths[:, None]).flatten() if batch.padded else None
            model.encoder(batch.features, batch.frames, batch.padded)
            frames += int(lengths.sum())
    finally:
        for handle in handles:
            handle.remove()
        model.eval()
    for norm, (mean, variance, count) in zip(norms, saved):
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.num_batches_tracked.copy_(count)
    if frames > 1:
        for norm in norms:
            mean = sums[norm][0] / frames
            variance = (sums[norm][1] / frames - mean.square()).clamp_(min=0.0) * (frames / (frames - 1))
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
    return frames
