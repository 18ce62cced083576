"""From a module to a .pte file: torch.export, the XNNPACK delegate, ExecuTorch's program."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import (
    EdgeCompileConfig,
    ExecutorchBackendConfig,
    ExecutorchProgramManager,
    to_edge_transform_and_lower,
)
from executorch.exir.delegate import executorch_call_delegate
from executorch.exir.dialects.edge._ops import EdgeOpOverload
from executorch.exir.lowered_backend_module import get_lowered_submodules
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.export import Dim, ExportedProgram
from torch.fx import Graph, Node

from .job import Network

Inputs = tuple[Tensor, ...]
DynamicShapes = tuple[Any, ...]


@dataclass(frozen=True)
class Signature:
    """Inputs to export with, and which of their sizes are dynamic within which bounds."""

    inputs: Inputs
    dynamic: DynamicShapes


@dataclass(frozen=True)
class Delegation:
    """Where the nodes of a lowered program went."""

    subgraphs: int
    delegated: int
    total: int
    outside: dict[str, int]


@dataclass(frozen=True)
class Lowered:
    program: ExecutorchProgramManager
    delegation: Delegation

    def write(self, path: Path) -> None:
        """Writes the .pte file in one go, so that no half of one ever has its name."""
        temporary = path.with_name(f"{path.name}.tmp")
        try:
            with open(temporary, "wb") as file:
                self.program.write_to_file(file)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def encoder_signature(network: Network, max_frames: int) -> Signature:
    """features [1, F, T] and lengths [1] with T up to `max_frames`, rounded up by `Network.frame_capacity`.

    torch.export can prove nothing about ``ceil(T / 2)`` of any T, but all it needs about multiples. The runtime checks
    the upper bound alone, and no size in the graph is computed in a way that a T in between would break.
    """
    factor = network.subsampling
    blocks = network.frame_capacity(max_frames) // factor
    example = factor * min(blocks - 1, 25)
    inputs = (torch.zeros(1, network.features, example), torch.tensor([example]))
    # From 2, because torch.export treats a size that may be 1 as one that may be broadcast.
    return Signature(inputs, ({2: factor * Dim("blocks", min=2, max=blocks)}, None))


def step_signature(network: Network, max_batch: int) -> Signature:
    """y_prev [N], h and c [N, H] of each layer, enc_t [N, D] with N from 1 to `max_batch`."""
    n, example = Dim("n", min=1, max=max_batch), min(max_batch, 5)
    state = [torch.zeros(example, network.prediction_hidden) for _ in range(2 * network.prediction_layers)]
    inputs = (torch.full((example,), network.blank), *state, torch.zeros(example, network.d_model))
    # The module takes state and frame as *args. torch.export sees them as one argument, a tuple.
    return Signature(inputs, ({0: n}, tuple({0: n} for _ in inputs[1:])))


def export(module: nn.Module, signature: Signature) -> ExportedProgram:
    with torch.no_grad():
        return torch.export.export(module, signature.inputs, dynamic_shapes=signature.dynamic, strict=False)


def lower(program: ExportedProgram, delegate: bool) -> Lowered:
    """The finished program, with what XNNPACK takes given to XNNPACK if `delegate`."""
    edge = to_edge_transform_and_lower(
        program,
        partitioner=[XnnpackPartitioner()] if delegate else None,
        # The checker refuses integer arithmetic on sizes, for which the runtime has kernels.
        compile_config=EdgeCompileConfig(_check_ir_validity=False),
    )
    delegation = count(edge.exported_program().graph_module)
    # With views removed, version 1.5 plans memory for a view of a dynamic size with bounds that are
    # too small or far too large. The remaining copies are all small or inside the delegate. Plans
    # are for the upper bounds of sizes.
    return Lowered(edge.to_executorch(ExecutorchBackendConfig(remove_view_copy=False)), delegation)


def count(module: torch.fx.GraphModule) -> Delegation:
    """Counts as executorch.devtools.backend_debug.get_delegation_info does, whose import asks for pandas."""
    submodules = [lowered.original_module for _, lowered, _ in get_lowered_submodules(module)]
    delegated = sum(len(calls(submodule.graph)) for submodule in submodules)
    kept = [node for node in calls(module.graph) if node.target is not executorch_call_delegate]
    outside = Counter(name for name in map(operator_name, kept) if name != "getitem")
    return Delegation(len(submodules), delegated, delegated + len(kept), dict(sorted(outside.items())))


def calls(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.op == "call_function"]


def operator_name(node: Node) -> str:
    """``slice_copy.Tensor``, ``quantize_per_tensor.default``; ``sym_size.int``, ``add`` for arithmetic on sizes."""
    operator = node.target
    if isinstance(operator, EdgeOpOverload):
        operator = operator._op  # of ATen
    if isinstance(operator, OpOverload):
        return f"{operator._opname}.{operator._overloadname}"
    return operator.__name__
