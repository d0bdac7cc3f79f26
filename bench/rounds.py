"""Commands that take long, one after the other, round by round."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from bench import report
from bench.processes import Run

ENOUGH: Final = 90.0
"""Seconds after which no further round is begun."""


def alternate(ways: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """What each way took in each round; fewer rounds where they take long, at least one."""
    started = time.monotonic()
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            run = way()
            runs[name].append(run)
            print(f"  {name}: {run.seconds:.1f} s", flush=True)
        if time.monotonic() - started > ENOUGH:
            break
    return runs


def compared(runs: Mapping[str, list[Run]], count: int, noun: str) -> str:
    """A table of how fast each way handled `count` things, held against the first way."""
    rates = {name: [count / run.seconds for run in found] for name, found in runs.items()}
    first, *_ = rates
    heads = [f"{count:,} {noun}", "a second", "of the first line's rate", "peak memory", "rounds"]
    rows = [
        [
            name,
            report.rate(rates[name]),
            "1" if name == first else report.ratio(rates[name], rates[first]),
            report.megabytes([run.memory for run in found]),
            str(len(found)),
        ]
        for name, found in runs.items()
    ]
    return report.table(heads, rows)
