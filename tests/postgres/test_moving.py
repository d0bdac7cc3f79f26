"""The same store in a file and on a server, and from the one to the other."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from exports.cli import export_jsonl
from exports.commands import exports_group
from feedbackstore import (
    database,
    erasure,
    feedback,
    in_use,
    keys,
    migrations,
    predictions,
    reviews,
)
from feedbackstore.errors import Erased
from feedbackstore.models import Review
from feedbackstore.safekeeping import (
    move_to_command,
)
from tests.postgres.conftest import fill, run


def test_an_export_has_the_same_bytes_from_a_file_and_from_a_server(
    project: int, url: str, tmp_path: Path
) -> None:
    fill(project)
    on_server = [run(export_jsonl, "--jobs", jobs).stdout_bytes for jobs in ("1", "2")]
    file = f"sqlite:///{tmp_path}/feedback.db"
    migrations.upgrade(file)
    keys.create()
    fill(keys.get_project("default").id)
    database.close()
    in_file = CliRunner(env={"FEEDBACKSTORE_DATABASE_URL": file}).invoke(export_jsonl).stdout_bytes

    assert in_file.count(b"\n") == 20
    assert on_server == [in_file, in_file]


def test_a_store_moves_from_its_file_with_all_that_it_holds(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"sqlite:///{tmp_path}/feedback.db"
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", file)
    migrations.upgrade(file)
    key = keys.create(scopes=["submit", "read", "review"])
    assert key
    project = keys.get_project("default").id
    fill(project)
    pixel = "data:image/png;base64,iVBORw0KGgo="
    asked = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": pixel}}]}]
    seen = {"kind": "chat", "id": "seen", "input": asked, "output": "A dot."}
    predictions.record(project, [predictions.check(seen)])
    reviewed = feedback.submit(project, chat_id="seen", rating="up", flag=True)
    holder = keys.find(key)
    assert holder
    judged = reviews.judge(reviewed, holder.key, verdict="approved", comment="a b")
    # As a form could store it once.
    Review.update(comment="a\0b").execute()
    exported = run(export_jsonl, str(tmp_path / "before.jsonl"))
    assert exported.exit_code == 0
    holds = run(exports_group, "containing", "--json", "--chat-id", "seen").stdout
    erasure.erase(erasure.plan(keys.get_project("default"), name=("request", "é1")))
    database.close()
    in_use.leave()

    moved = run(move_to_command, url)

    assert moved.exit_code == 0, moved.output
    assert "has it all: 27 of feedback, 20 predictions" in moved.stderr
    assert "1 rows had the character NUL in a text: it is U+FFFD there." in moved.stderr
    before = run(export_jsonl).stdout_bytes
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", url)
    database.close()
    assert run(export_jsonl).stdout_bytes == before
    assert run(exports_group, "containing", "--json", "--chat-id", "seen").stdout == holds
    unseen = "SELECT relname FROM pg_class WHERE relname = 'feedback' AND reltuples < 27"
    assert database.run(unseen).fetchone() is None
    assert keys.find(key)
    assert judged.review
    assert Review.get().comment == "a\ufffdb"
    again = feedback.get(project, reviewed.uuid)
    assert (again.status, again.flag, again.created_at) == (
        "approved",
        True,
        reviewed.created_at,
    )
    assert feedback.submit(project, request_id="new", notes="n").id > reviewed.id
    with pytest.raises(Erased):
        feedback.submit(project, request_id="é1", notes="n")


def test_a_store_does_not_move_into_another_or_while_somebody_has_it_open(
    project: int, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"sqlite:///{tmp_path}/feedback.db"
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", file)
    migrations.upgrade(file)

    open_elsewhere = run(move_to_command, url)
    database.close()
    in_use.leave()
    filled = run(move_to_command, url)
    other = run(move_to_command, f"sqlite:///{tmp_path}/other.db")

    assert (open_elsewhere.exit_code, filled.exit_code, other.exit_code) == (1, 1, 2)
    assert "is in use. Stop the server" in open_elsewhere.output
    assert "There is a store in that database already" in filled.output
    assert "should begin with postgresql://" in other.output
