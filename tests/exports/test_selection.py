"""Which feedback goes into a dataset."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from exports import selection
from exports.selection import Filters, Reading
from feedbackstore import feedback
from feedbackstore.database import proxy
from feedbackstore.models import Feedback, Project
from tests.conftest import Predict, Say

Notes = Callable[..., list[str | None]]


@pytest.fixture
def notes(project: int) -> Notes:
    """The notes of what is selected and not superseded."""

    def select(**filters: Any) -> list[str | None]:
        rows = selection.rows(project, Filters(**filters))
        return [row.notes for row in rows if not row.superseded]

    return select


def test_feedback_joins_its_prediction_whichever_came_first(
    project: int, predict: Predict, say: Say
) -> None:
    predict("early")
    say("early", notes="n")
    say("late", notes="n")
    predict("late")
    say("never", notes="n")

    found = [(row.request_id, row.entity_id) for row in selection.rows(project, Filters())]
    assert found == [("early", "early"), ("late", "late"), ("never", None)]


@pytest.mark.parametrize(
    ("known", "joined"),
    [
        ("request agent_execution chat", "request"),
        ("agent_execution chat", "agent_execution"),
        ("chat", "chat"),
        ("", None),
    ],
)
def test_the_first_kind_that_has_a_prediction_gives_the_example(
    project: int, predict: Predict, say: Say, known: str, joined: str | None
) -> None:
    for kind in known.split():
        predict("x", kind=kind)
    say("x", agent_execution_id="x", chat_id="x", notes="n")

    (row,) = selection.rows(project, Filters())
    assert row.kind == joined


def test_of_several_corrections_the_latest_counts_or_the_first_or_all(
    predict: Predict, say: Say, notes: Notes
) -> None:
    predict("x")
    for number in ("1", "2", "3"):
        say("x", response={"n": number}, notes=number)

    assert notes() == ["3"]
    assert notes(resolve="first") == ["1"]
    assert notes(resolve="all") == ["1", "2", "3"]


def test_a_correction_outranks_a_rating_and_neither_counts_by_its_notes(
    predict: Predict, say: Say, notes: Notes
) -> None:
    predict("x")
    for said in ({"rating": "up"}, {"response": {}}, {"rating": "up"}, {"rating": "down"}, {}):
        say("x", notes=str(said), **said)

    assert notes() == ["{'response': {}}", "{}"]


def test_of_several_ratings_the_latest_counts(predict: Predict, say: Say, notes: Notes) -> None:
    predict("x")
    say("x", rating="up", notes="1")
    say("x", rating="up", notes="2")

    assert notes() == ["2"]
    assert notes(resolve="first") == ["1"]


def test_a_later_rating_down_takes_back_a_rating_up(
    predict: Predict, say: Say, notes: Notes
) -> None:
    predict("x")
    say("x", rating="up", notes="1")
    say("x", rating="down", notes="2")

    assert notes() == ["2"]
    assert notes(resolve="first") == ["1"]


def test_corrections_supersede_each_other_through_whichever_id_they_name(
    predict: Predict, say: Say, notes: Notes
) -> None:
    predict("a", kind="agent_execution")
    say(agent_execution_id="a", response={}, notes="1")
    say("unknown", agent_execution_id="a", response={}, notes="2")
    say(agent_execution_id="a", chat_id="c", response={}, notes="3")

    assert notes() == ["3"]
    # A prediction of the request is what the second is about from now on.
    predict("unknown")
    assert notes() == ["2", "3"]


@pytest.mark.parametrize("resolve", ["latest", "first"])
def test_for_each_prediction_one_correction_counts_in_any_mixture(
    project: int, predict: Predict, say: Say, resolve: str
) -> None:
    predict("r", kind="request")
    predict("a", kind="agent_execution")
    predict("c", kind="chat")
    named = list(product(["r", "?", None], ["a", "?", None], ["c", "?", None]))
    for request_id, agent_execution_id, chat_id in [*named, *reversed(named)]:
        if any((request_id, agent_execution_id, chat_id)):
            say(
                request_id,
                agent_execution_id=agent_execution_id,
                chat_id=chat_id,
                response={},
            )

    rows = list(selection.rows(project, Filters(resolve=resolve)))
    taken = [row for row in rows if row.kind and not row.superseded]
    assert {row.kind: row.id for row in taken} == {
        kind: (max if resolve == "latest" else min)(row.id for row in rows if row.kind == kind)
        for kind in ("request", "agent_execution", "chat")
    }
    assert len(taken) == 3


def test_filters_select_by_time_kind_domain_and_model(
    predict: Predict, say: Say, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict("a", domain="document.invoice", model="m1")
    predict("b", kind="chat", domain="document.receipt", model="m2")
    for hour, (request_id, chat_id) in enumerate([("a", None), (None, "b"), (None, "unknown")]):
        moment = f"2026-11-01T0{hour}:00:00.000000Z"
        monkeypatch.setattr(feedback.ids, "now", lambda moment=moment: moment)
        say(request_id, chat_id=chat_id, notes=str(hour))

    assert notes() == ["0", "1", "2"]
    assert notes(since="2026-11-01T01:00:00.000000Z") == ["1", "2"]
    assert notes(until="2026-11-01T01:00:00.000000Z") == ["0"]
    assert notes(kind="request") == ["0"]
    assert notes(kind="chat") == ["1", "2"]
    assert notes(domain="document.receipt") == ["1"]
    assert notes(model="m1") == ["0"]
    assert notes(model="m3") == notes(domain="") == notes(model="") == []


def test_what_a_filter_leaves_out_supersedes_nothing(
    predict: Predict, say: Say, notes: Notes
) -> None:
    predict("x")
    say("x", response={}, notes="1")
    second = say("x", response={}, notes="2")

    assert notes(until=second.created_at) == ["1"]


def test_pages_do_not_change_what_is_read(project: int, predict: Predict, say: Say) -> None:
    for number in range(7):
        predict(str(number % 5))
        say(str(number % 5), response={"n": number})
    whole = list(selection.rows(project, Filters()))

    for page in (1, 2, 3, 7, 8):
        assert list(selection.rows(project, Filters(), page=page)) == whole
    assert selection.count(project, Filters()) == len(whole) == 7


def test_an_export_is_of_one_moment(project: int, say: Say) -> None:
    say("a", notes="1")
    reading = selection.rows(project, Filters(), page=1)
    first = next(reading)
    say("b", notes="2")

    assert [row.notes for row in [first, *reading]] == ["1"]


def test_nothing_of_another_project_is_selected(say: Say, predict: Predict, project: int) -> None:
    predict("x")
    other = Feedback.select().count() + 1_000_000
    Project.create(id=other, name="other", created_at="", force_insert=True)
    feedback.submit(other, request_id="x", response={}, notes="other")
    say("x", response={}, notes="mine")

    (row,) = selection.rows(project, Filters())
    assert (row.notes, bool(row.superseded)) == ("mine", False)
    (row,) = selection.rows(other, Filters())
    assert (row.notes, row.kind) == ("other", None)


@pytest.mark.sqlite
def test_reading_takes_one_query_a_page_and_scans_no_table(project: int, say: Say) -> None:
    for number in range(10):
        say(str(number), notes="n")
    connection = proxy.connection()
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    list(selection.rows(project, Filters(), page=5))
    connection.set_trace_callback(None)

    reads = [text for text in statements if text.startswith("SELECT")]
    assert len(reads) == 1 + 2
    for read in reads:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {read}").fetchall()
        assert not [step for *_, step in plan if step.startswith("SCAN")], plan


@pytest.mark.sqlite
def test_a_part_is_read_without_what_is_behind_it(project: int, predict: Predict, say: Say) -> None:
    def steps(newest: int) -> int:
        """How often SQLite came by while it read the first five."""
        passed: list[None] = []
        connection = proxy.connection()
        connection.set_progress_handler(lambda: passed.append(None), 1)
        found = list(Reading(project, Filters(), newest).between(0, 5))
        connection.set_progress_handler(None, 1)
        assert len(found) == 5
        return len(passed)

    for number in range(200):
        predict(str(number), output={"a": 1})
        say(str(number), response={"a": number})

    assert steps(newest=200) == steps(newest=5)
