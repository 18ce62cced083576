"""Writes checkpoints in NeMo's two forms, and reads the first.

``.ckpt``: what Lightning saves, with a configuration of plain dicts and lists. ``.nemo``: an uncompressed tar of ``model_config.yaml`` and
``model_weights.ckpt`` (the bare state_dict), as NeMo 2.4 saves.
"""

from __future__ import annotations

import io
import tarfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import yaml
from .errors import CheckpointError
from .feed import Header
from .files import replace
from .model import ModelConfig, Transducer

#: The version of NeMo whose names and defaults are written.
NEMO_VERSION = "2.4.0"
TARGET = "nemo.collections.asr.models.rnnt_models.EncDecRNNTModel"


def configuration(config: ModelConfig, header: Header, provenance: dict[str, Any]) -> dict[str, Any]:
    """NeMo's ``cfg`` with what the exporter wants besides: ``feature_scale``, ``featurizer``, ``layout``, ``swipekit``."""
    scale = header.featurizer.get("scale") or [1.0] * header.features
    return {
        **config.to_nemo(),
        "feature_scale": [float(x) for x in scale],
        "featurizer": header.featurizer,
        **({"layout": header.layout} if header.layout else {}),
        "swipekit": provenance,
        "target": TARGET,
        "nemo_version": NEMO_VERSION,
    }


def weights(model: Transducer) -> OrderedDict[str, Tensor]:
    """The state_dict as it is saved: contiguous, on the CPU, a copy."""
    return OrderedDict((name, value.detach().to("cpu", copy=True).contiguous()) for name, value in model.state_dict().items())


def write_ckpt(path: Path, model: Transducer, cfg: dict[str, Any], step: int) -> None:
    """Writes a ``.ckpt``."""
    content = {
        "epoch": 0,
        "global_step": step,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": weights(model),
        "hparams_name": "kwargs",
        "hyper_parameters": {"cfg": cfg},
    }
    replace(path, lambda temporary: torch.save(content, temporary))


def write_nemo(path: Path, model: Transducer, cfg: dict[str, Any]) -> None:
    """Writes a ``.nemo`` archive."""
    data = io.BytesIO()
    torch.save(weights(model), data)
    members = {"./model_config.yaml": yaml.dump(cfg).encode("utf-8"), "./model_weights.ckpt": data.getvalue()}

    def write(temporary: Path) -> None:
        with tarfile.open(temporary, "w:", format=tarfile.USTAR_FORMAT) as archive:
            folder = tarfile.TarInfo("./")
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
            for name, content in members.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))

    replace(path, write)


def read_ckpt(path: Path) -> tuple[ModelConfig, dict[str, Tensor]]:
    """Architecture and weights of a ``.ckpt`` whose configuration is plain data."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        return ModelConfig.from_nemo(content["hyper_parameters"]["cfg"]), content["state_dict"]
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror or error}") from error
    except Exception as error:
        raise CheckpointError(f"{path}: expected a .ckpt with a plain configuration: {error}") from error


def load_weights(model: Transducer, state: dict[str, Tensor]) -> None:
    """Puts a state_dict into `model`.

    The output layer may carry either of NeMo's names. What NeMo keeps of its unused front end, and torch.compile's prefix, are left out.
    """
    mine = {name for name in model.state_dict() if name.startswith("joint.joint_net.")}
    out = {}
    for name, value in state.items():
        name = name.replace("_orig_mod.", "")
        if name.startswith("preprocessor."):
            continue
        if name.startswith("joint.joint_net.") and name not in mine:
            kind = name.rsplit(".", 1)[1]
            name = next(key for key in mine if key.endswith("." + kind))
        out[name] = value
    try:
        model.load_state_dict(out)
    except RuntimeError as error:
        raise CheckpointError(f"the weights do not fit the architecture: {error}") from error
