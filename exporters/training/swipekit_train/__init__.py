"""Trains swipekit's transducers: ``python -m swipekit_train --help``."""

__version__ = "0.1.0"
