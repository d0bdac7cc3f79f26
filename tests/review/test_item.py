"""An item: looked at, corrected, decided, taken back; by one, and by several at once."""

import base64
import json
from typing import Any

import pytest
from flask import Flask

from feedbackstore import keys, reviews
from feedbackstore.models import ApiKey, Feedback, Lease, Review
from tests.conftest import Predict, Say
from tests.review.conftest import Browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
OUTPUT = {"total": "$12", "paid": False, "items": [{"sku": "A", "qty": 1}]}
RIGHT = {"total": "12", "paid": False, "items": [{"sku": "A", "qty": 2}]}


@pytest.fixture
def row(predict: Predict, say: Say) -> Feedback:
    """A correction of an invoice that waits to be reviewed."""
    predict("inv", output=OUTPUT, model="m", domain="document.invoice")
    return say("inv", response=RIGHT, notes="Look at the total.")


def at(row: Feedback, **more: str) -> str:
    return f"/review/item?feedback={row.uuid}" + "".join(f"&{k}={v}" for k, v in more.items())


def now(row: Feedback) -> tuple[str, Any]:
    fresh = Feedback.get(Feedback.id == row.id)
    return fresh.status, json.loads(fresh.revised) if fresh.revised else None


def test_output_and_correction_stand_side_by_side(row: Feedback, ada: Browser) -> None:
    text = ada.open(at(row)).text

    assert "Read document inv." in text
    assert "Look at the total." in text
    assert 'total changed $12 "12"' in text
    assert "items[0].qty changed 1 2" in text
    assert "items[0].sku A A" in text


@pytest.mark.parametrize(("button", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_a_decision_is_stored_and_can_be_undone_on_the_next_page(
    row: Feedback, ada: Browser, button: str, status: str
) -> None:
    ada.open(at(row)).press(button, comment="ok")
    assert now(row) == (status, None)
    assert f"{status.capitalize()} inv" in ada.text

    undo = next(form for form in ada.page.forms if "undo" in form.action)
    ada.client.post(undo.action, data=undo.fields)
    assert now(row) == ("pending", None)
    assert "took it back" in ada.open(at(row)).text


def test_what_was_decided_can_be_opened_again(row: Feedback, ada: Browser) -> None:
    ada.open(at(row)).press("approve")
    ada.open(at(row)).press("reopen")

    assert now(row) == ("pending", None)


def test_a_correction_is_edited_in_a_form(row: Feedback, ada: Browser) -> None:
    ada.open(at(row, edit="form"))

    ada.press("approve", **{"field:/total": "13"})

    assert now(row) == ("approved", {**RIGHT, "total": "13"})
    assert json.loads(Feedback.get().response) == RIGHT
    assert "with a correction" in ada.open(at(row)).text


def test_saving_keeps_it_pending(row: Feedback, ada: Browser) -> None:
    ada.open(at(row, edit="form")).press("save", **{"field:/total": "13"})

    assert now(row) == ("pending", {**RIGHT, "total": "13"})
    assert "Saved inv" in ada.text


def test_rows_are_added_removed_and_moved(row: Feedback, ada: Browser) -> None:
    ada.open(at(row, edit="form"))
    ada.press("add /items", "op", **{"field:/total": "99"})
    assert ada.fields["field:/total"] == "99"
    ada.press("up /items/1", "op", **{"field:/items/1/sku": "B", "field:/items/1/qty": "7"})

    ada.press("approve")

    items = [{"sku": "B", "qty": 7}, {"sku": "A", "qty": 2}]
    assert now(row) == ("approved", {**RIGHT, "total": "99", "items": items})


def test_form_and_json_are_two_views_of_one_thing(row: Feedback, ada: Browser) -> None:
    ada.open(at(row, edit="form")).press("json", "op", **{"field:/total": "77"})
    assert json.loads(ada.fields["json"]) == {**RIGHT, "total": "77"}

    text = ada.fields["json"].replace('"77"', "78.10")
    ada.press("form", "op", json=text)
    ada.press("save")

    assert Feedback.get().revised.startswith('{"total":78.1,')


@pytest.mark.parametrize("text", ['{"total": }', "[1]", "12", '{"a": 1, "a": 2}', ""])
def test_json_that_is_none_is_refused_and_kept(row: Feedback, ada: Browser, text: str) -> None:
    ada.open(at(row, edit="json")).press("approve", json=text)

    assert ada.response.status_code == 422
    assert ada.fields["json"] == text
    assert now(row) == ("pending", None)


def test_what_a_schema_does_not_allow_is_told_and_can_be_insisted_on(
    predict: Predict, say: Say, ada: Browser
) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}}
    predict("s", output={"n": 1}, json_schema=schema)
    row = say("s", response={"n": 2})

    ada.open(at(row, edit="form")).press("approve", **{"field:/n": "12"})
    assert ada.response.status_code == 422
    assert ada.fields["field:/n"] == "12"
    assert now(row) == ("pending", None)

    ada.press("approve", anyway="1")
    assert now(row) == ("approved", {"n": 12})


def test_saving_what_changes_nothing_makes_no_correction(row: Feedback, ada: Browser) -> None:
    ada.open(at(row, edit="form")).press("save")

    assert Review.select().count() == 0
    assert now(row) == ("pending", None)


def test_who_comes_second_is_told_and_keeps_what_they_typed(
    row: Feedback, ada: Browser, bob: Browser
) -> None:
    ada.open(at(row, edit="form"))
    bob.open(at(row)).press("reject")
    assert "Ada has this open too" in bob.open(at(row)).text

    ada.press("approve", **{"field:/total": "13"})
    assert ada.response.status_code == 409
    assert "rejected by Bob" in ada.text
    assert now(row) == ("rejected", None)
    assert ada.fields["field:/total"] == "13"

    ada.press("approve")
    assert now(row) == ("approved", {**RIGHT, "total": "13"})


def test_independent_reviewers_see_nothing_of_each_other_until_both_are_done(
    row: Feedback, ada: Browser, bob: Browser
) -> None:
    reviews.ask_for("default", 2)
    ada.open(at(row, edit="form")).press("approve", comment="mine", **{"field:/total": "13"})
    assert now(row) == ("pending", None)

    text = bob.open(at(row)).text
    assert "13" not in text.split("What was asked")[1].split("submitted")[0]
    assert "mine" not in text
    bob.press("approve")

    assert now(row)[0] == "disputed"
    text = bob.open(at(row)).text
    assert "They agree on 3 of 4 fields" in text
    assert "mine" in text


def test_next_does_not_hand_out_what_one_has_reviewed_already(row: Feedback, ada: Browser) -> None:
    reviews.ask_for("default", 2)
    ada.open("/review").click("Start reviewing").press("approve")

    assert ada.at == "/review"


def test_other_corrections_of_the_same_output_stand_together(
    row: Feedback, say: Say, ada: Browser
) -> None:
    say("inv", response={**RIGHT, "total": "15"})

    text = ada.open(at(row)).text

    assert "Other corrections of the same output They agree on 3 of 4 fields" in text


def test_an_output_without_feedback_is_corrected_here(predict: Predict, ada: Browser) -> None:
    predict("new", output=OUTPUT)

    ada.open("/review?status=uncorrected").click("Start reviewing").click("Edit")
    ada.press("approve", **{"field:/total": "12"})

    row = Feedback.get()
    assert json.loads(row.response) == {**OUTPUT, "total": "12"}
    assert row.status == "approved"
    assert "Approved new" in ada.text


@pytest.mark.parametrize(("button", "rating"), [("approve", "up"), ("reject", "down")])
def test_an_output_is_right_or_wrong_with_one_button(
    predict: Predict, ada: Browser, button: str, rating: str
) -> None:
    predict("new", output=OUTPUT)

    ada.open("/review?status=uncorrected").click("Start reviewing").press(button)

    assert (Feedback.get().rating, Feedback.get().response) == (rating, None)


def test_two_who_correct_the_same_output_are_told(
    predict: Predict, ada: Browser, bob: Browser
) -> None:
    predict("new", output=OUTPUT)
    for browser in (ada, bob):
        browser.open("/review/item?prediction=request/new&status=uncorrected&edit=form")
    ada.press("approve", **{"field:/total": "1"})

    bob.press("approve", **{"field:/total": "2"})

    assert bob.response.status_code == 409
    assert bob.fields["field:/total"] == "2"
    assert Feedback.select().count() == 1


@pytest.mark.parametrize(
    ("output", "edited"),
    [
        ("plain text", {"role": "assistant", "content": "better"}),
        ([1, 2], {"role": "assistant", "content": "better"}),
    ],
)
def test_a_text_is_corrected_as_a_text(
    predict: Predict, ada: Browser, output: Any, edited: Any
) -> None:
    predict("t", output=output)

    ada.open("/review/item?prediction=request/t&status=uncorrected&edit=form")
    ada.press("approve", **{"field:/content": "better"})

    assert json.loads(Feedback.get().response) == edited


def test_pictures_are_shown_from_here_and_addresses_are_not_loaded(
    predict: Predict, say: Say, ada: Browser
) -> None:
    picture = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    script = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='x()'/>").decode()
    urls = [picture, script, "https://elsewhere.example/a.png"]
    content = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    predict("pic", input=[{"role": "user", "content": content}])
    row = say("pic", notes="?")

    ada.open(at(row))

    shown = [part.split('"')[0] for part in ada.html.split('<img src="')[1:]]
    answers = [ada.client.get(path) for path in shown]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].data == PIXEL
    assert answers[0].headers["Content-Type"] == "image/png"
    assert "https://elsewhere.example/a.png" in ada.text


def test_feedback_without_a_prediction_can_be_reviewed(say: Say, ada: Browser) -> None:
    row = say("nowhere", response={"a": 1})

    assert "No prediction is stored under this id yet" in ada.open(at(row)).text
    ada.press("approve")
    assert now(row) == ("approved", None)


def test_a_button_that_is_none_is_refused(row: Feedback, ada: Browser) -> None:
    data = {**ada.open(at(row)).fields, "do": "destroy"}

    response = ada.client.post(at(row), data=data)

    assert response.status_code == 422
    assert now(row) == ("pending", None)


@pytest.mark.parametrize(
    "path", ["/review/item?feedback=x", "/review/item?prediction=chat/x", "/review/item"]
)
def test_an_item_that_is_not_there_is_a_page(ada: Browser, path: str) -> None:
    assert ada.open(path).response.status_code == 404


@pytest.mark.parametrize("button", ["approve", "reject"])
def test_a_second_click_is_nothing_new(predict: Predict, ada: Browser, button: str) -> None:
    predict("new", output=OUTPUT)
    path = "/review/item?prediction=request/new&status=uncorrected"
    data = {**ada.open(path).fields, "do": button}

    answers = [ada.client.post(path, data=data).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert Feedback.select().count() == Review.select().count() == 1


def test_a_second_click_on_undo_takes_nothing_more_back(row: Feedback, ada: Browser) -> None:
    ada.open(at(row, edit="form")).press("save", **{"field:/total": "13"})
    ada.open(at(row)).press("approve")
    (form,) = [form for form in ada.page.forms if "review" in form.fields]

    answers = [ada.client.post(form.action, data=form.fields).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert now(row) == ("pending", {**RIGHT, "total": "13"})


def test_who_was_second_on_an_output_can_still_save_what_they_typed(
    predict: Predict, ada: Browser, bob: Browser
) -> None:
    predict("new", output=OUTPUT)
    path = "/review/item?prediction=request/new&status=uncorrected"
    bob.open(f"{path}&edit=form")
    ada.open(path).press("approve")
    bob.press("approve", **{"field:/total": "2"})
    assert bob.response.status_code == 409

    assert "Open again" in ada.open(path).html
    # The page that told them is a form like any other.
    fields = bob.fields
    response = bob.client.post(path, data={**fields, "do": "approve"})

    assert response.status_code == 303
    assert [row.author.name for row in Feedback.select()] == ["Ada", "Bob"]


def test_what_is_sent_after_the_session_ended_is_kept_and_sent_again(
    row: Feedback, ada: Browser, app: Flask, project: int
) -> None:
    ada.open(at(row, edit="form"))
    ada.client.delete_cookie("feedbackstore_review", path="/review")
    ada.press("approve", **{"field:/total": "13"})
    assert ada.response.status_code == 401
    assert now(row) == ("pending", None)

    ada.press("", "", key="wrong")
    ada.press("", "", key=str(keys.create(scopes=["review"])))
    assert now(row) == ("pending", None)
    form = ada.page.forms[1]
    ada.client.post(form.action, data=form.fields)

    assert now(row) == ("approved", {**RIGHT, "total": "13"})


def test_what_another_site_sends_is_not_kept_for_after_the_sign_in(
    row: Feedback, app: Flask
) -> None:
    response = app.test_client().post(at(row), data={"do": "approve", "token": "1.x"})

    assert response.status_code == 303
    assert "again" not in response.text


def test_a_decision_on_an_output_that_was_replaced_is_not_taken(
    row: Feedback, predict: Predict, ada: Browser
) -> None:
    ada.open(at(row, edit="form"))
    predict("inv", output={"total": "new"}, replace=True)

    ada.press("approve", **{"field:/total": "13"})
    assert ada.response.status_code == 409
    assert "was replaced while you had it open" in ada.text
    assert now(row) == ("pending", None)
    assert ada.fields["field:/total"] == "13"

    ada.press("approve")
    assert now(row)[0] == "approved"


def test_only_what_is_still_to_be_decided_is_held_for_whoever_opens_it(
    row: Feedback, ada: Browser
) -> None:
    ada.open(at(row)).press("approve")
    ada.open(at(row))
    assert Lease.select().where(Lease.item == row.uuid).count() == 0

    ada.open(at(row, edit="form"))
    assert Lease.select().where(Lease.item == row.uuid).count() == 1


def test_who_took_back_a_verdict_is_handed_the_item_again(row: Feedback, ada: Browser) -> None:
    reviews.ask_for("default", 2)
    me = int(ApiKey.get(ApiKey.name == "Ada").id)
    reviews.judge(row, me, verdict="approved")
    assert ada.open("/review/next?status=pending").at == "/review"

    reviews.judge(row, me, verdict="pending")

    assert ada.open("/review/next?status=pending").args["feedback"] == row.uuid
