"""Erasing while the store is served: submissions go on, and no client brings back what is gone."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from vlmrun.client import VLMRun
from vlmrun.client.exceptions import APIError

from tests.server.conftest import DEADLINE, ROOT, Server

FLASK = Path(sys.executable).parent / "flask"
MARK = "Zq7xMarker"


def flask(server: Server, *arguments: str) -> str:
    """What a command on the server's store says, once it has gone well."""
    environment = os.environ | {"FEEDBACKSTORE_DATABASE_URL": f"sqlite:///{server.database}"}
    command = [FLASK, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def answered(server: Server, status: int) -> int:
    """How many requests were answered so."""
    lines = [line for line in server.printed.splitlines() if line.startswith("{")]
    return sum(json.loads(line)["status"] == status for line in lines)


def test_the_official_client_does_not_bring_back_what_was_erased(server: Server) -> None:
    client = VLMRun(api_key=server.key, base_url=server.base_url)
    client.feedback.submit("person-1", {"name": MARK})
    before = answered(server, 410)

    flask(server, "erase", "--request-id", "person-1", "--yes")

    with pytest.raises(APIError, match="was erased on request") as refusal:
        client.feedback.submit("person-1", {"name": MARK})
    assert refusal.value.http_status == 410
    assert client.feedback.get("person-1").items == []
    assert answered(server, 410) == before + 1


def test_submissions_go_on_while_much_is_erased_and_nothing_of_it_is_left(server: Server) -> None:
    tagged = {"subject": "4711"}
    for number in range(120):
        server.submit(request_id=f"{MARK}{number}", notes=MARK * 50, tags=tagged)
        server.record("request", f"{MARK}{number}", output={"name": MARK * 500})
    erased, statuses = threading.Event(), list[int]()

    def submit() -> None:
        while not erased.is_set():
            response = requests.post(
                f"{server.base_url}/feedback/submit",
                headers=server.headers,
                json={"request_id": "other", "notes": "n"},
                timeout=DEADLINE,
            )
            statuses.append(response.status_code)

    submitting = threading.Thread(target=submit)
    submitting.start()
    try:
        said = flask(server, "erase", "--tag", "subject=4711", "--yes")
    finally:
        erased.set()
        submitting.join()

    assert "erased: 120 of feedback with 0 reviews, 120 predictions," in said
    assert set(statuses) == {200}
    for path in server.database.parent.iterdir():
        assert MARK.encode() not in path.read_bytes(), path.name
    assert len(server.get("feedback/other", type="request", limit=1)["items"]) == 1
