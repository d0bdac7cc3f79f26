"""A row made of stored texts is the row made of what they hold, byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exports import dataset, making
from exports.example import Skip
from exports.export import shape
from exports.formats import FORMATS
from exports.formats.interface import Format
from exports.maker import Maker
from exports.selection import Row
from exports.splice import Texts
from feedbackstore import arrangement, documents
from feedbackstore.models import Feedback
from tests.conftest import Export, Predict, Say
from tests.test_documents import json_values, texts

# One format for each way of splicing: some share theirs.
SPLICED = list({form.spliced: form for form in FORMATS.values() if form.spliced}.values())

NOTHING = Row(*[None] * 23)._replace(id=1, uuid="u", created_at="", superseded=False)

turn = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "system", "developer", "assistant", "tool"]),
        "content": texts | st.just([{"type": "text", "text": "a"}]) | st.none(),
    },
    optional={"name": texts, "tool_call_id": texts},
)
answers = st.dictionaries(texts, json_values, max_size=4)
odd_numbers = st.sampled_from([1e16, -0.0, 0.0, 5e-324, 1, 1.0, 10**30, 1e30, True, None])
odd_texts = st.sampled_from(["", ",", ',"', "\\", "a,", ":", "\u2028", "\U0001f9fe", "\u0085", '"'])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """An output and a correction of it: few values changed, or spelled anew, or another order."""
    leaves = st.recursive(
        odd_numbers | odd_texts | texts,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(odd_texts | texts, inner, max_size=3)
        ),
        max_leaves=12,
    )
    output = draw(st.dictionaries(odd_texts | texts, leaves, min_size=1, max_size=4))
    return output, _changed(draw, output)


def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict):
        members = [(name, _changed(draw, member)) for name, member in value.items()]
        return dict(draw(st.permutations(members)) if draw(st.booleans()) else members)
    if isinstance(value, list):
        return [_changed(draw, item) for item in value]
    return draw(odd_numbers | odd_texts) if draw(st.integers(0, 3)) == 0 else value


def made(row: Row, form: Format) -> bytes | None:
    try:
        (line,) = [dataset.line_of(shaped) for shaped in shape(row, form)]
    except Skip:
        return None
    return line


def arranged(text: str | None) -> int | None:
    return None if text is None else arrangement.of(documents.load(text), text)


def spliced(row: Row, form: Format) -> bytes | None:
    """The line that is spliced of a row's texts, as `query.select_texts` has them."""
    assert form.spliced is not None
    known = arranged(row.response), arranged(row.output)
    alike = None not in known and known[0] == known[1]
    approved = row.output if row.rating == "up" else None
    answer, output = row.response or approved, None if alike else row.output
    texts = [text and text.encode() for text in (row.input, answer, output, row.tools)]
    made = form.spliced(Texts(1, "u", None, None, False, alike, *texts))
    return None if made is None else dataset.escaped(made)


@pytest.mark.parametrize("form", SPLICED, ids=lambda form: form.name)
@settings(max_examples=200)
@given(
    prompt=st.lists(turn, min_size=1, max_size=3),
    pair=pairs() | st.tuples(json_values, answers),
    tools=st.sampled_from([None, [], [{"type": "function", "function": {"name": "f"}}]]),
    rating=st.sampled_from([None, "up", "down"]),
    is_corrected=st.booleans(),
)
@example(
    [{"role": "user", "content": "q"}], ({"a,": 1, "b": 2}, {"b": 2, "a,": 1}), None, None, True
)
@example([{"role": "user", "content": "q"}], ({"a": 1e16}, {"a": 10**16}), None, None, True)
@example([{"role": "user", "content": "q"}], ({"role": "assistant"}, {"a": 1}), None, None, True)
def test_a_spliced_row_is_the_row_that_would_be_made(
    form: Format, prompt: Any, pair: tuple[Any, Any], tools: Any, rating: Any, is_corrected: bool
) -> None:
    output, response = pair
    row = NOTHING._replace(
        input=documents.dump(prompt),
        output=documents.dump(output),
        response=documents.dump(response) if is_corrected else None,
        tools=None if tools is None else documents.dump(tools),
        rating=rating,
    )

    line = spliced(row, form)

    assert line is None or line == made(row, form)


@pytest.mark.parametrize("form", SPLICED, ids=lambda form: form.name)
def test_a_plain_row_is_spliced(form: Format) -> None:
    said = {"a": 1, "b": ["x, y", {"c": 0.5}], "d": "é"}
    row = NOTHING._replace(
        input=documents.dump([{"role": "system", "content": 'Say "a".\n'}, *asked("q")]),
        output=documents.dump(said),
        response=documents.dump(said | {"a": 2, "d": "\u2028"}),
    )

    assert spliced(row, form) == made(row, form) is not None
    assert spliced(row._replace(response=None, rating="up"), form) is not None


def asked(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("page_bytes", [1, 2_000, 16_000_000])
@pytest.mark.parametrize("resolve", ["latest", "all", "agree"])
def test_a_dataset_made_of_texts_is_the_one_made_of_whole_rows(
    odd: None, export: Export, monkeypatch: pytest.MonkeyPatch, resolve: str, page_bytes: int
) -> None:
    monkeypatch.setattr(making, "_PAGE_BYTES", page_bytes)
    of_texts = export("-", "--resolve", resolve, "--json")

    monkeypatch.setattr(Maker, "splices", False)

    assert export("-", "--resolve", resolve, "--json").output == of_texts.output != ""


@pytest.mark.parametrize("end", ["\u0085", "\u2028", "\u2029"])
def test_a_line_of_stored_texts_ends_where_every_reader_sees_it_end(
    export: Export, predict: Predict, say: Say, end: str
) -> None:
    for number, text in enumerate(["plain", f"a{end}b", "£ “plain”"]):
        predict(str(number), output={"a": "b"})
        say(str(number), response={"a": text})

    lines = export("-").stdout_bytes.decode().splitlines()

    said = [json.loads(line)["messages"][-1]["content"] for line in lines]
    assert [json.loads(text)["a"] for text in said] == ["plain", f"a{end}b", "£ “plain”"]


def test_most_of_it_is_made_of_texts(odd: None, export: Export) -> None:
    made: list[Row] = []
    with pytest.MonkeyPatch.context() as patch:
        make = Maker.make
        patch.setattr(Maker, "make", lambda self, row: made.append(row) or make(self, row))
        export("-")

    assert 0 < len(made) < Feedback.select().count()
    assert "structured" not in {row.request_id for row in made}


@pytest.mark.parametrize("large", ["input", "output", "tools"])
def test_a_page_is_short_where_any_of_its_texts_is_large(
    export: Export, predict: Predict, say: Say, monkeypatch: pytest.MonkeyPatch, large: str
) -> None:
    runs: list[int] = []
    run = Maker.run
    monkeypatch.setattr(making, "_PAGE_BYTES", 1000)
    monkeypatch.setattr(
        Maker, "run", lambda self, of, lines: runs.append(len(of)) or run(self, of, lines)
    )
    text = "x" * 1000
    function = {"name": "f", "description": text, "parameters": {}}
    members = {
        "input": asked(text),
        "output": {"a": text},
        "tools": [{"type": "function", "function": function}],
    }
    for number in range(3):
        predict(str(number), **{"output": {"a": "b"}, large: members[large]})
        say(str(number), response={"a": [number]})

    export("-")

    assert runs == [1, 1, 1]
