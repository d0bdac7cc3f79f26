"""What a request looked like to the outermost of the proxies that are trusted.

A header `X-Forwarded-…` is anybody's to send. So many of its last values as there are proxies in
front were written by them, and are believed; where there is none, nothing is.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from werkzeug.middleware.proxy_fix import ProxyFix

from feedbackstore.asgi_request import Environ

_PREFIX: Final = re.compile(r"(/[\w.~-]+)+/?", re.ASCII)


def trusting(count: int) -> Callable[[Environ], None]:
    """A function that puts the client's address, scheme, host and prefix into an environment."""
    fix = ProxyFix(_nothing, x_for=count, x_proto=count, x_host=count, x_prefix=count)

    def apply(environ: Environ) -> None:
        scheme, prefix = environ["wsgi.url_scheme"], environ.get("SCRIPT_NAME", "")
        fix(environ, _nothing)  # type: ignore[arg-type]
        # Both go into links and cookies, and have to look the part.
        if environ["wsgi.url_scheme"] not in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        fits = _PREFIX.fullmatch(environ.get("SCRIPT_NAME", ""))
        environ["SCRIPT_NAME"] = fits[0].rstrip("/") if fits else prefix

    return apply if count else _leave


def _leave(_: Environ) -> None:
    pass


def _nothing(*_: Any) -> Iterable[bytes]:
    return ()
