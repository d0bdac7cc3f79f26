"""Load over HTTP: wrk, with a script that makes each request's id its own."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("load.lua")
ID: Final = "@ID@"
"""Stands for the request's id in a path or a body, once."""

_TIMEOUT: Final = 30
_runs: Final = count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent again and again; `known` ids are read by turns, or else each is a new one."""

    method: str
    path: str
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
    known: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of load: times in milliseconds; `acknowledged` counts answers below 400."""

    rate: float
    p50: float
    p99: float
    acknowledged: int
    refused: int
    broken: int
    timeouts: int

    @property
    def errors(self) -> int:
        """Everything that was no good answer."""
        return self.refused + self.broken + self.timeouts


def require() -> None:
    """Stop, saying how to get it, where there is no wrk."""
    if shutil.which("wrk") is None:
        print("The load generator wrk is missing: apt-get install wrk", file=sys.stderr)
        sys.exit(2)


def send(
    address: str,
    request: Request,
    connections: int,
    seconds: int,
    *,
    answers: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Measured:
    """Keep `connections` busy for so many seconds; good answers' bodies go to `answers`, if given.

    `meanwhile` runs while the load does.
    """
    run = request.run or f"run{next(_runs)}"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        body.write(request.body or "")
        body.flush()
        body_file = "-" if request.body is None else body.name
        told = [request.method, request.path, body_file, run, request.known, answers or "-"]
        process = subprocess.Popen(
            [*_wrk(address, request, connections, seconds), "--", *map(str, told)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            meanwhile()
            printed, _ = process.communicate(timeout=seconds + _TIMEOUT)
        finally:
            process.kill()
            process.wait()
    return _measured(printed)


def _wrk(address: str, request: Request, connections: int, seconds: int) -> list[str]:
    headers = {"Content-Type": "application/json", **request.headers}
    return [
        "wrk",
        "--threads=1",
        f"--connections={connections}",
        f"--duration={seconds}s",
        f"--timeout={_TIMEOUT}s",
        f"--script={SCRIPT}",
        *(f"--header={name}: {value}" for name, value in headers.items()),
        address,
    ]


def _measured(printed: str) -> Measured:
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if not lines:
        raise RuntimeError(f"wrk did not come to its end:\n{printed}")
    found = json.loads(lines[-1])
    acknowledged = found["answers"] - found["refused"]
    return Measured(
        rate=acknowledged / (found["microseconds"] / 1e6),
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        acknowledged=acknowledged,
        refused=found["refused"],
        broken=found["broken"],
        timeouts=found["timeouts"],
    )
