"""Whatever a document is: its form, posted as a browser posts it, is that document."""

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feedbackstore import documents
from feedbackstore.errors import Invalid
from feedbackstore.forms import form, json_text, places, reading, rows, schemas
from feedbackstore.forms.fields import Rows
from tests.forms.browser import Page, render, render_json
from tests.forms.documents import described, texts, values
from tests.forms.documents import schemas as any_schema

quick = settings(max_examples=120, suppress_health_check=list(HealthCheck))
few = settings(quick, max_examples=50)


@quick
@given(described(), values)
@example(({"a": [{"b": None}, {"b": 1}]}, None), None)
@example(([[[[1]]]], None), None)
def test_a_form_that_nobody_touched_is_read_as_what_it_was(pair: Any, output: Any) -> None:
    value, schema = pair
    made = form.make(value, schema, output=output)

    posted = Page(render(made)).inputs
    read = reading.read(posted, schema, output=output)

    assert documents.dump(read.value) == documents.dump(value)
    assert (read.problems, read.typed) == ({}, {})


@few
@given(described())
def test_the_json_of_a_form_is_the_same_value_and_the_same_form(pair: Any) -> None:
    value, schema = pair
    made = form.make(value, schema)

    page = Page(render_json(made.json))
    written = json_text.read(page.inputs["json"])

    assert documents.dump(written.value) == documents.dump(value)
    assert render(form.make(written.value, schema)) == render(made)


@few
@given(described(), st.data())
def test_anything_may_be_typed_and_none_of_it_is_lost_or_raises(pair: Any, data: Any) -> None:
    value, schema = pair
    posted = Page(render(form.make(value, schema, output=value))).inputs
    for name in [name for name in posted if name.startswith("field:")]:
        if data.draw(st.booleans()):
            posted[name] = data.draw(texts | st.text(max_size=4))

    read = reading.read(posted, schema, output=value)
    documents.parse(documents.dump(read.value).encode())
    again = form.make(read.value, schema, problems=read.problems, typed=read.typed, output=value)
    reread = reading.read(Page(render(again)).inputs, schema, output=value)

    for place in read.typed.keys() - reread.typed.keys():
        # What else was typed tells what its column holds: it is a text there.
        assert isinstance(places.find(reread.value, place), str)
    if reread.typed.keys() == read.typed.keys():
        assert documents.dump(reread.value) == documents.dump(read.value)


@few
@given(described(), st.data())
def test_buttons_do_to_rows_what_is_done_to_lists(pair: Any, data: Any) -> None:
    value, schema = pair
    schema = {"properties": {"rows": {"items": schema}}}
    made = form.make({"rows": [value, *([1] if data.draw(st.booleans()) else []), value]}, schema)
    lists = [node for node in made.places.values() if isinstance(node, Rows) and node.items]
    node = data.draw(st.sampled_from(lists))
    index = data.draw(st.integers(0, len(node.items) - 1))
    op = data.draw(st.sampled_from(["up", "down", "remove"]))

    done = rows.apply(f"{op} {node.items[index].escaped}", reading.Reading(made.value), schema)

    expected = documents.load(documents.dump(made.value))
    wanted = _find(expected, node.place)
    item = wanted.pop(index)
    if op != "remove":
        wanted.insert(max(index - 1, 0) if op == "up" else index + 1, item)
    assert documents.dump(done.value) == documents.dump(expected)


@few
@given(described())
def test_every_button_of_a_form_does_something_and_leads_to_another_form(pair: Any) -> None:
    value, schema = pair
    made = form.make(value, schema)
    page = Page(render(made))

    for op in page.buttons:
        read = reading.read(page.inputs, schema)
        done = rows.apply(op, read, schema)
        if op.startswith("add "):
            assert documents.dump(done.value) != documents.dump(value)
        render(form.make(done.value, schema, problems=done.problems, typed=done.typed))


@few
@given(values, any_schema)
def test_any_schema_may_be_held_against_any_value(value: Any, schema: Any) -> None:
    checked = schemas.check(value, schema)
    made = form.make(value, schema, problems=checked.problems)

    assert bool(made.problems) == bool(checked.problems)


@few
@given(st.dictionaries(st.sampled_from(["base", "field:", "field:/a", "kind:/a", "x"]), st.text()))
def test_whatever_is_posted_is_read_or_invalid(posted: dict[str, str]) -> None:
    try:
        reading.read(posted, None)
    except Invalid:
        return
    assert "base" in posted


@few
@given(st.text(), values)
def test_whatever_button_is_posted_works_or_is_invalid(op: str, value: Any) -> None:
    for word in ("", "add ", "remove ", "up ", "down ", "add /", "remove /0", "up /a"):
        try:
            rows.apply(word + op, reading.Reading(value), None)
        except Invalid:
            continue


def _find(value: Any, place: str) -> Any:
    for token in place.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value
