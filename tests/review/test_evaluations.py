"""The evaluations' page: what it shows, and where its bars lead."""

import pytest

from feedbackstore import reviews
from feedbackstore.models import Feedback
from tests.review.conftest import Browser


def leads(browser: Browser) -> list[str]:
    """Where the page's links into the queue lead."""
    parts = browser.html.split('href="/review?')[1:]
    return [part.split('"')[0].replace("&amp;", "&") for part in parts]


def test_it_shows_where_the_model_is_wrong(judged: None, ada: Browser) -> None:
    text = ada.open("/review/evaluations").text

    assert "50.0 % 2 of 4 outputs judged" in text
    assert "Fields, the weakest first" in text
    assert "total" in text
    assert '"$1,200.00" → "1200"' in text


@pytest.mark.parametrize(
    ("by", "lead"),
    [
        ("model", "status=all&model=old"),
        ("domain", "status=all&domain=document.receipt"),
        ("week", "status=all&week=2026-W42"),
    ],
)
def test_each_bar_leads_to_the_feedback_behind_it(
    judged: None, ada: Browser, by: str, lead: str
) -> None:
    found = leads(ada.open(f"/review/evaluations?by={by}"))

    assert "status=all&field=total" in found
    assert lead in found
    assert all(ada.open(f"/review?{each}").response.status_code == 200 for each in set(found))


def test_the_scope_goes_along(judged: None, ada: Browser) -> None:
    found = leads(ada.open("/review/evaluations?model=old&kind=request"))

    assert "status=all&kind=request&model=old&field=total" in found


def test_what_was_rejected_counts_no_more(judged: None, ada: Browser) -> None:
    row = Feedback.get(Feedback.request_id == "wrong")
    reviews.judge(row, 1, verdict="rejected")

    assert "$1,200.00" not in ada.open("/review/evaluations").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=yesterday", "is no day or moment"),
        ("kind=letter", "is no kind"),
        ("by=colour", "is not to be chosen"),
        ("tolerance=much", "could not convert"),
        ("tolerance=-1", "greater than or equal to 0"),
        ("evaluator=field_accuracy&ignore_order=1", "Only structural knows it"),
    ],
)
def test_a_wish_that_makes_no_sense_is_told(
    judged: None, ada: Browser, query: str, words: str
) -> None:
    ada.open(f"/review/evaluations?{query}")

    assert ada.response.status_code == 422
    assert words in ada.text


def test_an_empty_store_says_so(ada: Browser) -> None:
    assert "No prediction matches" in ada.open("/review/evaluations").text


def test_the_charts_style_is_a_file(ada: Browser) -> None:
    response = ada.client.get("/review/charts.css")

    assert response.headers["Content-Type"].startswith("text/css")
    assert ".chart" in response.text
