"""Gemini's rows: roles, parts, files in Google's storage, tools."""

from typing import Any

import pytest

from exports.example import Example, Message, Reason, Skip
from exports.formats import FORMATS
from exports.formats.gemini import to_preference_rows, to_sft_rows
from exports.images import Placer
from tests.exports.odd import TOOL, asked, call

SAID = {"role": "assistant", "content": "yes"}


def example(prompt: list[Message], answer: Message = SAID, **members: Any) -> Example:
    known = {"output": None, "changed": True, "corrected": True, "tools": []}
    return Example(prompt=prompt, answer=answer, **{**known, **members})


def shown(url: str, **noted: str) -> list[Message]:
    part = {"type": "image_url", "image_url": {"url": url}, **noted}
    return [{"role": "user", "content": [part, {"type": "text", "text": ""}]}]


def test_the_assistant_is_the_model_and_the_system_stands_beside() -> None:
    system = [{"role": "system", "content": "s"}, {"role": "developer", "content": "d"}]
    (row,) = to_sft_rows(example([*system, *asked("q")]))

    assert row == {
        "systemInstruction": {"role": "system", "parts": [{"text": "s\n\nd"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "q"}]},
            {"role": "model", "parts": [{"text": "yes"}]},
        ],
    }


def test_calls_and_answers_are_objects_and_answers_come_together() -> None:
    calls = {"role": "assistant", "tool_calls": [call("A"), {**call("B"), "id": "call_2"}]}
    answers = [
        {"role": "tool", "tool_call_id": "call_2", "content": "none"},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"n":3}'},
    ]
    (row,) = to_sft_rows(example([*asked("q"), calls, *answers], tools=[TOOL]))

    assert [content["role"] for content in row["contents"]] == ["user", "model", "user", "model"]
    assert row["contents"][1]["parts"][1] == {
        "functionCall": {"name": "stock", "args": {"sku": "B"}}
    }
    assert row["contents"][2]["parts"] == [
        {"functionResponse": {"name": "stock", "response": {"output": "none"}}},
        {"functionResponse": {"name": "stock", "response": {"n": 3}}},
    ]
    declared = {"name": "stock", "parameters": TOOL["function"]["parameters"]}
    assert row["tools"] == [{"functionDeclarations": [declared]}]
    assert not list(FORMATS["gemini-sft"].check(row, ()))


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ([*asked("a"), *asked("b")], Reason.TURNS),
        ([SAID, *asked("b")], Reason.TURNS),
        ([*asked("a"), {"role": "tool", "tool_call_id": "x", "content": ""}], Reason.TURNS),
        (shown("https://example.com/a.png"), Reason.IMAGE_NOT_HERE),
        (shown("gs://bucket/scan"), Reason.IMAGE_TYPE),
    ],
)
def test_what_the_shape_cannot_hold_is_left_out(prompt: list[Message], reason: Reason) -> None:
    with pytest.raises(Skip) as skipped:
        list(to_sft_rows(example(prompt)))

    assert skipped.value.reason is reason


@pytest.mark.parametrize(
    "parameters",
    [
        {"$ref": "#/$defs/a"},
        {"type": ["string", "null"]},
        {"properties": {"a": {"items": {"anyOf": [{"const": 1}]}}}},
    ],
)
def test_parameters_that_openapi_cannot_express_are_left_out(parameters: dict[str, Any]) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}

    with pytest.raises(Skip) as skipped:
        list(to_sft_rows(example(asked("q"), tools=[tool])))

    assert skipped.value.reason is Reason.TOOLS


def test_arguments_that_are_no_object_are_left_out() -> None:
    odd = {**call("A"), "function": {"name": "stock", "arguments": "[1]"}}

    with pytest.raises(Skip) as skipped:
        list(to_sft_rows(example(asked("q"), {"role": "assistant", "tool_calls": [odd]})))

    assert skipped.value.reason is Reason.TOOLS


@pytest.mark.parametrize("noted", [{}, {"media_type": "image/jpeg"}])
def test_an_image_is_a_file_in_googles_storage(noted: dict[str, str]) -> None:
    name = "gs://bucket/images/a" if noted else "gs://bucket/a.b/a.JPG"
    (row,) = to_sft_rows(example(shown(name, **noted)))

    file = {"fileData": {"mimeType": "image/jpeg", "fileUri": name}}
    assert row["contents"][0]["parts"] == [file]


def test_an_image_stays_in_googles_storage_only() -> None:
    rules = FORMATS["gemini-sft"].images
    assert rules is not None
    placer = Placer(rules, "keep", lambda *_: None)

    assert placer.place(example(shown("gs://b/a.png"))).prompt == shown("gs://b/a.png")
    with pytest.raises(Skip):
        placer.place(example(shown("s3://b/a.png")))


def test_a_pair_is_two_completions_with_their_scores() -> None:
    (row,) = to_preference_rows(example(asked("q"), output={"role": "assistant", "content": "no"}))

    assert [(c["score"], c["completion"]["parts"][0]["text"]) for c in row["completions"]] == [
        (1, "yes"),
        (0, "no"),
    ]


def test_a_pair_takes_text_only_and_needs_a_question() -> None:
    for prompt in (shown("gs://b/a.png"), [{"role": "system", "content": "s"}]):
        with pytest.raises(Skip):
            list(to_preference_rows(example(prompt, output=SAID)))


USER = {"role": "user", "parts": [{"text": "q"}]}
MODEL = {"role": "model", "parts": [{"text": "a"}]}
FILE = {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/a.png"}}


@pytest.mark.parametrize(
    "contents",
    [
        [USER],
        [MODEL],
        [USER, {"role": "assistant", "parts": [{"text": "a"}]}],
        [USER, {"role": "model", "parts": []}],
        [USER, {"role": "model", "parts": [{"type": "text", "text": "a"}]}],
        [USER, {"role": "model", "parts": [{"text": "a", **FILE}]}],
        [USER, {"role": "model", "parts": [{"text": None}]}],
        [USER, {"role": "model", "parts": [FILE]}],
        [
            {"role": "user", "parts": [{"fileData": {**FILE["fileData"], "fileUri": "s3://a"}}]},
            MODEL,
        ],
        [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}, MODEL],
        [USER, {"role": "model", "parts": [{"functionCall": {"name": "f"}}]}, USER, MODEL],
        [USER, {"role": "model", "parts": [{"functionCall": {"name": "f", "args": "{}"}}]}],
    ],
)
def test_the_check_finds_what_google_refuses(contents: list[Any]) -> None:
    check = FORMATS["gemini-sft"].check

    assert list(check({"contents": contents}, ()))
    assert not list(check({"contents": [USER, MODEL], "system_instruction": MODEL}, ()))


@pytest.mark.parametrize("scores", [(1,), (1, 1), (0.5, 0), ("1", "0"), (1, 0, 0)])
def test_the_check_wants_one_completion_of_each_score(scores: tuple[Any, ...]) -> None:
    completions = [{"score": score, "completion": MODEL} for score in scores]

    assert list(
        FORMATS["gemini-preference"].check({"contents": [USER], "completions": completions}, ())
    )
