"""An example: a prompt, and the answer that the model should have given.

A row that becomes none is left out with a reason, which summary and manifest count.
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from exports.selection import Row
from feedbackstore import contents, documents, messages
from feedbackstore.errors import Invalid

Message = dict[str, Any]

_MEMBERS: Final = {
    "assistant": ("role", "content", "name", "tool_calls"),
    "tool": ("role", "content", "tool_call_id"),
}
_OTHERS_MEMBERS: Final = ("role", "content", "name")


class Reason(StrEnum):
    """Why a row is in no dataset; the value is how the manifest calls it."""

    NO_PREDICTION = "no_prediction"
    NO_CORRECTION = "no_correction"
    NO_OUTPUT = "no_output"
    SUPERSEDED = "superseded"
    UNCHANGED = "unchanged"
    KNOWN = "known"
    DISAGREEMENT = "disagreement"
    NOT_A_MESSAGE = "not_a_message"
    ENDS_WITH_ANSWER = "ends_with_answer"
    TURNS = "turns"
    TEXT_ONLY = "text_only"
    OTHER_MEDIA = "other_media"
    TOOLS = "tools"
    RESERVED_WORDS = "reserved_words"
    TOO_MANY_IMAGES = "too_many_images"
    IMAGE_NOT_HERE = "image_not_here"
    IMAGE_NOT_FETCHED = "image_not_fetched"
    NOT_AN_IMAGE = "not_an_image"
    IMAGE_TYPE = "image_type"
    IMAGE_TOO_LARGE = "image_too_large"
    NO_SCHEMA = "no_schema"
    BROKEN_SCHEMA = "broken_schema"
    BREAKS_SCHEMA = "breaks_schema"
    DUPLICATE = "duplicate"
    DOMAIN_FULL = "domain_full"


EXPLAINED: dict[Reason, str] = {
    Reason.NO_PREDICTION: "no prediction is stored for it yet",
    Reason.NO_CORRECTION: "it neither corrects the output nor rates it in a way that trains",
    Reason.NO_OUTPUT: "the model's own output is not stored",
    Reason.SUPERSEDED: "other feedback on the same prediction is taken (--resolve)",
    Reason.UNCHANGED: "the correction equals the output, so there is nothing to prefer",
    Reason.KNOWN: "the earlier export has it already (--since-manifest)",
    Reason.DISAGREEMENT: "its corrections differ, or there is only one (--resolve agree)",
    Reason.NOT_A_MESSAGE: "the corrected assistant message breaks the rules of chat messages",
    Reason.ENDS_WITH_ANSWER: "the prompt ends with an assistant message",
    Reason.TURNS: "its turns come in an order that the format cannot hold",
    Reason.TEXT_ONLY: "it has images where the format takes text only",
    Reason.OTHER_MEDIA: "it has parts other than text and images, which the format cannot hold",
    Reason.TOOLS: "it has tools or tool calls, which the format cannot hold",
    Reason.RESERVED_WORDS: "its text holds words that the trainer reserves for itself",
    Reason.TOO_MANY_IMAGES: "it has more images than the format takes in one row",
    Reason.IMAGE_NOT_HERE: "an image is given by a URL, which the format cannot hold as it is"
    " (--fetch-images)",
    Reason.IMAGE_NOT_FETCHED: "an image could not be fetched from its URL",
    Reason.NOT_AN_IMAGE: "what is given as an image is none",
    Reason.IMAGE_TYPE: "an image is of a type that the format does not take, and nothing here"
    " converts it (pip install 'feedbackstore[images]')",
    Reason.IMAGE_TOO_LARGE: "an image is larger than the format takes",
    Reason.NO_SCHEMA: "no JSON schema is stored with its prediction",
    Reason.BROKEN_SCHEMA: "the JSON schema of its prediction is none, or refers to what is not"
    " in it",
    Reason.BREAKS_SCHEMA: "its answer is not valid under the JSON schema of its prediction",
    Reason.DUPLICATE: "it is the same as one before it",
    Reason.DOMAIN_FULL: "enough of its domain went before it",
}
"""Each reason in words: it completes "left out, for …"."""


NOT_HELD: Final = frozenset(
    {
        Reason.TURNS,
        Reason.TEXT_ONLY,
        Reason.OTHER_MEDIA,
        Reason.TOOLS,
        Reason.RESERVED_WORDS,
        Reason.TOO_MANY_IMAGES,
        Reason.IMAGE_NOT_HERE,
        Reason.IMAGE_NOT_FETCHED,
        Reason.NOT_AN_IMAGE,
        Reason.IMAGE_TYPE,
        Reason.IMAGE_TOO_LARGE,
    }
)
"""What `--strict` fails on: good examples that the format cannot hold."""


class Skip(Exception):
    """A row is no example, or not one that a format can hold."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(EXPLAINED[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt, what the model answered, and what a person made of it.

    `prompt` is a list of OpenAI chat messages; `answer` and `output` are assistant messages.
    `answer` is the right one: the correction, or the output that was rated up; it is None where
    the output was only rated down. `output` is None where it is not stored. `changed` tells
    whether the two differ by value, `corrected` whether there is a correction at all.
    """

    prompt: list[Message]
    answer: Message | None
    output: Message | None
    changed: bool
    corrected: bool
    tools: list[dict[str, Any]]
    correction: Any = None
    json_schema: Any = None
    domain: str | None = None

    def right_answer(self) -> Message:
        """The answer to train on. Raises Skip where there is none."""
        if self.answer is None:
            raise Skip(Reason.NO_CORRECTION)
        return self.answer

    def pair(self) -> tuple[Message, Message]:
        """The chosen and the rejected answer. Raises Skip where there are no two."""
        chosen = self.right_answer()
        if self.output is None:
            raise Skip(Reason.NO_OUTPUT)
        if not self.changed:
            raise Skip(Reason.UNCHANGED)
        return chosen, self.output

    def verdicts(self) -> list[tuple[Message, bool]]:
        """Each answer that was judged, and whether it was good."""
        if not self.corrected:
            return [(self.output, self.answer is not None)] if self.output else []
        good = [(self.right_answer(), True)]
        return [*good, (self.output, False)] if self.output and self.changed else good


def build(row: Row) -> Example:
    """The example that a row holds. Raises Skip."""
    if row.input is None:
        raise Skip(Reason.NO_PREDICTION)
    if row.response is None and row.rating is None:
        raise Skip(Reason.NO_CORRECTION)
    if row.response is None and row.output is None:
        raise Skip(Reason.NO_OUTPUT)
    prompt = [_cleaned(turn) for turn in documents.load(row.input)]
    if prompt[-1]["role"] == "assistant":
        raise Skip(Reason.ENDS_WITH_ANSWER)
    output = _load(row.output)
    corrected = row.response is not None
    correction = _load(row.response) if corrected else output
    if messages.is_message(correction):
        if any(messages.check(correction, ())):
            raise Skip(Reason.NOT_A_MESSAGE)
    elif isinstance(correction, dict):
        output = _structured(output)
    answer = _assistant(correction, like=output)
    original = None if output is None else _assistant(output, like=output)
    unchanged = documents.same(_structured(correction), _structured(output))
    return Example(
        prompt=prompt,
        answer=answer if corrected or row.rating == "up" else None,
        output=original,
        changed=not (unchanged or _says_the_same(answer, original)),
        corrected=corrected,
        tools=_load(row.tools) or [],
        correction=correction,
        json_schema=_load(row.json_schema),
        domain=row.domain,
    )


def _load(text: str | None) -> Any:
    return None if text is None else documents.load(text)


def _structured(answer: Any) -> Any:
    """The JSON that a text holds, where it holds an object or a list: compared by value then."""
    message = _cleaned(answer) if messages.is_message(answer) else {}
    if "tool_calls" in message:
        return answer
    text = contents.joined(message.get("content")) if message else answer
    value = contents.structured(text)
    return answer if value is text else value


def _assistant(answer: Any, like: Any) -> Message:
    """The assistant's message for an answer: itself, its text, or its JSON as one string."""
    if not messages.is_message(answer):
        content = answer if isinstance(answer, str) else documents.canonical(answer, like)
        return {"role": "assistant", "content": content}
    message = {name: member for name, member in _cleaned(answer).items() if name != "name"}
    if "content" in message:
        message["content"] = contents.joined(message["content"])
    if "tool_calls" in message:
        message["tool_calls"] = [_call(call) for call in message["tool_calls"]]
    return message


def _cleaned(message: Message) -> Message:
    """The members that the message's role has, and no other: hosted services refuse more."""
    names = _MEMBERS.get(message["role"], _OTHERS_MEMBERS)
    return {name: message[name] for name in names if message.get(name) not in (None, [])}


def _call(call: dict[str, Any]) -> dict[str, Any]:
    """A tool call, the JSON of its arguments written as every other JSON is."""
    function = dict(call["function"])
    with suppress(Invalid):
        function["arguments"] = documents.canonical(documents.parse(function["arguments"].encode()))
    return {"id": call["id"], "type": call["type"], "function": function}


def _says_the_same(answer: Message, original: Message | None) -> bool:
    """Whether two messages differ in nothing, or only in the random ids of their tool calls."""
    if original is None:
        return False
    without_ids = [
        {**message, "tool_calls": [call["function"] for call in message.get("tool_calls", ())]}
        for message in (answer, original)
    ]
    return documents.same(*without_ids)
