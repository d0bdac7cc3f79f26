"""make bench: measure everything and write bench/RESULTS.md; or only the parts that are named."""

import signal
import sys
import time
from pathlib import Path
from typing import Final

from bench import evaluations, export, imports, load, reading, report, stores, submit
from bench.sizes import Sizes, scratch

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
NEED_LOAD: Final = frozenset({"submit", "reading"})
PARTS: Final = ("submit", "export", "reading", "imports", "evaluations")

_INTRODUCTION: Final = """\
# What was measured

Written by `make bench`. Ratios are between figures of the same run; absolute figures belong to one
machine at one time, which client and server shared.

{made_with}"""

_SUBMIT: Final = """\
## Submitting

`POST /v1/feedback/submit` with bodies of 1 kB about a request each, with a key, to gunicorn as
`make run` starts it, on a fresh store on disk; `wrk` with one thread on the same machine. Rates
count good answers only. Medians of {rounds} rounds of {seconds} s, the servers taking turns; errors
are the sum. Memory is that of all processes of a server, pages that they share counted once (PSS).
The straightforward way is `bench/straightforward.py`: Flask, smorest, marshmallow and peewee, a
connection and a transaction for each request, gthread 2×16. Both that store sync at each commit
(`synchronous=FULL`). “feedbackstore's rate” is how many times the line's rate it has."""

_EXPORT: Final = """\
## Exporting

Feedback of 1 kB, each joined to a prediction of 1.5 kB (a text, and an answer of 1 kB; three
corrections of four change a value, one adds lines), from process start to exit with the file on
disk; the store read from the page cache. The baseline is Python's sqlite3 reading the same joined
rows and writing their texts unparsed. Peak memory is sampled ten times a second over all processes
of the command (PSS). Medians, the ways taking turns."""

_READING: Final = """\
## Reading

One connection, other ids each time; medians of {rounds} rounds of 1 s, the two stores taking turns.
Ratio: the large store's p50 to the small one's."""

_IMPORTS: Final = """\
## Importing

Predictions of 1.5 kB, a JSON object a line, into a fresh store, from process start to exit. The
baseline is Python's sqlite3: executemany of the same texts into the same table with its indexes, in
one transaction, no JSON read, nothing checked."""

_EVALUATIONS: Final = """\
## Evaluating

`flask evaluate`, as it is without options, of predictions with an answer of 1 kB (32 values, most
of them in a list), each corrected: three of four in a value, one by lines; from process start to
exit, the store read from the page cache. The baseline is Python's sqlite3 fetching the same joined
rows, no JSON read. Medians, the ways taking turns."""


def main(parts: list[str]) -> None:
    """Measure, print, and write the results where all parts were measured."""
    unknown = set(parts) - set(PARTS)
    if unknown:
        sys.exit(f"There is no part {', '.join(unknown)}. There are: {', '.join(PARTS)}")
    if not parts or NEED_LOAD & set(parts):
        load.require()
    # Ended from outside, the servers have to be ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    written = _measure(parts or list(PARTS), Sizes.load())
    print(f"\n{written}\nIt took {(time.monotonic() - started) / 60:.1f} minutes.")
    if not parts:
        RESULTS.write_text(written, encoding="utf-8")


def _measure(parts: list[str], sizes: Sizes) -> str:
    told = {"rounds": sizes.rounds, "seconds": sizes.seconds}
    with scratch() as directory:
        sections = [_INTRODUCTION.format(made_with=report.made_with(directory))]
        if "submit" in parts:
            print("submitting …", flush=True)
            sections += [_SUBMIT.format(**told), submit.measure(directory, sizes)]
        if {"export", "reading"} & set(parts):
            print(f"filling a store with {sizes.rows:,} rows …", flush=True)
            store = stores.filled(directory / "large", sizes.rows)
        # Before the export, which notes in the store what went into it.
        if "reading" in parts:
            print("reading …", flush=True)
            sections += [_READING.format(**told), reading.measure(store, directory, sizes)]
        if "export" in parts:
            print("exporting …", flush=True)
            sections += [_EXPORT, export.measure(store, directory, sizes)]
        if "imports" in parts:
            print("importing …", flush=True)
            sections += [_IMPORTS, imports.measure(directory, sizes)]
        if "evaluations" in parts:
            print("evaluating …", flush=True)
            sections += [_EVALUATIONS, evaluations.measure(directory, sizes)]
    return "\n\n".join(sections) + "\n"


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as error:
        sys.exit(f"{error}")
