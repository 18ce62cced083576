"""The prediction network: NeMo's ``RNNTDecoder``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import ModelConfig
from .dropout import Dropout, MaskPool

#: Hidden and cell state, each ``[layers, B, H]``.
State = tuple[Tensor, Tensor]


class PredictionNetwork(nn.Module):
    """An embedding and an LSTM over the labels so far.

    The start is the zero vector, which is also the embedding of the blank (``blank_as_pad``).
    """

    def __init__(self, config: ModelConfig, pool: MaskPool) -> None:
        super().__init__()
        width, depth = config.prediction, config.prediction_layers
        lstm = nn.LSTM(width, width, depth, dropout=config.dropout if depth > 1 else 0.0)
        for layer in range(depth):
            # NeMo's forget_gate_bias 1.
            getattr(lstm, f"bias_ih_l{layer}").data[width : 2 * width].fill_(1.0)
            getattr(lstm, f"bias_hh_l{layer}").data[width : 2 * width].fill_(0.0)
        self.prediction = nn.ModuleDict(
            {
                "embed": nn.Embedding(config.blank + 1, width, padding_idx=config.blank),
                "dec_rnn": nn.ModuleDict({"lstm": lstm, "dropout": Dropout(pool)}),
            }
        )

    def forward(self, labels: Tensor) -> Tensor:
        """`labels` ``[B, U]`` to ``[B, U+1, H]``, the start first."""
        embedded = F.pad(self.prediction["embed"](labels), (0, 0, 1, 0))
        outputs, _ = self.prediction["dec_rnn"]["lstm"](embedded.transpose(0, 1))
        return self.prediction["dec_rnn"]["dropout"](outputs.transpose(0, 1))

    def step(self, labels: Tensor, state: State | None) -> tuple[Tensor, State]:
        """One label a row ``[B]`` (the blank for the start) to ``[B, H]`` and the state after it."""
        outputs, state = self.prediction["dec_rnn"]["lstm"](self.prediction["embed"](labels).unsqueeze(0), state)
        return outputs[0], state
