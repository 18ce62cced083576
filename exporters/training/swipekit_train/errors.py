"""What can go wrong, by kind."""

from __future__ import annotations


class TrainingError(Exception):
    """Anything that ends a run with a message instead of a traceback."""


class ConfigurationError(TrainingError):
    """An option or a configuration that cannot be trained."""


class FeedError(TrainingError):
    """A stream that is not one, ends too soon, or holds what cannot be learnt from."""


class CheckpointError(TrainingError):
    """A checkpoint or state that does not fit."""
