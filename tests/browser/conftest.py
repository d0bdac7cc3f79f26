"""A Chromium of the distribution's, at a real server whose store holds what reviewers meet.

Every page that a test opens is watched: a message on its console, a request to another machine or
an answer of 5xx fails the test.
"""

import base64
import shutil
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from feedbackstore import database, keys
from tests.server.conftest import AS_MAKE_RUN, Server, make_store

HOSTILE: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")
SCHEMA: Final = {
    "type": "object",
    "title": "Invoice",
    "required": ["number", "total"],
    "properties": {
        "number": {"type": "string"},
        "issued": {"type": "string", "format": "date"},
        "currency": {"enum": ["EUR", "USD"]},
        "total": {"type": "number", "minimum": 0},
        "paid": {"type": "boolean"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}},
            },
        },
    },
}
OUTPUT: Final = {
    "number": "NT-1041",
    "issued": "2026-02-10",
    "currency": "EUR",
    "total": 420,
    "paid": False,
    "items": [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2}],
}
PIXEL: Final = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
        "AABJRU5ErkJggg=="
    )
).decode()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that the machine has."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "A Chromium is needed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Any) -> Iterator[Server]:
    """A server with six invoices to review, one output without feedback, and hostile ones."""
    server = Server(make_store(tmp_path), *AS_MAKE_RUN)
    try:
        server.wait_until_ready()
        fill(server)
        yield server
        assert server.stop() == 0
        assert "Traceback" not in server.printed
    finally:
        server.kill()


def fill(server: Server) -> None:
    """What reviewers meet."""
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    far = {"type": "image_url", "image_url": {"url": "https://elsewhere.example/a.png"}}
    asked = [{"role": "user", "content": [{"type": "text", "text": "Read it."}, picture]}]
    told = {"domain": "document.invoice", "model": "vlm-1", "json_schema": SCHEMA}
    server.record("request", "unseen", input=asked, output=OUTPUT, **told)
    hostile_input = [{"role": "user", "content": [{"type": "text", "text": HOSTILE}, far]}]
    members = {"output": {HOSTILE: [HOSTILE]}, "model": HOSTILE, "domain": HOSTILE}
    server.record("request", HOSTILE, input=hostile_input, **members)
    server.submit(
        request_id=HOSTILE, response={HOSTILE: [HOSTILE * 2]}, notes=HOSTILE, tags={HOSTILE: "x"}
    )
    for number in range(6):
        server.record("request", f"inv-{number}", input=asked, output=OUTPUT, **told)
        right = {**OUTPUT, "issued": "2026-10-02", "total": 499.8}
        server.submit(request_id=f"inv-{number}", response=right, notes="Day and month swapped.")


Reviewer = Callable[..., Page]


@pytest.fixture
def reviewer(chromium: Browser, site: Server) -> Iterator[Reviewer]:
    """Open the queue as a reviewer of that name, with options of the browser's."""
    contexts: list[BrowserContext] = []
    heard: list[str] = []

    def open_queue(name: str = "Ada", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 850}, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        _listen(page, site.address, heard)
        page.goto(f"{site.address}/review")
        page.get_by_label("API key").fill(_key(site, name))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Parts of the queue").wait_for()
        return page

    yield open_queue
    for context in contexts:
        context.close()
    assert heard == []


def _listen(page: Page, address: str, heard: list[str]) -> None:
    def on_request(request: Any) -> None:
        if not request.url.startswith(f"{address}/"):
            heard.append(f"asked elsewhere: {request.url}")

    def on_response(response: Any) -> None:
        if response.status >= 500:
            heard.append(f"{response.status} {response.url}")

    def on_console(message: Any) -> None:
        # Chromium and htmx note every answer of 4xx; those are what the tests provoke.
        noted = message.text.startswith(("Failed to load resource", "Response Status Error Code 4"))
        if message.type in ("error", "warning") and not noted:
            heard.append(f"console: {message.text}")

    page.on("request", on_request)
    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("dialog", lambda dialog: _answer(dialog, heard))


def _answer(dialog: Any, heard: list[str]) -> None:
    if dialog.type != "beforeunload":
        heard.append(f"a script ran: {dialog.message}")
    dialog.accept()


def _key(site: Server, name: str) -> str:
    database.connect(f"sqlite:///{site.database}")
    try:
        return str(keys.create(scopes=["review"], name=name))
    finally:
        database.close()
