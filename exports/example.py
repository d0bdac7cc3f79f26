"""An example: a prompt, and the answer that the model should have given.

A row that becomes none is left out with a reason, which summary and manifest count.
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from exports.selection import Row
from feedbackstore import documents, messages
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
    NOT_A_MESSAGE = "not_a_message"
    ENDS_WITH_ANSWER = "ends_with_answer"
    IMAGES = "images"
    OTHER_MEDIA = "other_media"
    TOOLS = "tools"


EXPLAINED: dict[Reason, str] = {
    Reason.NO_PREDICTION: "no prediction is stored for it yet",
    Reason.NO_CORRECTION: "it neither corrects the output nor rates it up",
    Reason.NO_OUTPUT: "the model's own output is not stored",
    Reason.SUPERSEDED: "another correction of the same prediction is taken (--resolve)",
    Reason.UNCHANGED: "the correction equals the output, so there is nothing to prefer",
    Reason.NOT_A_MESSAGE: "the corrected assistant message breaks the rules of chat messages",
    Reason.ENDS_WITH_ANSWER: "the prompt ends with an assistant message",
    Reason.IMAGES: "it has images where the format takes text only",
    Reason.OTHER_MEDIA: "it has parts other than text and images, which the format cannot hold",
    Reason.TOOLS: "it has tools or tool calls, which the format cannot hold",
}
"""Each reason in words: it completes "left out, for …"."""


class Skip(Exception):
    """A row is no example, or not one that a format can hold."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(EXPLAINED[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt with its right answer, and with the model's own.

    `prompt` is a list of OpenAI chat messages, `answer` and `output` are assistant messages;
    `output` is None where the model's own answer is not stored.
    """

    prompt: list[Message]
    answer: Message
    output: Message | None
    changed: bool
    tools: list[dict[str, Any]]

    def pair(self) -> tuple[Message, Message]:
        """The chosen and the rejected answer. Raises Skip where there are no two."""
        if self.output is None:
            raise Skip(Reason.NO_OUTPUT)
        if not self.changed:
            raise Skip(Reason.UNCHANGED)
        return self.answer, self.output


def build(row: Row) -> Example:
    """The example that a row holds. Raises Skip."""
    if row.input is None:
        raise Skip(Reason.NO_PREDICTION)
    if row.response is None and row.rating != "up":
        raise Skip(Reason.NO_CORRECTION)
    if row.response is None and row.output is None:
        raise Skip(Reason.NO_OUTPUT)
    prompt = [_cleaned(turn) for turn in documents.load(row.input)]
    if prompt[-1]["role"] == "assistant":
        raise Skip(Reason.ENDS_WITH_ANSWER)
    output = _load(row.output)
    correction = output if row.response is None else _load(row.response)
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
        answer=answer,
        output=original,
        changed=not (unchanged or _says_the_same(answer, original)),
        tools=_load(row.tools) or [],
    )


def joined_text(content: Any) -> Any:
    """Content as one string where all of its parts are text; else as it is."""
    if isinstance(content, list) and all(part["type"] == "text" for part in content):
        return "\n".join(part["text"] for part in content)
    return content


def _load(text: str | None) -> Any:
    return None if text is None else documents.load(text)


def _structured(answer: Any) -> Any:
    """The JSON that a text holds, where it holds an object or a list: compared by value then."""
    message = _cleaned(answer) if messages.is_message(answer) else {}
    text = joined_text(message.get("content")) if message else answer
    if not isinstance(text, str) or "tool_calls" in message:
        return answer
    try:
        value = documents.parse(text.encode())
    except Invalid:
        return answer
    return value if isinstance(value, dict | list) else answer


def _assistant(answer: Any, like: Any) -> Message:
    """The assistant's message for an answer: itself, its text, or its JSON as one string."""
    if not messages.is_message(answer):
        content = answer if isinstance(answer, str) else documents.canonical(answer, like)
        return {"role": "assistant", "content": content}
    message = {name: member for name, member in _cleaned(answer).items() if name != "name"}
    if "content" in message:
        message["content"] = joined_text(message["content"])
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
