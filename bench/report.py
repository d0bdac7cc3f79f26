"""Figures as text: medians, ratios, tables, and what they were made with."""

import os
import platform
import sqlite3
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

_PACKAGES: Final = ("flask", "flask-smorest", "marshmallow", "peewee", "gunicorn")
_SYNCS: Final = 200


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are numbers."""
    lines = [list(heads), ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def ratio(ones: Sequence[float], others: Sequence[float]) -> str:
    """How many times the other the one is: the median of the rounds' own ratios, two digits."""
    pairs = [one / other for one, other in zip(ones, others, strict=True) if other]
    return f"{significant(median(pairs))} ×" if pairs else "–"


def significant(value: float) -> str:
    """A number with two digits, or with all that stand before the point."""
    if value >= 10 or value == 0:  # noqa: PLR2004 - where digits say no more
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"  # noqa: PLR2004 - where digits say no more


def rate(values: Sequence[float]) -> str:
    """The median of so many a second."""
    return f"{median(values):,.0f}"


def milliseconds(values: Sequence[float]) -> str:
    """The median of times in milliseconds."""
    middle = median(values)
    return f"{middle:,.2f} ms" if middle < 10 else f"{middle:,.0f} ms"  # noqa: PLR2004 - where digits say no more


def megabytes(values: Sequence[float]) -> str:
    """The median of sizes in bytes."""
    return f"{median(values) / 1e6:,.0f} MB"


def made_with(directory: Path) -> str:
    """Machine and versions, without names: cores, memory, Python, SQLite, packages, the disk."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} cores ({platform.machine()}), {memory:.0f} GiB of memory;"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; {packages}."
        f" The disk took {sync_milliseconds(directory):.2f} ms for a sync of 4 kB (median)."
    )


def sync_milliseconds(directory: Path) -> float:
    """How long the disk under a directory takes to sync 4 kB, the median."""
    path, times = directory / "sync", []
    with path.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(bytes(4096))
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - started)
    path.unlink()
    return median(times) * 1000
