"""gunicorn's asgi worker, with what clients of the store need beside it.

It overrides private methods of gunicorn's connection: tests/server/ is the alarm.
"""

import asyncio
import json
import socket
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers.gasgi import ASGIWorker

# gunicorn's master loads a worker's class: what comes with it is loaded once, and shared by all.
from feedbackstore import api, review  # noqa: F401
from feedbackstore.observing import REQUEST_ID, Observed

_SHOWN: Final = 200
_HEAD_SECONDS: Final = 30


class Worker(ASGIWorker):  # type: ignore[misc]
    """Serves an event loop of Connections."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections: set[Connection] = set()

    async def _shutdown(self) -> None:
        for connection in self.connections:
            self.loop.call_later(self.cfg.keepalive, connection.leave_if_silent)
        await super()._shutdown()

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

    _first_request: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give the client as long for its first request's head as anything may take."""
        super().connection_made(transport)
        self.worker.connections.add(self)
        if not self.worker.alive:
            # It was let in as the worker began to stop: see `Worker._shutdown`.
            self.worker.loop.call_later(self.cfg.keepalive, self.leave_if_silent)
        seconds = self.cfg.timeout or _HEAD_SECONDS
        self._first_request = self.worker.loop.call_later(seconds, self.leave_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self.worker.connections.discard(self)
        if self._first_request is not None:
            self._first_request.cancel()
        super().connection_lost(exc)

    def leave_if_silent(self) -> None:
        """Close where no request has come yet: gunicorn itself waits for the first for ever."""
        if self.req_count <= 1 and self._current_request is None:
            self._keepalive_timeout()

    def _feed_callback_parser(self, data: bytes) -> bool:
        try:
            return bool(super()._feed_callback_parser(data))
        except ValueError:
            # A length of more digits than Python converts.
            self._send_error_response(400, "Invalid Content-Length")
            self._close_transport()
            return False

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
        if self._closed:
            # The client went before its answer came, which gunicorn takes for a failure of ours.
            return
        if status == HTTPStatus.NOT_IMPLEMENTED:
            # What no attempt makes good is no fault of the server's, after which clients try again.
            status = HTTPStatus.BAD_REQUEST
        body = json.dumps({"detail": self._detail(status, message[:_SHOWN])}).encode()
        observed = Observed({}, getattr(self.worker.asgi, "log", None))
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            (REQUEST_ID, observed.id),
            *extra_headers,
        ]
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {text}" for name, text in headers]
        self._safe_write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        observed.end(status, 0, len(body))

    def _detail(self, status: int, message: str) -> str:
        """What is wrong, in a sentence; where it is a head that is too long, how long it may be."""
        if status == HTTPStatus.REQUEST_URI_TOO_LONG:
            return f"The request's first line is longer than {self.cfg.limit_request_line} bytes."
        if status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            fields, size = self.cfg.limit_request_fields, self.cfg.limit_request_field_size
            return f"There are more than {fields} header fields, or one longer than {size} bytes."
        if status == HTTPStatus.BAD_REQUEST:
            return f"This is no request as HTTP has them: {message}"
        return message or HTTPStatus(status).phrase
