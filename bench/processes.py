"""Processes that a measurement starts: each in a group of its own, weighed, and ended by its id."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SAMPLED_EVERY: Final = 0.1
"""Seconds between two looks at a command's memory."""

_PATIENCE: Final = 15.0


@dataclass(frozen=True, slots=True)
class Run:
    """What a command took: seconds from its start to its end, and its peak memory in bytes."""

    seconds: float
    memory: int


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, environ: Mapping[str, str], cwd: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """A process while the block runs; what it prints goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl+C is for the measurement, which then ends what it started.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process in order, and what is left of it and its children by force."""
    family = tree(process.pid)
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
    kill(process, family)


def kill(process: subprocess.Popen[bytes], family: Mapping[int, str] | None = None) -> None:
    """End a process and its children at once, as `kill -9` does.

    `family` is its tree as it was earlier: who left its parent meanwhile is ended too.
    """
    for pid, started in {**(family or {}), **tree(process.pid)}.items():
        # An id may be another process's by now.
        if _started(pid) == started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait(_PATIENCE)


def run(command: Sequence[str | Path], log: Path, environ: Mapping[str, str]) -> Run:
    """Run a command to its end and weigh it meanwhile. Raises RuntimeError where it fails."""
    started = time.monotonic()
    peak = 0
    with running(command, log, environ) as process:
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLED_EVERY)
        seconds = time.monotonic() - started
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{log.read_text()}")
    return Run(seconds, peak)


def memory(pid: int) -> int:
    """Resident bytes of a process and all its children, pages that they share counted once."""
    return sum(_resident(member) for member in tree(pid))


def tree(pid: int) -> dict[int, str]:
    """The process, its group's members, and whatever descends from them; when each started."""
    seen = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")}
    found = {pid} | {member for member, stat in seen.items() if stat and stat[2] == str(pid)}
    while more := {m for m, stat in seen.items() if stat and int(stat[1]) in found} - found:
        found |= more
    return {member: seen[member][19] for member in found if seen.get(member)}


def _started(pid: int) -> str:
    stat = _stat(pid)
    return stat[19] if stat else ""


def _stat(pid: int) -> list[str]:
    """What proc(5) says after a process's name: state, parent, group, …; none if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _resident(pid: int) -> int:
    for name, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
                if line.startswith(key):
                    return int(line.split()[1]) * 1024
    return 0
