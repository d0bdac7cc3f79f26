"""What is told of each request once it has ended: a line in the log, and figures.

The app notes what it alone knows meanwhile: KEY, the id of a good key, RULE, the route, and ERROR.
"""

import os
import re
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from feedbackstore import request_log
from feedbackstore.asgi_request import Environ
from feedbackstore.counters import counters
from feedbackstore.request_log import RequestLog

REQUEST_ID: Final = "X-Request-ID"
KEY: Final = "key"
RULE: Final = "rule"
ERROR: Final = "error"
_NOTED: Final = "feedbackstore.noted"

GONE: Final = 499
"""Stands for the status of a request whose client went before its answer."""

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_GIVEN: Final = re.compile(r"(?!.*fbk_)[A-Za-z0-9._-]{1,128}")
"""An id of a request that may be shown: a key that came in its place may not."""
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_CONVERTER: Final = re.compile(r"<[^<>]*?:(\w+)>")


def note(environ: Environ, name: str, value: Any) -> None:
    """Keep something for the request's end; where nobody observes it, for nothing."""
    environ.get(_NOTED, {})[name] = value


def is_first(environ: Environ, name: str) -> bool:
    """Whether a request comes by here for the first time: one with a large body comes twice."""
    noted = environ.get(_NOTED, {})
    was_here = name in noted
    noted[name] = True
    return not was_here


class Observed:
    """A request, from its head to the end of its answer."""

    def __init__(self, environ: Environ, log: RequestLog | None) -> None:
        self._began = time.perf_counter()
        self._environ = environ
        # Werkzeug copies an environment; what is in it stays the same object.
        self._noted: dict[str, Any] = {}
        environ[_NOTED] = self._noted
        self._log = log
        given = environ.get("HTTP_X_REQUEST_ID", "")
        self.id = given if _GIVEN.fullmatch(given) else os.urandom(16).hex()

    def end(self, status: int, received: int, sent: int) -> None:
        """Tell of it."""
        seconds = time.perf_counter() - self._began
        found = self._environ.get("REQUEST_METHOD", "")
        method = found if found in _METHODS else "OTHER"
        rule = self._noted.get(RULE)
        route = None if rule is None else template(rule.rule)
        label = route or ""
        counters.add(f"requests\t{method}\t{label}\t{status}")
        counters.add(f"seconds\t{label}\t{bisect_left(BOUNDS, seconds)}")
        counters.add(f"microseconds\t{label}", int(seconds * 1_000_000))
        if self._log is not None:
            key, error = self._noted.get(KEY), self._noted.get(ERROR)
            sizes = (received, sent)
            self._log.tell(
                request_log.request_line(self.id, method, route, status, seconds, sizes, key, error)
            )


def wsgi(
    app: Callable[..., Iterable[bytes]],
    environ: Environ,
    start_response: Callable[..., Any],
    log: RequestLog | None,
) -> Iterable[bytes]:
    """Call a WSGI application, and tell of the request when its answer is closed."""
    observed = Observed(environ, log)
    answer = _Answer(observed, int(environ.get("CONTENT_LENGTH") or 0))

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        answer.status = int(status[:3])
        return start_response(status, [*headers, (REQUEST_ID, observed.id)], *error)

    answer.chunks = app(environ, start)
    return answer


class _Answer:
    """An answer's body as WSGI sends it; its request's is as long as the client declared."""

    status = GONE
    chunks: Iterable[bytes] = ()

    def __init__(self, observed: Observed, received: int) -> None:
        self._observed, self._received, self._sent = observed, received, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self._sent += len(chunk)
            yield chunk

    def close(self) -> None:
        getattr(self.chunks, "close", int)()
        self._observed.end(self.status, self._received, self._sent)


@lru_cache(1000)
def template(rule: str) -> str:
    """A route as it is shown, without the names of Werkzeug's converters."""
    return _CONVERTER.sub(r"<\1>", rule)
