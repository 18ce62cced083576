"""Works off a job: reads the weights, builds the modules, writes one program after another."""

from __future__ import annotations

import platform
import time
from importlib.metadata import version
from typing import Any

import torch
from torch.export import ExportedProgram

from .encoder import ConformerEncoder
from .job import EncoderOutput, Job, StepOutput
from .lower import encoder_signature, export, lower, step_signature
from .messages import Channel
from .quantize import count_quantize_nodes, quantize, read_calibration
from .step import TransducerStep
from .weights import Weights


def run(job: Job, channel: Channel) -> dict[str, Any]:
    """Writes every file of the job. Gives the result that the protocol ends with."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    channel.progress("reading the weights")
    with channel.stage("reading the weights"):
        weights = Weights.read(job.weights, job.tensors)
    files = [_encoder(job, output, weights, channel) for output in job.encoders]
    files += [_step(job, output, weights, channel) for output in job.steps]
    return {"versions": versions(), "files": files}


def versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in ("torch", "torchao", "executorch")}


def _encoder(job: Job, output: EncoderOutput, weights: Weights, channel: Channel) -> dict[str, Any]:
    started = time.monotonic()
    swipes = None
    if output.scheme == "static":
        channel.progress(f"{output.file}: reading the swipes to calibrate on")
        with channel.stage("quantizing"):
            swipes = read_calibration(job.calibration, job.network, job.max_frames)
    channel.progress(f"{output.file}: building the encoder")
    with channel.stage("building"):
        encoder = ConformerEncoder(job.network, weights, job.max_frames).eval()
        signature = encoder_signature(job.network, job.max_frames)
    if output.mode == "int8":
        channel.progress(f"{output.file}: quantizing")
        with channel.stage("quantizing"):
            program = quantize(encoder, signature, output.float_modules, swipes)
    else:
        channel.progress(f"{output.file}: exporting")
        with channel.stage("exporting"):
            program = export(encoder, signature)
    return _write(job, output, "encoder", program, started, channel)


def _step(job: Job, output: StepOutput, weights: Weights, channel: Channel) -> dict[str, Any]:
    started = time.monotonic()
    channel.progress(f"{output.file}: building the step")
    with channel.stage("building"):
        step = TransducerStep(job.network, weights).eval()
        signature = step_signature(job.network, job.max_batch)
    channel.progress(f"{output.file}: exporting")
    with channel.stage("exporting"):
        program = export(step, signature)
    return _write(job, output, "step", program, started, channel)


def _write(
    job: Job, output: EncoderOutput | StepOutput, kind: str, program: ExportedProgram, started: float, channel: Channel
) -> dict[str, Any]:
    quantize_nodes, dequantize_nodes = count_quantize_nodes(program)
    channel.progress(f"{output.file}: lowering")
    with channel.stage("lowering"):
        lowered = lower(program, delegate=output.mode != "fp32")
    path = job.output / output.file
    channel.progress(f"{output.file}: writing")
    with channel.stage("writing"):
        lowered.write(path)
    scheme = getattr(output, "scheme", None)
    return {
        "file": output.file,
        "kind": kind,
        "mode": output.mode,
        **({"scheme": scheme} if scheme else {}),
        "bytes": path.stat().st_size,
        "seconds": round(time.monotonic() - started, 3),
        "subgraphs": lowered.delegation.subgraphs,
        "delegated": lowered.delegation.delegated,
        "total": lowered.delegation.total,
        "outside": lowered.delegation.outside,
        "quantize_nodes": quantize_nodes,
        "dequantize_nodes": dequantize_nodes,
    }
