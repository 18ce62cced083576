"""The whole network."""

from __future__ import annotations

from torch import Tensor, nn

from ..loss import joint_loss
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
        self.joint = Joint(config)

    def forward(self, features: Tensor, lengths: Tensor, labels: Tensor, padded: bool = True) -> tuple[Tensor, Tensor]:
        """`features` ``[B, T, F]``, `labels` ``[B, U]`` to logits ``[B, T', U+1, V]`` and the encoder's lengths."""
        encoded, lengths = self.encoder(features, lengths, padded)
        return self.joint(encoded, self.decoder(labels)), lengths

    def loss(self, features: Tensor, lengths: Tensor, labels: Tensor, counts: Tensor, padded: bool = True) -> Tensor:
        """RNN-T loss of every row ``[B]``, in nats: that of :meth:`forward`'s logits, which are not kept."""
        encoded, lengths = self.encoder(features, lengths, padded)
        joint = self.joint
        output = joint.joint_net[-1]
        projections = joint.enc(encoded), joint.pred(self.decoder(labels))
        return joint_loss(*projections, output.weight, output.bias, labels, lengths, counts, self.config.blank)
