"""Forms that no page of ours has made: refused in words, and nothing stored."""

from typing import Any

import pytest
from flask import Flask

from feedbackstore import ids
from feedbackstore.models import ApiKey, Feedback, Review
from feedbackstore.review.posted import MAX_FIELDS
from tests.conftest import Predict, Say
from tests.review.conftest import Browser

ODD = (
    "", "x", "0", "-1", "\0", "\ufeff", "'", '"', "null", "[]", "{}", "{", "NaN", '{"a":1,"a":2}', "form", "json",
    "9" * 30, "9" * 5000, "x" * 200_000, '{"a":' * 300, "[" * 100_000, "\ud7ff\U0010ffff", "../..", "//evil", "a\r\nb",
    '{"total":1e999}', '{"\\ud800":1}', '{"\\u0000":1}',
)  # fmt: skip
PLACES = (
    "field:", "field:/", "field:/total", "field:/total/0", "field:/items/0/qty", "field:/items/-1", "field:/items/99999999999999999999",
    "field:/items/x", "field:/~2", "field:~0~1", "field:/\u0665", "field:" + "/0" * 5000, "kind:/total", "field:/total\0", "f", ":", "again:x", "",
)  # fmt: skip


@pytest.fixture
def row(predict: Predict, say: Say) -> Feedback:
    predict("inv", output={"total": 1, "items": [{"qty": 1}]})
    return say("inv", response={"total": 2, "items": [{"qty": 2}]})


@pytest.fixture
def fields(ada: Browser, row: Feedback) -> dict[str, str]:
    """What the form that corrects it holds."""
    return ada.open(f"/review/item?feedback={row.uuid}&edit=form").fields


def post(browser: Browser, path: str, row: Feedback, data: Any, **kwargs: Any) -> Any:
    response = browser.client.post(f"/review/{path}?feedback={row.uuid}", data=data, **kwargs)
    text = response.get_data(as_text=True)
    assert response.status_code < 500, text
    assert "Traceback" not in text
    return response


@pytest.mark.parametrize("path", ["item", "item/edit", "undo"])
def test_fields_that_are_missing_doubled_or_odd_are_answered_in_words(
    ada: Browser, row: Feedback, fields: dict[str, str], path: str
) -> None:
    filled = {**fields, "do": "save", "op": "check"}
    for name, filled_in in filled.items():
        post(ada, path, row, {key: text for key, text in filled.items() if key != name})
        post(ada, path, row, {**filled, name: [filled_in, "x"]})
    for name in {"do", "op", "mode", "base", "json", "seen", "shown", "review", "comment"} | {
        key for key in fields if key != "token"
    }:
        for text in ODD:
            post(ada, path, row, {**filled, name: text})
    for name in PLACES:
        post(ada, path, row, {**filled, name: "x"})
        for word in ("add", "remove", "up", "down", "", "drop"):
            op = name.removeprefix("field:")
            post(ada, path, row, {**filled, "op": f"{word} {op}"})


def test_a_change_without_the_pages_token_is_none(
    ada: Browser, row: Feedback, fields: dict[str, str]
) -> None:
    for token in (
        None,
        "",
        "x",
        "1.",
        "1." + "0" * 64,
        fields["token"][:-1],
        fields["token"] + "0",
    ):
        data = {**fields, "do": "approve", "token": token}
        refused = post(ada, "item", row, {k: v for k, v in data.items() if v is not None})
        assert refused.status_code == 403

    assert not Review.select().exists()


def test_a_form_may_have_so_many_fields_and_no_more(
    ada: Browser, row: Feedback, fields: dict[str, str]
) -> None:
    filled = {**fields, "do": "approve"}
    most = {f"n{number}": "" for number in range(MAX_FIELDS - len(filled))}

    assert post(ada, "item", row, {**filled, **most, "one": "more"}).status_code == 413
    assert not Review.select().exists()
    assert post(ada, "item", row, {**filled, **most}).status_code == 303


@pytest.mark.parametrize("path", ["item", "sign-in"])
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/json", "text/plain"]
)
def test_a_form_of_another_kind_is_refused(
    ada: Browser, row: Feedback, path: str, kind: str
) -> None:
    refused = post(ada, path, row, b"--x\r\n\r\n", content_type=kind)

    assert refused.status_code == 415
    assert "application/x-www-form-urlencoded" in refused.get_data(as_text=True)


def test_much_is_read_from_those_alone_who_were_signed_in(
    app: Flask, ada: Browser, row: Feedback
) -> None:
    much = {"key": "x" * 100_000}
    stranger = Browser(app)

    assert post(stranger, "sign-in", row, much).status_code == 413
    assert post(stranger, "item", row, much).status_code == 413
    assert post(ada, "sign-in", row, much).status_code == 403
    # Whose key has ended meanwhile has typed it for nothing, were it not kept for after the sign-in.
    ApiKey.update(revoked_at=ids.now()).execute()
    assert post(ada, "item", row, much).status_code != 413
