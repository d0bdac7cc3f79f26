"""One peer measured beside the store, the two taking turns."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import load
from bench.load import Measured, Request
from bench.peers.interface import Peer
from bench.processes import running
from bench.servers import Server, await_answer, free_port
from bench.sizes import Sizes
from bench.stores import environ

CONNECTIONS: Final = (1, 16)
_WARM_UP: Final = 5


@dataclass
class Side:
    """A peer that runs, and what was measured of it by the number of connections."""

    peer: Peer
    directory: Path
    server: Server
    request: Request
    there_before: int
    runs: list[tuple[int, Measured]] = field(default_factory=list)
    measured: dict[int, list[Measured]] = field(default_factory=dict)
    memory: int = 0

    def send(self, connections: int, seconds: int) -> Measured:
        """Have it take feedback in for a while; what comes of it is counted."""
        found = load.send(self.server.address, self.request, connections, seconds)
        self.runs.append((connections, found))
        self.memory = max(self.memory, self.server.memory)
        return found

    def rates(self, connections: int) -> list[float]:
        """Requests a second, in the order of the rounds."""
        return [found.rate for found in self.measured[connections]]

    @property
    def errors(self) -> int:
        """How many were refused or broken."""
        return sum(found.errors for _, found in self.runs)

    def stored(self) -> tuple[int, int, int]:
        """How many were acknowledged, are stored, and were at most cut off unanswered."""
        acknowledged = sum(found.acknowledged for _, found in self.runs)
        unanswered = sum(n + found.broken + found.timeouts for n, found in self.runs)
        return acknowledged, self.peer.stored(self.directory) - self.there_before, unanswered


@contextmanager
def started(peer: Peer, directory: Path) -> Iterator[Side]:
    """A peer on a fresh store, ready for feedback, while the block runs."""
    directory.mkdir()
    peer.lay(directory)
    port = free_port()
    command = peer.command(port, directory)
    told = environ() | dict(peer.environ(port, directory))
    # What a command starts by name is that of its own environment.
    told["PATH"] = f"{Path(command[0]).parent}{os.pathsep}{told['PATH']}"
    log = directory / "log"
    with running(command, log, told) as process:
        server = await_answer(process, port, log, peer.ready)
        request = peer.prepare(server.address, directory)
        yield Side(peer, directory, server, request, peer.stored(directory))


def measure(ours: Side, peer: Side, sizes: Sizes) -> dict[int, list[float]]:
    """Send both feedback, in turns; our own rates in these rounds, by the number of connections.

    Raises RuntimeError where the peer takes none in.
    """
    for side in (ours, peer):
        # Workers load at first use what they need.
        warm_up = side.send(max(CONNECTIONS), _WARM_UP)
        if not warm_up.acknowledged:
            raise RuntimeError(f"it acknowledged nothing within {_WARM_UP} s")
    rates: dict[int, list[float]] = {}
    for connections in CONNECTIONS:
        for _ in range(sizes.rounds):
            for side in (ours, peer):
                found = side.send(connections, sizes.seconds)
                side.measured.setdefault(connections, []).append(found)
        rates[connections] = ours.rates(connections)[-sizes.rounds :]
    return rates
