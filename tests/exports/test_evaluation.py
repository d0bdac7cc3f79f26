"""OpenAI's rows to grade by: the reference is an object in every one."""

import json
from typing import Any

import pytest

from exports.example import Example, Message, Reason, Skip
from exports.formats import FORMATS
from exports.formats.evaluation import to_evals_rows, to_rft_rows
from exports.formats.interface import Layout
from tests.exports.odd import TOOL, asked, call


def said(content: str) -> Message:
    return {"role": "assistant", "content": content}


def example(prompt: list[Message], answer: Any, output: Any = None, tools: Any = ()) -> Example:
    return Example(
        prompt=prompt, answer=answer, output=output, changed=True, corrected=True, tools=list(tools)
    )


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (
            said('{"total":12.5,"id":12345678901234567890123}'),
            {"total": 12.5, "id": 12345678901234567890123},
        ),
        (said("No."), {"value": "No."}),
        (said("12"), {"value": "12"}),
        (said("[1,2]"), {"value": [1, 2]}),
        ({"role": "assistant", "tool_calls": [call("A")]}, {"tool_calls": [call("A")]}),
    ],
)
def test_the_reference_is_an_object_whatever_the_correction(
    answer: Message, reference: Any
) -> None:
    (row,) = to_rft_rows(example(asked("q"), answer))
    (graded,) = to_evals_rows(example(asked("q"), answer, said("x")))

    assert row == {"messages": asked("q"), "reference": reference}
    assert graded["item"] == {"input": asked("q"), "tools": [], "reference": reference}


def test_the_sample_is_what_the_model_said_or_called() -> None:
    called = {"role": "assistant", "tool_calls": [call("A")]}
    (text,) = to_evals_rows(example(asked("q"), said("b"), said('{"a":1}')))
    (tools,) = to_evals_rows(example(asked("q"), said("b"), called))

    assert text["sample"] == {"output_text": '{"a":1}'}
    assert tools["sample"] == {"output_text": "", "output_tools": [call("A")]}


def test_without_an_output_there_is_nothing_to_grade_but_something_to_learn() -> None:
    alone = example(asked("q"), said("b"))

    assert list(to_rft_rows(alone))
    with pytest.raises(Skip) as skipped:
        list(to_evals_rows(alone))
    assert skipped.value.reason is Reason.NO_OUTPUT


def test_fine_tuning_rows_end_with_the_user() -> None:
    calling = {"role": "assistant", "tool_calls": [call("A")]}
    answer = {"role": "tool", "tool_call_id": "call_1", "content": "3"}

    with pytest.raises(Skip) as skipped:
        list(to_rft_rows(example([*asked("q"), calling, answer], said("b"), tools=[TOOL])))
    assert skipped.value.reason is Reason.TURNS


def test_the_schema_of_the_items_names_what_every_item_has() -> None:
    texts = FORMATS["openai-evals"].companions(Layout("x", {}))
    (row,) = to_evals_rows(example(asked("q"), said("b"), said("c")))

    schema = json.loads(texts["item_schema.json"])
    assert list(schema["properties"]) == schema["required"] == list(row["item"])


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("openai-evals", {"item": []}),
        ("openai-evals", {"item": {}, "sample": "x"}),
        ("openai-evals", {"item": {}, "sample": {"output_text": 1}}),
        ("openai-evals", {"item": {}, "reference": {}}),
        ("openai-rft", {"reference": {}}),
        ("openai-rft", {"messages": [*asked("q"), said("a")]}),
        ("openai-rft", {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}),
        ("openai-rft", {"messages": asked("q"), "tools": [{}]}),
    ],
)
def test_the_check_finds_what_openai_refuses(name: str, row: dict[str, Any]) -> None:
    assert list(FORMATS[name].check(row, ()))


def test_the_check_passes_members_of_ones_own() -> None:
    assert not list(FORMATS["openai-evals"].check({"item": {"any": 1}}, ()))
    assert not list(FORMATS["openai-rft"].check({"messages": asked("q"), "answer": "x"}, ()))
