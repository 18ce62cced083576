"""Samples in batches of about the same length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from .feed import Sample
from .randomness import generator


@dataclass(frozen=True)
class Batch:
    """Swipes padded to one length."""

    #: ``[B, T, F]``, zero past a swipe's end.
    features: Tensor
    #: ``[B]`` frames.
    frames: Tensor
    #: ``[B, U]``, the blank past a word's end.
    labels: Tensor
    #: ``[B]`` labels.
    counts: Tensor
    #: ``[B]``, `REAL` or `SYNTHETIC`.
    sources: Tensor
    #: Whether any frame is padding.
    padded: bool

    def __len__(self) -> int:
        return self.features.shape[0]

    def to(self, device: torch.device) -> Batch:
        """The batch on `device`."""
        if device.type == "cpu":
            return self
        move = lambda x: x.to(device, non_blocking=True)  # noqa: E731
        return Batch(move(self.features), move(self.frames), move(self.labels), move(self.counts), move(self.sources), self.padded)


def collate(samples: list[Sample], blank: int) -> Batch:
    """One batch of `samples`."""
    frames = [sample.features.shape[0] for sample in samples]
    counts = [len(sample.labels) for sample in samples]
    features = torch.zeros(len(samples), max(frames), samples[0].features.shape[1])
    labels = torch.full((len(samples), max(counts)), blank, dtype=torch.long)
    for row, sample in enumerate(samples):
        features[row, : frames[row]] = sample.features
        labels[row, : counts[row]] = torch.frombuffer(bytearray(sample.labels), dtype=torch.uint8)
    return Batch(
        features,
        torch.tensor(frames),
        labels,
        torch.tensor(counts),
        torch.tensor([sample.source for sample in samples], dtype=torch.uint8),
        min(frames) < max(frames),
    )


def groups(lengths: list[tuple[int, int]], size: int, tokens: int) -> list[list[int]]:
    """Indices of samples of one chunk, cut into batches. `lengths`: frames and labels of each sample.

    Sorted by frames in steps of 4, then by labels, since both are padded. A batch has `size` samples, or fewer where `tokens` (frames
    times labels, padded; 0 for no limit) would be exceeded.
    """
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i][0] // 4, lengths[i][1], i))
    out: list[list[int]] = []
    current: list[int] = []
    longest = most = 0
    for i in order:
        frames, labels = max(longest, lengths[i][0]), max(most, lengths[i][1])
        if current and (len(current) == size or (tokens and frames * labels * (len(current) + 1) > tokens)):
            out.append(current)
            current, frames, labels = [], *lengths[i]
        current.append(i)
        longest, most = frames, labels
    if current:
        out.append(current)
    return out


class Batches:
    """Batches of a stream: chunk after chunk, each sorted by length and its batches shuffled.

    What a chunk becomes depends on its samples, its position in the stream and the seed alone. A position in the middle of a chunk is
    the position of the chunk and the number of batches that were taken from it.
    """

    def __init__(
        self, samples: Iterable[Sample], blank: int, *, size: int, chunk: int, tokens: int, seed: int, position: int = 0, taken: int = 0
    ) -> None:
        """`chunk`: batches of `size` samples in a chunk. `samples` begins at `position`, of whose chunk `taken` batches are left out."""
        self.samples = iter(samples)
        self.blank = blank
        self.size, self.chunk, self.tokens, self.seed = size, chunk, tokens, seed
        #: Position in the stream of the chunk that the last batch came from.
        self.position = position
        #: Batches taken from that chunk.
        self.taken = taken
        #: The chunk that the last batch came from, cut into batches.
        self.current: list[list[Sample]] = []

    def __iter__(self) -> Iterator[Batch]:
        position, skip = self.position, self.taken
        while samples := list(islice(self.samples, self.size * self.chunk)):
            cut = groups([(s.features.shape[0], len(s.labels)) for s in samples], self.size, self.tokens)
            order = torch.randperm(len(cut), generator=generator("order", self.seed, position))
            shuffled = [cut[i] for i in order.tolist()]
            self.current = [[samples[i] for i in group] for group in shuffled]
            for number, group in enumerate(self.current):
                if number < skip:
                    continue
                self.position, self.taken = position, number + 1
                yield collate(group, self.blank)
            position += len(samples)
            skip = 0
