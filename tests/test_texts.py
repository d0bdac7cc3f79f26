"""Stored texts compared as they are tell what their values tell."""

from typing import Any

import pytest
from hypothesis import given, settings

from feedbackstore import documents, texts
from tests.exports.test_splice import pairs
from tests.test_documents import json_values


@settings(max_examples=200)
@given(pairs())
def test_a_text_is_made_canonical_as_its_value_is(pair: tuple[Any, Any]) -> None:
    like, value = pair

    assert texts.canonical(documents.dump(value), documents.dump(like)) == documents.canonical(
        value, like
    )


@given(json_values, json_values)
def test_any_two_texts_are(value: Any, like: Any) -> None:
    assert texts.canonical(documents.dump(value), documents.dump(like)) == documents.canonical(
        value, like
    )


@pytest.mark.parametrize(
    ("one", "other", "so"),
    [
        ('{"a":1,"b":2}', '{"a":1,"b":3}', True),
        ('{"a":"x, y","b":[1,{"c":null}]}', '{"a":"z","b":[2,{"c":true}]}', True),
        ('{"a":1}', '{"a":1.0}', False),
        ('{"a":0.0}', '{"a":-0.0}', False),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', False),
        ('{"a":[1]}', '{"a":[1,2]}', True),
        ('{"a":[1,{"b":[]},3],"c":1}', '{"a":[1],"c":1}', False),
        ('{"a":[],"c":1}', '{"a":[{"b":1},{}],"c":1}', True),
        ('{"a":7,"b":["x"]}', '{"a":8,"b":["x","y]"]}', True),
        ('{"a":[1],"c":[3]}', '{"a":[1,2],"c":[4]}', True),
        ('{"a":[1,1.0]}', '{"a":[1]}', False),
        ('{"a":[0]}', '{"a":[0.0]}', False),
        ('{"a":[0.0]}', '{"a":[0]}', False),
        ("[[[1],1.0],[[1],1.0]]", "[[[1.0],1.0]]", False),
        ('{"a":[1],"c":3}', '{"a":[1,1],"b":[1],"c":3}', False),
        ('{"a":[[1]]}', '{"a":[[1,1],[1]]}', True),
        ('{"a]":1}', '{"a,":1}', False),
        ('{"a":{}}', '{"a":{"b":1}}', False),
        ('{"a":1}', '{"a":{}}', False),
        ('{"a":1}', '{"b":1}', False),
        ('{"a,":1,"b":2}', '{"a,":1,"c":2}', False),
        ('{"a":"\\\\","b":"c"}', '{"a":"\\\\","b":"d"}', True),
        ('{"a":"\\"b","c":1}', '{"a":"\\"d","c":12}', True),
        ('{"a":"\\"","c":1}', '{"a":"\\"","d":1}', False),
        ('{"a":12}', '{"a":"12"}', True),
        ('{"a":true}', '{"a":[true]}', False),
        (f"{[1] * 7}".replace(" ", ""), f"{[2] * 7}".replace(" ", ""), False),
    ],
)
def test_it_is_said_only_where_it_is_certain(one: str, other: str, so: bool) -> None:
    assert texts.is_plainly_arranged(one, other) is so
