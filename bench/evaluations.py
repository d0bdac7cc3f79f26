"""`flask evaluate` of a store full of corrections, beside the same rows read and left unparsed."""

import sys
from pathlib import Path
from statistics import median
from typing import Final

from bench import report, stores
from bench.processes import Run, run
from bench.rounds import alternate, compared
from bench.sizes import Sizes
from bench.stores import BIN, Store

_RAW: Final = "raw sqlite3, unparsed"
_OURS: Final = "flask evaluate"
_FEWER: Final = 10


def measure(directory: Path, sizes: Sizes) -> str:
    """The section of the report."""
    store = stores.filled(directory / "evaluated", sizes.evaluated)
    log = directory / "evaluate.log"
    raw: list[str | Path] = [sys.executable, "-m", "bench.raw", "read", store.database]
    ways = {
        _RAW: lambda: run(raw, log, store.environ),
        _OURS: lambda: _evaluated(store, sizes.evaluated, log),
    }
    runs = alternate(ways, sizes.rounds)
    few = max(sizes.evaluated // _FEWER, 1)
    fewer = _evaluated(stores.filled(directory / "fewer", few), few, log)
    seconds = median(found.seconds for found in runs[_OURS])
    return (
        f"{compared(runs, sizes.evaluated, 'pairs')}\n\n"
        f"An evaluation took {seconds:.1f} s. One of {few:,} pairs took"
        f" {report.megabytes([fewer.memory])} at its peak."
    )


def _evaluated(store: Store, pairs: int, log: Path) -> Run:
    took = run([BIN / "flask", "evaluate"], log, store.environ)
    if f"{pairs} judged" not in log.read_text(encoding="utf-8"):
        raise RuntimeError(f"Not all of {pairs:,} pairs were judged:\n{log.read_text()}")
    return took
