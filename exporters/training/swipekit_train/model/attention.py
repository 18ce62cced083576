"""Multi-head attention with relative positions (Dai et al. 2019, Transformer-XL), as in NeMo's Conformer."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def positions(frames: int, d_model: int, device: torch.device) -> Tensor:
    """Sines and cosines of the distances ``frames - 1`` down to ``-(frames - 1)``: ``[2 frames - 1, d_model]``."""
    distance = torch.arange(frames - 1, -frames, -1, dtype=torch.float32).unsqueeze(1)
    rate = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float32) * -(math.log(10000.0) / d_model))
    table = torch.empty(2 * frames - 1, d_model)
    table[:, 0::2] = torch.sin(distance * rate)
    table[:, 1::2] = torch.cos(distance * rate)
    return table.to(device)


class RelPositionAttention(nn.Module):
    """Scores are ``((q + u) k + shift((q + v) p)) / sqrt(d_head)``."""

    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, d_model // heads
        self.linear_q = nn.Linear(d_model, d_model)
        self.linear_k = nn.Linear(d_model, d_model)
        self.linear_v = nn.Linear(d_model, d_model)
        self.linear_out = nn.Linear(d_model, d_model)
        self.linear_pos = nn.Linear(d_model, d_model, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(heads, self.width))
        self.pos_bias_v = nn.Parameter(torch.zeros(heads, self.width))

    def forward(self, x: Tensor, table: Tensor, padding: Tensor | None) -> Tensor:
        """`x` ``[B, T, D]``, `table` ``[2T-1, D]``, `padding` ``[B, T]``, true where a frame is none."""
        b, t, d = x.shape
        h, w = self.heads, self.width
        # One product for the three projections.
        weight = torch.cat((self.linear_q.weight, self.linear_k.weight, self.linear_v.weight))
        bias = torch.cat((self.linear_q.bias, self.linear_k.bias, self.linear_v.bias))
        q, k, v = F.linear(x, weight, bias).view(b, t, 3, h, w).unbind(2)
        p = self.linear_pos(table).view(2 * t - 1, h, w).permute(1, 2, 0)
        content = (q + self.pos_bias_u.to(q.dtype)).transpose(1, 2)
        # The positions are the same for the whole batch: a product for a head, not one for a swipe
        # and a head.
        place = (q + self.pos_bias_v.to(q.dtype)).permute(2, 0, 1, 3).reshape(h, b * t, w)
        content = content @ k.permute(0, 2, 3, 1)
        place = torch.bmm(place, p).view(h, b, t, 2 * t - 1)
        scores = (content + shift(place).transpose(0, 1)) * (1.0 / math.sqrt(w))
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None, :], -10000.0)
        weights = torch.softmax(scores, -1, dtype=torch.float32).to(v.dtype)
        if padding is not None:
            weights = weights.masked_fill(padding[:, None, None, :], 0.0)
        y = weights @ v.transpose(1, 2)
        return self.linear_out(y.transpose(1, 2).reshape(b, t, d))


def shift(scores: Tensor) -> Tensor:
    """From columns by distance ``[..., T, 2T-1]``, farthest ahead first, to columns by key ``[..., T, T]``.

    Row i begins at column T-1-i: a view whose rows step one element less far.
    """
    *outer, t, columns = scores.shape
    scores = scores.contiguous()
    strides = scores.stride()[:-2]
    return scores.as_strided((*outer, t, t), (*strides, columns - 1, 1), scores.storage_offset() + t - 1)
