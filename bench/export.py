"""`flask export-jsonl` of the large store, beside the same rows read and written unparsed."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.processes import ROOT, Run, run
from bench.rounds import alternate, compared
from bench.sizes import Sizes
from bench.stores import BIN, Store

_RAW: Final = "raw sqlite3, unparsed"
_ONE: Final = "flask export-jsonl"
_TWO: Final = "flask export-jsonl --jobs 2"


def measure(store: Store, directory: Path, sizes: Sizes) -> str:
    """The section of the report."""
    hashes: dict[str, str] = {}

    def raw() -> Run:
        out = directory / "raw.txt"
        command = [sys.executable, "-m", "bench.raw", "export", store.database, out]
        return _to_file(command, out, store)

    def ours(name: str, *options: str) -> Run:
        out = directory / "train.jsonl"
        took = _to_file([BIN / "flask", "export-jsonl", out, *options], out, store, hashes, name)
        out.with_name(f"{out.name}.manifest.json").unlink()
        return took

    ways = {_RAW: raw, _ONE: lambda: ours(_ONE)}
    if _has_jobs(store):
        ways[_TWO] = lambda: ours(_TWO, "--jobs", "2")
    runs = alternate(ways, sizes.rounds)
    return f"{compared(runs, sizes.rows, 'rows')}\n\n{_sameness(hashes)}"


def _to_file(
    command: list[str | Path],
    out: Path,
    store: Store,
    hashes: dict[str, str] | None = None,
    name: str = "",
) -> Run:
    took = run(command, out.with_suffix(".log"), store.environ)
    if hashes is not None and name not in hashes:
        with out.open("rb") as file:
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
    out.unlink()
    return took


def _has_jobs(store: Store) -> bool:
    done = subprocess.run(
        [BIN / "flask", "export-jsonl", "--help"],
        cwd=ROOT,
        env=store.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return "--jobs" in done.stdout


def _sameness(hashes: dict[str, str]) -> str:
    if _TWO not in hashes:
        return "`--jobs` is not among the options of this version: its line is left out."
    same = hashes[_ONE] == hashes[_TWO]
    return f"With one process and with two: {'the same bytes' if same else '**OTHER BYTES**'}."
