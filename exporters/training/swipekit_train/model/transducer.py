"""The whole network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .config import ModelConfig
from .dropout import MaskPool
from .encoder import ConformerEncoder
from .joint import Joint
from .prediction import PredictionNetwork


class Transducer(nn.Module):
    """A Conformer transducer with NeMo's names of parameters."""

    def __init__(self, config: ModelConfig, seed: int = 0) -> None:
        """`seed` is that of the dropout; initial weights come from torch's generator."""
        super().__init__()
        self.config = config
        self.pool = MaskPool(config.dropout, seed)
        self.encoder = ConformerEncoder(config, self.pool)
        self.decoder = PredictionNetwork(config, self.pool)
        self.joint = Joint(config, self.pool)

    def forward(self, features: Tensor, lengths: Tensor, labels: Tensor, padded: bool = True) -> tuple[Tensor, Tensor]:
        """`features` ``[B, T, F]``, `labels` ``[B, U]`` to logits ``[B, T', U+1, V]`` and the encoder's lengths."""
        encoded, lengths = self.encoder(features, lengths, padded)
        return self.joint(encoded, self.decoder(labels)), lengths
