"""Greedy decoding of a batch, for validation."""

from __future__ import annotations

import torch
from torch import Tensor

from .model import Transducer

#: Labels at most in one frame.
MAX_SYMBOLS = 10


@torch.no_grad()
def greedy(model: Transducer, encoded: Tensor, lengths: Tensor) -> list[list[int]]:
    """The most likely label again and again until the blank, frame by frame. `encoded` ``[B, T', D]``, `lengths` ``[B]``."""
    blank = model.config.blank
    rows, device = encoded.shape[0], encoded.device
    projected = model.joint.enc(encoded)
    predicted, state = model.decoder.step(torch.full((rows,), blank, dtype=torch.long, device=device), None)
    frame = torch.zeros(rows, dtype=torch.long, device=device)
    emitted = torch.zeros_like(frame)
    every = torch.arange(rows, device=device)
    out: list[list[int]] = [[] for _ in range(rows)]
    lengths = lengths.to(device)
    while bool((frame < lengths).any()):
        at = torch.minimum(frame, lengths - 1)
        best = model.joint.step(projected[every, at], predicted).argmax(-1)
        label = (frame < lengths) & (best != blank) & (emitted < MAX_SYMBOLS)
        if bool(label.any()):
            chosen = label.nonzero().flatten()
            after, (hidden, cell) = model.decoder.step(best[chosen], (state[0][:, chosen].contiguous(), state[1][:, chosen].contiguous()))
            predicted = predicted.index_copy(0, chosen, after.to(predicted.dtype))
            state = (state[0].index_copy(1, chosen, hidden), state[1].index_copy(1, chosen, cell))
            for row, token in zip(chosen.tolist(), best[chosen].tolist()):
                out[row].append(token)
        frame = torch.where(label, frame, frame + 1)
        emitted = torch.where(label, emitted + 1, 0)
    return out
