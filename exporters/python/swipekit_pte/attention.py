"""Self-attention with relative positions (Transformer-XL), without the shift that ties it to one length.

NeMo scores the position part as ``(q_i + v) · W_pos pe(i - j)`` and gets at it by multiplying with all ``2T' - 1``
positions and shifting rows ("rel_shift"): pads, views and slices of a dynamic size, which XNNPACK does not take. As pe
is sinusoidal, angle addition separates i from j exactly. With ``z = (q_i + v) W_pos`` and, for every frequency w,
``z_s`` and ``z_c`` its parts that meet ``sin w(i - j)`` and ``cos w(i - j)``,

    z_s sin w(i-j) + z_c cos w(i-j) = (z_s sin wi + z_c cos wi) cos wj + (z_c sin wi - z_s cos wi) sin wj,

so the position part is one more product of something of i with something of j. Written next to the content part it
costs one batched product of ``[H, T', head + D] x [H, head + D, T']``.

The projections of z are linear layers, one a head, and not one batched product, as XNNPACK has INT8 for linear layers
only.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .job import Network
from .weights import Linear, Weights, parameter


class Positions(nn.Module):
    """Sines and cosines of the frames' positions, the same for all layers."""

    def __init__(self, network: Network, frames: int) -> None:
        super().__init__()
        # In double precision, as the angles reach hundreds of radians.
        frequency = torch.exp(
            torch.arange(0, network.d_model, 2, dtype=torch.float64) * -(math.log(10000.0) / network.d_model)
        )
        angle = torch.arange(frames, dtype=torch.float64)[:, None] * frequency
        self.register_buffer("sine", angle.sin().float())
        self.register_buffer("cosine", angle.cos().float())
        self.register_buffer("heads", torch.ones(network.heads, 1, 1))

    def forward(self, frames: int) -> tuple[Tensor, Tensor, Tensor]:
        """Sines and cosines [T', D/2] and the position part of the keys [H, T', D] for T' = `frames`."""
        sine, cosine = self.sine[:frames], self.cosine[:frames]
        # Multiplication with ones is the only broadcast that XNNPACK takes.
        return sine, cosine, torch.cat([cosine, sine], -1) * self.heads


def stacked(heads: list[Tensor]) -> Tensor:
    """[1, T', n] of each head as [H, T', n]. XNNPACK does not take a concatenation of one."""
    return torch.cat(heads) if len(heads) > 1 else heads[0]


class PositionProjection(nn.Module):
    """``z_s`` and ``z_c`` of one head: its query [1, T', head] times its rows of W_pos, a layer for either half."""

    def __init__(self, weights: Weights, name: str, rows: slice) -> None:
        super().__init__()
        weight = weights.tensor(f"{name}.weight")[rows]
        # pe interleaves sines (even columns) and cosines (odd columns).
        self.sine = Linear(name, weight[:, 0::2].T, None)
        self.cosine = Linear(name, weight[:, 1::2].T, None)


class RelPositionMultiHeadAttention(nn.Module):
    """NeMo's module of this name, for one utterance."""

    def __init__(self, network: Network, weights: Weights, name: str) -> None:
        super().__init__()
        heads, size = network.heads, network.head_size
        rows = [slice(head * size, (head + 1) * size) for head in range(heads)]
        self.shape = (-1, heads, size)
        self.scale = 1.0 / math.sqrt(size)
        self.linear_q = nn.ModuleList(weights.linear(f"{name}.linear_q", head) for head in rows)
        self.linear_pos = nn.ModuleList(PositionProjection(weights, f"{name}.linear_pos", head) for head in rows)
        self.linear_k = weights.linear(f"{name}.linear_k")
        self.linear_v = weights.linear(f"{name}.linear_v")
        self.linear_out = weights.linear(f"{name}.linear_out")
        self.bias_u = parameter(weights.tensor(f"{name}.pos_bias_u")[:, None] * self.scale)
        self.bias_v = nn.ParameterList(parameter(bias * self.scale) for bias in weights.tensor(f"{name}.pos_bias_v"))

    def heads(self, x: Tensor) -> Tensor:
        """[1, T', D] as [H, T', head]."""
        return x.view(self.shape).permute(1, 0, 2)

    def forward(self, x: Tensor, positions: tuple[Tensor, Tensor, Tensor], mask: Tensor) -> Tensor:
        """x [1, T', D]; `positions` as `Positions` gives them; mask [1, 1, T'], added to the scores of each key."""
        sine, cosine, position_keys = positions
        queries = [linear(x) * self.scale for linear in self.linear_q]
        shifted = [query + bias for query, bias in zip(queries, self.bias_v, strict=True)]
        z_sine = stacked([head.sine(query) for head, query in zip(self.linear_pos, shifted, strict=True)])
        z_cosine = stacked([head.cosine(query) for head, query in zip(self.linear_pos, shifted, strict=True)])
        rows = torch.cat(
            [
                stacked(queries) + self.bias_u,
                z_sine * sine + z_cosine * cosine,
                z_cosine * sine - z_sine * cosine,
            ],
            -1,
        )
        columns = torch.cat([self.heads(self.linear_k(x)), position_keys], -1)
        scores = torch.bmm(rows, columns.permute(0, 2, 1)) + mask
        attended = torch.bmm(torch.softmax(scores, -1), self.heads(self.linear_v(x)))
        return self.linear_out(attended.permute(1, 0, 2).contiguous().view(1, -1, x.shape[2]))
