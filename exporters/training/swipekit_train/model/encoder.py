"""The Conformer encoder (Gulati et al. 2020) with the names and the maths of NeMo's ``ConformerEncoder``."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import RelPositionAttention, positions
from .config import ModelConfig
from .convolution import ConvModule
from .dropout import Dropout, MaskPool
from .subsampling import ConvSubsampling


class FeedForward(nn.Module):
    """Two projections with swish between."""

    def __init__(self, d_model: int, inner: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(d_model, inner)
        self.linear2 = nn.Linear(inner, d_model)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, T, D]`` to the same shape."""
        return self.linear2(F.silu(self.linear1(x)))


class ConformerLayer(nn.Module):
    """Half a feed-forward module, attention, convolution, half a feed-forward module, each behind a norm and beside the input."""

    def __init__(self, config: ModelConfig, pool: MaskPool) -> None:
        super().__init__()
        d = config.d_model
        self.norm_feed_forward1 = nn.LayerNorm(d)
        self.feed_forward1 = FeedForward(d, d * config.ff)
        self.norm_conv = nn.LayerNorm(d)
        self.conv = ConvModule(d, config.kernel, config.conv_norm)
        self.norm_self_att = nn.LayerNorm(d)
        self.self_attn = RelPositionAttention(d, config.heads)
        self.norm_feed_forward2 = nn.LayerNorm(d)
        self.feed_forward2 = FeedForward(d, d * config.ff)
        self.dropout = Dropout(pool)
        self.norm_out = nn.LayerNorm(d)

    def forward(self, x: Tensor, table: Tensor, padding: Tensor | None) -> Tensor:
        """`x` ``[B, T, D]``."""
        x = self.dropout.add(x, self.feed_forward1(self.norm_feed_forward1(x)), 0.5)
        x = self.dropout.add(x, self.self_attn(self.norm_self_att(x), table, padding), 1.0)
        x = self.dropout.add(x, self.conv(self.norm_conv(x), padding), 1.0)
        x = self.dropout.add(x, self.feed_forward2(self.norm_feed_forward2(x)), 0.5)
        return self.norm_out(x)


class ConformerEncoder(nn.Module):
    """Features to encoder frames."""

    def __init__(self, config: ModelConfig, pool: MaskPool) -> None:
        super().__init__()
        self.d_model = config.d_model
        self.pre_encode = ConvSubsampling(config.features, config.d_model, config.conv_channels, config.subsampling)
        self.dropout = Dropout(pool)
        self.layers = nn.ModuleList(ConformerLayer(config, pool) for _ in range(config.layers))
        self._tables: dict[tuple[int, torch.device], Tensor] = {}

    def table(self, frames: int, device: torch.device) -> Tensor:
        """Position table of `frames` frames. Not in the state_dict, as in NeMo."""
        key = (frames, device)
        if key not in self._tables:
            self._tables[key] = positions(frames, self.d_model, device)
        return self._tables[key]

    def forward(self, features: Tensor, lengths: Tensor, padded: bool = True) -> tuple[Tensor, Tensor]:
        """`features` ``[B, T, F]`` to ``[B, T', D]`` and its lengths; frames past a length are meaningless.

        `padded` false promises that all lengths are T, which saves the masks.
        """
        x, lengths = self.pre_encode(features, lengths, padded)
        x = self.dropout(x.float() * math.sqrt(self.d_model))
        table = self.table(x.shape[1], x.device)
        padding = torch.arange(x.shape[1], device=x.device) >= lengths[:, None] if padded else None
        for layer in self.layers:
            x = layer(x, table, padding)
        return x, lengths
