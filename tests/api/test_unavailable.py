"""What the store cannot do just now: 503, and a word when to try again."""

import sqlite3
from pathlib import Path

import pytest
from flask.cli import NoAppException

from feedbackstore import database, database_file
from feedbackstore.app import create_app
from feedbackstore.errors import Unusable
from feedbackstore.models import Feedback
from feedbackstore.store import open_store
from tests.conftest import Caller


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


def test_a_database_whose_name_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be made: File name too long"):
        database_file.create(f"sqlite:///{tmp_path}/{'x' * 300}.db")
    with pytest.raises(Unusable, match="is not there yet"):
        open_store(f"sqlite:///{tmp_path}/other.db")
