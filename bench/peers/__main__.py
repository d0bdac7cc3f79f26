"""make bench-peers: measure each peer beside the store and write bench/PEERS.md."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from bench import load, report
from bench.peers import datasette, label_studio, mlflow, ours, phoenix
from bench.peers.contest import CONNECTIONS, Side, measure, started
from bench.peers.interface import Peer
from bench.sizes import Sizes, scratch
from bench.stores import BIN

RESULTS: Final = Path(__file__).parents[1] / "PEERS.md"
PEERS: Final = (phoenix.PEER, datasette.PEER, mlflow.PEER, label_studio.PEER)

_INTRODUCTION: Final = """\
# Beside other stores of feedback

Written by `make bench-peers`. Each peer runs as its own command starts it by default, with the
database that it brings (SQLite), and is sent feedback of about 1 kB, one piece a request, by `wrk`
on the same machine. The store takes turns with it, {rounds} rounds of {seconds} s each at 1 and at
16 connections, after a warm-up: medians, good answers only. “feedbackstore's rate” is how many
times the peer's rate the store had in the same rounds. Memory is the most that was seen of all its
processes, pages that they share counted once (PSS). The start is that on a fresh store. The
peers do more than keep feedback; this measures only that.

{made_with}"""

_HEADS: Final = (
    "",
    *(head for n in CONNECTIONS for head in (f"{n}: req/s", "p99", "feedbackstore's rate")),
    "memory",
    "start to first answer",
)


def main() -> None:
    """Measure every peer that can be started; say which cannot."""
    load.require()
    # Ended from outside, the servers have to be ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sizes = Sizes.load()
    lines, sentences = [], []
    with scratch() as directory:
        made_with = report.made_with(directory)
        with started(ours.PEER, directory / "ours") as own:
            for peer in PEERS:
                print(f"{peer.name} …", flush=True)
                line, sentence = _contest(own, peer, directory / peer.package, sizes)
                lines += [line] if line else []
                sentences.append(sentence)
                print(f"  {sentence}", flush=True)
            if len(own.measured) == len(CONNECTIONS):
                lines.insert(0, _line(own))
                sentences.insert(0, _in_words(own))
    told = _INTRODUCTION.format(made_with=made_with, rounds=sizes.rounds, seconds=sizes.seconds)
    said = "\n".join(f"- {sentence}" for sentence in sentences)
    written = f"{told}\n\n{report.table(_HEADS, lines)}\n\n{said}\n"
    print(f"\n{written}")
    RESULTS.write_text(written, encoding="utf-8")


def _contest(own: Side, peer: Peer, directory: Path, sizes: Sizes) -> tuple[list[str], str]:
    """A peer's line, none where it cannot be had, and a sentence about it."""
    try:
        with started(peer, directory) as side:
            rates = measure(own, side, sizes)
            return _line(side, rates), _in_words(side)
    except (RuntimeError, OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return [], f"{peer.name} could not be measured: {_reason(error)}."


def _reason(error: Exception) -> str:
    """Why a peer could not be measured, without paths of this machine."""
    if isinstance(error, FileNotFoundError):
        return "it could not be installed"
    if isinstance(error, HTTPError | RuntimeError):
        return str(error).splitlines()[0].rstrip(":.")
    return f"what it takes to start it failed ({type(error).__name__})"


def _line(side: Side, own_rates: dict[int, list[float]] | None = None) -> list[str]:
    cells = [f"{_versioned(side.peer)}: {side.peer.what}"]
    for n in CONNECTIONS:
        ratio = report.ratio(own_rates[n], side.rates(n)) if own_rates else "1"
        p99 = report.milliseconds([found.p99 for found in side.measured[n]])
        cells += [report.rate(side.rates(n)), p99, ratio]
    return [*cells, report.megabytes([side.memory]), f"{side.server.start:.1f} s"]


def _in_words(side: Side) -> str:
    acknowledged, stored, unanswered = side.stored()
    good = acknowledged <= stored <= acknowledged + unanswered
    return (
        f"{side.peer.name}: {acknowledged:,} acknowledged, {side.errors:,} refused or broken,"
        f" {stored:,} stored ({unanswered:,} may have been cut off unanswered):"
        f" {'right' if good else '**WRONG**'}. {side.peer.remark}".rstrip()
    )


def _versioned(peer: Peer) -> str:
    python = peer.command(0, Path())[0]
    interpreter = (BIN if peer is ours.PEER else Path(python).parent) / "python"
    script = f"from importlib.metadata import version; print(version({peer.package!r}))"
    done = subprocess.run([interpreter, "-c", script], capture_output=True, text=True, check=True)
    return f"{peer.name} {done.stdout.strip()}"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
