"""What the store cannot do just now: 503, and a word when to try again."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.cli import NoAppException
from flask.testing import FlaskClient

from exports.cli import export_jsonl
from feedbackstore import database, database_file, group_commit, keys, recording, reserve
from feedbackstore.app import create_app
from feedbackstore.errors import Unusable
from feedbackstore.models import Feedback
from feedbackstore.store import open_store
from tests.conftest import Caller


@pytest.mark.sqlite
def test_a_locked_database_refuses_writes_for_now_and_reads_on(
    writer: Caller, url: str, tmp_path: Path
) -> None:
    writer.submit(request_id="x", notes="before")
    database.connect(url, timeout=0.01)
    other = sqlite3.connect(tmp_path / "feedback.db")
    other.execute("BEGIN IMMEDIATE")

    refused = writer.submit(request_id="x", notes="meanwhile")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.get_json()["detail"].endswith("Try again in a moment.")
    assert len(writer.get("/v1/feedback/x").get_json()["items"]) == 1

    other.rollback()
    other.close()
    assert writer.submit(request_id="x", notes="after").status_code == 200
    assert Feedback.select().count() == 2


@pytest.mark.sqlite
def test_a_full_disk_is_named_and_told_once_in_a_while(
    writer: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    writer.submit(request_id="x", notes="before")
    (pages,) = database.proxy.execute_sql("PRAGMA page_count").fetchone()

    def submit_into_nothing(number: int) -> Any:
        # Each refusal closes the connection, and the bound is a connection's.
        database.proxy.execute_sql(f"PRAGMA max_page_count = {pages}")
        return writer.submit(request_id="x", notes=f"{number}" * 100_000)

    refused = [submit_into_nothing(number) for number in range(3)]

    assert {answer.status_code for answer in refused} == {503}
    detail = "The disk of the store is full: nothing was stored. Try again when there is room."
    assert refused[0].get_json() == {"detail": detail}
    assert caplog.text.count("nothing was stored") == 1
    assert writer.submit(request_id="x", notes="small").status_code == 200


@pytest.mark.sqlite
def test_the_last_of_the_disk_is_kept_for_what_makes_room(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Caller(client, str(keys.create(scopes=keys.SCOPES)))
    submitted = admin.submit(request_id="x", notes="before").get_json()["id"]
    free = os.statvfs_result((4096, 4096, 1000, 255, 255, 0, 0, 0, 0, 255))
    with monkeypatch.context() as patched:
        patched.setattr(os, "statvfs", lambda _: free)
        for room in (group_commit, recording):
            patched.setattr(room, "reserve", reserve.Reserve())

        refused = admin.submit(request_id="x", notes="meanwhile")
        content = {"input": [{"role": "user", "content": "Read it."}]}
        put = admin.put("/v1/predictions/request/x", json=content)
        deleted = admin.delete(f"/v1/feedback/id/{submitted}")

    assert (refused.status_code, put.status_code) == (503, 503)
    assert refused.get_json()["detail"].startswith("The disk of the store is full")
    assert deleted.status_code == 204
    assert admin.submit(request_id="x", notes="after").status_code == 200


@pytest.mark.sqlite
def test_a_damaged_database_is_named_to_callers_and_to_who_runs_it(
    writer: Caller, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for n in range(100):
        writer.submit(request_id="x", notes=f"{n}".ljust(1000))
    database.close()
    path = tmp_path / "feedback.db"
    with path.open("r+b") as file:
        file.seek(-40 * 4096, os.SEEK_END)
        file.write(b"\xff" * 20 * 4096)

    answer = writer.get("/v1/feedback/x?limit=100")
    exported = CliRunner().invoke(export_jsonl, ["--resolve", "all"])

    assert answer.status_code == 503
    look = "Whoever runs the store has to look at it."
    assert answer.get_json() == {"detail": f"The store's database is damaged. {look}"}
    assert "image is malformed) Run: flask check" in caplog.text
    assert exported.exit_code == 1
    assert exported.stderr.startswith("Error: The store's database is damaged. (database disk")
    assert exported.stderr.endswith(f"{look} Run: flask check\n")


@pytest.mark.sqlite
def test_a_table_that_is_gone_is_no_stack_trace(writer: Caller) -> None:
    database.proxy.execute_sql("DROP TABLE feedback")

    response = writer.get("/v1/feedback/x")

    assert response.status_code == 503
    assert response.get_json() == {
        "detail": "The store cannot be read just now. Try again in a moment."
    }


def test_the_app_refuses_a_store_that_is_not_there(url: str) -> None:
    with pytest.raises(NoAppException, match="To make it, run: flask migrate"):
        create_app()


@pytest.mark.sqlite
def test_a_database_whose_name_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be made: File name too long"):
        database_file.create(tmp_path / f"{'x' * 300}.db")
    with pytest.raises(Unusable, match="is not there yet"):
        open_store(f"sqlite:///{tmp_path}/other.db")
