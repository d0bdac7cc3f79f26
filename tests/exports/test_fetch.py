"""Images by URL: nothing that only insiders reach is reached, and nothing goes on for ever."""

import gzip
import itertools
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from exports.example import Reason, Skip
from exports.fetch import Fetcher, is_public

BODY = b"\x89PNG and more"


def answer(body: bytes = BODY, *headers: str, status: str = "200 OK") -> list[bytes]:
    lines = [f"HTTP/1.1 {status}", *headers, "", ""]
    return ["\r\n".join(lines).encode(), body]


def redirect(location: str, status: int = 302) -> list[bytes]:
    return answer(b"", f"Location: {location}", status=f"{status} Found")


class Server:
    """A real one on 127.0.0.1: each connection gets the next of the answers, piece by piece."""

    def __init__(self, answers: Iterable[Iterable[bytes]], tls: ssl.SSLContext | None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections, self.requests = 0, list[str]()
        self._answers, self._tls, self._open = answers, tls, True
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for pieces in itertools.chain(self._answers, itertools.repeat(())):
            connection, _ = self._listening.accept()
            with connection, suppress(OSError):
                if not self._open:
                    return
                self.connections += 1
                self._answer(connection, pieces)

    def _answer(self, plain: socket.socket, pieces: Iterable[bytes]) -> None:
        with self._tls.wrap_socket(plain, server_side=True) if self._tls else plain as stream:
            self.requests.append(stream.recv(65536).decode())
            for piece in pieces:
                stream.sendall(piece)
            stream.shutdown(socket.SHUT_WR)
            stream.recv(1)

    def close(self) -> None:
        self._open = False
        with socket.socket() as last:
            last.connect(("127.0.0.1", self.port))
        self._thread.join()
        self._listening.close()


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(*answers: Iterable[bytes], tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(answers, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What each lookup of `images.test` finds."""
    known: dict[str, list[str]] = {"images.test": ["127.0.0.1"], "asked": []}

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        known["asked"].append(host)
        found = [(address, port) for address in known.get(host, [host])]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def local(server: Server, **options: Any) -> Fetcher:
    """A fetcher that may go to that server."""
    return Fetcher(**{"is_allowed": "127.0.0.1".__eq__, "ports": {server.port}, **options})


@contextmanager
def refused(why: str) -> Iterator[None]:
    with pytest.raises(Skip) as raised:
        yield
    assert raised.value.reason is Reason.IMAGE_NOT_FETCHED
    assert why in str(raised.value.__cause__)


def test_an_image_is_asked_for_plainly_and_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("default login ann password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server = serve(answer(BODY, f"Content-Length: {len(BODY)}"))
    fetch = local(server)

    assert fetch(f"{server.url}/ä%20b?q=ü#f") == fetch(f"{server.url}/ä%20b?q=ü#f") == BODY
    (request,) = server.requests
    head, *headers = request.strip().split("\r\n")
    assert head == "GET /%C3%A4%20b?q=%C3%BC HTTP/1.1"
    assert {line.partition(": ")[0] for line in headers} == {
        *("Host", "Accept", "Accept-Encoding", "User-Agent"),
    }
    assert {f"Host: 127.0.0.1:{server.port}", "Accept-Encoding: identity"} < set(headers)


def test_chunks_are_put_together_and_what_cannot_be_fetched_is_asked_for_once(serve: Serve) -> None:
    chunks = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    server = serve(answer(chunks, "Transfer-Encoding: chunked"), answer(status="404 No"))
    fetch = local(server, max_fetches=2)

    assert fetch(f"{server.url}/1") == b"abcde"
    for _ in range(2):
        with refused("the server answered 404"):
            fetch(f"{server.url}/2")
    with refused("2 images were fetched"):
        fetch(f"{server.url}/3")
    assert (server.connections, fetch.fetches) == (2, 2)


def test_what_is_remembered_is_bounded_and_what_was_used_last_stays(serve: Serve) -> None:
    server = serve(*[answer(b"x" * 1000)] * 4)
    fetch = local(server, max_remembered=2500)

    for path in "abacab":
        fetch(f"{server.url}/{path}")
    assert [request[:6] for request in server.requests] == ["GET /a", "GET /b", "GET /c", "GET /b"]


ADDRESSES = """
    10.0.0.1 127.0.0.1 0.0.0.0 169.254.169.254 172.16.0.1 192.168.0.1 100.64.0.1 100.100.100.200
    192.0.0.192 192.88.99.1 168.63.129.16 198.18.0.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1
    255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 2002:7f00:1::
    2002:808:808:: 2001:0:1::1 2001:db8::1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 fc00::1
    fd00:ec2::254 fe80::1 fe80::1%lo fec0::1 ff02::1 ff0e::1 100::1
"""


@pytest.mark.parametrize("address", ADDRESSES.split())
def test_addresses_that_are_not_the_whole_internets_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


HOSTS = """
    127.0.0.1 2130706433 0177.0.0.1 0x7f.0.0.1 0x7f000001 127.1 0 localhost 127。0。0。1 127.0.0.1.
    [::ffff:127.0.0.1] [::ffff:7f00:1] [::1] [::] [64:ff9b::7f00:1] [2002:7f00:1::]
"""


@pytest.mark.parametrize("host", HOSTS.split())
def test_whatever_way_it_is_written_this_machine_is_not_reached(serve: Serve, host: str) -> None:
    server = serve()

    with pytest.raises(Skip):
        Fetcher(ports={server.port})(f"http://{host}:{server.port}/")
    assert server.connections == 0


def test_a_name_is_looked_up_once_and_only_what_was_checked_is_connected_to(
    serve: Serve, names: dict[str, list[str]]
) -> None:
    server = serve(answer())
    url = f"http://images.test:{server.port}"

    names["images.test"] = ["10.0.0.1", "127.0.0.1"]
    with refused("the address is not public"):
        Fetcher(ports={server.port})(url)
    assert server.connections == 0
    assert local(server)(url) == BODY
    assert names["asked"] == ["images.test"] * 2
    assert f"Host: images.test:{server.port}" in server.requests[0]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://ann:secret@127.0.0.1:{port}/", "credentials"),
        ("http://@127.0.0.1:{port}/", "credentials"),
        ("http://127.0.0.1:{port}\\@images.test/", "backslash"),
        ("http://127.0.0.1:{port}/a b", "space"),
        ("http://127.0.0.1:{port}/\r\nX: y", "control"),
        ("http://127.0.0.1:22/", "port"),
        ("http://127.0.0.1:{port}0/", "ort"),
        ("http://:{port}/", "no host"),
        (f"http://{'a' * 64}.test:{{port}}/", "label"),
        ("file:///etc/passwd", "not http"),
        ("ftp://127.0.0.1:{port}/", "not http"),
        ("stored-image:00;image/png", "not http"),
        ("//127.0.0.1:{port}/", "not http"),
    ],
)
def test_other_urls_are_refused(serve: Serve, url: str, why: str) -> None:
    server = serve()

    with refused(why):
        local(server)(url.replace("{port}", str(server.port)))
    assert server.connections == 0


def test_only_the_ports_of_the_web_are_open(names: dict[str, list[str]]) -> None:
    for url in ("http://images.test:8080/", "https://images.test:22/"):
        with refused("not on the port"):
            Fetcher()(url)
    assert names["asked"] == []


def test_redirects_are_followed_three_times(serve: Serve) -> None:
    three = [redirect("/next", status) for status in (301, 307, 308)]
    server = serve(*three, answer(), *three, redirect("/1"), answer())

    assert local(server)(f"{server.url}/a") == BODY
    with refused("more than 3 redirects"):
        local(server)(f"{server.url}/loop")
    assert len(server.requests) == 8


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://127.0.0.2/", "not public"),
        ("//2130706434:80/", "not public"),
        ("http://127.0.0.1:22/", "port"),
        ("file:///etc/passwd", "not http"),
        ("http://ann@127.0.0.1/", "credentials"),
    ],
)
def test_a_redirect_is_checked_like_any_url(serve: Serve, location: str, why: str) -> None:
    server = serve(redirect(location))

    with refused(why):
        local(server, ports={server.port, 80})(server.url)


def endless(*first: bytes) -> Iterable[bytes]:
    return itertools.chain(first, itertools.repeat(b"x"))


@pytest.mark.parametrize(
    "drip",
    [
        endless(*answer(b"")),
        endless(b"HTTP/1.1 200 OK\r\nX-Endless: "),
        itertools.chain(answer(b"", "Transfer-Encoding: chunked"), itertools.repeat(b"1\r\nx\r\n")),
        itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_the_deadline_is_for_the_whole_however_steadily_it_drips(
    serve: Serve, drip: Iterable[bytes]
) -> None:
    server = serve(drip)

    # Each look at this clock finds a second gone: no read ever waits, yet time runs out.
    with refused("longer than 8 seconds"):
        local(server, seconds=8, clock=itertools.count().__next__)(server.url)


@pytest.fixture
def long_enough() -> Iterator[Event]:
    """Whoever waits for it waits until the test is over."""
    event = Event()
    yield event
    event.set()


def test_a_server_that_says_nothing_is_not_waited_for(serve: Serve, long_enough: Event) -> None:
    server = serve(b"" for _ in itertools.takewhile(lambda _: long_enough.wait(), [1]))

    with refused("longer than 0.05 seconds"):
        local(server, seconds=0.05)(server.url)


def test_a_resolver_that_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, long_enough: Event
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: long_enough.wait() and [])

    with refused("longer than 0.05 seconds"):
        Fetcher(seconds=0.05)("http://images.test/")


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        (answer(b"x" * 101), "larger than 100 bytes"),
        (answer(b"x", "Content-Length: 101"), "larger than 100 bytes"),
        (endless(*answer(b"")), "larger than 100 bytes"),
        (answer(b"x" * 99, "Content-Length: 100"), "ended too early"),
        (answer(b"5\r\nabc", "Transfer-Encoding: chunked"), "IncompleteRead"),
        (answer(gzip.compress(BODY), "Content-Encoding: gzip"), "compressed"),
        (answer(BODY, "Transfer-Encoding: gzip, chunked"), "compressed"),
        (answer(status="206 Partial Content"), "answered 206"),
        (answer(status="302 Found"), "answered 302"),
        ([b"HELO\r\n"], "HELO"),
        ([], "without response"),
    ],
)
def test_what_is_no_plain_whole_answer_is_refused(
    serve: Serve, pieces: list[bytes], why: str
) -> None:
    server = serve(pieces)

    with refused(why):
        local(server, max_bytes=100)(server.url)


def test_as_many_bytes_as_allowed_are_taken(serve: Serve) -> None:
    body = b"x" * 100
    server = serve(answer(body), answer(body, "Content-Length: 100", "content-encoding: Identity"))

    fetch = local(server, max_bytes=100)
    assert fetch(f"{server.url}/1") == fetch(f"{server.url}/2") == body


@pytest.mark.skipif(not shutil.which("openssl"), reason="it makes the certificate")
def test_tls_is_verified_by_name(serve: Serve, names: dict[str, list[str]], tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=test -addext"
    files = ["-out", certificate, "-keyout", key]
    subprocess.run(
        [*command.split(), "subjectAltName=DNS:images.test", *files],
        check=True,
        capture_output=True,
    )
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(certificate, key)
    server = serve((), (), answer(), tls=shown)
    trusted = ssl.create_default_context(cafile=str(certificate))
    names["elsewhere.test"] = ["127.0.0.1"]

    with refused("self-signed certificate"):
        local(server)(f"https://images.test:{server.port}/")
    with refused("Hostname mismatch"):
        local(server, tls=trusted)(f"https://elsewhere.test:{server.port}/")
    assert server.requests == []
    assert local(server, tls=trusted)(f"https://images.test:{server.port}/") == BODY
