"""What has to be in the environment before the process begins."""

from __future__ import annotations

import os
import sys

TUNABLE = "glibc.malloc.hugetlb"


def with_huge_pages() -> None:
    """Starts this program again with glibc asking for transparent huge pages, which makes a step on a CPU 5 to 10 % faster.

    Does nothing where that is set already, to whatever value, and where there is no Linux. Other C libraries ignore it.
    """
    given = os.environ.get("GLIBC_TUNABLES", "")
    if not sys.platform.startswith("linux") or TUNABLE in given:
        return
    os.environ["GLIBC_TUNABLES"] = ":".join(filter(None, (given, f"{TUNABLE}=1")))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
