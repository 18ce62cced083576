"""One step of the transducer: prediction network and joint for a batch of hypotheses."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .job import Network
from .weights import Linear, Weights

ACTIVATION = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


class LstmCell(nn.Module):
    """One LSTM layer for one step, a linear layer a gate: the slices of a fused one would each cost a copy."""

    def __init__(self, network: Network, weights: Weights, layer: int) -> None:
        super().__init__()
        lstm, size = "decoder.prediction.dec_rnn.lstm", network.prediction_hidden
        weight = torch.cat([weights.tensor(f"{lstm}.weight_{part}_l{layer}") for part in ("ih", "hh")], 1)
        bias = weights.tensor(f"{lstm}.bias_ih_l{layer}") + weights.tensor(f"{lstm}.bias_hh_l{layer}")
        gates = [slice(gate * size, (gate + 1) * size) for gate in range(4)]
        # PyTorch's order.
        self.input, self.forget, self.cell, self.output = (Linear(lstm, weight[rows], bias[rows]) for rows in gates)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """x, h, c [N, H] to the new h and c [N, H]."""
        joined = torch.cat([x, h], -1)
        c = torch.sigmoid(self.forget(joined)) * c + torch.sigmoid(self.input(joined)) * torch.tanh(self.cell(joined))
        return torch.sigmoid(self.output(joined)) * torch.tanh(c), c


class LogSoftmax(nn.Module):
    """log softmax over the last axis of [N, V + 1] in XNNPACK's terms: it has no maximum and no sum over an axis.

    What is subtracted before the exponential is the mean m of x under its own softmax. The logarithm of the sum of
    ``exp(x - m)`` is the entropy of that softmax, so the sum lies between 1 and V + 1 whatever x is.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("ones", torch.ones(1, classes))

    def forward(self, x: Tensor) -> Tensor:
        shifted = x - F.linear(torch.softmax(x, -1) * x, self.ones)
        return shifted - torch.log(F.linear(torch.exp(shifted), self.ones))


class TransducerStep(nn.Module):
    """y_prev [N], then h and c [N, H] of each LSTM layer, then enc_t [N, D], to logits [N, V + 1] and the new h and c.

    The start of a sequence is the blank with a state of zeros: the blank's embedding is a row of zeros.
    """

    def __init__(self, network: Network, weights: Weights) -> None:
        super().__init__()
        self.embed = nn.Embedding.from_pretrained(weights.tensor("decoder.prediction.embed.weight"))
        self.lstm = nn.ModuleList(LstmCell(network, weights, layer) for layer in range(network.prediction_layers))
        self.enc = weights.linear("joint.enc")
        self.pred = weights.linear("joint.pred")
        self.activation = ACTIVATION[network.activation]
        self.out = weights.linear(f"joint.{network.joint_output}")
        self.log_softmax = LogSoftmax(network.labels + 1) if network.log_softmax else None

    def forward(self, y_prev: Tensor, *state_and_frame: Tensor) -> tuple[Tensor, ...]:
        *state, enc_t = state_and_frame
        x, new_state = self.embed(y_prev), []
        for layer, cell in enumerate(self.lstm):
            x, c = cell(x, state[2 * layer], state[2 * layer + 1])
            new_state += [x, c]
        logits = self.out(self.activation(self.enc(enc_t) + self.pred(x)))
        if self.log_softmax is not None:
            logits = self.log_softmax(logits)
        return logits, *new_state
