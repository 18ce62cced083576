"""Seeds of generators."""

from __future__ import annotations

import hashlib

import torch


def generator(*parts: int | str) -> torch.Generator:
    """A generator whose numbers follow from `parts`. torch's own seed has 32 bits; the rest of a longer one would be ignored."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=4).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little"))
