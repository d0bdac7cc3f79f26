"""Reviewers at their browsers: forms are read out of the pages, filled in and sent."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urljoin

import pytest
from flask import Flask

from feedbackstore import keys


class Form(NamedTuple):
    """A form as it would be sent."""

    action: str
    method: str
    fields: dict[str, str]
    buttons: list[dict[str, str | None]]


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.text = ""
        self._within: Form | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._href: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name = has.get("name") or ""
        if tag == "a":
            self._href = has.get("href")
            self.links.setdefault("", self._href or "")
        if tag == "form":
            self._within = Form(has.get("action") or "", has.get("method") or "get", {}, [])
            self.forms.append(self._within)
        if self._within is None:
            return
        if tag == "button":
            self._within.buttons.append(has)
        if tag == "textarea":
            self._area = name
            self._within.fields[name] = ""
        if tag == "select":
            self._select = name
        if (
            tag == "option"
            and self._select
            and ("selected" in has or self._select not in self._within.fields)
        ):
            self._within.fields[self._select] = has.get("value") or ""
        if tag == "input" and name and (has.get("type") != "checkbox" or "checked" in has):
            self._within.fields[name] = has.get("value") or ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._area and self._within:
            self._within.fields[self._area] += data
        if self._href and data.strip():
            self.links[data.strip()] = self._href

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = None
        if tag == "textarea":
            if self._area and self._within:
                text = self._within.fields[self._area].removeprefix("\n")
                self._within.fields[self._area] = text
            self._area = None
        if tag == "select":
            self._select = None
        if tag == "a":
            self._href = None


class Browser:
    """A browser: the page that it shows, and what can be done with that."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.response: Any = None
        self.at = ""

    def open(self, path: str, **kwargs: Any) -> "Browser":
        """Go somewhere, following redirects."""
        self._show(self.client.get(path, follow_redirects=True, **kwargs))
        return self

    def click(self, words: str) -> "Browser":
        """Follow the link that reads so."""
        return self.open(urljoin(self.at, self.page.links[words]))

    def press(self, value: str, name: str = "do", **typed: str) -> "Browser":
        """Press a form's button, after typing into its fields."""
        form, button = next(
            (form, button)
            for form in self.page.forms
            for button in form.buttons
            if button.get("name", "") == name and (not value or button.get("value") == value)
        )
        action = button.get("formaction") or form.action
        data = {**form.fields, **typed, **({name: value} if name else {})}
        self._show(self.client.post(urljoin(self.at, action), data=data, follow_redirects=True))
        return self

    @property
    def fields(self) -> dict[str, str]:
        """What stands in the form in which an item is decided on."""
        return next(form.fields for form in self.page.forms if "seen" in form.fields)

    @property
    def html(self) -> str:
        """The page's source."""
        return str(self.response.text)

    @property
    def page(self) -> _Reader:
        """The page, read."""
        return _Reader(self.html)

    @property
    def text(self) -> str:
        """What there is to read on the page."""
        return " ".join(self.page.text.split())

    @property
    def args(self) -> dict[str, str]:
        """The query of the page's address."""
        return dict(self.response.request.args)

    def _show(self, response: Any) -> None:
        self.response = response
        self.at = response.request.path


SignIn = Callable[..., Browser]


@pytest.fixture
def sign_in(app: Flask, project: int) -> SignIn:
    """A reviewer of that name, at their browser, signed in."""

    def make(name: str, **options: Any) -> Browser:
        key = keys.create(scopes=["review"], name=name, **options)
        browser = Browser(app).open("/review/sign-in")
        return browser.press("", "", key=str(key))

    return make


@pytest.fixture
def ada(sign_in: SignIn) -> Browser:
    return sign_in("Ada")


@pytest.fixture
def bob(sign_in: SignIn) -> Browser:
    return sign_in("Bob")
