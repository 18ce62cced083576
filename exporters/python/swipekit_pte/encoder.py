"""The Conformer encoder, written so that XNNPACK takes its arithmetic with a dynamic number of frames.

The batch is one utterance, so that the number of frames is the only dynamic size and a view needs at most one -1.
Boolean masks, GLU, SiLU and layer normalization are spelt out in products and sums, since XNNPACK has no other
words for them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import Positions, RelPositionMultiHeadAttention
from .job import Network, halved
from .weights import INPUT_SCALE, Weights, parameter

# NeMo puts this number in the place of a padded key's score. Here it is added to the score, which
# hides the key too.
MASKED_SCORE = -10000.0
EPSILON = 1e-5


def silu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


class LayerNorm(nn.Module):
    """Normalizes [1, T', D] over D. Means are linear layers with a row of 1/D: XNNPACK has no mean over one axis."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.weight = weights.parameter(f"{name}.weight", -1)
        self.bias = weights.parameter(f"{name}.bias", -1)
        size = self.weight.numel()
        self.register_buffer("average", torch.full((1, size), 1.0 / size))

    def forward(self, x: Tensor) -> Tensor:
        centred = x - F.linear(x, self.average)
        variance = F.linear(centred * centred, self.average)
        return centred * torch.rsqrt(variance + EPSILON) * self.weight + self.bias


class ConvSubsampling(nn.Module):
    """NeMo's "striding" subsampling: stages of a 3x3 convolution of stride 2 and ReLU, then a linear layer."""

    def __init__(self, network: Network, weights: Weights, name: str) -> None:
        super().__init__()
        self.features = network.features
        self.flat = network.conv_channels * network.subsampled_features
        self.conv = nn.ModuleList()
        for stage in range(network.stages):
            channels = 1 if stage == 0 else network.conv_channels
            conv = nn.utils.skip_init(nn.Conv2d, channels, network.conv_channels, 3, stride=2, padding=1)
            conv.weight = parameter(weights.tensor(f"{name}.conv.{2 * stage}.weight"))
            conv.bias = parameter(weights.tensor(f"{name}.conv.{2 * stage}.bias"))
            self.conv.append(conv)
        self.out = weights.linear(f"{name}.out")
        # Equalization: the weight's columns have been divided by the factors of this product.
        scale = weights.tensor(INPUT_SCALE).clone() if INPUT_SCALE in weights else None
        self.register_buffer("input_scale", scale)

    def forward(self, features: Tensor, keep: list[Tensor]) -> Tensor:
        """features [1, F, T]; keep[k] [1, 1, T_k, 1] is 1 for the valid frames after k stages. Gives [1, T', D].

        Padding is zeroed before every convolution and after the last, so that it never reaches a valid frame.
        """
        x = features.permute(0, 2, 1).contiguous().view(1, 1, -1, self.features) * keep[0]
        for conv, valid in zip(self.conv, keep[1:], strict=True):
            x = F.relu(conv(x)) * valid
        # [1, C, T', F'] -> [1, T', C * F'], channels first as NeMo's weight has them.
        x = x.permute(0, 2, 1, 3).contiguous().view(1, -1, self.flat)
        return self.out(x if self.input_scale is None else x * self.input_scale)


class ConformerFeedForward(nn.Module):
    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.linear1 = weights.linear(f"{name}.linear1")
        self.linear2 = weights.linear(f"{name}.linear2")

    def forward(self, x: Tensor) -> Tensor:
        return self.linear2(silu(self.linear1(x)))


class GatedLinearUnit(nn.Module):
    """A pointwise convolution to 2D channels and GLU, as two layers of D: slicing what one of 2D gives costs a copy."""

    def __init__(self, network: Network, weights: Weights, name: str) -> None:
        super().__init__()
        self.value = weights.linear(name, slice(0, network.d_model))
        self.gate = weights.linear(name, slice(network.d_model, None))

    def forward(self, x: Tensor) -> Tensor:
        return self.value(x) * torch.sigmoid(self.gate(x))


class DepthwiseConvolution(nn.Module):
    """Depthwise convolution of [1, D, T'] with an odd kernel K, padded to keep T'.

    XNNPACK has depthwise kernels of up to 25 taps; with more it falls back to a convolution of D groups, four times as
    slow. A longer kernel is therefore cut in two at the frame itself: taps for the past and the frame, and taps for the
    future, which get a zero for the frame, since a convolution that leaves it out would have to slice its input.
    """

    MOST_TAPS = 25

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.half = weight.shape[2] // 2
        self.past = self.future = self.whole = None
        # With more than twice as many taps the slow way is still correct.
        if weight.shape[2] <= self.MOST_TAPS or self.half + 1 > self.MOST_TAPS:
            self.whole = self._conv(weight, bias, self.half)
        else:
            self.past = self._conv(weight[:, :, : self.half + 1], bias, 0)
            future = weight[:, :, self.half :].clone()
            future[:, :, 0] = 0.0
            self.future = self._conv(future, torch.zeros_like(bias), 0)

    @staticmethod
    def _conv(weight: Tensor, bias: Tensor, padding: int) -> nn.Conv1d:
        channels, _, taps = weight.shape
        conv = nn.utils.skip_init(nn.Conv1d, channels, channels, taps, padding=padding, groups=channels)
        conv.weight, conv.bias = parameter(weight), parameter(bias)
        return conv

    def forward(self, x: Tensor) -> Tensor:
        if self.whole is not None:
            return self.whole(x)
        return self.past(F.pad(x, (self.half, 0))) + self.future(F.pad(x, (0, self.half)))


class ConformerConvolution(nn.Module):
    def __init__(self, network: Network, weights: Weights, name: str) -> None:
        super().__init__()
        self.pointwise_conv1 = GatedLinearUnit(network, weights, f"{name}.pointwise_conv1")
        weight, bias = weights.tensor(f"{name}.depthwise_conv.weight"), weights.tensor(f"{name}.depthwise_conv.bias")
        if network.conv_norm == "batch_norm":
            weight, bias = fold_batch_norm(weight, bias, weights, f"{name}.batch_norm")
            self.norm = None
        else:
            self.norm = LayerNorm(weights, f"{name}.batch_norm")
        self.depthwise_conv = DepthwiseConvolution(weight, bias)
        self.pointwise_conv2 = weights.linear(f"{name}.pointwise_conv2")

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        """x [1, T', D]; keep [1, T', 1] is 1 for valid frames: the depthwise convolution must not see the others."""
        x = self.pointwise_conv1(x) * keep
        x = self.depthwise_conv(x.permute(0, 2, 1)).permute(0, 2, 1)
        if self.norm is not None:
            x = self.norm(x)
        return self.pointwise_conv2(silu(x))


def fold_batch_norm(weight: Tensor, bias: Tensor, weights: Weights, name: str) -> tuple[Tensor, Tensor]:
    """Weight [D, 1, K] and bias [D] of the convolution that does the batch normalization after it as well."""
    scale, shift, mean, variance = (
        weights.tensor(f"{name}.{part}").double() for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = scale / torch.sqrt(variance + EPSILON)
    return (weight.double() * scale[:, None, None]).float(), ((bias.double() - mean) * scale + shift).float()


class ConformerLayer(nn.Module):
    def __init__(self, network: Network, weights: Weights, name: str) -> None:
        super().__init__()
        self.norm_feed_forward1 = LayerNorm(weights, f"{name}.norm_feed_forward1")
        self.feed_forward1 = ConformerFeedForward(weights, f"{name}.feed_forward1")
        self.norm_self_att = LayerNorm(weights, f"{name}.norm_self_att")
        self.self_attn = RelPositionMultiHeadAttention(network, weights, f"{name}.self_attn")
        self.norm_conv = LayerNorm(weights, f"{name}.norm_conv")
        self.conv = ConformerConvolution(network, weights, f"{name}.conv")
        self.norm_feed_forward2 = LayerNorm(weights, f"{name}.norm_feed_forward2")
        self.feed_forward2 = ConformerFeedForward(weights, f"{name}.feed_forward2")
        self.norm_out = LayerNorm(weights, f"{name}.norm_out")

    def forward(self, x: Tensor, positions: tuple[Tensor, Tensor, Tensor], keep: Tensor, mask: Tensor) -> Tensor:
        x = x + 0.5 * self.feed_forward1(self.norm_feed_forward1(x))
        x = x + self.self_attn(self.norm_self_att(x), positions, mask)
        x = x + self.conv(self.norm_conv(x), keep)
        x = x + 0.5 * self.feed_forward2(self.norm_feed_forward2(x))
        return self.norm_out(x)


class ConformerEncoder(nn.Module):
    """features [1, F, T] and lengths [1] (valid frames) to encoded [1, T', D] and its lengths [1].

    Modules have NeMo's names without the leading ``encoder.``. What stands in encoded frames beyond the length is
    meaningless, as it is in NeMo.
    """

    def __init__(self, network: Network, weights: Weights, max_frames: int) -> None:
        super().__init__()
        self.stages = network.stages
        self.scale = math.sqrt(network.d_model) if network.xscaling else None
        self.pre_encode = ConvSubsampling(network, weights, "encoder.pre_encode")
        # A table that ends before the signature's last frame would bound T.
        capacity = network.frame_capacity(max_frames)
        self.positions = Positions(network, halved(capacity, network.stages))
        self.layers = nn.ModuleList(
            ConformerLayer(network, weights, f"encoder.layers.{index}") for index in range(network.layers)
        )
        self.register_buffer("ramp", torch.arange(capacity, dtype=torch.float32))

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        # Sizes are computed from the number of input frames. A size read from a convolution's
        # output would split the delegate in two.
        frames = features.shape[2]
        valid = lengths.to(torch.float32)
        keep = [self.keep(frames, valid, 0)]
        for stage in range(self.stages):
            frames = (frames + 1) // 2
            # Rounds up. Not (lengths + 1) // 2, because PT2E converts numbers that are added to
            # tensors to floats.
            lengths = lengths - torch.div(lengths, 2, rounding_mode="floor")
            keep.append(self.keep(frames, valid, stage + 1))
        x = self.pre_encode(features, keep)
        if self.scale is not None:
            x = x * self.scale
        positions = self.positions(frames)
        keep_frames = keep[-1].view(1, -1, 1)
        mask = (1.0 - keep[-1].view(1, 1, -1)) * MASKED_SCORE
        for layer in self.layers:
            x = layer(x, positions, keep_frames, mask)
        return x, lengths

    def keep(self, frames: int, valid: Tensor, stage: int) -> Tensor:
        """[1, 1, frames, 1] with 1 for valid frames and 0 for padding, after `stage` stages.

        Frame i is valid if ``i < ceil(valid / 2^stage)``, that is if ``2^stage i < valid``. Whole numbers in float32,
        so the difference, cut off at 0 and 1, is the answer itself; a comparison would stay outside XNNPACK.
        """
        first = self.ramp[:frames] * float(1 << stage)
        return torch.clamp(valid - first, 0.0, 1.0).view(1, 1, -1, 1)
