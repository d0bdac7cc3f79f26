"""`feedbackstore serve`: from nothing to a served store, and an end in order."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from feedbackstore import program
from feedbackstore.serve import Server
from tests.server.conftest import DEADLINE, wait_until

Start = Callable[..., subprocess.Popen[bytes]]
PROGRAM = Path(sys.executable).parent / "feedbackstore"


def environment(folder: Path) -> dict[str, str]:
    hidden = ("FEEDBACKSTORE_", "GUNICORN_", "FLASK_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    url = f"sqlite:///{folder}/feedback.db"
    return {**kept, "PATH": "/usr/bin:/bin", "FEEDBACKSTORE_DATABASE_URL": url}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `serve` on a store in the test's folder; it is killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def run(bind: str, output: int | None = None, **variables: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                [PROGRAM, "serve", "--bind", bind, "--workers", "1"],
                cwd="/",
                env={**environment(tmp_path), **variables},
                stdin=subprocess.DEVNULL,
                stdout=output or log,
                stderr=log,
                process_group=0,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


def said(folder: Path) -> str:
    return (folder / "log").read_text()


def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_it_makes_a_store_with_a_key_that_only_its_owner_may_read(
    start: Start, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{port()}"
    process = start(address)
    wait_until(lambda: "serves http://" in said(tmp_path) or process.poll() is not None)

    file = tmp_path / "first-key"
    key = file.read_text().strip()
    answer = requests.get(
        f"http://{address}/v1/health", headers={"Authorization": f"Bearer {key}"}, timeout=DEADLINE
    )
    process.terminate()

    assert answer.status_code == 200
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"The first API key is in {file}" in said(tmp_path)
    assert key not in said(tmp_path)
    assert process.wait(DEADLINE) == 0


def test_on_a_terminal_the_key_is_shown_and_kept_nowhere(start: Start, tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    process = start(f"127.0.0.1:{port()}", theirs)
    os.close(theirs)
    wait_until(lambda: "serves http://" in said(tmp_path) or process.poll() is not None)

    shown = os.read(ours, 10_000).decode()

    assert "export VLMRUN_API_KEY=fbk_" in shown
    assert "fbk_" not in said(tmp_path)
    assert not (tmp_path / "first-key").exists()


def test_it_serves_a_socket_that_nobody_takes_from_it(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    process = start(f"unix:{path}")
    wait_until(lambda: f"serves unix:{path}" in said(tmp_path) or process.poll() is not None)

    second = subprocess.run(
        [PROGRAM, "serve", "--bind", f"unix:{path}"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: store\r\nConnection: close\r\n\r\n")
        answer = client.recv(100)
    process.terminate()

    assert answer.startswith(b"HTTP/1.1 200")
    assert second.returncode == 1
    assert f"Cannot listen on {path}: another server does." in second.stderr
    assert process.wait(DEADLINE) == 0
    assert not path.exists()


@pytest.mark.parametrize("bind", ["nonsense", "localhost:70000", "unix:"])
def test_what_is_no_address_is_refused_before_anything_is_made(bind: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "serve", "--bind", bind],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )

    assert done.returncode == 2
    assert f"{bind} is neither HOST:PORT nor unix:/PATH" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_hints_name_the_program_as_it_was_called(tmp_path: Path) -> None:
    def hint(*command: str | Path) -> str:
        done = subprocess.run(
            [*command, "keys", "list"],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
        )
        return done.stderr

    assert f"run: {PROGRAM} migrate" in hint(PROGRAM)
    assert "run: python" in hint(sys.executable, "-m", "feedbackstore")
    assert "-m feedbackstore migrate" in hint(sys.executable, "-m", "feedbackstore")
    assert program.as_typed("./no-such.pyz") == "./no-such.pyz"
    assert program.as_typed("no-such.pyz") == "python3 no-such.pyz"


def test_gunicorns_own_options_hold_where_none_is_named(start: Start, tmp_path: Path) -> None:
    at = port()
    process = start(
        f"127.0.0.1:{at}", GUNICORN_CMD_ARGS="--log-level debug", FEEDBACKSTORE_PROGRAM="sudo store"
    )
    wait_until(lambda: "serves http" in said(tmp_path) or process.poll() is not None)

    assert '"level":"debug"' in said(tmp_path)
    assert "sudo store keys create makes another" in said(tmp_path)


def test_what_gunicorn_is_told_counts_unless_the_command_line_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["feedbackstore"])
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--workers 3 --bind 127.0.0.1:8123 --log-level error")

    told = Server(bind=None, workers=None, loglevel=None).cfg
    typed = Server(bind="127.0.0.1:8124", workers=4, loglevel="warning").cfg
    monkeypatch.delenv("GUNICORN_CMD_ARGS")
    untold = Server(bind=None, workers=None, loglevel=None).cfg

    assert (told.workers, told.bind, told.loglevel) == (3, ["127.0.0.1:8123"], "error")
    assert (typed.workers, typed.bind, typed.loglevel) == (4, ["127.0.0.1:8124"], "warning")
    assert untold.bind == ["127.0.0.1:8000"]
