"""feedbackstore itself, as the peers are measured."""

from pathlib import Path

from bench import stores, submit
from bench.peers.interface import Peer, count
from bench.servers import AS_MAKE_RUN
from bench.stores import BIN, Store


def _lay(directory: Path) -> None:
    store = stores.fresh(directory / "store")
    (directory / "key").write_text(store.key)


def _store(directory: Path) -> Store:
    return Store(directory / "store" / "feedback.db", (directory / "key").read_text())


PEER = Peer(
    name="feedbackstore",
    package="feedbackstore",
    what="feedback on a request",
    lay=_lay,
    command=lambda port, _: [
        BIN / "gunicorn",
        *AS_MAKE_RUN,
        *("--bind", f"127.0.0.1:{port}", "--log-level", "warning", "wsgi:app"),
    ],
    environ=lambda _, directory: _store(directory).environ,
    prepare=lambda _, directory: submit.request(_store(directory)),
    stored=lambda directory: count(_store(directory).database, "feedback"),
)
