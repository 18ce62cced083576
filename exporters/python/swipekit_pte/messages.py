"""The protocol on standard output: JSON, one object a line.

``{"progress": text}`` before every step that takes time; last either ``{"result": …}`` or
``{"error": {"stage", "kind", "message"}}``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MESSAGE_LIMIT = 2000


class Channel:
    """The caller's end of standard output, and the stage that work is in.

    Libraries print, some of them from C++. So the real standard output is kept under a new descriptor that only
    this object knows, and descriptor 1 becomes another name of standard error.
    """

    def __init__(self) -> None:
        sys.stdout.flush()
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._stage = "reading the job"

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Names the stage of whatever fails inside. The name is left as it is on failure, for `error` to report."""
        previous, self._stage = self._stage, name
        yield
        self._stage = previous

    def progress(self, text: str) -> None:
        self._send({"progress": text})

    def result(self, result: dict[str, Any]) -> None:
        self._send({"result": result})

    def error(self, error: BaseException) -> None:
        message = (str(error) or repr(error))[:MESSAGE_LIMIT]
        self._send({"error": {"stage": self._stage, "kind": type(error).__name__, "message": message}})

    def _send(self, line: dict[str, Any]) -> None:
        self._stream.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._stream.flush()
