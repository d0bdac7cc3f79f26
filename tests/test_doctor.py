"""`flask doctor` sees what an operator gets wrong, says what to do, and changes nothing."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedbackstore import database, exposure, keys, machine
from feedbackstore.doctor import doctor_command
from feedbackstore.signs import Sign

pytestmark = pytest.mark.sqlite

LOCAL = "24 1 0:1 / / rw,relatime - ext4 /dev/sda1 rw\n"


@pytest.fixture(autouse=True)
def good_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing is wrong, whatever these tests run on."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine, "_is_unsynchronised", lambda: False)
    monkeypatch.setattr(machine, "_mounts", lambda: LOCAL)
    monkeypatch.setattr(exposure, "_listening", str)


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    """A directory with a backup of just now."""
    directory = tmp_path / "backups"
    directory.mkdir()
    (directory / "feedback-20261124T120000Z.db").touch()
    return directory


@pytest.fixture
def good(store: str, backups: Path) -> Path:
    """A store in which nothing is wrong; where its backups are."""
    keys.create()
    keys.signing_secret()
    database.close()
    return backups


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(doctor_command, [str(argument) for argument in arguments])


def signs(*arguments: str | Path) -> dict[str, Sign]:
    """What is said, by its name."""
    lines = run("--json", *arguments).output.splitlines()
    found = [Sign(**json.loads(line)) for line in lines]
    return {sign.name: sign for sign in found}


def test_where_all_is_good_every_line_is_ok(good: Path) -> None:
    result = run("--backups", good, "--strict")

    assert result.exit_code == 0, result.output
    assert {line.split()[0] for line in result.output.splitlines()} == {"ok"}
    seen = {line[6:18].strip() for line in result.output.splitlines()}
    assert seen >= {"python", "user", "file system", "clock", "disk", "permissions", "schema"}
    assert seen >= {"secret", "keys", "backups", "port", "proxies", "hosts", "gunicorn", "extra"}


def test_what_may_be_meant_so_fails_only_where_one_is_strict(good: Path) -> None:
    assert signs()["backups"].level == "look"
    assert run().exit_code == 0
    assert run("--strict").exit_code == 1


def test_no_store_is_bad_and_made_by_nobody(url: str, tmp_path: Path) -> None:
    result = run()

    assert result.exit_code == 1
    assert "bad   file" in result.output
    assert "run: flask migrate" in result.output
    assert list(tmp_path.iterdir()) == []


def test_an_old_backup_and_none_are_bad(good: Path) -> None:
    [copy] = good.iterdir()
    os.utime(copy, (0, datetime.now(UTC).timestamp() - 26 * 3600))
    old = signs("--backups", good)["backups"]
    copy.unlink()
    none = signs("--backups", good)["backups"]

    assert (old.level, none.level) == ("bad", "bad")
    assert "is 26 hours old" in old.said
    assert f"flask backup {good} --keep 7" in none.said


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_store_on_a_network_is_bad(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mount = str(tmp_path.resolve()).replace(" ", "\\040")
    beside = f"26 24 0:9 / {mount[:-1]} rw - {kind} host:/x rw\n"
    monkeypatch.setattr(machine, "_mounts", lambda: LOCAL + beside)
    assert signs()["file system"].level == "ok"

    monkeypatch.setattr(
        machine, "_mounts", lambda: f"25 24 0:9 / {mount} rw - {kind} host:/x rw\n{LOCAL}"
    )

    assert signs()["file system"].level == "bad"
    assert "Move it to a local disk" in signs()["file system"].said


def test_root_and_a_wrong_clock_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    found = {sign.name: sign for sign in machine.look(tmp_path / "feedback.db", long_ago)}

    assert found["user"].level == "look"
    assert found["clock"].level == "bad"
    monkeypatch.setattr(machine, "_is_unsynchronised", lambda: True)
    assert signs()["clock"].level == "look"


def test_an_extra_that_is_absent_is_told_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda _: None)

    said = [sign.said for sign in machine.look(tmp_path / "feedback.db") if sign.name == "extra"]

    assert len(said) == 6
    assert "images is not installed: images are not converted. pip install" in said[0]


def test_a_port_that_is_open_to_all_and_trust_in_a_proxy_are_told(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = (
        "sl local_address rem_address st\n"
        "0: 00000000:1F40 00000000:0000 0A\n"
        "1: 0100007F:1F41 00000000:0000 0A\n"
        "2: 00000000000000000000000000000000:1F42 0:0 0A\n"
    )
    assert exposure.open_ports(table) == {8000, 8002}
    monkeypatch.setattr(exposure, "_listening", lambda: table)
    monkeypatch.setenv("FEEDBACKSTORE_TRUSTED_PROXIES", "1")

    found = signs()

    assert (found["port"].level, found["proxies"].level) == ("look", "bad")
    assert found["hosts"].level == "look"


def test_a_proxy_with_tls_that_the_store_does_not_know_of_is_told(good: Path) -> None:
    found = signs("--url", "https://127.0.0.1:1")

    assert "FEEDBACKSTORE_TRUSTED_PROXIES=1" in found["proxies"].said
    assert found["server"].level == "bad"


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[str]:
    """The address of a server that is ready, and under /x of one that is not."""
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_server_is_asked_whether_it_is_ready(good: Path, answering: str) -> None:
    assert signs("--url", answering)["server"].level == "ok"
    unready = signs("--url", f"{answering}/x")["server"]
    assert (unready.level, "answers 503" in unready.said) == ("bad", True)


@pytest.mark.parametrize(
    "text", ["store.example.com", "file:///etc/passwd", "http://", "http://a:x"]
)
def test_what_is_no_address_is_wrong_usage(text: str) -> None:
    assert run("--url", text).exit_code == 2


def test_a_store_without_a_good_key_or_with_a_short_secret_is_told(good: Path) -> None:
    database.connect(os.environ["FEEDBACKSTORE_DATABASE_URL"])
    with database.write():
        database.proxy.execute_sql("UPDATE api_key SET revoked_at = created_at")
        database.proxy.execute_sql("UPDATE secret SET value = 'x' WHERE name = 'sessions'")
    database.close()

    found = signs()

    assert (found["keys"].level, found["secret"].level) == ("look", "bad")
    assert "flask keys create" in found["keys"].said


def test_former_copies_that_hold_what_was_erased_are_told(good: Path, tmp_path: Path) -> None:
    name = "feedback.db.before-0.1.0-20260101T000000.000000Z"
    (tmp_path / name).touch()

    found = signs("--backups", good)["copies"]

    assert found.level == "look"
    assert name in found.said
