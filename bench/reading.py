"""Reading over HTTP, one request at a time, from a small store and from the large one."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench import load, material, report, servers, stores
from bench.load import ID, Request
from bench.servers import Server
from bench.sizes import Sizes
from bench.stores import Store

SMALL: Final = 1000
_SECONDS: Final = 1

ROUTES: Final = {
    "GET /v1/feedback/{id}": f"/v1/feedback/{ID}",
    "GET /v1/predictions/{id}": f"/v1/predictions/{ID}",
    "GET /v1/predictions": "/v1/predictions",
    "GET /v1/predictions?limit=100&skip=500": "/v1/predictions?limit=100&skip=500",
    "GET /v1/agent/executions": "/v1/agent/executions",
}


def measure(large: Store, directory: Path, sizes: Sizes) -> str:
    """The section of the report."""
    small = stores.filled(directory / "reading", SMALL)
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ROUTES}
    with ExitStack() as stack:
        sides = [
            (store, rows, stack.enter_context(servers.gunicorn(store)))
            for store, rows in ((small, SMALL), (large, sizes.rows))
        ]
        for _ in range(sizes.rounds):
            for name, path in ROUTES.items():
                for (store, rows, server), found in zip(sides, times[name], strict=True):
                    found.append(_p50(store, rows, server, path))
    heads = ["", f"p50 at {SMALL:,} rows", f"p50 at {sizes.rows:,} rows", "ratio"]
    return report.table(
        heads,
        [
            [
                f"`{name}`",
                report.milliseconds(at_small),
                report.milliseconds(at_large),
                report.ratio(at_large, at_small),
            ]
            for name, (at_small, at_large) in times.items()
        ],
    )


def _p50(store: Store, rows: int, server: Server, path: str) -> float:
    known = material.requests(rows)
    request = Request("GET", path, headers=store.headers, run="request", known=known)
    found = load.send(server.address, request, 1, _SECONDS)
    if found.errors:
        raise RuntimeError(f"GET {path}: {found}")
    print(f"  {path} at {rows:,} rows: p50 {found.p50:.2f} ms", flush=True)
    return found.p50
