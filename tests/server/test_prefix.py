"""Behind a proxy: under a path of its, and with TLS."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from feedbackstore import database, keys
from tests.server.conftest import AS_MAKE_RUN, Serve, Store

FORWARDED = {"X-Forwarded-Proto": "https"}


@pytest.mark.parametrize("kept", [True, False], ids=["prefix kept", "prefix taken off"])
def test_the_review_page_stays_under_its_prefix(
    serve: Serve, new_store: Store, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    database.connect(new_store.url)
    key = str(keys.create(scopes=["review"], name="Ada"))
    database.close()
    monkeypatch.setenv("SCRIPT_NAME", "/store")
    server = serve(new_store, *AS_MAKE_RUN, TRUSTED_PROXIES="1")
    server.submit(request_id="inv", response={"total": 1})

    def send(method: str, path: str, **more: Any) -> requests.Response:
        url = server.address + (path if kept else path.removeprefix("/store"))
        more |= {"timeout": 10, "allow_redirects": False, "headers": FORWARDED}
        return requests.request(method, url, **more)

    asked = send("GET", "/store/review?status=all")
    assert urlsplit(asked.headers["Location"]).path == "/store/review/sign-in"
    form = {"key": key, "next": "/store/review?status=all"}
    signed_in = send("POST", "/store/review/sign-in", data=form)
    assert signed_in.headers["Location"] == "/store/review?status=all"
    cookie = signed_in.headers["Set-Cookie"]
    assert "Path=/store/review" in cookie
    assert "; Secure; " in cookie
    assert cookie.startswith("__Secure-")

    sent = {"cookies": dict([cookie.partition(";")[0].split("=", 1)])}
    page = send("GET", "/store/review?status=all", **sent)
    links = re.findall(r'(?:href|src|action|hx-\w+)="([^"#]+)"', page.text)
    assert [link for link in links if not link.startswith("/store/review")] == []
    for link in re.findall(r'(?:href|src)="([^"#]+)"', unescape(page.text)):
        assert send("GET", link, **sent).status_code in (200, 303)
