"""An answer as the value that it says."""

import json
from typing import Any

import pytest

from feedbackstore.evaluations import answers


def assistant(content: Any, **members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **members}


CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
CALLED = {"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"a": 1}, {"a": 1}),
        ([1], [1]),
        ("Yes.", "Yes."),
        ('{"a":1}', {"a": 1}),
        (" [1] ", [1]),
        ("{no json", "{no json"),
        ("12", "12"),
        (assistant("Yes."), "Yes."),
        (assistant('{"a":1}'), {"a": 1}),
        (assistant([{"type": "text", "text": '{"a":'}, {"type": "text", "text": "1}"}]), {"a": 1}),
        ({"role": "assistant", "tool_calls": [CALL]}, CALLED),
        (assistant("so", tool_calls=[CALL]), {**CALLED, "content": "so"}),
        # Not a message, though it says so.
        (assistant([1]), assistant([1])),
        (assistant("x", tool_calls=[1]), assistant("x", tool_calls=[1])),
        ({"a": 1, "a_metadata": {"sure": 1}, "b": [{"_metadata": 1}]}, {"a": 1, "b": [{}]}),
    ],
)
def test_it_is_read(answer: Any, value: Any) -> None:
    assert answers.read(json.dumps(answer)) == value
