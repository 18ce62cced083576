"""Convolutional subsampling: NeMo's ``ConvSubsampling`` with ``striding``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def halved(lengths: Tensor) -> Tensor:
    """Frames after one convolution of stride 2 and padding 1."""
    return torch.div(lengths - 1, 2, rounding_mode="floor") + 1


class ConvSubsampling(nn.Module):
    """Convolutions 3x3 of stride 2 over (frames, features), each followed by ReLU, then a projection.

    Frames past a swipe's end are zeroed before every convolution and after the last, as NeMo does from version 2.5 on, so that a
    swipe's result does not depend on what it is batched with.
    """

    def __init__(self, features: int, d_model: int, channels: int, factor: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width, inputs = features, 1
        while factor > 1:
            layers += [nn.Conv2d(inputs, channels, 3, stride=2, padding=1), nn.ReLU()]
            inputs, width, factor = channels, (width - 1) // 2 + 1, factor // 2
        self.conv = nn.Sequential(*layers)
        self.out = nn.Linear(channels * width, d_model)

    def forward(self, x: Tensor, lengths: Tensor, padded: bool) -> tuple[Tensor, Tensor]:
        """``[B, T, F]`` to ``[B, T', D]``, and the lengths of that. `padded` tells whether any length is below T."""
        if padded:
            x = zero_padding(x, lengths)
        y = first_convolution(x, self.conv[0])
        lengths = halved(lengths)
        for layer in list(self.conv)[2::2]:
            if padded:
                y = zero_padding(y, lengths)
            y = torch.relu(layer(y.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
            lengths = halved(lengths)
        if padded:
            y = zero_padding(y, lengths)
        # [B, T', F', C]; NeMo's projection takes C outside of F'. Its weight is put in our order
        # rather than every activation in NeMo's.
        b, t, f, c = y.shape
        weight = self.out.weight.view(-1, c, f).transpose(1, 2).reshape(-1, f * c)
        return F.linear(y.reshape(b, t, f * c), weight, self.out.bias), lengths


def first_convolution(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """A 3x3 convolution with one input channel and ReLU as a matrix product: ``[B, T, F]`` to ``[B, T', F', C]``."""
    b = x.shape[0]
    x = F.pad(x, (1, 1, 1, 1))
    patches = x.unfold(1, 3, 2).unfold(2, 3, 2)
    t, f = patches.shape[1:3]
    y = F.linear(patches.reshape(b * t * f, 9), conv.weight.view(-1, 9), conv.bias)
    return torch.relu_(y).view(b, t, f, -1)


def zero_padding(x: Tensor, lengths: Tensor) -> Tensor:
    """`x` ``[B, T, ...]`` with zeros from each length on."""
    pad = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
    return x.masked_fill(pad.view(*pad.shape, *(1,) * (x.dim() - 2)), 0.0)
