"""Arize Phoenix: an annotation on a span, answered once it is stored (sync=true)."""

import json
import time
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from bench import material
from bench.load import ID, Request
from bench.peers.interface import Peer, bin_of, call, count
from bench.servers import free_port

_SPAN: Final = "0123456789abcdef"
# Its second door, for traces by gRPC, is open to all the network; no setting closes it.
_ON_LOOPBACK: Final = """
import sys
from grpc.aio._server import Server
listen = Server.add_insecure_port
Server.add_insecure_port = lambda self, address: listen(self, address.replace("[::]", "127.0.0.1"))
from phoenix.server.main import main
sys.exit(main())
"""
_ANNOTATIONS: Final = "/v1/span_annotations?sync=true"


def _environ(port: int, directory: Path) -> dict[str, str]:
    return {
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_WORKING_DIR": str(directory),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }


def _prepare(address: str, _: Path) -> Request:
    span = {
        "name": "invoice",
        "context": {"trace_id": "0123456789abcdef0123456789abcdef", "span_id": _SPAN},
        "span_kind": "LLM",
        "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-01-01T00:00:01Z",
        "status_code": "OK",
    }
    call("POST", f"{address}/v1/projects", {"name": "bench"})
    call("POST", f"{address}/v1/projects/bench/spans", {"data": [span]})
    body = {"data": [_annotation(ID)]}
    _await_span(address)
    return Request("POST", _ANNOTATIONS, json.dumps(body))


def _annotation(identifier: str) -> dict[str, object]:
    return {
        "span_id": _SPAN,
        "name": "correction",
        "annotator_kind": "HUMAN",
        "result": {"label": "corrected", "explanation": json.dumps(material.correction())},
        # Without one, an annotation takes the place of the one before.
        "identifier": identifier,
    }


def _await_span(address: str) -> None:
    """Return once the span, which is stored after its answer, can be annotated."""
    for _ in range(100):
        try:
            call("POST", f"{address}{_ANNOTATIONS}", {"data": [_annotation("first")]})
        except HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The span that was sent is not there.")


PEER = Peer(
    name="Arize Phoenix",
    package="arize-phoenix",
    what="an annotation on a span, in sync",
    command=lambda _, __: [bin_of("phoenix") / "python", "-c", _ON_LOOPBACK, "serve"],
    environ=_environ,
    remark="It asks SQLite for no sync (synchronous = OFF in its db/engines.py).",
    ready="/healthz",
    prepare=_prepare,
    stored=lambda directory: count(directory / "phoenix.db", "span_annotations"),
)
