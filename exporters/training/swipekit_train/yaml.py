"""Writes plain data as YAML, in the block style of NeMo's ``model_config.yaml``."""

from __future__ import annotations

import json
import math
import re
from typing import Any

#: Words that are text in no reader of YAML 1.1 and 1.2, whatever it takes for a number or a truth value.
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./]*")
RESERVED = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"}


def dump(value: dict[str, Any]) -> str:
    """A document whose root is a mapping."""
    return "".join(f"{line}\n" for line in mapping(value, 0))


def mapping(value: dict[str, Any], depth: int) -> list[str]:
    pad = "  " * depth
    lines = []
    for key, member in value.items():
        name = scalar(str(key))
        if isinstance(member, dict) and member:
            lines += [f"{pad}{name}:", *mapping(member, depth + 1)]
        elif isinstance(member, (list, tuple)) and member:
            lines += [f"{pad}{name}:", *sequence(member, depth)]
        else:
            lines.append(f"{pad}{name}: {scalar(member)}")
    return lines


def sequence(value: Any, depth: int) -> list[str]:
    pad = "  " * depth
    lines = []
    for member in value:
        inner: list[str] = []
        if isinstance(member, dict) and member:
            inner = mapping(member, depth + 1)
        elif isinstance(member, (list, tuple)) and member:
            inner = sequence(member, depth + 1)
        if inner:
            lines += [f"{pad}- {inner[0].lstrip()}", *inner[1:]]
        else:
            lines.append(f"{pad}- {scalar(member)}")
    return lines


def scalar(value: Any) -> str:
    """One value on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"expected a finite number, got {value}")
        text = repr(value)
        # YAML 1.1 takes 1e-05 for text.
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and value.lower() not in RESERVED else json.dumps(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    raise TypeError(f"expected plain data, got {type(value).__name__}")
