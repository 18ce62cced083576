"""The convolution module of a Conformer layer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Frames up to which a depthwise convolution on a CPU is computed as products with banded matrices.
BANDED = 160


class ConvModule(nn.Module):
    """Pointwise, GLU, padding zeroed, depthwise, norm, swish, pointwise.

    With ``layer_norm`` the norm keeps the name ``batch_norm``, as in NeMo.
    """

    def __init__(self, d_model: int, kernel: int, norm: str) -> None:
        super().__init__()
        self.pointwise_conv1 = nn.Conv1d(d_model, 2 * d_model, 1)
        self.depthwise_conv = nn.Conv1d(d_model, d_model, kernel, padding=(kernel - 1) // 2, groups=d_model)
        self.batch_norm = nn.BatchNorm1d(d_model) if norm == "batch_norm" else nn.LayerNorm(d_model)
        self.pointwise_conv2 = nn.Conv1d(d_model, d_model, 1)

    def forward(self, x: Tensor, padding: Tensor | None) -> Tensor:
        """`x` ``[B, T, D]``, `padding` ``[B, T]``, true where a frame is none."""
        b, t, d = x.shape
        y = F.glu(F.linear(x, self.pointwise_conv1.weight.squeeze(-1), self.pointwise_conv1.bias), -1)
        if padding is not None:
            y = y.masked_fill(padding.unsqueeze(-1), 0.0)
        y = depthwise(y, self.depthwise_conv)
        y = F.silu(self.batch_norm(y.reshape(b * t, d)))
        y = F.linear(y, self.pointwise_conv2.weight.squeeze(-1), self.pointwise_conv2.bias)
        return y.view(b, t, d)


def depthwise(x: Tensor, conv: nn.Conv1d) -> Tensor:
    """The depthwise convolution of ``[B, T, D]`` along T."""
    if x.is_cuda or x.shape[1] > BANDED:
        return conv(x.transpose(1, 2)).transpose(1, 2)
    y = BandedConvolution.apply(x, conv.weight.squeeze(1).to(x.dtype))
    return y + conv.bias.to(x.dtype)


class BandedConvolution(torch.autograd.Function):
    """A depthwise convolution as one product with a banded matrix for a channel.

    Swipes are short (T is about 30), so the matrices are small, and the products are many times faster than the backward pass of
    a grouped convolution on a CPU.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        """`x` ``[B, T, D]``, `weight` ``[D, K]``."""
        b, t, d = x.shape
        kernel = weight.shape[1]
        steps = torch.arange(t)
        # Input frame i and output frame j meet in tap i - j + K/2; tap K is a zero.
        tap = steps[:, None] - steps[None, :] + kernel // 2
        tap = torch.where((tap >= 0) & (tap < kernel), tap, kernel)
        band = F.pad(weight, (0, 1)).index_select(1, tap.flatten()).view(d, t, t)
        channels = x.reshape(b * t, d).t().contiguous().view(d, b, t)
        ctx.save_for_backward(channels, band)
        ctx.kernel = kernel
        return torch.bmm(channels, band).view(d, b * t).t().contiguous().view(b, t, d)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor]:
        channels, band = ctx.saved_tensors
        d, b, t = channels.shape
        g = gradient.reshape(b * t, d).t().contiguous().view(d, b, t)
        gx = torch.bmm(g, band.transpose(1, 2)).view(d, b * t).t().contiguous().view(b, t, d)
        products = torch.bmm(channels.transpose(1, 2), g).float()
        # The sum along each of the K diagonals: padded by a column, rows of 2T instead of 2T-1 line
        # the diagonals up.
        half = ctx.kernel // 2
        lined = F.pad(products.flip(2), (0, t)).flatten(1)[:, : t * (2 * t - 1)].view(d, t, 2 * t - 1).sum(1)
        # Column c of `lined` holds i - j = c - (t - 1).
        weight = torch.zeros(d, ctx.kernel, dtype=lined.dtype)
        low, high = max(0, t - 1 - half), min(2 * t - 1, t + half)
        start = low - (t - 1) + half
        weight[:, start : start + high - low] = lined[:, low:high]
        return gx, weight.to(channels.dtype)
