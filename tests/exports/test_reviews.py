"""What reviews do to a dataset: what is rejected stays out, corrections are as they stand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feedbackstore import keys, reviews
from feedbackstore.models import STATUSES, ApiKey, Feedback
from tests.conftest import Export, Predict, Say
from tests.exports.test_options import answers

Judge = Callable[..., None]

RIGHT = {"total": 12}
BETTER = {"total": 13}
AGREE = ("--resolve", "agree")


@pytest.fixture
def judge(project: int) -> Judge:
    """Review feedback as the person of that name."""

    def run(row: Feedback, name: str, verdict: str | None = "approved", **said: Any) -> None:
        if not ApiKey.select().where(ApiKey.name == name).exists():
            keys.create(scopes=["review"], name=name)
        who = ApiKey.get(ApiKey.name == name).id
        reviews.judge(row, who, verdict=verdict, **said)

    return run


@pytest.fixture
def four(predict: Predict, say: Say, judge: Judge) -> None:
    """A correction of each status; the approved one was corrected again."""
    for status in STATUSES:
        predict(status, output={"total": 1, "items": [{"qty": 1}]})
    _, disputed, approved, rejected = (
        say(status, response={"is": status}, notes="Hm." if status == "pending" else None)
        for status in STATUSES
    )
    judge(approved, "Ada", response={"total": 1, "items": [{"qty": 2}]})
    judge(rejected, "Ada", "rejected")
    reviews.ask_for("default", 2)
    judge(disputed, "Ada")
    judge(disputed, "Bob", "rejected")


REVISED = {"total": 1, "items": [{"qty": 2}]}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), [{"is": "pending"}, {"is": "disputed"}, REVISED]),
        (("--status", "approved"), [REVISED]),
        (("--status", "rejected"), [{"is": "rejected"}]),
        (("--status", "rejected", "--status", "pending"), [{"is": "pending"}, {"is": "rejected"}]),
        (
            ("--status", "all"),
            [{"is": "pending"}, {"is": "disputed"}, REVISED, {"is": "rejected"}],
        ),
        (("--field", "items[].qty"), [{"is": "pending"}, {"is": "disputed"}, REVISED]),
        (("--field", "items[].qty", "--status", "approved"), [REVISED]),
        (("--field", "is", "--has-notes"), [{"is": "pending"}]),
        (("--field", "total", "--status", "approved"), []),
        (("--has-notes",), [{"is": "pending"}]),
        (("--search", "HM"), [{"is": "pending"}]),
        (("--search", '"qty"'), [REVISED]),
        (("--search", "100%"), []),
    ],
)
def test_options_select_by_where_feedback_stands_and_what_it_says(
    four: None, export: Export, options: tuple[str, ...], found: list[Any]
) -> None:
    assert answers(export, *options) == found
    assert answers(export, *options, "--jobs", "2") == found


def test_the_manifest_says_what_was_asked_for(four: None, export: Export) -> None:
    def filters(*options: str) -> dict[str, Any]:
        return dict(json.loads(export("--json", "--dry-run", *options).stderr)["filters"])

    plain = {"project": "default", "resolve": "latest", "images": "keep"}
    assert filters() == filters(
        "--status", "pending", "--status", "disputed", "--status", "approved"
    )
    assert filters() == plain
    assert filters(
        *("--status", "approved", "--status", "approved", "--field", "a", "--has-notes"),
        *("--search", "x"),
    ) == {**plain, "statuses": ["approved"], "field": "a", "has_notes": True, "search": "x"}
    assert filters("--status", "all")["statuses"] == list(STATUSES)


def test_rejected_rivals_supersede_nothing(
    predict: Predict, say: Say, judge: Judge, export: Export
) -> None:
    predict("a")
    say("a", response=RIGHT)
    later = say("a", response=BETTER)
    assert answers(export) == [BETTER]

    judge(later, "Ada", "rejected")

    assert answers(export) == [RIGHT]
    assert answers(export, "--status", "all") == [BETTER]
    assert answers(export, "--status", "rejected") == [BETTER]


def test_what_a_status_leaves_out_supersedes_nothing_either(
    predict: Predict, say: Say, judge: Judge, export: Export
) -> None:
    predict("a")
    judge(say("a", response=RIGHT), "Ada")
    say("a", response=BETTER)

    assert answers(export, "--status", "approved") == [RIGHT]


def test_one_reviewer_who_edits_agrees_with_nobody(
    predict: Predict, say: Say, judge: Judge, export: Export
) -> None:
    predict("a")
    judge(say("a", response=RIGHT), "Ada", response=BETTER)

    assert answers(export, *AGREE) == []


def test_who_submitted_and_who_approved_agree(
    predict: Predict, say: Say, judge: Judge, export: Export
) -> None:
    predict("a")
    row = say("a", response=RIGHT)
    assert answers(export, *AGREE) == []

    judge(row, "Ada", None, comment="Hm.")
    assert answers(export, *AGREE) == []
    judge(row, "Ada")
    assert answers(export, *AGREE) == [RIGHT]


def test_two_reviewers_who_leave_the_same_agree(
    predict: Predict, say: Say, judge: Judge, export: Export
) -> None:
    reviews.ask_for("default", 2)
    predict("a")
    row = say("a", response=RIGHT)
    judge(row, "Ada", response=BETTER)
    assert answers(export, *AGREE) == []

    judge(row, "Bob", response={"total": 13.0})

    assert answers(export, *AGREE) == [BETTER]


def test_one_who_rejects_agrees_with_nobody(
    predict: Predict, say: Say, judge: Judge, export: Export
) -> None:
    predict("a")
    row = say("a", response=RIGHT)
    judge(row, "Ada")
    judge(row, "Bob", "rejected")

    assert answers(export, *AGREE, "--status", "all") == []


def test_a_review_makes_a_row_one_that_changed_since(
    predict: Predict, say: Say, judge: Judge, export: Export, tmp_path: Path
) -> None:
    out = tmp_path / "x.jsonl"
    for name in ("a", "b"):
        predict(name)
    row = say("a", response=RIGHT)
    say("b", response=RIGHT)
    export(out)

    judge(row, "Ada", response=BETTER)

    assert answers(export, "--since-manifest", f"{out}.manifest.json") == [BETTER]


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--status", "open"), 2, "'open' is not one of 'pending', 'disputed'"),
        (("--search", "x" * 1001), 1, "search: A text to look for has at most 1000 characters"),
        (("--explain", "rejected"), 1, "--status all selects what reviewers rejected too"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(
    four: None, export: Export, options: tuple[str, ...], status: int, said: str
) -> None:
    done = export(*options)

    assert done.exit_code == status
    assert said in done.stderr


def test_explain_shows_what_was_rejected_when_asked(four: None, export: Export) -> None:
    assert "1 row" in export("--explain", "rejected", "--status", "all").stderr
