"""Who reaches the server, and by what: its ports, the proxies before it, its answer."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from feedbackstore.signs import BAD, LOOK, OK, Sign

PORT: Final = 8000

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENS: Final = "0A"
_PATIENCE: Final = 6.0


def look(values: Mapping[str, Any], url: str | None) -> Iterator[Sign]:
    """Look at the server at `url`, which is how others reach it, else at the usual port."""
    port = (urlsplit(url).port if url else None) or PORT
    is_open = port in open_ports(_listening())
    is_secure = bool(url and url.startswith("https:"))
    yield _port(port, is_open=is_open)
    yield _proxies(values["TRUSTED_PROXIES"], is_open=is_open, is_secure=is_secure)
    yield _hosts(values["TRUSTED_HOSTS"], is_public=is_open or is_secure)
    if url is not None:
        yield _answer(url)


def _listening() -> str:
    texts = []
    for table in _TABLES:
        try:
            texts.append(table.read_text(encoding="ascii"))
        except OSError:
            continue
    return "".join(texts)


def open_ports(table: str) -> set[int]:
    """The ports at which something listens on every address, by Linux's tables of sockets."""
    found = set()
    for line in table.splitlines():
        cells = line.split()
        address, _, port = cells[1].partition(":")
        if cells[3] == _LISTENS and not address.strip("0"):
            found.add(int(port, 16))
    return found


def _port(port: int, *, is_open: bool) -> Sign:
    if not is_open:
        return Sign("port", OK, f"nothing listens on every address at port {port}", {"port": port})
    said = (
        f"something listens on every address at port {port}. The store speaks plain HTTP: have it"
        f" listen at 127.0.0.1:{port} or a socket, behind a proxy with TLS."
    )
    return Sign("port", LOOK, said, {"port": port})


def _proxies(number: int, *, is_open: bool, is_secure: bool) -> Sign:
    if number and is_open:
        said = (
            f"FEEDBACKSTORE_TRUSTED_PROXIES is {number}, but who comes past the proxy may say to be"
            " anybody. Have the store listen at 127.0.0.1 or a socket."
        )
        return Sign("proxies", BAD, said)
    if is_secure and not number:
        said = (
            "a proxy with TLS is in front, and all of its callers look like one:"
            " set FEEDBACKSTORE_TRUSTED_PROXIES=1."
        )
        return Sign("proxies", LOOK, said)
    return Sign("proxies", OK, f"{number} trusted")


def _hosts(names: list[str] | None, *, is_public: bool) -> Sign:
    if is_public and not names:
        said = "the store answers to any name: set FEEDBACKSTORE_TRUSTED_HOSTS to its own."
        return Sign("hosts", LOOK, said)
    return Sign("hosts", OK, ", ".join(names) if names else "any")


def _answer(url: str) -> Sign:
    address = f"{url.rstrip('/')}/readyz"
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE):  # noqa: S310 -- it is http, or https
            return Sign("server", OK, f"{address} answers")
    except urllib.error.HTTPError as error:
        error.close()
        said = f"{address} answers {error.code}. Look at the server's log."
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        said = f"{address} does not answer: {reason}. Is the server running, and is it its address?"
    return Sign("server", BAD, said)
