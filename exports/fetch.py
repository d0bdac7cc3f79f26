"""Images by their URL, fetched as if each URL came from an enemy: for `--fetch-images`, no more.

A URL in a prompt is an outsider's text, and the machine that exports stands inside: it must reach
nothing that only insiders reach (OWASP API7:2023). So a name is looked up once, the address that is
connected to is the one that was checked, and each redirect is a new URL, checked like the first.
"""

import http.client
import io
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Container
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Thread
from typing import Any, Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from exports.example import Reason, Skip
from feedbackstore import __version__

Left = Callable[[], float]
PORTS: Final = {"http": 80, "https": 443}
_HEADERS: Final = {"Accept": "image/*", "User-Agent": f"feedbackstore/{__version__}"}
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_SAFE: Final = "%/:?#[]@!$&'()*+,;=~"
# Outside of it IPv6 is mapped, translated (NAT64) or local, whatever `is_global` says.
_UNICAST: Final = ip_network("2000::/3")
# 6to4 and its relays; protocol assignments and Azure's host, where clouds serve their metadata.
_REFUSED: Final = [
    ip_network(text) for text in ("2002::/16", "192.88.99.0/24", "192.0.0.0/24", "168.63.129.16/32")
]


class Refused(ValueError):
    """Why an image was not fetched, where it is not the network's fault."""


def is_public(address: str) -> bool:
    """Whether an address is one that the whole internet reaches, and reaches alike."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and found not in _UNICAST:
        return False
    return found.is_global and not found.is_multicast and not any(found in n for n in _REFUSED)


@dataclass(slots=True, kw_only=True)
class Fetcher:
    """Fetches each image of a run once; a call raises Skip where that cannot be, or must not.

    `seconds` is for one image, redirects and all; `max_remembered` is in bytes, for all URLs.
    """

    max_bytes: int = 20 * 1024 * 1024
    max_fetches: int = 10_000
    max_redirects: int = 3
    max_remembered: int = 64 * 1024 * 1024
    seconds: float = 30
    ports: Container[int] = frozenset(PORTS.values())
    is_allowed: Callable[[str], bool] = is_public
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    clock: Callable[[], float] = time.monotonic
    fetches: int = 0
    _outcomes: OrderedDict[str, bytes | str] = field(default_factory=OrderedDict)
    _size: int = 0

    def __call__(self, url: str) -> bytes:
        """The bytes at `url`. Raises Skip; its cause says why."""
        outcome = self._outcomes.pop(url, None)
        if outcome is None:
            outcome = self._outcome(url)
            self._size += len(url) + len(outcome)
        self._outcomes[url] = outcome
        while self._size > self.max_remembered:
            oldest, forgotten = self._outcomes.popitem(last=False)
            self._size -= len(oldest) + len(forgotten)
        if isinstance(outcome, str):
            raise Skip(Reason.IMAGE_NOT_FETCHED) from Refused(outcome)
        return outcome

    def _outcome(self, url: str) -> bytes | str:
        if self.fetches >= self.max_fetches:
            return f"{self.max_fetches} images were fetched in this run already"
        self.fetches += 1
        left = partial(self._left, self.clock() + self.seconds)
        try:
            for _ in range(self.max_redirects + 1):
                found = self._get(url, left)
                if isinstance(found, bytes):
                    return found
                url = found
        except TimeoutError:
            return f"it took longer than {self.seconds} seconds"
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        return f"more than {self.max_redirects} redirects"

    def _left(self, end: float) -> float:
        if (left := end - self.clock()) <= 0:
            raise TimeoutError
        return left

    def _get(self, url: str, left: Left) -> bytes | str:
        """The body, or the URL to go to instead."""
        parts, host, port = self._checked(url)
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = PORTS[parts.scheme]
        with self._connect(host, port, parts.scheme == "https", left) as sock:
            connection.sock = _Stream(sock, left)
            target = f"{parts.path or '/'}{parts.query and '?'}{parts.query}"
            connection.request("GET", quote(target, _SAFE), headers=_HEADERS)
            response = connection.getresponse()
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                return urljoin(url, quote(location.encode("latin-1"), _SAFE))
            return self._body(response)

    def _checked(self, url: str) -> tuple[SplitResult, str, int]:
        if any(character <= " " or character in "\\\x7f" for character in url):
            raise Refused("the URL holds a space, a backslash or a control character")
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme) if parts.port is None else parts.port
        if parts.scheme not in PORTS or port not in self.ports or port is None:
            raise Refused("the URL is not http or https, or not on the port of these")
        if "@" in parts.netloc or not (host := parts.hostname):
            raise Refused("the URL holds credentials, or no host")
        return parts, host if ":" in host else host.encode("idna").decode(), port

    def _connect(self, host: str, port: int, tls: bool, left: Left) -> socket.socket:
        error: Exception = Refused("the address is not public")
        for family, _, _, _, address in _resolve(host, port, left()):
            if not self.is_allowed(str(address[0])):
                continue
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(left())
                sock.connect(address)
                sock.settimeout(left())
                return self.tls.wrap_socket(sock, server_hostname=host) if tls else sock
            except (OSError, ValueError) as failure:
                sock.close()
                error = failure
        raise error

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        if response.status != http.client.OK:
            raise Refused(f"the server answered {response.status}")
        for name, plain in (("Content-Encoding", "identity"), ("Transfer-Encoding", "chunked")):
            if response.headers.get(name, plain).strip().lower() != plain:
                raise Refused("the answer is compressed")
        data = bytearray()
        while piece := response.read(64 * 1024):
            data += piece
            if len(data) + (response.length or 0) > self.max_bytes:
                raise Refused(f"the image is larger than {self.max_bytes} bytes")
        if response.length:
            raise Refused("the answer ended too early")
        return bytes(data)


class _Stream(io.RawIOBase):
    """A socket as `http.client` uses one, every step of it under the same deadline."""

    def __init__(self, sock: socket.socket, left: Left) -> None:
        self._sock, self._left = sock, left

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._left())
        self._sock.sendall(data)

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        """Whoever opened the socket closes it: `http.client` does so before it reads."""


def _resolve(host: str, port: int, seconds: float) -> list[tuple[Any, ...]]:
    """What the system's resolver says, in a thread: nothing else gives it a deadline."""
    found: Future[list[tuple[Any, ...]]] = Future()

    def look_up() -> None:
        try:
            found.set_result(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, ValueError) as error:
            found.set_exception(error)

    Thread(target=look_up, daemon=True).start()
    return found.result(seconds)
