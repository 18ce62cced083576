"""The network's weights under NeMo's names, and what modules are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

INPUT_SCALE = "encoder.pre_encode.out.input_scale"


class WeightsError(ValueError):
    """The tensors are not those that the job lists."""


class Weights:
    """Every tensor of the network, float32, of the job's names and shapes."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self._tensors = tensors

    @classmethod
    def read(cls, path: Path, expected: Mapping[str, tuple[int, ...]]) -> Weights:
        tensors = load_file(path)
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
    # A copy, so that no module keeps the storage of a slice alive.
    return nn.Parameter(tensor.detach().clone().contiguous(), requires_grad=False)


class Linear(nn.Linear):
    """A linear layer of weight [out, in] and bias [out], all or part of NeMo's module `source`."""

    def __init__(self, source: str, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__(weight.shape[1], weight.shape[0], bias=False, device="meta")
        self.source = source
        self.weight = parameter(weight)
        self.bias = None if bias is None else parameter(bias)


def check_names(path: Path, expected: Iterable[str], got: Iterable[str]) -> None:
    expected, got = set(expected), set(got)
    for what, names in (("missing", expected - got), ("unexpected", got - expected)):
        if names:
            listed = ", ".join(sorted(names)[:20]) + (", …" if len(names) > 20 else "")
            raise WeightsError(
                f"{path}: expected {len(expected)} tensors, got {len(got)}; {len(names)} {what}: {listed}"
            )
