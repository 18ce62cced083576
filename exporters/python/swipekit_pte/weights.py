"""The network's weights under NeMo's names, and what modules are made of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from .job import Network

INPUT_SCALE = "encoder.pre_encode.out.input_scale"

Shapes = dict[str, tuple[int, ...]]


class WeightsError(ValueError):
    """The tensors are not those of the network that the job describes."""


class Weights:
    """Every tensor of the network, float32, checked against the job's dimensions."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self._tensors = tensors

    @classmethod
    def read(cls, path: Path, network: Network) -> Weights:
        tensors = load_file(path)
        expected = expected_shapes(network)
        if INPUT_SCALE in tensors:
            expected[INPUT_SCALE] = (network.conv_channels * network.subsampled_features,)
        check_names(path, expected, tensors)
        for name, shape in expected.items():
            tensor = tensors[name]
            if tensor.dtype != torch.float32:
                raise WeightsError(f"{path}: {name}: expected float32, got {str(tensor.dtype).removeprefix('torch.')}")
            if tuple(tensor.shape) != shape:
                raise WeightsError(f"{path}: {name}: expected the shape {list(shape)}, got {list(tensor.shape)}")
            if not torch.isfinite(tensor).all():
                raise WeightsError(f"{path}: {name}: expected finite numbers, got others")
        return cls(tensors)

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def tensor(self, name: str) -> Tensor:
        return self._tensors[name]

    def linear(self, name: str, rows: slice = slice(None)) -> Linear:
        """The linear layer `name`, or those of its outputs that `rows` selects. A pointwise convolution is one too."""
        weight = self.tensor(f"{name}.weight")[rows].flatten(1)
        return Linear(name, weight, self.tensor(f"{name}.bias")[rows])

    def parameter(self, name: str, *shape: int) -> nn.Parameter:
        return parameter(self.tensor(name).reshape(shape))


def parameter(tensor: Tensor) -> nn.Parameter:
    # A copy, so that no module holds on to the storage that a slice was taken from.
    return nn.Parameter(tensor.detach().clone().contiguous(), requires_grad=False)


class Linear(nn.Linear):
    """A linear layer of weight [out, in] and bias [out], all or part of NeMo's module `source`."""

    def __init__(self, source: str, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__(weight.shape[1], weight.shape[0], bias=False, device="meta")
        self.source = source
        self.weight = parameter(weight)
        self.bias = None if bias is None else parameter(bias)


def expected_shapes(network: Network) -> Shapes:
    """Every tensor of the network with its shape."""
    return {**_encoder_shapes(network), **_prediction_shapes(network), **_joint_shapes(network)}


def check_names(path: Path, expected: Iterable[str], got: Iterable[str]) -> None:
    expected, got = set(expected), set(got)
    for what, names in (("missing", expected - got), ("unexpected", got - expected)):
        if names:
            listed = ", ".join(sorted(names)[:20]) + (", …" if len(names) > 20 else "")
            raise WeightsError(
                f"{path}: expected {len(expected)} tensors, got {len(got)}; {len(names)} {what}: {listed}"
            )


def _affine(name: str, out: int, *inputs: int) -> Shapes:
    return {f"{name}.weight": (out, *inputs), f"{name}.bias": (out,)}


def _encoder_shapes(network: Network) -> Shapes:
    n, d, channels = network, network.d_model, network.conv_channels
    shapes = _affine("encoder.pre_encode.out", d, channels * n.subsampled_features)
    for stage in range(n.stages):
        shapes |= _affine(f"encoder.pre_encode.conv.{2 * stage}", channels, 1 if stage == 0 else channels, 3, 3)
    for index in range(n.layers):
        layer = f"encoder.layers.{index}"
        for norm in ("norm_feed_forward1", "norm_self_att", "norm_conv", "norm_feed_forward2", "norm_out"):
            shapes |= _affine(f"{layer}.{norm}", d)
        for module in ("feed_forward1", "feed_forward2"):
            shapes |= _affine(f"{layer}.{module}.linear1", n.feed_forward, d)
            shapes |= _affine(f"{layer}.{module}.linear2", d, n.feed_forward)
        for projection in ("linear_q", "linear_k", "linear_v", "linear_out"):
            shapes |= _affine(f"{layer}.self_attn.{projection}", d, d)
        shapes[f"{layer}.self_attn.linear_pos.weight"] = (d, d)
        for bias in ("pos_bias_u", "pos_bias_v"):
            shapes[f"{layer}.self_attn.{bias}"] = (n.heads, n.head_size)
        shapes |= _affine(f"{layer}.conv.pointwise_conv1", 2 * d, d, 1)
        shapes |= _affine(f"{layer}.conv.depthwise_conv", d, 1, n.kernel)
        shapes |= _affine(f"{layer}.conv.batch_norm", d)
        if n.conv_norm == "batch_norm":
            shapes[f"{layer}.conv.batch_norm.running_mean"] = (d,)
            shapes[f"{layer}.conv.batch_norm.running_var"] = (d,)
        shapes |= _affine(f"{layer}.conv.pointwise_conv2", d, d, 1)
    return shapes


def _prediction_shapes(network: Network) -> Shapes:
    hidden, lstm = network.prediction_hidden, "decoder.prediction.dec_rnn.lstm"
    shapes: Shapes = {"decoder.prediction.embed.weight": (network.labels + 1, hidden)}
    for layer in range(network.prediction_layers):
        for source in ("ih", "hh"):
            shapes[f"{lstm}.weight_{source}_l{layer}"] = (4 * hidden, hidden)
            shapes[f"{lstm}.bias_{source}_l{layer}"] = (4 * hidden,)
    return shapes


def _joint_shapes(network: Network) -> Shapes:
    return {
        **_affine("joint.enc", network.joint_hidden, network.d_model),
        **_affine("joint.pred", network.joint_hidden, network.prediction_hidden),
        **_affine(f"joint.{network.joint_output}", network.labels + 1, network.joint_hidden),
    }
