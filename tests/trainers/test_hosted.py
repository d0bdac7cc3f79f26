"""The hosted services' published code on our golden files.

Vertex AI: google-genai's types. Bedrock: botocore's shapes. Mistral: mistral-common's validators.
Together: `check_file` of 2.14.0, the last client that checks rows itself. OpenAI Evals: the API's
schema of a row. Fireworks publishes no check.
"""

from itertools import pairwise
from typing import Any

import botocore.session
import golden
import jsonschema
import pytest
from botocore.validate import ParamValidator
from google.genai import types
from mistral_common.protocol.instruct.chunk import ImageURLChunk
from mistral_common.protocol.instruct.messages import (
    FinetuningAssistantMessage,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.protocol.instruct.validator import (
    MistralRequestValidatorV3,
    MistralRequestValidatorV5,
    ValidationMode,
)
from together.lib.utils.files import check_file

MISTRAL = {
    "system": SystemMessage,
    "user": UserMessage,
    "assistant": FinetuningAssistantMessage,
    "tool": ToolMessage,
}


@pytest.mark.parametrize("name", ["gemini-sft", "gemini-preference"])
def test_google_reads_contents_and_tools(name: str) -> None:
    for row in golden.rows(name):
        contents = [types.Content.model_validate(content) for content in row["contents"]]
        for system in ("systemInstruction", "system_instruction"):
            types.Content.model_validate(row.get(system, {}))
        for tool in row.get("tools", ()):
            types.Tool.model_validate(tool)

        assert contents[0].role == "user"
        assert all(before.role != after.role for before, after in pairwise(contents))
        assert "type" not in str(row["contents"])


def test_google_reads_a_pair_of_completions() -> None:
    for row in golden.rows("gemini-preference"):
        pair = [
            types.GeminiPreferenceExampleCompletion.model_validate(completion)
            for completion in row["completions"]
        ]
        assert [completion.score for completion in pair] == [1, 0]


def test_google_refuses_what_is_no_part() -> None:
    with pytest.raises(ValueError, match="extra"):
        types.Content.model_validate({"parts": [{"type": "text", "text": "a"}]})


@pytest.fixture(scope="module")
def bedrock() -> Any:
    """The model of Bedrock's runtime, whose messages the training rows hold."""
    return botocore.session.get_session().get_service_model("bedrock-runtime")


def test_amazon_reads_messages_and_system(bedrock: Any) -> None:
    message, system = bedrock.shape_for("Message"), bedrock.shape_for("SystemContentBlock")
    for row in golden.rows("bedrock-nova"):
        for value in row["messages"]:
            report = ParamValidator().validate(value, message)
            assert not report.has_errors(), report.generate_report()
        for value in row.get("system", ()):
            report = ParamValidator().validate(value, system)
            assert not report.has_errors(), report.generate_report()


def test_amazon_reads_the_image_that_we_would_write(bedrock: Any) -> None:
    image = {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/images/a.png"}}}
    turn = {"role": "user", "content": [{"image": image}]}
    report = ParamValidator().validate(turn, bedrock.shape_for("Message"))

    assert not report.has_errors(), report.generate_report()
    assert "png" in bedrock.shape_for("ImageFormat").enum
    assert "jpeg" in bedrock.shape_for("ImageFormat").enum


def test_mistral_reads_every_row() -> None:
    for row in golden.rows("mistral-sft"):
        turns = [MISTRAL[turn["role"]].model_validate(turn) for turn in row["messages"]]
        chunks = [
            chunk for turn in turns if isinstance(turn.content, list) for chunk in turn.content
        ]
        images = any(isinstance(chunk, ImageURLChunk) for chunk in chunks)
        validator = (MistralRequestValidatorV5 if images else MistralRequestValidatorV3)(
            ValidationMode.finetuning
        )
        validator.validate_messages(turns)
        validator._validate_tools([Tool.model_validate(tool) for tool in row.get("tools", ())])

        assert turns[0].role in ("system", "user")


@pytest.mark.parametrize("name", ["together-sft", "together-preference"])
def test_together_passes_the_file(name: str) -> None:
    report = check_file(golden.path(name))

    assert report["is_check_passed"], report["message"]
    assert report["num_samples"] == len(golden.rows(name))


@pytest.mark.parametrize("name", ["together-sft", "together-preference"])
def test_together_finds_one_style_in_the_whole_file(name: str) -> None:
    rows = [row.get("input", row)["messages"] for row in golden.rows(name)]

    assert {type(turn["content"]) for turns in rows for turn in turns if "content" in turn} == {
        list
    }


def test_openai_evals_reads_rows_of_one_schema() -> None:
    rows = golden.rows("openai-evals")
    content = {
        "type": "object",
        "properties": {"item": {"type": "object"}, "sample": {"type": "object"}},
        "required": ["item"],
        "additionalProperties": False,
    }
    item = {
        "type": "object",
        "properties": {
            "input": {"type": "array", "items": {"type": "object"}},
            "tools": {"type": "array", "items": {"type": "object"}},
            "reference": {"type": "object"},
        },
        "required": ["input", "tools", "reference"],
        "additionalProperties": False,
    }
    for row in rows:
        jsonschema.validate(row, content)
        jsonschema.validate(row["item"], item)


def test_openai_fine_tunes_on_rows_of_one_schema() -> None:
    message = {
        "type": "object",
        "properties": {"role": {"enum": ["system", "developer", "user", "assistant", "tool"]}},
    }
    row_schema = {
        "type": "object",
        "properties": {
            "messages": {"type": "array", "items": message, "minItems": 1},
            "tools": {"type": "array", "items": {"type": "object"}},
            "reference": {"type": "object"},
        },
        "required": ["messages", "reference"],
    }
    for row in golden.rows("openai-rft"):
        jsonschema.validate(row, row_schema)
        assert row["messages"][-1]["role"] == "user"
