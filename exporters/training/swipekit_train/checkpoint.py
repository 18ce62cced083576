"""The state of a run, with which it is resumed as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .errors import CheckpointError
from .files import replace

#: Version of the file.
FORMAT = 1


@dataclass
class State:
    """Everything that the rest of a run depends on."""

    #: Architecture, as `ModelConfig.to_dict` gives it.
    config: dict[str, Any]
    #: Options that may not change: they would make another run of it.
    options: dict[str, Any]
    model: dict[str, Any]
    ema: dict[str, Any]
    optimizer: dict[str, Any]
    #: State of torch's generator, and of CUDA's where there is one.
    random: Any
    random_cuda: Any
    steps: int
    samples: int
    seconds: float
    #: Position in the stream of the chunk in hand, and the batches taken from it.
    position: int
    taken: int

    def save(self, path: Path) -> None:
        """Writes the state."""
        content = {"format": FORMAT, **self.__dict__}
        replace(path, lambda temporary: torch.save(content, temporary))

    @classmethod
    def load(cls, path: Path) -> State:
        """Reads a state. No code of the file is run."""
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            if content.pop("format") != FORMAT:
                raise CheckpointError(f"{path}: expected a state of format {FORMAT}")
            return cls(**content)
        except CheckpointError:
            raise
        except OSError as error:
            raise CheckpointError(f"{path}: {error.strerror or error}") from error
        except Exception as error:
            raise CheckpointError(f"{path}: expected the state of a run: {error}") from error
