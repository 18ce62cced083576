"""A Conformer transducer that is NeMo's, parameter for parameter."""

from .config import ModelConfig
from .transducer import Transducer

__all__ = ["ModelConfig", "Transducer"]
