"""What was erased is refused, and looked for no more often than it may have changed."""

from collections.abc import Iterator

import pytest

from feedbackstore import database, tombstones
from feedbackstore.errors import Erased
from feedbackstore.models import Erasure

NAME = ("request", "invoice-1")


def bury(uuid: str) -> None:
    Erasure.insert(uuid=uuid, project="default", started_at="2026", exports="[]").execute()
    tombstones.bury(uuid, "default", [NAME])


@pytest.fixture
def asked(project: int) -> Iterator[list[str]]:
    """Every statement of this thread's that looks for tombstones."""
    found: list[str] = []

    def seen(statement: str) -> None:
        if statement.startswith("SELECT") and "tombstone" in statement:
            found.append(statement)

    connection = database.proxy.connection()
    connection.set_trace_callback(seen)
    yield found
    connection.set_trace_callback(None)


@pytest.mark.sqlite
def test_rows_that_share_a_commit_look_once_for_what_was_erased(
    project: int, asked: list[str]
) -> None:
    for _ in range(2):
        with database.write():
            for _ in range(3):
                tombstones.refuse(project, [NAME])

    assert len(asked) == 2


def test_what_is_erased_between_two_commits_is_refused_in_the_second(project: int) -> None:
    with database.write():
        tombstones.refuse(project, [NAME])
    with database.write():
        bury("u")

    with database.write(), pytest.raises(Erased):
        tombstones.refuse(project, [NAME])


def test_what_is_erased_in_a_transaction_is_refused_in_the_same(project: int) -> None:
    with database.write():
        tombstones.refuse(project, [NAME])
        bury("u")
        with pytest.raises(Erased):
            tombstones.refuse(project, [NAME])


def test_outside_of_a_transaction_each_look_is_a_new_one(project: int) -> None:
    tombstones.refuse(project, [NAME])
    with database.write():
        bury("u")

    with pytest.raises(Erased):
        tombstones.refuse(project, [NAME])
