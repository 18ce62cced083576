"""The job: what to read, what the network looks like, which programs to write. Plain Python, no PyTorch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUBSAMPLING_FACTORS = (2, 4, 8)
CONV_NORMS = ("batch_norm", "layer_norm")
ACTIVATIONS = ("relu", "tanh", "sigmoid")
STEP_MODES = ("fp32", "xnnpack")
ENCODER_MODES = (*STEP_MODES, "int8")
SCHEMES = ("dynamic", "static")


class JobError(ValueError):
    """The job is not what it has to be."""


@dataclass(frozen=True)
class Network:
    """Dimensions and choices of the network, under the names that NeMo's configuration uses where it has one."""

    features: int
    d_model: int
    layers: int
    heads: int
    subsampling: int
    conv_channels: int
    conv_norm: str
    xscaling: bool
    labels: int
    prediction_hidden: int
    prediction_layers: int
    joint_output: str
    activation: str
    log_softmax: bool

    @property
    def head_size(self) -> int:
        return self.d_model // self.heads

    @property
    def stages(self) -> int:
        """Number of stride-2 convolutions before the layers."""
        return self.subsampling.bit_length() - 1

    @property
    def subsampled_features(self) -> int:
        """F': each stage halves the features too, rounding up."""
        return halved(self.features, self.stages)

    @property
    def blank(self) -> int:
        """NeMo's blank is the class after the last label; its embedding is zero and starts a sequence."""
        return self.labels

    def frame_capacity(self, max_frames: int) -> int:
        """`max_frames` rounded up to whole encoder frames, and to the few that a dynamic size needs."""
        return max(-(-max_frames // self.subsampling), 4) * self.subsampling


@dataclass(frozen=True)
class EncoderOutput:
    file: str
    mode: str
    scheme: str | None
    float_modules: frozenset[str]


@dataclass(frozen=True)
class StepOutput:
    file: str
    mode: str


@dataclass(frozen=True)
class Job:
    weights: Path
    #: The shape of every tensor in `weights`, by name.
    tensors: dict[str, tuple[int, ...]]
    output: Path
    network: Network
    max_frames: int
    max_batch: int
    calibration: Path | None
    encoders: tuple[EncoderOutput, ...]
    steps: tuple[StepOutput, ...]


def halved(size: int, stages: int) -> int:
    """Size after `stages` convolutions of kernel 3, stride 2, padding 1."""
    for _ in range(stages):
        size = (size + 1) // 2
    return size


def read_job(path: Path) -> Job:
    """Reads and checks a job. A key too many is an error as much as one too few: neither side may guess."""
    fields = _Fields("the job", json.loads(path.read_text(encoding="utf-8")))
    job = Job(
        weights=_file(fields.take("weights", str), "weights"),
        tensors=_tensors(fields.take("tensors", dict)),
        output=Path(fields.take("output", str)),
        network=_network(_Fields("network", fields.take("network", dict))),
        max_frames=fields.whole("max_frames", 1, 1 << 14),
        max_batch=fields.whole("max_batch", 2, 1 << 12),
        calibration=_optional_file(fields.take("calibration", str, type(None)), "calibration"),
        encoders=tuple(_encoder(_Fields(f"encoders[{i}]", e)) for i, e in enumerate(fields.take("encoders", list))),
        steps=tuple(_step(_Fields(f"steps[{i}]", s)) for i, s in enumerate(fields.take("steps", list))),
    )
    fields.done()
    if not job.output.is_dir():
        raise JobError(f"output: expected a folder that exists, got {job.output}")
    files = [output.file for output in (*job.encoders, *job.steps)]
    if not files:
        raise JobError("encoders and steps: expected at least one file to write, got none")
    for file in files:
        if files.count(file) > 1:
            raise JobError(f"encoders and steps: expected file names that differ, got {file!r} more than once")
    return job


class _Fields:
    """A JSON object whose keys are taken out one by one."""

    def __init__(self, where: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise JobError(f"{where}: expected an object, got {_kind(value)}")
        self._where, self._left = where, dict(value)

    def take(self, key: str, *types: type) -> Any:
        if key not in self._left:
            raise JobError(f"{self._where}: expected the key {key!r}, got none")
        value = self._left.pop(key)
        if type(value) not in types:  # not isinstance: True is an int to it
            expected = " or ".join(_NAMES[t] for t in types)
            raise JobError(f"{self._where}: {key}: expected {expected}, got {_kind(value)}")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.take(key, int)
        if not low <= value <= high:
            raise JobError(f"{self._where}: {key}: expected {low} to {high}, got {value}")
        return value

    def one_of(self, key: str, choices: tuple[Any, ...]) -> Any:
        value = self.take(key, type(choices[0]))
        if value not in choices:
            raise JobError(f"{self._where}: {key}: expected one of {', '.join(map(str, choices))}, got {value!r}")
        return value

    def file_name(self) -> str:
        name = self.take("file", str)
        if not name or name != Path(name).name:
            raise JobError(f"{self._where}: file: expected a file name without a folder, got {name!r}")
        return name

    def done(self) -> None:
        if self._left:
            raise JobError(f"{self._where}: expected no other keys, got {', '.join(map(repr, sorted(self._left)))}")


def _tensors(shapes: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    for name, shape in shapes.items():
        if type(shape) is not list or not all(type(size) is int and size > 0 for size in shape):
            raise JobError(f"tensors: {name}: expected sizes of dimensions, got {shape!r:.100}")
    return {name: tuple(shape) for name, shape in shapes.items()}


def _network(fields: _Fields) -> Network:
    size = 1 << 16
    network = Network(
        features=fields.whole("features", 1, size),
        d_model=fields.whole("d_model", 2, size),
        layers=fields.whole("layers", 1, 1000),
        heads=fields.whole("heads", 1, size),
        subsampling=fields.one_of("subsampling", SUBSAMPLING_FACTORS),
        conv_channels=fields.whole("conv_channels", 1, size),
        conv_norm=fields.one_of("conv_norm", CONV_NORMS),
        xscaling=fields.take("xscaling", bool),
        labels=fields.whole("labels", 1, size),
        prediction_hidden=fields.whole("prediction_hidden", 1, size),
        prediction_layers=fields.whole("prediction_layers", 1, 3),
        joint_output=fields.take("joint_output", str),
        activation=fields.one_of("activation", ACTIVATIONS),
        log_softmax=fields.take("log_softmax", bool),
    )
    fields.done()
    if network.d_model % network.heads or network.d_model % 2:
        raise JobError(f"network: d_model: expected an even multiple of heads ({network.heads}), got {network.d_model}")
    return network


def _encoder(fields: _Fields) -> EncoderOutput:
    file, mode = fields.file_name(), fields.one_of("mode", ENCODER_MODES)
    scheme, kept = None, []
    if mode == "int8":
        scheme, kept = fields.one_of("scheme", SCHEMES), fields.take("float", list)
        if not all(type(name) is str for name in kept):
            raise JobError(f"{file}: float: expected module names, got {kept!r}")
    fields.done()
    return EncoderOutput(file, mode, scheme, frozenset(kept))


def _step(fields: _Fields) -> StepOutput:
    output = StepOutput(fields.file_name(), fields.one_of("mode", STEP_MODES))
    fields.done()
    return output


def _file(name: str, key: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise JobError(f"{key}: expected a file that exists, got {name}")
    return path


def _optional_file(name: str | None, key: str) -> Path | None:
    return None if name is None else _file(name, key)


_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    float: "a number",
    type(None): "null",
}


def _kind(value: Any) -> str:
    return _NAMES[type(value)] if isinstance(value, (dict, list)) else f"{_NAMES[type(value)]} ({value!r:.100})"
