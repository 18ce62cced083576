"""INT8: PT2E quantization of the encoder's linear layers for XNNPACK.

Only linear layers are quantized, since nearly all weights are theirs. What else there is to an INT8 network would cost
accuracy or speed: XNNPACK has no INT8 form of the products of attention, and sums, gates and normalization would each
add a rounding of the residual stream for no weight saved.
"""

from __future__ import annotations

from pathlib import Path

import torch
from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
    XNNPACKQuantizer,
    get_symmetric_quantization_config,
)
from safetensors.torch import load_file
from torch import Tensor
from torch.export import ExportedProgram
from torch.fx import Node
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from .encoder import ConformerEncoder
from .job import Network
from .lower import Inputs, Signature, calls, export, operator_name
from .weights import Linear

QUANTIZE = ("quantize_", "choose_qparams")
DEQUANTIZE = ("dequantize_",)


class CalibrationError(ValueError):
    """The swipes to calibrate on are missing or not what they have to be."""


class FloatModuleError(ValueError):
    """A module that is to stay in floating point is not one of the encoder's linear layers."""


def read_calibration(path: Path | None, network: Network, max_frames: int) -> list[Inputs]:
    """The encoder's inputs for each swipe of the file: tensors "0", "1", … of [F, T]."""
    if path is None:
        raise CalibrationError("calibration: expected swipes for the scheme static, got null")
    tensors = load_file(path)
    if not tensors or set(tensors) != {str(index) for index in range(len(tensors))}:
        names = ", ".join(sorted(tensors)[:20])
        raise CalibrationError(f"{path}: expected tensors 0, 1, …, got {names or 'none'}")
    return [_swipe(path, str(index), tensors[str(index)], network, max_frames) for index in range(len(tensors))]


def _swipe(path: Path, name: str, features: Tensor, network: Network, max_frames: int) -> Inputs:
    shape = list(features.shape)
    if len(shape) != 2 or shape[0] != network.features or not 1 <= shape[1] <= max_frames:
        expected = f"[{network.features}, 1 to {max_frames}]"
        raise CalibrationError(f"{path}: {name}: expected the shape {expected}, got {shape}")
    if features.dtype != torch.float32 or not torch.isfinite(features).all():
        raise CalibrationError(f"{path}: {name}: expected finite float32 numbers, got others or {features.dtype}")
    return features[None].contiguous(), torch.tensor([shape[1]])


def quantize(
    encoder: ConformerEncoder, signature: Signature, kept: frozenset[str], swipes: list[Inputs] | None
) -> ExportedProgram:
    """The encoder with INT8 linear layers, but for those that `kept` names.

    Weights have a scale a row. Activations have a scale a frame, found at run time, where `swipes` is None; else one a
    tensor, found on the swipes.
    """
    quantized = linear_modules(encoder, kept)
    config = get_symmetric_quantization_config(is_per_channel=True, is_dynamic=swipes is None)
    quantizer = XNNPACKQuantizer().set_global(config)
    quantizer.set_filter_function(lambda node: module_of(node) in quantized)
    # The guards would refuse swipes whose T is not a multiple of the subsampling factor.
    prepared = prepare_pt2e(export(encoder, signature).module(check_guards=False), quantizer)
    with torch.no_grad():
        # Runs once even without swipes, because observers of weights need a run.
        for inputs in [signature.inputs] if swipes is None else swipes:
            prepared(*inputs)
    return export(convert_pt2e(prepared), signature)


def linear_modules(encoder: ConformerEncoder, kept: frozenset[str]) -> set[str]:
    """Names of the linear layers to quantize: all but those that are of a module of NeMo's that `kept` names."""
    sources = {name: module.source for name, module in encoder.named_modules() if isinstance(module, Linear)}
    unknown = sorted(kept - set(sources.values()))
    if unknown:
        raise FloatModuleError(f"float: expected names of the encoder's linear layers, got {', '.join(unknown)}")
    return {name for name, source in sources.items() if source not in kept}


def module_of(node: Node) -> str:
    """Name of the module whose code the node comes from."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    return stack[-1][0] if stack else ""


def count_quantize_nodes(program: ExportedProgram) -> tuple[int, int]:
    """How many nodes quantize, finding scales included, and how many dequantize."""
    names = [operator_name(node) for node in calls(program.graph)]
    return sum(name.startswith(QUANTIZE) for name in names), sum(name.startswith(DEQUANTIZE) for name in names)
