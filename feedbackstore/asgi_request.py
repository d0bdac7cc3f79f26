"""A request as ASGI brings it, in the shape in which WSGI takes it."""

import sys
from collections.abc import Awaitable, Callable
from io import BytesIO, RawIOBase
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import ClientDisconnected

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Environ = dict[str, Any]

_DRAINED_BYTES: Final = 64 * 1024 * 1024
"""How much is thrown away, at most, so that a client that still sends can read its refusal."""


def length_of(environ: Environ) -> int | None:
    """How many bytes of body the client declared, None where it sends chunks."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    return int(environ.get("CONTENT_LENGTH", 0))


def environ_of(scope: Scope) -> Environ:
    """The WSGI environment (PEP 3333) of an ASGI request, without its body."""
    host, port = scope.get("server") or ("localhost", 80)
    prefix, path = _split(unquote_to_bytes(_path(scope["raw_path"])), scope.get("root_path", ""))
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": prefix,
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def _path(target: bytes) -> bytes:
    """The path of a request's target, which may be a whole URL (RFC 9112, section 3.2.2)."""
    if target.startswith(b"/"):
        return target
    return b"/" + target.partition(b"://")[2].partition(b"/")[2]


def _split(path: bytes, prefix: str) -> tuple[str, str]:
    """The prefix that the app is served under, and the path below it.

    A proxy may have taken the prefix off already.
    """
    prefix = prefix.rstrip("/")
    text = path.decode("latin-1")
    return prefix, text.removeprefix(prefix) if text.startswith(f"{prefix}/") else text


class Received(BytesIO):
    """A body that has been read: all of it, or more of it than may be sent."""


class Body:
    """A request's body; `length` is what the client declared, None where it sends chunks.

    `left` tells whether there may be more of it to read.
    """

    def __init__(self, receive: Receive, length: int | None) -> None:
        self._receive = receive
        self.length = length
        self.left = length != 0
        self.received = 0

    async def read(self, limit: int) -> BytesIO | RawIOBase:
        """The body, or what is longer than `limit`; reading raises where it broke off."""
        chunks: list[bytes] = []
        size = 0
        while self.left and size <= limit:
            event = await self._receive()
            if event["type"] != "http.request":
                self.left = False
                return broken_off()
            chunks.append(event["body"])
            size += len(event["body"])
            self.received = size
            self.left = event.get("more_body", False)
        return Received(b"".join(chunks))

    async def drain(self) -> None:
        """Throw away what is still coming."""
        left = _DRAINED_BYTES
        while self.left and left > 0:
            event = await self._receive()
            left -= len(event.get("body", b""))
            self.left = event.get("more_body", False)


class Unreadable(RawIOBase):
    """A body that is not there: whoever reads of it meets the reason."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__()
        self._reason = reason

    def readinto(self, _: Any) -> int:
        """Raise it."""
        raise self._reason


class NeedsBody(BaseException):
    """A request cannot be answered before its body is read.

    No error that anybody handles: it ends the view that began to read.
    """


def broken_off() -> Unreadable:
    """A body that broke off: it raises as Werkzeug does of one that its length belies."""
    return Unreadable(ClientDisconnected())
