"""The real Caddy and nginx before a real server, with the files of deploy/ on free ports."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.server.conftest import AS_MAKE_RUN, DEADLINE, ROOT, Server, make_store, wait_until

DEPLOY: Final = ROOT / "deploy"
PROGRAMS: Final = ("caddy", "nginx")
NAME: Final = "feedback.example.com"
SOCKET: Final = "/run/feedbackstore/feedbackstore.sock"

_NGINX: Final = """\
{user}
daemon off;
pid {directory}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A proxy with TLS on this machine: its port, and the certificate to trust it by."""

    program: str
    port: int
    authority: Path
    directory: Path

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}"


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """A short path: a socket's has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="deploy-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def behind(directory: Path) -> Iterator[Server]:
    """The store on a socket, as the unit has it, by one name, with few wrong keys to try."""
    path = directory / "feedbackstore.sock"
    settings = {
        "TRUSTED_PROXIES": "1",
        "TRUSTED_HOSTS": "localhost",
        "FAILED_SIGN_INS": "3/minute",
    }
    server = Server(make_store(directory), *AS_MAKE_RUN, bind=f"unix:{path}", **settings)
    try:
        wait_until(lambda: answers(path))
        yield server
        assert server.stop() == 0
        assert "Traceback" not in server.printed
    finally:
        server.kill()


@pytest.fixture(scope="module", params=PROGRAMS)
def proxy(request: pytest.FixtureRequest, directory: Path, behind: Server) -> Iterator[Proxy]:
    """Each of the proxies, before the store."""
    yield from run(request.param, directory / request.param, directory / "feedbackstore.sock")


def run(program: str, directory: Path, store: Path) -> Iterator[Proxy]:
    """A proxy before the store at a socket, until the iterator goes on; skips where it is none."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: apt-get install {program}")
    directory.mkdir()
    port = _free_port()
    prepare = _caddy if program == "caddy" else _nginx
    command, authority = prepare(directory, port, store)
    environment = {**os.environ, "HOME": str(directory), "XDG_DATA_HOME": str(directory)}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or _serves(port, authority))
        assert process.poll() is None, (directory / "log").read_text()
        yield Proxy(program, port, authority, directory)
    finally:
        process.terminate()
        process.wait(DEADLINE)


def _caddy(directory: Path, port: int, store: Path) -> tuple[list[str], Path]:
    text = (DEPLOY / "Caddyfile").read_text()
    text = _replaced(
        text,
        {
            "{\n\tservers {": "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects"
            f"\n\thttp_port {_free_port()}\n\tservers {{",
            f"\n{NAME} {{\n": f"\nhttps://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls internal\n",
            SOCKET: str(store),
        },
    )
    (directory / "Caddyfile").write_text(text)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(directory / "Caddyfile")]
    return command, directory / "caddy/pki/authorities/local/root.crt"


def _nginx(directory: Path, port: int, store: Path) -> tuple[list[str], Path]:
    certificate, key = directory / "fullchain.pem", directory / "privkey.pem"
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        f" -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    text = (DEPLOY / "nginx.conf").read_text()
    text = _replaced(
        text,
        {
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{_free_port()};",
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            f"/etc/letsencrypt/live/{NAME}": str(directory),
            f"server_name {NAME}": "server_name localhost",
            SOCKET: str(store),
        },
    )
    (directory / "site.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (directory / "nginx.conf").write_text(_NGINX.format(user=user, directory=directory))
    return ["nginx", "-e", "stderr", "-c", str(directory / "nginx.conf")], certificate


def _replaced(text: str, by: dict[str, str]) -> str:
    for old, new in by.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(path: Path) -> bool:
    """Whether somebody listens on this socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _serves(port: int, authority: Path) -> bool:
    """Whether its certificate is there already: Caddy listens before."""
    try:
        context = ssl.create_default_context(cafile=authority)
        with socket.create_connection(("127.0.0.1", port), DEADLINE) as plain:
            context.wrap_socket(plain, server_hostname="localhost").close()
    except OSError:
        return False
    return True
