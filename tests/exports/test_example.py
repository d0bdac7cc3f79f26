"""What becomes an example, and what counts as a correction."""

from typing import Any

import pytest

from exports import example, selection
from exports.example import EXPLAINED, Example, Reason, Skip
from exports.selection import Filters
from feedbackstore.database import proxy
from tests.conftest import Predict, Say
from tests.exports.odd import call


@pytest.fixture
def build(project: int, predict: Predict, say: Say) -> Any:
    """The example of one prediction with this output and this correction."""

    def make(output: Any, response: Any = None, **said: Any) -> Example:
        predict("x", output=output, replace=True)
        proxy.execute_sql("DELETE FROM feedback")
        say("x", response=response, **said)
        (row,) = selection.rows(project, Filters())
        return example.build(row)

    return make


def message(content: Any = None, **members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **members}


@pytest.mark.parametrize(
    ("output", "response"),
    [
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}),
        ('{"a": 1}', {"a": 1}),
        (message('{"a": 1}'), {"a": 1}),
        (message("x"), message("x", refusal=None)),
        ("x", message("x")),
        ("x", message("x", name="n")),
        ("x", message([{"type": "text", "text": "x"}])),
        ('{"a": 1}', message('{"a":1}')),
        ({"a": 1}, message('{"a":1}')),
        (message(tool_calls=[call("A")]), message(tool_calls=[{**call("A"), "id": "call_2"}])),
        (
            message(tool_calls=[{**call("A"), "function": {"name": "stock", "arguments": "{ }"}}]),
            message(tool_calls=[{**call("A"), "function": {"name": "stock", "arguments": "{}"}}]),
        ),
    ],
)
def test_a_correction_that_equals_the_output_is_none(
    build: Any, output: Any, response: Any
) -> None:
    with pytest.raises(Skip) as skipped:
        build(output, response).pair()

    assert skipped.value.reason is Reason.UNCHANGED


@pytest.mark.parametrize(
    ("output", "response", "chosen", "rejected"),
    [
        ({"b": 1, "a": 1}, {"a": 2, "b": 1}, '{"b":1,"a":2}', '{"b":1,"a":1}'),
        ({"a": 1}, {"a": True}, '{"a":true}', '{"a":1}'),
        ('{"b": 1, "a": 1}', {"a": 2, "b": 1}, '{"b":1,"a":2}', '{"b":1,"a":1}'),
        (message('{"a": 1}'), {"a": 2}, '{"a":2}', '{"a":1}'),
        ("5", {"a": 2}, '{"a":2}', "5"),
        ("NaN", {"a": 2}, '{"a":2}', "NaN"),
        ("no JSON {", {"a": 2}, '{"a":2}', "no JSON {"),
        ("old", message("new"), "new", "old"),
        (
            "old",
            message([{"type": "text", "text": "n"}, {"type": "text", "text": "m"}]),
            "n\nm",
            "old",
        ),
        ('{"a": 1}', message('{\n "a": 2}'), '{\n "a": 2}', '{"a": 1}'),
        ([1], {"a": []}, '{"a":[]}', "[1]"),
    ],
)
def test_chosen_and_rejected_are_written_alike(
    build: Any, output: Any, response: Any, chosen: str, rejected: str
) -> None:
    pair = build(output, response).pair()

    assert [turn["content"] for turn in pair] == [chosen, rejected]


def test_a_rating_up_makes_the_output_the_answer(build: Any) -> None:
    built = build({"a": 1}, rating="up")

    assert built.answer == message('{"a":1}')
    with pytest.raises(Skip, match="equals the output"):
        built.pair()


@pytest.mark.parametrize("said", [{"notes": "n"}, {"flag": True}])
def test_what_says_nothing_of_an_answer_is_no_example(build: Any, said: Any) -> None:
    with pytest.raises(Skip) as skipped:
        build({"a": 1}, **said)

    assert skipped.value.reason is Reason.NO_CORRECTION


def test_a_rating_down_alone_has_no_right_answer(build: Any) -> None:
    built = build({"a": 1}, rating="down")

    for ask in (built.right_answer, built.pair):
        with pytest.raises(Skip) as skipped:
            ask()
        assert skipped.value.reason is Reason.NO_CORRECTION


@pytest.mark.parametrize(
    ("output", "said", "verdicts"),
    [
        ({"a": 1}, {"response": {"a": 2}}, [('{"a":2}', True), ('{"a":1}', False)]),
        ({"a": 1}, {"response": {"a": 1}}, [('{"a":1}', True)]),
        (None, {"response": {"a": 2}}, [('{"a":2}', True)]),
        ({"a": 1}, {"rating": "up"}, [('{"a":1}', True)]),
        ({"a": 1}, {"rating": "down"}, [('{"a":1}', False)]),
        ({"a": 1}, {"rating": "up", "response": {"a": 2}}, [('{"a":2}', True), ('{"a":1}', False)]),
    ],
)
def test_every_answer_that_was_judged_has_a_verdict(
    build: Any, output: Any, said: Any, verdicts: Any
) -> None:
    built = build(output, **said)

    assert [(turn["content"], good) for turn, good in built.verdicts()] == verdicts


def test_a_rating_of_an_output_that_is_not_stored_is_no_example(build: Any) -> None:
    with pytest.raises(Skip) as skipped:
        build(None, rating="up")

    assert skipped.value.reason is Reason.NO_OUTPUT


def test_tool_calls_of_a_model_that_writes_no_json_are_kept_as_they_are(build: Any) -> None:
    broken = {**call("A"), "function": {"name": "stock", "arguments": "{"}}

    built = build("x", message(tool_calls=[broken]))

    assert built.answer["tool_calls"][0]["function"]["arguments"] == "{"


def test_every_reason_is_explained() -> None:
    assert set(EXPLAINED) == set(Reason)
