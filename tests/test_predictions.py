"""A prediction's record: which shapes it takes, and where it says no."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackstore import predictions
from feedbackstore.errors import Invalid

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def document(**members: Any) -> dict[str, Any]:
    return {
        "kind": "request",
        "id": "r",
        "input": [{"role": "user", "content": "q"}],
        **members,
    }


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"input": [{"role": "developer", "content": "d"}, {"role": "user", "content": [IMAGE]}]},
        {
            "input": [
                {"role": "user", "content": "q", "name": "ann"},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "call_1", "content": "1"},
            ],
            "tools": [TOOL],
        },
        {"input": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
        {"output": {}},
        {"output": []},
        {"output": ""},
        {"output": {"role": "assistant", "content": "hi"}},
        {"output": {"role": "assistant", "tool_calls": [CALL]}},
        {"output": {"role": "manager", "name": "a field called role"}},
        {"output": {"role": "assistant", "content": "hi", "tool_calls": []}},
        {"output": None, "model": None, "metadata": None},
        {"created_at": "2026-11-01T12:00:00.5-03:00", "anything": "else"},
        {"created_at": "2026-11-01t12:00:00z"},
    ],
)
def test_what_chat_models_are_asked_and_answer_is_taken(members: dict[str, Any]) -> None:
    predictions.check(document(**members))


@pytest.mark.parametrize(
    ("members", "loc", "type_"),
    [
        ({"kind": "prediction"}, ("kind",), "literal_error"),
        ({"kind": None}, ("kind",), "missing"),
        ({"id": 5}, ("id",), "string_type"),
        ({"input": []}, ("input",), "too_short"),
        ({"input": "q"}, ("input",), "list_type"),
        ({"input": None}, ("input",), "missing"),
        ({"input": ["q"]}, ("input", 0), "dict_type"),
        ({"input": [{"content": "q"}]}, ("input", 0, "role"), "missing"),
        ({"input": [{"role": "human", "content": "q"}]}, ("input", 0, "role"), "literal_error"),
        ({"input": [{"role": "user"}]}, ("input", 0, "content"), "missing"),
        ({"input": [{"role": "user", "content": 5}]}, ("input", 0, "content"), "content_type"),
        ({"input": [{"role": "user", "content": []}]}, ("input", 0, "content"), "too_short"),
        (
            {"input": [{"role": "user", "content": [{"type": "text"}]}]},
            ("input", 0, "content", 0, "text"),
            "missing",
        ),
        (
            {"input": [{"role": "user", "content": [{"text": "q"}]}]},
            ("input", 0, "content", 0, "type"),
            "missing",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
            ("input", 0, "content", 0, "image_url"),
            "dict_type",
        ),
        (
            {"input": [{"role": "tool", "content": "1"}]},
            ("input", 0, "tool_call_id"),
            "missing",
        ),
        ({"output": 5}, ("output",), "output_type"),
        ({"output": {"role": "assistant"}}, ("output", "content"), "missing"),
        (
            {"output": {"role": "assistant", "tool_calls": []}},
            ("output", "content"),
            "missing",
        ),
        (
            {
                "output": {
                    "role": "assistant",
                    "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}],
                }
            },
            ("output", "tool_calls", 0, "function", "arguments"),
            "string_type",
        ),
        ({"tools": {}}, ("tools",), "list_type"),
        ({"tools": [{"type": "function"}]}, ("tools", 0, "function"), "missing"),
        ({"json_schema": []}, ("json_schema",), "dict_type"),
        ({"metadata": "x"}, ("metadata",), "dict_type"),
        ({"model": ""}, ("model",), "string_too_short"),
        ({"domain": 5}, ("domain",), "string_type"),
        ({"created_at": 1730462400}, ("created_at",), "string_type"),
        ({"created_at": "yesterday"}, ("created_at",), "datetime_parsing"),
        ({"created_at": "2026-11-01T12:00:00"}, ("created_at",), "datetime_parsing"),
        ({"created_at": "2026-W01-1T00:00:00Z"}, ("created_at",), "datetime_parsing"),
        ({"created_at": "2026-02-30T00:00:00Z"}, ("created_at",), "datetime_parsing"),
        ({"created_at": "0001-01-01T00:00:00+23:00"}, ("created_at",), "datetime_parsing"),
    ],
)
def test_other_shapes_are_refused_at_their_place(
    members: dict[str, Any], loc: tuple[str | int, ...], type_: str
) -> None:
    with pytest.raises(Invalid) as refused:
        predictions.check(document(**members))

    assert [(problem.loc, problem.type) for problem in refused.value.problems] == [(loc, type_)]


@pytest.mark.parametrize("value", [None, [], "x"])
def test_what_is_no_object_is_no_prediction(value: Any) -> None:
    with pytest.raises(Invalid, match="valid dictionary"):
        predictions.check(value)


odd = st.sampled_from([None, 0, True, "", "x", "a\x07", "a\u00ad", "x" * 257, [], {}, [TOOL]])
almost_right = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["request", "chat"]) | odd,
        "id": st.just("r") | odd,
        "input": st.just([{"role": "user", "content": "q"}]) | odd,
        "model": odd,
        "domain": odd,
        "created_at": st.sampled_from(["2026-11-01T12:00:00Z", "2026-02-30T00:00:00Z"]) | odd,
        "output": st.sampled_from([{"role": "assistant"}, {"role": "assistant", "content": ""}])
        | odd,
        "json_schema": odd,
        "tools": odd,
        "metadata": odd,
        "other": odd,
    },
)
right = {"kind": "request", "id": "r", "input": [{"role": "user", "content": "q"}]}


@given(almost_right | almost_right.map(lambda members: {**right, **members}) | odd)
def test_the_glance_never_takes_what_the_checks_refuse(document: Any) -> None:
    found = list(predictions._prediction(document, ("body",)))

    assert found == list(predictions._look(document, ("body",)))


@pytest.mark.parametrize("members", [{}, {"output": {}}, {"model": "m", "json_schema": {}}])
def test_what_is_common_is_taken_at_a_glance(members: dict[str, Any]) -> None:
    assert predictions._is_plain(document(**members))
