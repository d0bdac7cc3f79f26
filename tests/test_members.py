"""Members' texts of a line: those that are written anew for any other caller, or none."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbackstore import documents, members
from feedbackstore.errors import Invalid, Problem
from tests.test_documents import json_values, odd_texts, pieces, typed

msgspec = pytest.importorskip("msgspec")

plain_floats = st.floats(1e-4, 1e16, exclude_max=True) | st.floats(-1e16, -1e-4, exclude_min=True)
objects = st.dictionaries(st.text('ab"\\é\n', max_size=2), json_values | plain_floats, max_size=4)
spellings = st.sampled_from(
    [
        {"separators": (",", ":"), "ensure_ascii": False},
        {"ensure_ascii": False},
        {"ensure_ascii": True},
        {"separators": (" , ", "\t:\t"), "ensure_ascii": False},
    ]
)


def problems(read: Callable[[bytes, int], Any], data: bytes, envelope: int) -> Sequence[Problem]:
    try:
        read(data, envelope)
    except Invalid as error:
        return error.problems
    return []


def texts_of(line: str, envelope: int = 0) -> dict[str, str]:
    """The texts that come with a line, which is read and refused as `documents` does it."""
    data = line.encode()
    wrong = problems(documents.parse, data, envelope)
    assert problems(members.parse, data, envelope) == wrong
    if wrong:
        return {}
    expected, (value, texts) = documents.parse(data, envelope), members.parse(data, envelope)
    assert typed(value) == typed(expected)
    assert not texts or texts == {name: documents.dump(item) for name, item in expected.items()}
    return texts


@given(objects, spellings)
@example({"a": 0.0, "b": -0.0, "c": 2**64, "d": -(2**64)}, {})
@example({"a": 1e16, "b": 1e-5, "c": 9007199254740993.0, "d": 0.1 + 0.2}, {})
@example({"a": "\x7f\u2028/<\x01"}, {"ensure_ascii": False})
def test_an_object_is_read_and_its_members_written_as_anywhere(
    value: dict[str, Any], spelling: dict[str, Any]
) -> None:
    texts_of(json.dumps(value, **spelling))


@given(st.lists(pieces | odd_texts | objects.map(json.dumps), max_size=5), st.integers(0, 2))
@example(['{"a":1,"a":2}'], 0)
@example(['{"a":{"b":[{"c":1,"c":"\\""}]}}'], 0)
@example(['{"a":1,"\\u0061":2}'], 0)
@example(['{"a":1,"a":"\\u0022\\u0022"}'], 0)
@example(['{"a":"\\u0000"}'], 0)
@example(['{"a":"\\ud83d\\ude00"}'], 0)
@example(['{"a\\"":1,"a\\"":2}'], 0)
@example(['{"a":-0,"b":1E5,"c":1.50,"d":"\\/"}'], 0)
@example(['{"a":', "[" * 99, "]" * 99, "}"], 0)
@example(['{"a":', "[" * 101, "]" * 101, "}"], 1)
@example(["{", '"a":1e999}'], 0)
@example(['"a"'], 0)
def test_what_is_odd_or_wrong_is_told_as_anywhere(parts: list[str], envelope: int) -> None:
    texts_of("".join(parts), envelope)
    texts_of("{" + "".join(parts) + "}", envelope)


@pytest.mark.parametrize("data", [b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'\xef\xbb\xbf{"a":1}'])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        members.parse(data)


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"é","output":{"total":12.5,"items":[1,null,true,-0.0,""]}}',
        '{"id": "a", "input": [{"role": "user", "content": "two\\nlines, \\"quoted\\""}]}',
    ],
)
def test_what_most_lines_look_like_is_written_only_once(text: str) -> None:
    assert list(texts_of(text)) == list(json.loads(text))


@pytest.fixture
def _without_msgspec(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    members._codec.cache_clear()
    yield
    members._codec.cache_clear()


@pytest.mark.usefixtures("_without_msgspec")
def test_without_msgspec_a_line_is_read_all_the_same() -> None:
    assert members.parse(b'{"a": 1.0}') == ({"a": 1.0}, {})
