"""What is set before training: threads, the allocator, the device."""

from __future__ import annotations

import ctypes
import sys

import torch

from .errors import ConfigurationError

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


def keep_memory() -> None:
    """Has glibc keep freed memory.

    By default every tensor above 128 KiB to 32 MiB is mapped anew and its pages are cleared by the kernel, which takes up to a fifth
    of a step.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(M_MMAP_THRESHOLD, 1 << 30)
    mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(M_TOP_PAD, 64 << 20)


def device(name: str) -> torch.device:
    """`auto`, `cpu` or `cuda`."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("--device cuda: expected a CUDA device, got none")
    # With its number, as tensors give their device.
    return torch.device(name, torch.cuda.current_device()) if name == "cuda" else torch.device(name)


def prepare(threads: int, seed: int) -> None:
    """Threads, allocator and seed of the process."""
    keep_memory()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(seed)
