"""The joint network: NeMo's ``RNNTJoint``."""

from __future__ import annotations

from torch import Tensor, nn

from .config import ModelConfig


class Joint(nn.Module):
    """``output(relu(enc(f) + pred(g)))``.

    With dropout 0 NeMo leaves the module out, and the output layer is called ``joint_net.1`` instead of ``joint_net.2``. Nothing is dropped here
    (see :mod:`.dropout`): the module is there for the name.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.enc = nn.Linear(config.d_model, config.joint)
        self.pred = nn.Linear(config.prediction, config.joint)
        drop = [nn.Identity()] if config.dropout > 0.0 else []
        self.joint_net = nn.Sequential(nn.ReLU(inplace=True), *drop, nn.Linear(config.joint, config.blank + 1))

    def forward(self, encoded: Tensor, predicted: Tensor) -> Tensor:
        """`encoded` ``[B, T, D]`` and `predicted` ``[B, U+1, H]`` to logits ``[B, T, U+1, V]``."""
        return self.joint_net(self.enc(encoded).unsqueeze(2) + self.pred(predicted).unsqueeze(1))

    def step(self, encoded: Tensor, predicted: Tensor) -> Tensor:
        """The same for rows of pairs: `encoded` ``[B, J]`` (already projected by ``enc``) and `predicted` ``[B, H]`` to ``[B, V]``."""
        return self.joint_net(encoded + self.pred(predicted))
