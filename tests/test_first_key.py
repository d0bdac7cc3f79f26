"""The key that a new store begins with."""

from io import StringIO
from pathlib import Path

import pytest

from feedbackstore import first_key, keys
from feedbackstore.errors import Unusable


def test_who_revoked_every_key_gets_none_by_starting_again(store: str, tmp_path: Path) -> None:
    written = first_key.write_beside(tmp_path / "feedback.db")
    assert written
    keys.revoke(keys.id_of(written.read_text().strip()))
    terminal = StringIO()

    assert first_key.write_beside(tmp_path / "feedback.db") is None
    first_key.show_on(terminal)

    assert terminal.getvalue() == ""
    assert [keys.state(record) for record in keys.list_all()] == ["revoked"]


def test_another_stores_key_that_nobody_has_fetched_stays(store: str, tmp_path: Path) -> None:
    other = tmp_path / first_key.NAME
    other.write_text("another's")

    written = first_key.write_beside(tmp_path / "feedback.db")

    assert other.read_text() == "another's"
    assert written == tmp_path / "feedback.db.first-key"
    assert keys.find(written.read_text().strip())


def test_no_file_is_written_over_and_no_key_made_that_nobody_could_read(
    store: str, tmp_path: Path
) -> None:
    there = [tmp_path / first_key.NAME, tmp_path / "feedback.db.first-key"]
    there[0].symlink_to("nowhere")
    there[1].write_text("another's")

    with pytest.raises(Unusable, match=f"{there[1]} is there already"):
        first_key.write_beside(tmp_path / "feedback.db")

    assert there[0].is_symlink()
    assert there[1].read_text() == "another's"
    assert not keys.are_any()
