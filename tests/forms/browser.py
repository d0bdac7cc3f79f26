"""A browser, as far as forms go: what it makes of a page's inputs, and posts."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2

import feedbackstore.review
from feedbackstore.forms.fields import is_date
from feedbackstore.forms.form import Form

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(feedbackstore.review.__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
_PAGE = _ENVIRONMENT.from_string(
    '{% from "review/_form.html" import form_fields, form_problems, json_field %}'
    "{{ form_problems(form) }}<form>{{ form_fields(form, '/rows') }}</form>"
)
_JSON_PAGE = _ENVIRONMENT.from_string(
    '{% from "review/_form.html" import json_field %}<form>{{ json_field(text, problem) }}</form>'
)


def render(form: Form) -> str:
    return _PAGE.render(form=form)


def render_json(text: str, problem: str | None = None) -> str:
    return _JSON_PAGE.render(text=text, problem=problem)


class Page(HTMLParser):
    """The inputs of a page, with what is in them, and the elements as they came."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.inputs: dict[str, str] = {}
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.buttons: list[str] = []
        self.text = ""
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._textarea: str | None = None
        self._written = ""
        # Parsers of HTML see one spelling of line breaks.
        self.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute stands twice in {tag}: {attrs}"
        self.elements.append((tag, found))
        value = found.get("value") or ""
        if tag == "input":
            if found["type"] == "date" and not is_date(value):
                value = ""
            shown = value if found["type"] == "hidden" else re.sub(r"[\r\n]", "", value)
            self._put(found["name"] or "", shown)
        elif tag == "select":
            self._select, self._options = found["name"], []
        elif tag == "option":
            self._options.append((value, "selected" in found))
        elif tag == "textarea":
            self._textarea, self._written = found["name"], ""
        elif tag == "button":
            self.buttons.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            chosen = [text for text, selected in self._options if selected]
            assert len(chosen) <= 1
            self._put(self._select or "", (chosen or [text for text, _ in self._options])[0])
        elif tag == "textarea":
            self._put(self._textarea or "", self._written.removeprefix("\n"))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is None:
            self.text += data
        else:
            self._written += data

    def _put(self, name: str, value: str) -> None:
        name, value = _on_the_wire(name), _on_the_wire(value)
        assert name not in self.inputs, f"{name} stands twice"
        self.inputs[name] = value


def type_in(form: Form, typed: dict[str, Any]) -> dict[str, str]:
    """What a form posts after texts were typed at pointers; (text, kind) where both are chosen."""
    posted = Page(render(form)).inputs
    for place, what in typed.items():
        text, kind = what if isinstance(what, tuple) else (what, None)
        node = form.places[place]
        assert node.name in posted
        posted[node.name] = _on_the_wire(text)
        if kind is not None:
            posted[node.kind_name] = kind  # type: ignore[attr-defined]
    return posted


def _on_the_wire(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)
