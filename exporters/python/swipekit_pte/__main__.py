"""``python -m swipekit_pte JOB.json``: exit code 0 after a result, 1 after an error, 2 for a wrong command line."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path

from .job import read_job
from .messages import Channel


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m swipekit_pte JOB.json", file=sys.stderr)
        return 2
    channel = Channel()
    try:
        with channel.stage("reading the job"):
            job = read_job(Path(arguments[0]))
        channel.progress("importing PyTorch and ExecuTorch")
        with channel.stage("importing"):
            quiet()
            from . import exporter
        channel.result(exporter.run(job, channel))
    except Exception as error:
        channel.error(error)
        return 1
    return 0


def quiet() -> None:
    """One thread, as another number of them may sum in another order; and no warnings about libraries' own affairs."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
