"""Everything is done once, and every byte that was written is searched for what may be in none."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from feedbackstore import keys
from tests.server.conftest import (
    AS_MAKE_RUN,
    DEADLINE,
    GUNICORN,
    ROOT,
    Server,
    Store,
    serve,  # noqa: F401 - a fixture
)

NOTES: Final = "zebra-in-the-notes"
PRINTED: Final = re.compile(r"fbk_[0-9a-f]{12}_\S+")


class Everything:
    """A store with all that it writes and says; `printed` are the lines that tell a new key."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = Store(directory / "feedback.db")
        self.said: list[tuple[str, bytes]] = []
        self.keys: list[str] = []
        self.sessions: list[str] = []

    def flask(self, *words: object) -> str:
        """Run a command; but for a key's own line, what it says is kept."""
        done = subprocess.run(
            [GUNICORN.parent / "flask", *map(str, words)],
            cwd=ROOT,
            env={**os.environ, "FEEDBACKSTORE_DATABASE_URL": self.store.url},
            capture_output=True,
            check=False,
        )
        printed = done.stdout.decode()
        if words[:2] in (("keys", "create"), ("keys", "rotate")):
            (key,) = PRINTED.findall(printed)
            self.keys.append(key)
            printed = printed.replace(key, "")
        self.said.append((f"flask {words}", printed.encode() + done.stderr))
        return self.keys[-1] if self.keys else ""

    def ask(self, method: str, url: str, **more: Any) -> requests.Response:
        """Send a request; what comes back is kept, but for the cookie that it brings."""
        answer = requests.request(method, url, timeout=DEADLINE, allow_redirects=False, **more)
        headers = {k: v for k, v in answer.headers.items() if k != "Set-Cookie"}
        self.sessions += [cookie.value for cookie in answer.cookies if cookie.value]
        self.said.append((f"{method} {url}", json.dumps(headers).encode() + answer.content))
        return answer

    def written(self) -> Iterator[tuple[str, bytes]]:
        """Every file below the directory, and all that was said."""
        yield from self.said
        for path in self.directory.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def use_the_api(all_of_it: Everything, server: Server, key: str, ended: str) -> None:
    ask, base = all_of_it.ask, server.base_url
    put = {"input": [{"role": "user", "content": "q"}], "output": {"total": 1}, "model": "m"}
    ask("PUT", f"{base}/predictions/request/one", json=put, headers=bearer(key))
    for number in range(3):
        body = {"request_id": "one", "response": {"total": number}, "notes": f"{NOTES} {number}"}
        answer = ask("POST", f"{base}/feedback/submit", json=body, headers=bearer(key))
    uuid = answer.json()["id"]
    told = {"status": "approved", "comment": NOTES}
    ask("PATCH", f"{base}/feedback/id/{uuid}", json=told, headers=bearer(key))
    for path in ("feedback", "feedback/one", f"feedback/id/{uuid}", "evaluations", "predictions"):
        ask("GET", f"{base}/{path}", headers=bearer(key))
    ask("GET", f"{base}/feedback?search={NOTES}&api_key={key}", headers=bearer(key))
    ask("GET", f"{server.address}/metrics", headers=bearer(key))
    for wrong in (ended, key[:-1], f"{key}x", f"Basic {key}"):
        ask("GET", f"{base}/health", headers=bearer(wrong))
    ask("GET", f"{base}/health", headers={"Authorization": f"Basic {key}", "X-Request-ID": key})
    for bad in (b"{", b'{"notes":"' + NOTES.encode() + b'"}', b'{"request_id":5}', b"x" * 100_000):
        headers = {**bearer(key), "Content-Type": "application/json"}
        ask("POST", f"{base}/feedback/submit", data=bad, headers=headers)


def use_the_page(all_of_it: Everything, server: Server, key: str) -> None:
    ask, page = all_of_it.ask, f"{server.address}/review"
    ask("POST", f"{page}/sign-in", data={"key": f"{key}x", "next": "/review/"})
    ask("POST", f"{page}/sign-in", data={"key": key, "next": "/review/"})
    cookies = {"feedbackstore_review": all_of_it.sessions[-1]}
    for path in ("/", "/?status=all", "/evaluations", "/nothing", "/item?feedback=x"):
        ask("GET", page + path, cookies=cookies)
    ask("POST", f"{page}/sign-out", cookies=cookies)
    form = ask("GET", f"{page}/", cookies=cookies).text
    token = re.search(r'name="token" value="([^"]+)"', form)
    assert token
    ask("POST", f"{page}/sign-out", cookies=cookies, data={"token": token[1]})
    ask("POST", f"{page}/sign-in", data={"key": key, "next": "/review/"})


@pytest.fixture
def done(tmp_path: Path, serve: Any) -> Everything:  # noqa: F811 - a fixture
    """Everything, once."""
    all_of_it = Everything(tmp_path)
    flask = all_of_it.flask
    flask("migrate")
    key = flask("keys", "create", "--scopes", ",".join(keys.SCOPES), "--name", "Ada")
    former = flask("keys", "create", "--name", "former")
    flask("keys", "rotate", keys.id_of(former), "--overlap", "1d")
    flask("keys", "revoke", keys.id_of(former))
    server = serve(all_of_it.store, *AS_MAKE_RUN, "--log-level", "debug", LOG="json")
    use_the_api(all_of_it, server, key, former)
    use_the_page(all_of_it, server, key)
    flask("export-jsonl", tmp_path / "data.jsonl", "--resolve", "all")
    flask("export-jsonl", tmp_path / "data", "--split", "0.5", "--shards", "2")
    flask("evaluate", tmp_path / "report.html")
    flask("backup", tmp_path / "copy.db")
    flask("keys", "list", "--json")
    flask("keys", "revoke", former)
    flask("exports", "list")
    return all_of_it


def test_no_secret_is_in_any_byte_that_was_written(done: Everything) -> None:
    written = list(done.written())
    secrets = [key.split("_", 2)[2] for key in done.keys]
    names = {Path(name).name for name, _ in written}

    assert {"feedback.db", "feedback.db-wal", "feedback.log", "copy.db", "data.jsonl"} <= names
    assert len(secrets) == 3
    assert len(done.sessions) >= 2
    for secret in (*secrets, *done.sessions):
        assert [name for name, data in written if secret.encode() in data] == []


def test_the_log_holds_nothing_of_what_people_said(done: Everything) -> None:
    log = done.store.database.with_suffix(".log").read_text(encoding="utf-8")

    assert "/v1/feedback/submit" in log
    assert NOTES not in log
    assert any(NOTES.encode() in data for name, data in done.written() if "feedback.db" in name)
