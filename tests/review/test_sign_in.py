"""Signing in: with a key that may review, and with nothing else."""

import pytest
from flask import Flask

from feedbackstore import keys
from feedbackstore.models import ApiKey, Secret
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


def test_signing_out_ends_the_session(ada: Browser) -> None:
    ada.press("", "")

    assert ada.open("/review").at == "/review/sign-in"


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
    assert "Secure" in secure.headers["Set-Cookie"]
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
