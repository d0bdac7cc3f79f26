"""What has been counted, and how large the database is, as Prometheus reads it (text, 0.0.4)."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from feedbackstore import __version__, database, group_commit, observing
from feedbackstore.counters import Figures

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SUBMITTED: Final = ("/v1/feedback/submit", "/v1/experimental/feedback/submit")
_REASONS: Final = {
    "400": "unreadable",
    "401": "key",
    "403": "scope",
    "410": "erased",
    "413": "length",
    "415": "encoding",
    "422": "invalid",
    "429": "rate",
    "499": "gone",
    "503": "unavailable",
}

Samples = Iterable[tuple[dict[str, str], float]]


def text(figures: Figures) -> str:
    """All of it."""
    requests, seconds = _requests(figures.counted), _seconds(figures.counted)
    batches = {at: figures.counted[f"batch\t{at}"] for at in range(len(group_commit.BOUNDS) + 1)}
    lines = [
        *_family("requests_total", "counter", "Requests answered.", requests),
        *_family(
            "submissions_acknowledged_total",
            "counter",
            "Submissions that are on the disk.",
            [({}, sum(n for found, n in _submissions(requests) if found["status"] == "200"))],
        ),
        *_family(
            "submissions_refused_total",
            "counter",
            "Submissions that were not stored, by reason.",
            _refused(requests),
        ),
        *_head("request_seconds", "histogram", "Seconds from a request's head to its answer."),
        *(
            line
            for route, (buckets, microseconds) in sorted(seconds.items())
            for line in _histogram(
                "request_seconds",
                {"route": route},
                observing.BOUNDS,
                buckets,
                microseconds / 1_000_000,
            )
        ),
        *_head("commit_writes", "histogram", "Writes that shared a commit."),
        *_histogram("commit_writes", {}, group_commit.BOUNDS, batches, figures.counted["batched"]),
        *_gauge("writes_waiting", "Writes that wait for a commit.", figures.counted["waiting"]),
        *_gauge("workers", "Processes that serve and have counted.", len(figures.pids)),
        *_gauge("resident_bytes", "Memory of these processes.", sum(map(_rss, figures.pids))),
        *_database(),
        *_family("build_info", "gauge", "The version.", [({"version": __version__}, 1)]),
    ]
    return "\n".join([*lines, ""])


def _requests(counted: Counter[str]) -> list[tuple[dict[str, str], float]]:
    return [
        (dict(zip(("method", "route", "status"), name.split("\t")[1:], strict=True)), value)
        for name, value in sorted(counted.items())
        if name.startswith("requests\t")
    ]


def _submissions(requests: Samples) -> Samples:
    return (
        (found, value)
        for found, value in requests
        if found["method"] == "POST" and found["route"] in _SUBMITTED
    )


def _refused(requests: Samples) -> Samples:
    reasons: Counter[str] = Counter()
    for found, value in _submissions(requests):
        if found["status"] != "200":
            reasons[_REASONS.get(found["status"], "error")] += int(value)
    return [({"reason": reason}, value) for reason, value in sorted(reasons.items())]


def _seconds(counted: Counter[str]) -> dict[str, tuple[dict[int, int], int]]:
    buckets: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for name, value in counted.items():
        if name.startswith("seconds\t"):
            _, route, at = name.split("\t")
            buckets[route][int(at)] = value
    return {route: (found, counted[f"microseconds\t{route}"]) for route, found in buckets.items()}


def _database() -> Iterator[str]:
    size, log = database.proxy.sizes()
    yield from _gauge("database_bytes", "The database.", size)
    if log is not None:
        yield from _gauge("database_wal_bytes", "The log beside it.", log)
    rows = [({"table": table}, highest) for table, highest in database.proxy.highest_ids()]
    yield from _family("rows", "gauge", "The highest row id of each table.", rows)


def _rss(pid: int) -> int:
    """A process's resident bytes, where the system has /proc; else 0."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _histogram(
    name: str,
    labels: dict[str, str],
    bounds: tuple[float, ...],
    buckets: dict[int, int],
    total: float,
) -> Iterator[str]:
    count = 0
    for at, bound in enumerate((*map(str, bounds), "+Inf")):
        count += buckets.get(at, 0)
        yield _sample(f"{name}_bucket", {**labels, "le": bound}, count)
    yield _sample(f"{name}_sum", labels, total)
    yield _sample(f"{name}_count", labels, count)


def _gauge(name: str, said: str, value: float) -> Iterator[str]:
    return _family(name, "gauge", said, [({}, value)])


def _family(name: str, kind: str, said: str, samples: Samples) -> Iterator[str]:
    yield from _head(name, kind, said)
    for labels, value in samples:
        yield _sample(name, labels, value)


def _head(name: str, kind: str, said: str) -> Iterator[str]:
    yield f"# HELP feedbackstore_{name} {said}"
    yield f"# TYPE feedbackstore_{name} {kind}"


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    # No label comes from outside: nothing in one needs to be escaped.
    shown = ",".join(f'{label}="{text}"' for label, text in labels.items())
    return f"feedbackstore_{name}{{{shown}}} {value}" if shown else f"feedbackstore_{name} {value}"
