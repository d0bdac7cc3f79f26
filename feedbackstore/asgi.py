"""The Flask app under an event loop as well as under WSGI.

Asynchronous views run in the event loop, where a request that waits for its commit costs no
thread; all others, and large bodies, run in threads: to hand a request to a thread and back costs
as much as such a view does. An app is served as ASGI by an ASGI server and as WSGI by any other;
there an asynchronous view blocks the thread that it runs in.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from io import BytesIO, RawIOBase
from typing import Any, Final, NamedTuple

from flask import Flask, Response, request
from flask.ctx import RequestContext
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue

from feedbackstore import proxies
from feedbackstore.asgi_request import (
    Body,
    Environ,
    NeedsBody,
    Receive,
    Scope,
    Unreadable,
    broken_off,
    environ_of,
    length_of,
)
from feedbackstore.byte_budget import ByteBudget
from feedbackstore.errors import Unavailable
from feedbackstore.observing import ERROR, GONE, REQUEST_ID, RULE, Observed, note, wsgi
from feedbackstore.request_log import Handler, RequestLog, error_text

Send = Callable[[dict[str, Any]], Awaitable[None]]

_SMALL: Final = 64 * 1024
"""Bytes of a body that counts as small, at most."""

_LARGE_ANSWERED: Final = 2
"""Large bodies that are worked on at once: parsed, one weighs many times its length."""

_READ_SECONDS: Final = 60

_ROOM_SECONDS: Final = 15
"""How long a large body waits for others to be done with; clients wait for an answer for 30."""

_NO_ROOM: Final = "The store reads as many large bodies as it may hold at once."

_DRAIN_SECONDS: Final = 10
"""How long a client that still sends is read, so that it can read its refusal."""


class Answer(NamedTuple):
    """A whole response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class App(Flask):
    """Flask, called as WSGI with two arguments and as ASGI with three."""

    def __call__(self, request: Any, answer: Any, send: Send | None = None) -> Any:
        """Serve one request, or an event of the server's life."""
        if send is None:
            return wsgi(self.wsgi_app, request, answer, self.log)
        return self._asgi(request, answer, send)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The view as it is: what an asynchronous one returns is waited for at the end."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """What the view returns; what it awaits blocks this thread."""
        found = super().dispatch_request()
        return _run(found) if inspect.iscoroutine(found) else found

    def preprocess_request(self) -> ResponseReturnValue | None:
        """As Flask does; and keep the route, which Flask forgets, for the request's end."""
        asked = request_ctx.request
        note(asked.environ, RULE, asked.url_rule)
        return super().preprocess_request()

    def request_context(self, environ: Environ) -> RequestContext:
        """As Flask does, for both kinds of server; trusted proxies are looked through."""
        self._see_through_proxies(environ)
        return super().request_context(environ)

    @cached_property
    def _see_through_proxies(self) -> Callable[[Environ], None]:
        return proxies.trusting(self.config["TRUSTED_PROXIES"])

    def log_exception(self, exc_info: Any) -> None:
        """Keep what went wrong for the request's line in the log."""
        if self.log is None:
            super().log_exception(exc_info)
        else:
            note(request.environ, ERROR, error_text(exc_info[1]))

    @cached_property
    def log(self) -> RequestLog | None:
        """The log, if there is to be one; what Flask logs goes there too."""
        if self.config["LOG"] == "off":
            return None
        log = RequestLog()
        self.logger.handlers[:] = [Handler(log)]
        return log

    async def _asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        observed = Observed(environ, self.log)
        body = Body(receive, length_of(environ))
        status, sent = GONE, 0
        try:
            answer = await self._answer(environ, body)
            answer.headers.append((REQUEST_ID, observed.id))
            await _send(answer, send)
            status, sent = answer.status, len(answer.body)
        finally:
            observed.end(status, body.received, sent)
        if body.left:
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_SECONDS):
                    await body.drain()

    async def _answer(self, environ: Environ, body: Body) -> Answer:
        if body.length is not None and body.length <= _SMALL:
            return await self._answer_small(environ, body)
        # Who is refused whatever it holds (for the key, a rate, the route, the length) is refused
        # before it is read.
        environ["wsgi.input"] = Unreadable(NeedsBody())
        try:
            return await self._in_thread(self._threads, environ)
        except NeedsBody:
            return await self._answer_large(environ, body)

    async def _answer_small(self, environ: Environ, body: Body) -> Answer:
        environ["wsgi.input"] = await body.read(_SMALL)
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) in self._asynchronous:
            return await self._in_loop(environ)
        return await self._in_thread(self._threads, environ)

    async def _answer_large(self, environ: Environ, body: Body) -> Answer:
        limit = self.config["MAX_BODY_BYTES"] + 1
        async with self._large.taken(body.length or limit, _ROOM_SECONDS) as room:
            if room:
                environ["wsgi.input"] = await _read(body, limit)
                return await self._in_thread(self._threads_for_large, environ)
        environ["wsgi.input"] = Unreadable(Unavailable(_NO_ROOM))
        return await self._in_thread(self._threads, environ)

    async def _in_loop(self, environ: Environ) -> Answer:
        """What `Flask.wsgi_app` does, awaiting what the view returns."""
        with self.request_context(environ):
            try:
                response = self.finalize_request(await self._found())
            except Exception as error:  # noqa: BLE001 - as Flask does
                response = self.handle_exception(error)
            headers = response.get_wsgi_headers(environ).to_wsgi_list()
            return Answer(response.status_code, headers, response.get_data())

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
    def _large(self) -> ByteBudget:
        return ByteBudget(self.config["LARGE_BODIES_BYTES"])


def _run(coroutine: Coroutine[Any, Any, ResponseReturnValue]) -> ResponseReturnValue:
    """What a coroutine returns that never yields: see `GroupCommit.awrite`."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        found: ResponseReturnValue = end.value
        return found
    raise RuntimeError("A view awaited what needs an event loop.")


async def _read(body: Body, limit: int) -> BytesIO | RawIOBase:
    try:
        async with asyncio.timeout(_READ_SECONDS):
            return await body.read(limit)
    except TimeoutError:
        return broken_off()


def _answer(wsgi_app: Any, environ: Environ) -> Answer:
    """Call a WSGI application, whole."""
    response = Response.from_app(wsgi_app, environ, buffered=True)
    return Answer(response.status_code, list(response.headers), response.get_data())


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _live(receive: Receive, send: Send) -> None:
    """The server's start and its end; there is nothing to do at either."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})
