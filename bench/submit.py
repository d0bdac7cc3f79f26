"""Submitting feedback over HTTP: the store beside its own server without storing, and others."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import load, material, report, servers, stores
from bench.load import Measured, Request
from bench.processes import kill
from bench.servers import AS_MAKE_RUN, GTHREAD, Server
from bench.sizes import Sizes
from bench.stores import Store

PATH: Final = "/v1/feedback/submit"
CONNECTIONS: Final = (1, 16, 64, 256)
_KILLED_AT: Final = 64


@dataclass
class Contender:
    """One way to take feedback in, and what was measured of it by the number of connections."""

    name: str
    application: str = "wsgi:app"
    options: tuple[str, ...] = AS_MAKE_RUN
    keeps: bool = True
    measured: dict[int, list[Measured]] = field(default_factory=dict)
    memory: dict[int, list[float]] = field(default_factory=dict)
    store: Store = field(init=False)
    server: Server = field(init=False)

    def send(self, connections: int, seconds: int) -> None:
        """Have it take feedback in once more."""
        found = load.send(self.server.address, request(self.store), connections, seconds)
        self.measured.setdefault(connections, []).append(found)
        self.memory.setdefault(connections, []).append(self.server.memory)

    def rates(self, connections: int) -> list[float]:
        """Requests a second, in the order of the rounds."""
        return [found.rate for found in self.measured[connections]]


def request(store: Store) -> Request:
    """Feedback of 1 kB, each time on another request."""
    return Request("POST", PATH, material.submitted(), store.headers)


def measure(directory: Path, sizes: Sizes) -> str:
    """The section of the report."""
    contenders = [
        Contender("feedbackstore"),
        Contender("its server, storing switched off", "bench.storing_off:app", keeps=False),
        Contender("its server, a bare Flask route", "bench.hello:app", keeps=False),
        Contender("the straightforward way", "bench.straightforward:app", GTHREAD),
    ]
    with ExitStack() as stack:
        for number, contender in enumerate(contenders):
            store = contender.store = stores.fresh(directory / f"submit-{number}")
            contender.server = stack.enter_context(
                servers.gunicorn(store, contender.application, contender.options)
            )
        for contender in contenders:
            contender.send(min(CONNECTIONS), 1)
            _refuse_useless(contender)
        for connections in CONNECTIONS:
            for _ in range(sizes.rounds):
                for contender in contenders:
                    contender.send(connections, sizes.seconds)
            print(f"  {connections} connections: {_in_short(contenders, connections)}", flush=True)
        counted = [_counted(contender) for contender in contenders if contender.keeps]
        survived = _survivors(contenders[0], directory / "answers")
    return "\n\n".join([*_tables(contenders), *counted, survived])


def _refuse_useless(contender: Contender) -> None:
    """Raise RuntimeError where the warm-up shows that it does not do what it stands for."""
    (warm_up,) = contender.measured.pop(min(CONNECTIONS))
    contender.memory.clear()
    if not warm_up.acknowledged or warm_up.refused:
        raise RuntimeError(f"{contender.name} does not take feedback in: {warm_up}")
    if contender.keeps != bool(contender.store.count()):
        raise RuntimeError(
            f"{contender.name}: storing is {'off' if contender.keeps else 'on'} where it should"
            " not be. bench/storing_off.py says what it replaces."
        )
    contender.measured[0] = [warm_up]


def _in_short(contenders: list[Contender], connections: int) -> str:
    return ", ".join(f"{c.name} {report.rate(c.rates(connections))}/s" for c in contenders)


def _tables(contenders: list[Contender]) -> Iterator[str]:
    ours = contenders[0]
    heads = ["", "req/s", "feedbackstore's rate", "p50", "p99", "errors", "memory"]
    for connections in CONNECTIONS:
        noun = "connection" if connections == 1 else "connections"
        yield f"**{connections} {noun}**"
        yield report.table(heads, [_row(ours, other, connections) for other in contenders])


def _row(ours: Contender, other: Contender, connections: int) -> list[str]:
    measured = other.measured[connections]
    return [
        other.name,
        report.rate(other.rates(connections)),
        "1" if other is ours else report.ratio(ours.rates(connections), other.rates(connections)),
        report.milliseconds([found.p50 for found in measured]),
        report.milliseconds([found.p99 for found in measured]),
        f"{sum(found.errors for found in measured):,}",
        report.megabytes(other.memory[connections]),
    ]


def _counted(contender: Contender) -> str:
    """Whether the rows are as many as the answers, give or take what was under way at each end."""
    runs = [(n or 1, found) for n, all_found in contender.measured.items() for found in all_found]
    acknowledged = sum(found.acknowledged for _, found in runs)
    unanswered = sum(connections + found.broken + found.timeouts for connections, found in runs)
    rows = contender.store.count()
    good = acknowledged <= rows <= acknowledged + unanswered
    return (
        f"{contender.name[0].upper()}{contender.name[1:]}: {acknowledged:,} submits acknowledged,"
        f" {rows:,} rows in the database ({unanswered:,} may have been cut off unanswered):"
        f" {'right' if good else '**WRONG**'}."
    )


def _survivors(ours: Contender, answers: Path) -> str:
    """Whether all that was acknowledged is there after SIGKILL in the midst of a load."""

    def kill_soon() -> None:
        time.sleep(2)
        kill(ours.server.process)

    sent = request(ours.store)
    load.send(ours.server.address, sent, _KILLED_AT, 3, answers=answers, meanwhile=kill_soon)
    lines = [line for line in answers.read_text().splitlines() if line]
    acknowledged = {json.loads(line)["id"] for line in lines}
    stored = {uuid for (uuid,) in ours.store.ask("SELECT uuid FROM feedback")}
    ((sound,),) = ours.store.ask("PRAGMA integrity_check")
    missing = len(acknowledged - stored)
    return (
        f"All processes killed with SIGKILL in the midst of a load of {_KILLED_AT} connections:"
        f" {len(acknowledged):,} submits acknowledged, {missing:,} of them missing in the database"
        f"{' (**WRONG**)' if missing or not acknowledged else ''}; integrity check: {sound}."
    )
