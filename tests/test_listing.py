"""Lists to work through: filtered, the newest first, a page at a time, whole."""

from typing import Any

import pytest

from feedbackstore import listing, reviews
from feedbackstore.errors import Invalid
from feedbackstore.filters import Filters
from feedbackstore.models import STATUSES, Feedback
from tests.conftest import Predict, Say

ALL = Filters(statuses=STATUSES)


def names(project: int, **wanted: Any) -> list[str]:
    filters = Filters(**{"statuses": STATUSES, **wanted})
    return [str(item.feedback.request_id) for item in listing.every(project, filters)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["same", "up", "wrong", "down", "lost", "noted"]),
        ({"model": "new"}, ["same", "up"]),
        ({"domain": "document.invoice"}, ["wrong", "down", "lost", "noted"]),
        ({"rating": "up"}, ["up"]),
        ({"kind": "chat"}, []),
        ({"has_notes": True}, ["noted"]),
        ({"search": "HM"}, ["noted"]),
        ({"search": "1200"}, ["wrong"]),
        ({"search": "%"}, []),
        ({"field": "total"}, ["wrong"]),
        ({"field": "items[].qty"}, ["wrong"]),
        ({"field": "items[].price"}, []),
        ({"since": "2999-01-01T00:00:00.000000Z"}, []),
        ({"entity_id": "up"}, ["up"]),
        ({"statuses": ("approved",)}, []),
    ],
)
def test_feedback_is_found_by_every_filter(
    judged: None, project: int, wanted: dict[str, Any], found: list[str]
) -> None:
    assert names(project, **wanted) == found


def test_a_field_is_held_against_the_correction_as_reviewers_left_it(
    judged: None, project: int
) -> None:
    row = Feedback.get(Feedback.request_id == "same")
    reviews.judge(row, 1, response={"total": 9, "tax": 1})

    assert names(project, field="tax") == ["same"]
    assert names(project, search='"tax"') == ["same"]


def test_pages_put_together_are_the_whole(judged: None, project: int) -> None:
    found, before = [], None
    while True:
        items, before = listing.page(project, ALL, before=before, limit=4)
        found += [item.feedback.id for item in items]
        if before is None:
            break

    assert found == [6, 5, 4, 3, 2, 1]


def test_a_rare_field_is_found_however_far_back(
    predict: Predict, say: Say, project: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_COMPARED", 2)
    predict("rare", output={"a": 1})
    say("rare", response={"a": 2})
    for number in range(5):
        say(str(number), response={"b": number})

    first = listing.page(project, Filters(field="a"))

    assert first.items == []
    assert first.next == 5
    assert names(project, field="a") == ["rare"]


def test_a_line_knows_its_prediction(judged: None, project: int, say: Say) -> None:
    say("nowhere", notes="?")

    orphan, line, *_ = listing.page(project, ALL).items

    assert orphan.prediction is None
    assert line.prediction is not None
    assert (line.prediction.model, line.prediction.output) == ("new", '{"total":8.0}')


def test_what_has_no_feedback_is_listed_and_counted(judged: None, project: int) -> None:
    (item,) = listing.uncorrected(project, ALL).items

    assert item.feedback is None
    assert item.prediction is not None
    assert item.prediction.entity_id == "unseen"
    assert listing.count_uncorrected(project, ALL) == (1, True)
    assert listing.uncorrected(project, Filters(model="new")).items == []


@pytest.mark.parametrize("wanted", [{}, {"domain": "document.invoice"}])
def test_feedback_is_counted_by_status(judged: None, project: int, wanted: dict[str, Any]) -> None:
    row = Feedback.get(Feedback.request_id == "wrong")
    reviews.judge(row, 1, verdict="approved")

    counts = listing.counts(project, Filters(**wanted))

    pending = 3 if wanted else 5
    assert counts.by_status == {"pending": pending, "approved": 1, "disputed": 0, "rejected": 0}
    assert counts.whole


def test_nothing_of_another_project_is_listed(judged: None, project: int) -> None:
    assert listing.page(project + 1, ALL) == ([], None)
    assert listing.uncorrected(project + 1, ALL) == ([], None)
    assert not any(listing.counts(project + 1, ALL).by_status.values())


def test_the_last_page_is_known_as_the_last(judged: None, project: int) -> None:
    assert listing.page(project, ALL, limit=6).next is None
    assert listing.page(project, ALL, limit=5).next == 2


@pytest.mark.parametrize("wanted", [{"rating": "up"}, {"statuses": ("pending", "approved")}])
def test_rows_of_others_make_no_empty_pages(
    judged: None, project: int, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_LOOKED_AT", 6)
    Feedback.update(id=Feedback.id + 1_000_000).where(Feedback.request_id == "up").execute()

    first = listing.page(project, Filters(**{"statuses": STATUSES, **wanted}))

    assert first.next is None
    assert first.items[0].feedback.request_id == "up"


def test_what_an_id_names_is_found_at_once(
    judged: None, project: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_LOOKED_AT", 2)

    (item,), after = listing.page(project, Filters(entity_id="noted", has_notes=True))

    assert (item.feedback.request_id, after) == ("noted", None)


def test_an_empty_search_finds_everything_and_a_very_long_one_is_refused(
    judged: None, project: int
) -> None:
    assert len(names(project, search="")) == 6
    with pytest.raises(Invalid, match="at most 1000"):
        Filters(search="x" * 1001)
    assert names(project, search="\\" * 1000) == []
