"""gunicorn's asgi worker, with what clients of the store need beside it.

It overrides private methods of gunicorn's connection: tests/server/ is the alarm.
"""

import json
import socket
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers.gasgi import ASGIWorker

_SHOWN: Final = 200


class Worker(ASGIWorker):  # type: ignore[misc]
    """Serves an event loop of Connections."""

    def _setup_event_loop(self) -> None:
        super()._setup_event_loop()
        create_server = self.loop.create_server

        async def create(_: Any, *, sock: socket.socket, **options: Any) -> Any:
            # asyncio lets in at once as many as may queue, so that one worker of several would
            # take most of them. Each takes one at a time, and the queue keeps its length.
            made = await create_server(lambda: Connection(self), sock=sock, backlog=1, **options)
            sock.listen(self.cfg.backlog)
            return made

        self.loop.create_server = create


class Connection(ASGIProtocol):  # type: ignore[misc]
    """One client's connection."""

    def eof_received(self) -> bool:
        """Answer a client that sends no more: it may still read."""
        if self._current_request is None or self._is_ssl:
            return False
        self._keepalive = 0
        if not self._body_receiver._complete:  # noqa: SLF001
            self._body_receiver.signal_disconnect()
        return True

    def _close_transport(self) -> None:
        super()._close_transport()
        # It stays open where the client went first: saying that no more comes then fails.
        if self.transport is not None:
            self.transport.close()

    def _send_error_response(
        self, status: int, message: str, extra_headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Refuse what is no HTTP in the shape of every refusal."""
        body = json.dumps({"detail": message[:_SHOWN] or HTTPStatus(status).phrase}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *extra_headers,
        ]
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {text}" for name, text in headers]
        self._safe_write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
