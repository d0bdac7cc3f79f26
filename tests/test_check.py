"""`flask check` names what is wrong with a store, and what to do; it never falls over."""

import json
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedbackstore import database, inspection
from feedbackstore.safekeeping import check_command
from tests.conftest import Predict, Say

pytestmark = pytest.mark.sqlite

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def check(*arguments: str) -> Result:
    return CliRunner().invoke(check_command, arguments)


def lines(result: Result) -> dict[str, tuple[str, str]]:
    """What was looked at, each with its mark and what is said of it."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    found = [line.split(maxsplit=2) for line in result.output.splitlines()]
    return {name: (mark, said) for mark, name, said in found}


@pytest.fixture
def path(store: str, predict: Predict, say: Say, tmp_path: Path) -> Path:
    """A store with something in it, which nobody has open."""
    image = [{"type": "image_url", "image_url": {"url": PIXEL}}]
    for number in range(20):
        predict(f"r{number}", output={"total": "x" * 3000})
        say(f"r{number}", response={"total": number})
    predict("pictured", input=[{"role": "user", "content": image}])
    say(chat_id="unknown", notes="n")
    database.close()
    return tmp_path / "feedback.db"


def test_a_good_store_is_counted_and_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()

    result = check()

    found = lines(result)
    assert result.exit_code == 0, result.output
    assert {mark for mark, _ in found.values()} == {"ok"}
    assert found["project"][1] == ("default: 21 predictions, 21 of feedback (21 pending)")
    assert found["feedback"][1].startswith("1 of feedback waits")
    assert path.read_bytes() == before


def test_a_program_reads_the_same(path: Path) -> None:
    found = [json.loads(line) for line in check("--json").output.splitlines()]

    (project,) = (each for each in found if each["name"] == "project")
    assert project["level"] == "ok"
    assert project["figures"] == {"predictions": 21, "feedback": 21, "pending": 21}
    assert all(set(each) == {"name", "level", "said", "figures"} for each in found)


def test_it_looks_while_the_store_is_open_and_written(store: str, say: Say) -> None:
    say("r", notes="n")
    with database.write():
        result = check()

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("images", "DELETE FROM prediction_image", "run: flask erasures resume"),
        ("references", "DELETE FROM prediction WHERE entity_id = 'pictured'", "prediction_image"),
        (
            "erasures",
            "INSERT INTO erasure VALUES ('u', 'default', 'm', NULL, 0, 0, 0, 0, '[]')",
            "run: flask erasures resume",
        ),
        ("integrity", "CREATE INDEX extra ON feedback (notes)", "flask restore BACKUP"),
        (
            "schema",
            "INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')",
            "newer than this version",
        ),
        (
            "schema",
            "DELETE FROM schema_migration WHERE name LIKE '0005%'",
            "0005_erasures is not applied. To bring it up to date, run: flask migrate",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(
    path: Path, name: str, wrong: str, said: str
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(wrong)
        if name == "integrity":
            other.execute("PRAGMA writable_schema = on")
            other.execute("UPDATE sqlite_master SET rootpage = 3 WHERE name = 'extra'")

    result = check()

    assert result.exit_code == 1
    assert lines(result)[name][0] == "bad"
    assert said in lines(result)[name][1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "flask restore BACKUP"),
        (b"", "flask migrate"),
        (os.urandom(8192), "flask restore BACKUP"),
        (b"SQLite format 3\0" + os.urandom(8176), "flask restore BACKUP"),
    ],
)
def test_what_is_no_store_is_named_with_what_to_do(
    url: str, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "feedback.db"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)

    result = check()

    assert result.exit_code == 1
    wrong = [said for mark, said in lines(result).values() if mark == "bad"]
    assert len(wrong) == 1, result.output
    assert said in wrong[0]


def test_another_programs_database_and_a_directory_are_named(url: str, tmp_path: Path) -> None:
    path = tmp_path / "feedback.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE project (title TEXT)")
    assert "is no feedback store's" in lines(check())["database"][1]
    path.unlink()
    path.mkdir()

    assert "is not a file" in lines(check())["file"][1]


def test_a_damaged_store_never_gives_a_traceback(path: Path) -> None:
    whole, luck = path.read_bytes(), random.Random(7)
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(luck.randrange(1, 4)):
            at = luck.randrange(len(content))
            piece = luck.randbytes(luck.choice((1, 100, 5000)))
            content[at : at + len(piece)] = piece
        del content[luck.choice((len(whole), luck.randrange(len(whole)))) :]
        path.write_bytes(content)

        result = check()

        assert lines(result), result.output
        assert all(
            mark == "ok" or said.endswith((".", "BACKUP", "migrate", "resume"))
            for mark, said in lines(result).values()
        ), result.output


def test_who_else_may_read_it_is_told(path: Path, tmp_path: Path) -> None:
    path.chmod(0o644)
    assert f"chmod go= {path}" in lines(check())["permissions"][1]
    for each in tmp_path.glob("feedback.db*"):
        each.chmod(0o600)
    tmp_path.chmod(0o777)

    result = check()

    assert result.exit_code == 1
    assert f"chmod go-w {tmp_path}" in lines(result)["permissions"][1]


def test_a_disk_that_is_nearly_full_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "_ROOM", 1 << 80)

    result = check()

    assert result.exit_code == 1
    assert "Make room" in lines(result)["disk"][1]


def test_a_store_that_another_program_keeps_for_itself_is_told(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = exclusive")
        other.execute("BEGIN IMMEDIATE")

        result = check()

    assert result.exit_code == 1
    assert "is locked by another program" in result.output


def test_an_address_that_is_none_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", "mysql://somewhere")

    result = check()

    assert result.exit_code == 1
    assert "names no SQLite file" in result.output
