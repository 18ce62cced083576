"""The command line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .checkpoint import State
from .errors import ConfigurationError, TrainingError
from .options import Options
from .trainer import STATE, Trainer


def parser() -> argparse.ArgumentParser:
    """The options; their defaults are those of `Options`."""
    p = argparse.ArgumentParser(
        prog="python -m swipekit_train",
        description="Trains a Conformer transducer on a stream of swipes and writes model.ckpt, model.nemo, metrics.jsonl and the state "
        "of the run (state.pt) into a folder.",
    )
    add = p.add_argument
    add("--config", type=Path, metavar="FILE", help="JSON object of the options below, without the dashes; flags win")
    add("--resume", action="store_true", help="go on with the run in --output; its options are the defaults")

    data = p.add_argument_group("data").add_argument
    data("--feed", metavar="COMMAND", help='command that writes samples ("swipekit train feed ..."), a file, or - for standard input')
    data("--validate", metavar="COMMAND", help="the same, of swipes to validate on")
    data("--output", type=Path, metavar="DIR", help="folder of the run")
    data("--init", type=Path, metavar="CKPT", help="begin with these weights and a new optimizer")

    budget = p.add_argument_group("budget (the schedule follows it; with both, whichever ends first)").add_argument
    budget("--minutes", type=float, help="wall clock, that before a resumption included")
    budget("--samples", type=int, help="swipes")

    train = p.add_argument_group("training").add_argument
    train("--batch", type=int, help="swipes in a batch")
    train("--chunk", type=int, help="batches that are sorted by length together, so that little is padded")
    train("--tokens", type=int, help="at most so many frames x labels in a batch, padded; 0 for no limit")
    train("--lr", type=float, help="the flat learning rate")
    train("--lr-end", type=float, help="the rate at the end")
    train("--warmup", type=int, help="steps of the warm-up")
    train("--cooldown", type=float, help="share of the run in which the rate falls")
    train("--ema", type=float, help="decay of the averaged weights, for one step")
    train("--seed", type=int, help="of weights, order and dropout")
    train("--threads", type=int, help="CPU threads")
    train("--device", choices=("auto", "cpu", "cuda"))
    train("--precision", choices=("bf16", "fp32"), help="of the matrix products")
    train("--dropout", type=float)

    model = p.add_argument_group("architecture").add_argument
    model("--d-model", type=int, help="width of the encoder")
    model("--layers", type=int, help="Conformer layers")
    model("--heads", type=int, help="attention heads")
    model("--kernel", type=int, help="taps of the depthwise convolution, odd")
    model("--ff", type=int, help="inner width of the feed-forward modules over the encoder's")
    model("--subsampling", type=int, choices=(2, 4), help="frames for one of the encoder")
    model("--conv-channels", type=int, help="channels of the subsampling convolutions")
    model("--prediction", type=int, help="width of the prediction network")
    model("--prediction-layers", type=int, help="LSTM layers")
    model("--joint", type=int, help="width of the joint")

    report = p.add_argument_group("reports").add_argument
    report("--interval", type=int, help="steps between lines of metrics")
    report("--validate-every", type=int, help="swipes between validations")
    report("--validate-limit", type=int, help="swipes to validate on at most; 0 for all")
    report("--save-minutes", type=float, help="minutes between saves of the state")

    defaults = {field.name: field.default for field in Options.__dataclass_fields__.values()}
    for action in p._actions:  # noqa: SLF001 - argparse has no other list of its options
        default = defaults.get(action.dest)
        if action.help and isinstance(default, (int, float, str)) and not isinstance(default, bool):
            action.help += f" (default {default})"
        if action.dest != "help":
            action.default = argparse.SUPPRESS
    return p


def options(arguments: list[str]) -> Options:
    """Options of a command line: flags, then the file of ``--config``, then the resumed run's, then the defaults."""
    given = vars(parser().parse_args(arguments))
    values: dict[str, Any] = {}
    config = given.pop("config", None)
    stored = read_config(config) if config else {}
    output = given.get("output", stored.get("output"))
    if given.get("resume") and output is not None:
        values.update(typed(State.load(Path(output) / STATE).options))
    values.update(stored)
    values.update(given)
    for name in ("feed", "output"):
        if name not in values:
            raise ConfigurationError(f"expected --{name}")
    return Options(**values)


def read_config(path: Path) -> dict[str, Any]:
    """The options in a JSON file, held to the types of the flags."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if not isinstance(tree, dict):
        raise ConfigurationError(f"{path}: expected a JSON object")
    return typed({key.replace("-", "_"): value for key, value in tree.items()})


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """`values` from plain data, each of its flag's type."""
    kinds = {action.dest: action.type or str for action in parser()._actions if action.dest not in ("help", "config", "resume")}  # noqa: SLF001
    out: dict[str, Any] = {}
    for name, value in values.items():
        kind = kinds.get(name)
        if kind is None:
            raise ConfigurationError(f"expected an option, got {name!r}")
        if value is None:
            continue
        right = isinstance(value, str) if kind in (str, Path) else isinstance(value, (int, float)) and not isinstance(value, bool)
        if not right or (kind is int and value != int(value)):
            raise ConfigurationError(f"{name}: expected {'text' if kind in (str, Path) else 'a number'}, got {value!r}")
        out[name] = kind(value)
    return out


def main(arguments: list[str]) -> int:
    """Exit code: 0 after a run, also one that was told to stop; 1 after an error; 2 for a wrong command line."""
    try:
        Trainer(options(arguments)).run()
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
