"""The queue: what is in it, what a filter leaves, who is handed what."""

import shlex

import pytest

from feedbackstore import reviews
from feedbackstore.models import Feedback
from tests.conftest import Export, Predict, Say
from tests.review.conftest import Browser

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


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
        ("kind=letter", "One of request"),
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


def test_the_command_that_is_shown_exports_what_is_listed(
    judged: None, say: Say, ada: Browser, export: Export, tmp_path: object
) -> None:
    say("wrong", response={"total": "12'00"}, tags={"it's": "a b"})
    ada.open("/review", query_string={"search": "12'00", "tag": "it's=a b", "model": "old"})
    command = ada.html.split('id="command" tabindex="0">')[1].split("</pre>")[0]
    words = shlex.split(command.replace("&#39;", "'").replace("&#34;", '"'))

    result = export(f"{tmp_path}/dataset.jsonl", *words[3:])

    assert words[:3] == ["flask", "export-jsonl", "dataset.jsonl"]
    assert result.exit_code == 0, result.output
    assert "12'00" in (tmp_path / "dataset.jsonl").read_text()  # type: ignore[operator]


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
