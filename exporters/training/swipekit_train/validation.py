"""How good a model is on swipes that it was not trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import torch

from .batches import Batch, collate, groups
from .feed import Header, Sample
from .greedy import greedy
from .loss import rnnt_loss
from .model import Transducer


@dataclass(frozen=True)
class Score:
    """Means over swipes."""

    swipes: int
    #: Loss over the number of labels, in nats.
    loss: float
    #: Share of words that greedy decoding spells right.
    words: float


class Validation:
    """Swipes that are kept in memory and scored again and again."""

    def __init__(self, header: Header, samples: Iterable[Sample], limit: int, device: torch.device) -> None:
        """At most `limit` of the samples, 0 for all."""
        kept = list(islice(samples, limit) if limit else samples)
        cut = groups([(s.features.shape[0], len(s.labels)) for s in kept], 64, 0)
        self.batches: list[Batch] = [collate([kept[i] for i in group], header.blank).to(device) for group in cut]

    @torch.no_grad()
    def score(self, model: Transducer) -> Score:
        """Scores `model`, in float32."""
        model.eval()
        swipes = right = 0
        loss = 0.0
        for batch in self.batches:
            encoded, lengths = model.encoder(batch.features, batch.frames, batch.padded)
            logits = model.joint(encoded, model.decoder(batch.labels))
            losses = rnnt_loss(logits, batch.labels, lengths, batch.counts, model.config.blank)
            loss += float((losses / batch.counts).sum())
            swipes += len(batch)
            words = greedy(model, encoded, lengths)
            for word, labels, count in zip(words, batch.labels.tolist(), batch.counts.tolist()):
                right += word == labels[:count]
        return Score(swipes, loss / max(1, swipes), right / max(1, swipes))
