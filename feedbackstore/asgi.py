"""The Flask app under an event loop as well as under WSGI.

Asynchronous views run in the event loop, where a request that waits for its commit costs no
thread; all others, and large bodies, run in threads: to hand a request to a thread and back costs
as much as such a view does. An app is served as ASGI by an ASGI server and as WSGI by any other;
there an asynchronous view blocks the thread that it runs in.
"""

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from io import BytesIO, RawIOBase
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from flask import Flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Environ = dict[str, Any]

_SMALL: Final = 64 * 1024
"""Bytes of a body that counts as small, at most."""

_LARGE_READ: Final = 8
_LARGE_ANSWERED: Final = 2
"""Large bodies that are read, and worked on, at once: parsed, one weighs many times its length."""

_READ_SECONDS: Final = 60

_DRAINED_BYTES: Final = 64 * 1024 * 1024
_DRAIN_SECONDS: Final = 10
"""How much is read and thrown away, so that a client which still sends can read its refusal."""


class Answer(NamedTuple):
    """A whole response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class App(Flask):
    """Flask, called as WSGI with two arguments and as ASGI with three."""

    def __call__(self, *args: Any) -> Any:
        """Serve one request, or an event of the server's life."""
        return self._asgi(*args) if isinstance(args[0].get("type"), str) else self.wsgi_app(*args)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The view as it is: what an asynchronous one returns is waited for at the end."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """What the view returns; what it awaits blocks this thread."""
        found = super().dispatch_request()
        return _run(found) if inspect.iscoroutine(found) else found

    async def _asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = _environ(scope)
        body = _Body(receive, _length(environ))
        if body.length is not None and body.length <= _SMALL:
            answer = await self._answer_small(environ, body)
        elif body.length is not None and body.length > self.config["MAX_BODY_BYTES"]:
            # It is refused for its length, unread.
            answer = await self._in_thread(self._threads, environ)
        else:
            answer = await self._answer_large(environ, body)
        headers = [
            (name.encode("latin-1"), text.encode("latin-1")) for name, text in answer.headers
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        if body.left:
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_SECONDS):
                    await body.drain()

    async def _answer_small(self, environ: Environ, body: "_Body") -> Answer:
        environ["wsgi.input"] = await body.read(_SMALL)
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) in self._asynchronous:
            return await self._in_loop(environ)
        return await self._in_thread(self._threads, environ)

    async def _answer_large(self, environ: Environ, body: "_Body") -> Answer:
        async with self._large:
            try:
                async with asyncio.timeout(_READ_SECONDS):
                    environ["wsgi.input"] = await body.read(self.config["MAX_BODY_BYTES"] + 1)
            except TimeoutError:
                environ["wsgi.input"] = _Cut()
            return await self._in_thread(self._threads_for_large, environ)

    async def _in_loop(self, environ: Environ) -> Answer:
        """What `Flask.wsgi_app` does, awaiting what the view returns."""
        with self.request_context(environ):
            try:
                response = self.finalize_request(await self._found())
            except Exception as error:  # noqa: BLE001 - as Flask does
                response = self.handle_exception(error)
            body, status, headers = response.get_wsgi_response(environ)
            return Answer(int(status[:3]), list(headers), b"".join(body))

    async def _found(self) -> ResponseReturnValue:
        try:
            found = self.preprocess_request()
            if found is None:
                found = super().dispatch_request()
            return await found if inspect.iscoroutine(found) else found
        except Exception as error:  # noqa: BLE001 - as Flask does
            return self.handle_user_exception(error)

    async def _in_thread(self, threads: ThreadPoolExecutor, environ: Environ) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, _answer, self.wsgi_app, environ)

    @cached_property
    def _asynchronous(self) -> frozenset[tuple[str, str]]:
        """Method and path of each asynchronous view."""
        return frozenset(
            (method, rule.rule)
            for rule in self.url_map.iter_rules()
            if inspect.iscoroutinefunction(inspect.unwrap(self.view_functions[rule.endpoint]))
            for method in rule.methods or ()
        )

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.config["THREADS"], "requests")

    @cached_property
    def _threads_for_large(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_LARGE_ANSWERED, "large-requests")

    @cached_property
    def _large(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(_LARGE_READ)


class _Body:
    """A request's body; `length` is what the client declared, None where it sends chunks.

    `left` tells whether there may be more of it to read.
    """

    def __init__(self, receive: Receive, length: int | None) -> None:
        self._receive = receive
        self.length = length
        self.left = length != 0

    async def read(self, limit: int) -> BytesIO | RawIOBase:
        """The body, or what is longer than `limit`; reading raises where it broke off."""
        chunks: list[bytes] = []
        size = 0
        while self.left and size <= limit:
            event = await self._receive()
            if event["type"] != "http.request":
                self.left = False
                return _Cut()
            chunks.append(event["body"])
            size += len(event["body"])
            self.left = event.get("more_body", False)
        return BytesIO(b"".join(chunks))

    async def drain(self) -> None:
        """Throw away what is still coming."""
        left = _DRAINED_BYTES
        while self.left and left > 0:
            event = await self._receive()
            left -= len(event.get("body", b""))
            self.left = event.get("more_body", False)


class _Cut(RawIOBase):
    """A body that broke off."""

    def readinto(self, _: Any) -> int:
        raise ClientDisconnected


def _run(coroutine: Coroutine[Any, Any, ResponseReturnValue]) -> ResponseReturnValue:
    """What a coroutine returns that never yields: see `Commit.__await__`."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        found: ResponseReturnValue = end.value
        return found
    raise RuntimeError("A view awaited what needs an event loop.")


def _answer(wsgi_app: Any, environ: Environ) -> Answer:
    """Call a WSGI application, whole."""
    started: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        started[:] = [(int(status[:3]), headers)]

    body = wsgi_app(environ, start_response)
    try:
        data = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    return Answer(*started[0], data)


def _length(environ: Environ) -> int | None:
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    return int(environ.get("CONTENT_LENGTH", 0))


def _environ(scope: Scope) -> Environ:
    """The WSGI environment (PEP 3333) of an ASGI request."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
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


async def _live(receive: Receive, send: Send) -> None:
    """The server's start and its end; there is nothing to do at either."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})
