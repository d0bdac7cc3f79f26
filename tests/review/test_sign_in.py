"""Signing in: with a key that may review, and with nothing else."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from feedbackstore import durations, keys, rotation, sign_ins
from feedbackstore.app import create_app
from feedbackstore.models import ApiKey, Review, Secret, Session
from tests.review.conftest import Browser, SignIn

PAGES = ("/review", "/review/item?feedback=x", "/review/next", "/review/evaluations", "/review/x")


@pytest.mark.parametrize("path", PAGES)
def test_whoever_is_not_signed_in_is_asked_to(app: Flask, path: str) -> None:
    browser = Browser(app).open(path)

    assert browser.at == "/review/sign-in"
    assert browser.args["next"] == path
    assert "flask keys create --scopes review" in browser.text


def test_a_reviewer_comes_to_where_they_wanted(app: Flask, project: int) -> None:
    key = str(keys.create(scopes=["review"]))

    browser = Browser(app).open("/review?status=approved").press("", "", key=f" {key}\n")

    assert browser.at == "/review"
    assert browser.args == {"status": "approved"}


@pytest.mark.parametrize("scopes", [["read"], ["submit", "export"], ["admin"]])
def test_a_key_that_may_not_review_is_refused(app: Flask, project: int, scopes: list[str]) -> None:
    key = str(keys.create(scopes=scopes))

    browser = Browser(app).open("/review").press("", "", key=key)

    assert browser.response.status_code == 403
    assert "no key that may review" in browser.text
    assert key not in browser.html
    assert Browser(app).open("/review").at == "/review/sign-in"


def test_the_session_is_over_once_the_key_is_revoked(ada: Browser) -> None:
    assert ada.open("/review").at == "/review"
    keys.revoke(ApiKey.get(ApiKey.name == "Ada").key_id)

    assert ada.open("/review").at == "/review/sign-in"


def test_the_session_is_over_once_the_key_expires(ada: Browser) -> None:
    end = durations.parse_end("1h")
    ApiKey.update(expires_at=end).where(ApiKey.name == "Ada").execute()
    assert ada.open("/review").at == "/review"
    text = cookie_of(ada)

    assert sign_ins.find(text, now=end) is None
    ApiKey.update(expires_at="2020-01-01T00:00:00.000000Z").where(ApiKey.name == "Ada").execute()
    assert ada.open("/review").at == "/review/sign-in"


def cookie_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie("feedbackstore_review", path="/review")
    assert cookie is not None
    return str(cookie.value)


def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(ada: Browser) -> None:
    kept = cookie_of(ada)
    ada.open("/review").press("", "")

    assert ada.open("/review").at == "/review/sign-in"
    ada.client.set_cookie("feedbackstore_review", kept, path="/review")
    assert ada.open("/review").at == "/review/sign-in"


def test_each_sign_in_is_another_and_ends_the_one_before_it(app: Flask, project: int) -> None:
    key = str(keys.create(scopes=["review"]))
    browser, elsewhere = Browser(app), Browser(app)
    first = browser.client.post("/review/sign-in", data={"key": key}).headers["Set-Cookie"]
    elsewhere.client.post("/review/sign-in", data={"key": key})
    second = browser.client.post("/review/sign-in", data={"key": key}).headers["Set-Cookie"]

    assert first.partition(";")[0] != second.partition(";")[0]
    assert sign_ins.find(first.partition(";")[0].partition("=")[2]) is None
    assert elsewhere.open("/review").at == "/review"


def test_a_session_ends_when_it_is_not_used_and_is_forgotten(ada: Browser, sign_in: SignIn) -> None:
    Session.update(expires_at="2020-01-01T00:00:00.000000Z").execute()

    assert ada.open("/review").at == "/review/sign-in"
    sign_in("Bob")
    assert Session.select().count() == 1


def test_a_session_that_is_used_lasts(ada: Browser) -> None:
    soon = durations.parse_end("1h")
    Session.update(expires_at=soon).execute()

    response = ada.client.get("/review")

    assert "Max-Age=43200" in response.headers["Set-Cookie"]
    assert Session.get().expires_at > soon
    assert "Set-Cookie" not in ada.client.get("/review").headers


def test_who_only_looks_is_kept_from_it_by_no_store_that_cannot_write(
    ada: Browser, tmp_path: Path
) -> None:
    Session.update(expires_at=durations.parse_end("1h")).execute()
    with closing(sqlite3.connect(tmp_path / "feedback.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ada.client.get("/review").status_code == 200


def test_nothing_that_lets_anybody_in_stands_in_the_store(ada: Browser) -> None:
    assert cookie_of(ada) not in Session.get().digest


def test_who_signs_in_with_a_new_key_is_the_reviewer_that_they_were(
    app: Flask, ada: Browser, say: Any
) -> None:
    row = say("inv", response={"total": 1})
    old = ApiKey.get(ApiKey.name == "Ada")
    new = rotation.rotate(old.key_id, timedelta(0))
    assert ada.open("/review").at == "/review/sign-in"

    ada.press("", "", key=new).open(f"/review/item?feedback={row.uuid}").press("approve")

    assert [review.reviewer_id for review in Review.select()] == [old.id]


@pytest.mark.parametrize("change", [lambda text: text[:-2] + "xx", lambda text: "x" + text])
def test_a_cookie_that_was_tampered_with_is_none(ada: Browser, change: object) -> None:
    cookie = ada.client.get_cookie("feedbackstore_review", path="/review")
    assert cookie is not None
    ada.client.set_cookie("feedbackstore_review", change(cookie.value), path="/review")  # type: ignore[operator]

    assert ada.open("/review").at == "/review/sign-in"


def test_another_secret_signs_everybody_out(ada: Browser) -> None:
    Secret.update(value="another").execute()

    assert ada.open("/review").at == "/review/sign-in"


def test_the_cookie_is_for_no_script_and_no_other_site(app: Flask, project: int) -> None:
    key = str(keys.create(scopes=["review"]))

    response = app.test_client().post("/review/sign-in", data={"key": key})

    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/review" in cookie
    assert "Secure" not in cookie
    secure = app.test_client().post("https://localhost/review/sign-in", data={"key": key})
    assert secure.headers["Set-Cookie"].startswith("__Host-feedbackstore_review=")
    assert "; Secure; " in secure.headers["Set-Cookie"]
    assert "; Path=/;" in secure.headers["Set-Cookie"] + ";"
    assert key not in cookie


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/reviewer", "javascript:x"],
)
def test_nobody_is_sent_to_another_site(app: Flask, project: int, address: str) -> None:
    key = str(keys.create(scopes=["review"]))

    response = app.test_client().post("/review/sign-in", data={"key": key, "next": address})

    assert response.headers["Location"] == "/review"


def test_nothing_is_changed_by_another_sites_form(ada: Browser) -> None:
    forged = ada.client.post("/review/sign-out", data={})
    told = ada.client.post("/review/sign-out", headers={"Sec-Fetch-Site": "cross-site"})

    assert (forged.status_code, told.status_code) == (403, 403)
    assert ada.open("/review").at == "/review"


def test_one_reviewers_token_is_nothing_for_another(ada: Browser, bob: Browser) -> None:
    token = ada.open("/review").page.forms[0].fields["token"]

    assert bob.client.post("/review/sign-out", data={"token": token}).status_code == 403


@pytest.mark.parametrize("path", ["/review", "/review/evaluations", "/review/nowhere"])
def test_no_page_runs_or_loads_anything_of_elsewhere(ada: Browser, path: str) -> None:
    response = ada.client.get(path)

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    for forbidden in (" style=", " onclick=", "<script>", "<style", "http://", "https://"):
        assert forbidden not in response.text


def test_a_page_that_is_not_there_is_a_page(ada: Browser) -> None:
    browser = ada.open("/review/nowhere")

    assert browser.response.status_code == 404
    assert "There is no page nowhere" in browser.text


def test_a_project_is_a_wall(sign_in: SignIn, judged: None) -> None:
    eve = sign_in("Eve", project="elsewhere")

    assert "Nothing is waiting" in eve.open("/review").text


@pytest.mark.parametrize("address", ["http://[", "//[x"])
def test_an_address_that_is_none_leads_to_the_queue(ada: Browser, address: str) -> None:
    response = ada.client.get("/review/sign-in", query_string={"next": address})

    assert response.headers["Location"] == "/review"


def test_wrong_keys_at_the_form_are_slowed_and_a_good_one_is_let_in(
    store: str, project: int
) -> None:
    settings = {
        "FEEDBACKSTORE_DATABASE_URL": store,
        "FEEDBACKSTORE_FAILED_SIGN_INS": "20/hour",
    }
    key = str(keys.create(scopes=["review"]))
    browser = Browser(create_app(settings)).open("/review")

    found = [browser.press("", "", key=f"wrong {n}").response.status_code for n in range(25)]

    assert found == [403] * 20 + [429] * 5
    wait = browser.response.headers["Retry-After"]
    assert 170 <= int(wait) <= 180
    assert f"from this address. Try again in {wait} seconds." in browser.text
    assert browser.press("", "", key=key).at == "/review"


def test_a_page_says_that_too_much_was_asked(store: str) -> None:
    settings = {
        "FEEDBACKSTORE_DATABASE_URL": store,
        "FEEDBACKSTORE_RATE_LIMIT_PER_KEY": "2/hour",
    }
    key = str(keys.create(scopes=["review"]))
    browser = Browser(create_app(settings)).open("/review").press("", "", key=key)

    assert browser.open("/review").response.status_code == 200
    assert browser.open("/review").response.status_code == 429
    assert int(browser.response.headers["Retry-After"]) > 1000
    assert "This key sends too much. Try again in" in browser.text
