"""How large and how long a measurement is: from the environment, with defaults."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ON_DISK: Final = "/var/tmp"  # noqa: S108 - only a place to begin


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of the large store, the import and the evaluation; rounds, and seconds in each."""

    rows: int
    imported: int
    evaluated: int
    rounds: int
    seconds: int

    @classmethod
    def load(cls) -> "Sizes":
        """The sizes that were asked for: BENCH_ROWS, BENCH_ROUNDS, BENCH_SECONDS."""
        rows = int(os.environ.get("BENCH_ROWS", "1000000"))
        return cls(
            rows=rows,
            imported=max(rows // 5, 1),
            evaluated=max(rows // 10, 1),
            rounds=int(os.environ.get("BENCH_ROUNDS", "3")),
            seconds=int(os.environ.get("BENCH_SECONDS", "3")),
        )


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory for everything that is written, gone afterwards; in BENCH_DIR if that is set.

    Where files outlive a reboot, by default: /tmp may be memory, where a sync costs nothing.
    """
    parent = os.environ.get("BENCH_DIR") or _ON_DISK
    with tempfile.TemporaryDirectory(prefix="feedbackstore-bench-", dir=parent) as directory:
        yield Path(directory)
