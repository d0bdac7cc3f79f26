"""The queue: what is in it, what a filter leaves, who is handed what."""

import json
import shlex
from html import unescape
from pathlib import Path

import pytest

from feedbackstore import reviews
from feedbackstore.models import ApiKey, Feedback
from tests.conftest import Export, Predict, Say
from tests.review.conftest import Browser

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def _somebody() -> int:
    return ApiKey.select().get().id


def titles(browser: Browser) -> list[str]:
    return [part.split("</bdi>")[0] for part in browser.html.split('<bdi class="name">')[1:]]


def test_the_queue_shows_what_waits_with_counts(judged: None, ada: Browser) -> None:
    ada.open("/review")

    assert titles(ada)[0] == "same"
    assert "Pending 6 Approved 0 Rejected 0 All 6 Uncorrected 1" in ada.text
    assert "total" in ada.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("field=items[].qty", ["wrong"]),
        ("model=new&rating=up", ["up"]),
        ("search=hm", ["noted"]),
        ("has_notes=1", ["noted"]),
        ("week=2026-W42&field=total", ["wrong"]),
        ("week=2026-W41", []),
        ("status=uncorrected", ["unseen"]),
        ("status=uncorrected&model=new", []),
        ("kind=chat", []),
    ],
)
def test_a_filter_in_the_address_leaves_what_it_says(
    judged: None, ada: Browser, query: str, found: list[str]
) -> None:
    ada.open(f"/review?{query}")

    assert [title for title in titles(ada) if title in ("wrong", "up", "noted", "unseen")] == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=fine", "no part of the queue"),
        ("since=yesterday", "is no day or moment"),
        ("week=45", "is no week"),
        ("tag=batch", "NAME=VALUE"),
        ("tag==x", "NAME=VALUE"),
        ("kind=letter", "One of request"),
        ("search=a%00b", "should not hold the NUL character"),
        ("status=uncorrected&rating=up", "no feedback yet"),
    ],
)
def test_a_filter_that_is_not_right_is_told(
    judged: None, ada: Browser, query: str, words: str
) -> None:
    ada.open(f"/review?{query}")

    assert ada.response.status_code == 422
    assert words in ada.text
    assert titles(ada) == []


@pytest.mark.parametrize(
    "query",
    [
        {"search": "12'00", "tag": "it's=a b", "model": "old"},
        {"field": "items[].qty"},
        {"field": "total", "status": "all"},
        {"has_notes": "1", "status": "all"},
        {"rating": "down"},
        {"status": "rejected"},
        {"status": "approved", "kind": "request"},
        {"search": "-", "status": "all"},
        {"week": "2026-W42", "domain": "document.invoice"},
        {"since": "2026-01-01", "status": "all"},
    ],
)
def test_the_command_that_is_shown_exports_what_is_listed(
    judged: None,
    say: Say,
    ada: Browser,
    export: Export,
    tmp_path: Path,
    query: dict[str, str],
) -> None:
    who = _somebody()
    say("wrong", response={"total": "12'00"}, tags={"it's": "a b"}, notes="-")
    reviews.judge(say("wrong", response={"total": 3}), who, verdict="rejected")
    reviews.judge(say("same", response={"total": 9}), who, verdict="approved")
    say("wrong", notes="Again.", rating="down")
    ada.open("/review", query_string=query)
    command = unescape(ada.html.split('id="command" tabindex="0">')[1].split("</pre>")[0])
    words = shlex.split(command)

    result = export(f"{tmp_path}/dataset.jsonl", *words[3:], "--format", "feedback")

    assert words[:3] == ["flask", "export-jsonl", "dataset.jsonl"]
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "dataset.jsonl").read_text().splitlines()
    exported = sorted(json.loads(line)["request_id"] for line in lines)
    assert exported == sorted(titles(ada))
    assert exported


def test_a_correction_that_another_supersedes_is_exported_where_it_is_listed(
    predict: Predict, say: Say, ada: Browser, export: Export, tmp_path: Path
) -> None:
    predict("inv", output={"total": 1, "tax": 1})
    say("inv", response={"total": 2, "tax": 1})
    say("inv", response={"total": 1, "tax": 2})
    command = ada.open("/review?field=total").html.split('tabindex="0">')[1].split("</pre>")[0]

    export(f"{tmp_path}/dataset.jsonl", *shlex.split(command)[3:])

    assert titles(ada) == ["inv"]
    assert '\\"total\\":2' in (tmp_path / "dataset.jsonl").read_text()


def test_who_reviews_blindly_learns_nothing_of_the_others_from_the_queue(
    predict: Predict, ada: Browser, bob: Browser
) -> None:
    reviews.ask_for("default", 2)
    predict("inv", output={"total": 1})
    ada.open("/review/item?prediction=request/inv&edit=form&status=uncorrected")
    ada.press("approve", comment="Misread.", **{"field:/total": "777"})

    bob.open("/review")
    assert titles(bob) == ["inv"]
    assert "Misread." not in bob.text
    assert '<bdi class="chip name">total' not in bob.html
    assert "Misread." not in bob.click("inv").text
    for query in (
        "search=777",
        "search=Misread",
        "field=total",
        "has_notes=1",
        "status=all&search=7",
    ):
        assert titles(bob.open(f"/review?{query}")) == []
        assert titles(ada.open(f"/review?{query}")) == ["inv"]


def test_another_feedback_on_the_same_output_gives_no_blind_correction_away(
    predict: Predict, say: Say, ada: Browser, bob: Browser
) -> None:
    predict("inv", output={"total": 1})
    ada.open("/review/item?prediction=request/inv&edit=form&status=uncorrected")
    ada.press("approve", **{"field:/total": "777"})
    row = say("inv", response={"total": 2})
    reviews.judge(row, _somebody(), verdict="approved")
    reviews.ask_for("default", 2)
    Feedback.update(status="pending").where(Feedback.author.is_null(False)).execute()

    assert "777" not in bob.open(f"/review/item?feedback={row.uuid}&status=approved").text
    assert "777" in ada.open(f"/review/item?feedback={row.uuid}&status=approved").text


def test_an_older_part_of_the_queue_is_shown_on_demand(say: Say, ada: Browser) -> None:
    for number in range(60):
        say(f"n{number}", notes="x")

    ada.open("/review")
    assert len(titles(ada)) == 50
    ada.click("Show more")

    assert titles(ada)[-1] == "n0"
    assert len(titles(ada)) == 10


def test_an_empty_queue_says_what_to_do(ada: Browser, project: int) -> None:
    assert "Nothing is waiting to be reviewed" in ada.open("/review").text
    assert "Nothing matches" in ada.open("/review?search=x").text
    assert "Every output that is stored has feedback" in ada.open("/review?status=uncorrected").text


def test_next_hands_each_reviewer_another_item(judged: None, ada: Browser, bob: Browser) -> None:
    first = ada.open("/review").click("Start reviewing").args["feedback"]
    second = bob.open("/review").click("Start reviewing").args["feedback"]

    assert first != second
    assert ada.open("/review").click("Start reviewing").args["feedback"] == first


def test_next_goes_on_and_round_and_then_says_that_nothing_is_left(say: Say, ada: Browser) -> None:
    for name in "abc":
        say(name, notes=name)
    ada.open("/review").click("Start reviewing")
    seen = []
    for _ in range(3):
        seen.append(ada.page.text.split("pending")[0].split()[-1])
        ada.press("approve")

    assert seen == ["c", "b", "a"]
    assert ada.at == "/review"
    assert "Approved a" in ada.text
    assert "Nothing is waiting" in ada.text


def test_the_item_before_is_one_key_away(say: Say, ada: Browser) -> None:
    rows = [say(name, notes=name) for name in "abc"]
    ada.open(f"/review/item?feedback={rows[1].uuid}&status=pending")

    assert ada.click("Before").args["feedback"] == rows[2].uuid


def test_hostile_texts_are_texts(predict: Predict, say: Say, ada: Browser) -> None:
    predict(HOSTILE, output={HOSTILE: 1}, model=HOSTILE, domain=HOSTILE)
    row = say(HOSTILE, response={HOSTILE: HOSTILE}, notes=HOSTILE, tags={HOSTILE: HOSTILE})
    reviews.judge(row, 1, comment=HOSTILE)

    for path in ("/review", f"/review/item?feedback={row.uuid}", "/review/evaluations"):
        ada.open(path, query_string=None if "?" in path else {"model": HOSTILE})
        assert ada.response.status_code == 200
        assert "<script>alert" not in ada.html
        assert "<img src=x" not in ada.html
    assert Feedback.select().count() == 1
