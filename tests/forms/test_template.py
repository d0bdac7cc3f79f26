"""The page's HTML: what stands in it is text, has a label, and works without a script."""

import re
from pathlib import Path
from typing import Any

import feedbackstore.review
from feedbackstore.forms import form, json_text
from feedbackstore.forms.fields import Typed
from tests.forms.browser import Page, render, render_json

HOSTILE = ('"><img src=x onerror=alert(1)>', "<script>alert(1)</script>", "'\"&{{ 7*7 }}{% x %}")
INVOICE: dict[str, Any] = {
    "type": "object",
    "required": ["total"],
    "properties": {
        "total": {"type": "number", "description": "With tax."},
        "paid": {"type": "boolean"},
        "vendor": {"type": "object", "properties": {"name": {"type": "string"}}},
        "items": {"type": "array", "items": {"properties": {"qty": {"type": "number"}}}},
        "code": {"type": ["string", "number"]},
        "deep": {"type": ["string", "array"]},
        "note": {"type": "string"},
    },
}
VALUE = {"total": 1, "items": [{"qty": 1}, {"qty": 2}, {"qty": 3}], "note": "a\nb", "code": "x"}


def elements(html: str, *tags: str) -> list[dict[str, str | None]]:
    return [found for tag, found in Page(html).elements if tag in tags]


def test_hostile_names_and_values_are_text() -> None:
    for hostile in HOSTILE:
        schema = {"properties": {hostile: {"title": hostile, "description": hostile}}}
        for value in (
            {hostile: hostile},
            {hostile: [hostile]},
            {hostile: {hostile: [[[hostile]]]}},
        ):
            problems, typed = {f"/{hostile}": hostile}, {f"/{hostile}": Typed(hostile, hostile)}
            made = form.make(value, schema, output={}, problems=problems, typed=typed)
            page = Page(render(made))

            tags = {tag for tag, _ in page.elements}
            assert not tags & {"img", "script", "x"}
            assert not [
                name for _, found in page.elements for name in found if name.startswith("on")
            ]
            assert hostile in page.text
        assert "<script" not in render_json(json_text.pretty(hostile), hostile)


def test_nothing_in_it_breaks_a_strict_policy() -> None:
    html = render(form.make(VALUE, INVOICE, output={}))

    for _, found in Page(html).elements:
        assert not found.keys() & {"style", "onclick", "onchange", "autofocus", "required"}
        assert not [name for name in found if name.startswith("hx-on")]
    assert not re.search(r"<(script|style)", html)


def test_every_input_has_a_label_and_every_id_is_its_own() -> None:
    page = Page(render(form.make({**VALUE, "vendor": {}}, INVOICE, output={"total": 2})))
    ids = [found["id"] for _, found in page.elements if "id" in found]
    labelled = {found["for"] for tag, found in page.elements if tag == "label"}

    assert len(ids) == len(set(ids))
    for tag, found in page.elements:
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            assert found.get("id") in labelled or found.get("aria-label")
    assert labelled <= set(ids)


def test_problems_and_descriptions_are_told_to_those_who_do_not_see_them() -> None:
    problems = {"/total": "is wrong", "/items": "are few", "/items/1/qty": "is odd"}
    html = render(form.make(VALUE, INVOICE, output={"total": 2}, problems=problems))
    page = Page(html)
    ids = {found["id"] for _, found in page.elements if "id" in found}
    total = next(found for _, found in page.elements if found.get("name") == "field:/total")

    assert (total["aria-invalid"], total["aria-required"]) == ("true", "true")
    assert total["aria-describedby"] == "f1-d f1-p f1-m"
    for _, found in page.elements:
        assert set((found.get("aria-describedby") or "").split()) <= ids
    assert "model said: 2" in page.text
    assert page.text.count("is wrong") == 2
    links = [found["href"] for tag, found in page.elements if tag == "a"]
    assert links == ["#f1", "#f4", "#f8"]


def test_the_buttons_work_with_and_without_a_script() -> None:
    html = render(form.make(VALUE, INVOICE))

    for button in elements(html, "button"):
        assert (button["type"], button["name"], button["formaction"]) == ("submit", "op", "/rows")
        assert "formnovalidate" in button
        assert (button["hx-post"], button["hx-target"]) == ("/rows", "closest form")
    assert Page(html).buttons == [
        "check", "add /vendor", "down /items/0", "remove /items/0", "up /items/1", "down /items/1",
        "remove /items/1", "up /items/2", "remove /items/2", "add /items",
    ]  # fmt: skip
    labels = [button.get("aria-label") for button in elements(html, "button")]
    assert labels[4:7] == ["Move item 2 up", "Move item 2 down", "Remove item 2"]


def test_enter_in_a_field_presses_the_button_that_changes_nothing() -> None:
    first = next(
        tag for tag in Page(render(form.make(VALUE, INVOICE))).elements if tag[0] == "button"
    )

    assert first[1]["value"] == "check"


def test_the_json_of_an_answer_is_edited_in_one_field_with_its_problem() -> None:
    page = Page(render_json("\n{", "This is not JSON: line 2"))

    assert page.inputs == {"json": "\r\n{"}
    assert "line 2" in page.text


def test_the_style_sheet_has_no_colours_of_its_own() -> None:
    css = (Path(feedbackstore.review.__file__).parent / "static" / "form.css").read_text()
    known = {"paper", "card", "ink", "muted", "line", "accent", "good", "bad", "warn", "radius",
             "gap", "mono"}  # fmt: skip

    assert set(re.findall(r"var\(--([a-z]+)\)", css)) <= known
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl|\burl\(|@import", css)


def test_every_class_of_the_form_is_in_the_style_sheet() -> None:
    folder = Path(feedbackstore.review.__file__).parent
    css = (folder / "static" / "form.css").read_text()
    html = (folder / "templates" / "review" / "_form.html").read_text()

    for name in re.findall(r'class="([a-z-]+)', html):
        assert f".{name}" in css
