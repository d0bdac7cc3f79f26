"""Vertex AI's rows for Gemini: contents of parts, a model instead of an assistant.

Rules (docs.cloud.google.com: gemini-supervised-tuning-prepare, gemini-preference-tuning-prepare,
tune-function-calling): the roles are `user` and `model`, in turns, and the model ends; a part holds
one member and has no `type`; the system prompt is text, beside them. Images are files in Google's
storage, in user turns, at most 30 a row of at most 20 MB. Arguments and a tool's answer are objects
(`output` holds another answer); the answers to one turn's calls come together, as the user's. A
preference row takes text only and has two completions, scored 1 and 0; its page writes
`system_instruction`, the other one `systemInstruction`: Google's JSON reads both. A tool's
parameters are an OpenAPI schema: what that cannot express is left out.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.bedrock import image_type, one_member
from exports.formats.evaluation import json_of
from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.mistral import answered
from exports.formats.rules import all_of, anything, closed, ends_with, roles_alternate, rule
from exports.images import ImageRules
from feedbackstore.checks import filled_text, list_of, mapping, one_of, text

IMAGES: Final = ImageRules(
    modes=("keep", "files"),
    types=("png", "jpeg", "webp"),
    at_most=30,
    max_bytes=20 * 1024 * 1024,
    own_prefix="gs://",
)
_ROLES: Final = ("user", "model")
_KEYWORDS: Final = """type format title description nullable default enum items minItems maxItems
properties required minProperties maxProperties additionalProperties minimum maximum minLength
maxLength pattern anyOf"""
_alternate: Final = roles_alternate(*_ROLES)


def to_sft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"systemInstruction": {…}, "contents": […], "tools": […]}`."""
    system, rest = chat.split_system(example.prompt)
    contents = _contents([*rest, example.right_answer()])
    yield {**_system("systemInstruction", system), "contents": contents, **_tools(example)}


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"system_instruction": {…}, "contents": […], "completions": [two]}`."""
    pair = example.pair()
    chat.refuse_tools(example)
    chat.refuse_media([*example.prompt, *pair])
    system, rest = chat.split_system(example.prompt)
    yield {
        **_system("system_instruction", system),
        "contents": _contents(rest),
        "completions": [
            {"score": score, "completion": {"role": "model", "parts": _parts(answer, {})}}
            for score, answer in zip((1, 0), pair, strict=True)
        ],
    }


def _system(name: str, system: str) -> dict[str, Any]:
    return {name: {"role": "system", "parts": [{"text": system}]}} if system else {}


def _contents(turns: list[Message]) -> list[dict[str, Any]]:
    """The turns in Google's words. Raises Skip where they do not alternate."""
    chat.refuse_images_outside_user_turns(turns)
    if not answered(turns):
        raise Skip(Reason.TURNS)
    names: dict[str, str] = {}
    contents: list[dict[str, Any]] = []
    for before, turn in pairwise([{"role": ""}, *turns]):
        names |= {call["id"]: call["function"]["name"] for call in turn.get("tool_calls", ())}
        parts = _parts(turn, names)
        if before["role"] == turn["role"] == "tool":
            contents[-1]["parts"] += parts
        else:
            role = "model" if turn["role"] == "assistant" else "user"
            contents.append({"role": role, "parts": parts})
    if not contents or any(_alternate(contents, ())):
        raise Skip(Reason.TURNS)
    return contents


def _parts(turn: Message, names: dict[str, str]) -> list[dict[str, Any]]:
    if turn["role"] == "tool":
        said = json_of(chat.text_of(turn))
        response = said if isinstance(said, dict) else {"output": said}
        return [{"functionResponse": {"name": names[turn["tool_call_id"]], "response": response}}]
    shown = [
        _file(part) if part["type"] == "image_url" else {"text": part["text"]}
        for part in chat.parts_of(turn)
        if part.get("text") != ""
    ]
    return [*shown, *(_call(call["function"]) for call in turn.get("tool_calls", ()))]


def _file(part: dict[str, Any]) -> dict[str, Any]:
    address = part["image_url"]["url"]
    if not address.startswith("gs://"):
        raise Skip(Reason.IMAGE_NOT_HERE)
    return {"fileData": {"mimeType": f"image/{image_type(part)}", "fileUri": address}}


def _call(function: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(arguments := json_of(function["arguments"]), dict):
        raise Skip(Reason.TOOLS)
    return {"functionCall": {"name": function["name"], "args": arguments}}


def _tools(example: Example) -> dict[str, Any]:
    functions = [tool["function"] for tool in example.tools]
    if not all(_expressible(function.get("parameters") or {}) for function in functions):
        raise Skip(Reason.TOOLS)
    known = ("name", "description", "parameters")
    declared = [{name: one[name] for name in known if one.get(name)} for one in functions]
    return {"tools": [{"functionDeclarations": declared}]} if declared else {}


def _expressible(schema: dict[str, Any]) -> bool:
    if not schema.keys() <= set(_KEYWORDS.split()) or isinstance(schema.get("type"), list):
        return False
    items = [schema["items"]] if "items" in schema else []
    inner = [*items, *schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    return all(map(_expressible, inner))


def _answered(contents: list[dict[str, Any]]) -> bool:
    """Whether each turn's calls are answered by the next one; the last may wait."""
    calls = 0
    for content in contents:
        if sum("functionResponse" in part for part in content["parts"]) != calls:
            return False
        calls = sum("functionCall" in part for part in content["parts"])
    return True


def _stored(contents: list[dict[str, Any]]) -> bool:
    files = [(c["role"], part.get("fileData")) for c in contents for part in c["parts"]]
    return all(role == "user" and at["fileUri"].startswith("gs://") for role, at in files if at)


_part: Final = all_of(
    closed(
        {},
        {
            "text": filled_text,
            "fileData": closed({"mimeType": filled_text, "fileUri": filled_text}),
            "functionCall": closed({"name": filled_text}, {"args": mapping}),
            "functionResponse": closed({"name": filled_text, "response": mapping}),
        },
    ),
    rule(one_member, "one_member", "A part should have one member"),
)
_role: Final = {"role": one_of(_ROLES)}
_texts: Final = {"parts": list_of(closed({"text": filled_text}), at_least=1)}
_spoken: Final = closed({**_role, **_texts})
_system_text: Final = closed(_texts, {"role": text})
_systems: Final = {"systemInstruction": _system_text, "system_instruction": _system_text}
_turns: Final = all_of(
    list_of(closed({**_role, "parts": list_of(_part, at_least=1)}), at_least=1),
    _alternate,
    ends_with("model"),
    rule(_answered, "answers", "Calls should be answered by the next turn, all of them"),
    rule(_stored, "files", "Files should stand in user turns, by gs:// addresses"),
)
_questions: Final = all_of(list_of(_spoken, at_least=1), _alternate, ends_with("user"))
_completions: Final = all_of(
    list_of(closed({"score": anything, "completion": _spoken})),
    rule(
        lambda two: [one["score"] for one in two] in ([1, 0], [0, 1]),
        "scores",
        "There should be two completions, of the scores 1 and 0",
    ),
)

FORMATS: Final = (
    Format(
        name="gemini-sft",
        help="Contents ending with the model's turn, images in Google Cloud Storage.",
        readers="Vertex AI (Gemini)",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        check=closed({"contents": _turns}, {**_systems, "tools": list_of(mapping)}),
        images=IMAGES,
        train="gcloud storage cp {out} gs://BUCKET, then client.tunings.tune (google-genai)",
    ),
    Format(
        name="gemini-preference",
        help="Pairs of completions with their scores, text only.",
        readers="Vertex AI (Gemini)",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=closed({"contents": _questions, "completions": _completions}, _systems),
        train="gcloud storage cp {out} gs://BUCKET, then client.tunings.tune (google-genai)",
    ),
)
