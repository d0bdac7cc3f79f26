"""ms-swift's datasets (ms-swift 4.6.0).

Rules, read in its code (github.com/modelscope/ms-swift, swift/dataset/preprocessor/core.py and
swift/template). A row that breaks one is deleted with a line in the log, unless `--strict true`.
After the system turn the user comes first; a call is a turn of its own, `tool_call`, its content
JSON, and only its results, `tool_response`, or the user follow it. Turns of one side in a row are
run together, those of the user without a space: here they are joined by a line end. A turn may have
`loss`, false for what is not to be trained on; every other member, `weight` too, is dropped.
`<image>` stands for the next of `images`, wherever it is, in the text of tools too; and where a row
has none, `<img>…</img>` becomes `<image>`. Both are broken up in what people wrote. Paths are
relative to ROOT_IMAGE_DIR. `tools` is JSON text, "[]" for none: one type over the whole file.
`rejected_response` replaces all that follows the last user turn, calls and their results included:
it is the list of these turns, of which the last ones are the output. KTO takes the last turn's
content to be the answer, and stops at a row that ends with a call.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.rules import all_of, boolean, closed, ends_with, rule
from exports.images import ImageRules
from feedbackstore import contents, documents
from feedbackstore.checks import Check, list_of, one_of, text
from feedbackstore.errors import Invalid

_ROLES: Final = {"user": "user", "assistant": "assistant", "tool": "tool_response"}
_NEXT: Final = {
    "system": ("user",),
    "user": ("assistant", "tool_call"),
    "assistant": ("user", "assistant", "tool_call"),
    "tool_call": ("user", "tool_call", "tool_response"),
    "tool_response": ("tool_response", "assistant", "tool_call"),
}
_ANSWERS: Final = ("assistant", "tool_call")


def to_sft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "images": […], "tools": "[…]"}`; earlier answers have `loss` false."""
    yield _row(example, example.right_answer())


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """The same with `rejected_response`, the turns that stand for those after the user's last."""
    chosen, rejected = (_row(example, answer) for answer in example.pair())
    instead = _since_user(rejected["messages"])
    if instead == _since_user(chosen["messages"]):
        raise Skip(Reason.UNCHANGED)
    yield {**chosen, "rejected_response": instead}


def to_kto_rows(example: Example) -> Iterator[TrainingRow]:
    """The same as for SFT with `"label": bool`, a row for each answer judged."""
    for answer, good in example.verdicts():
        chat.refuse_tool_calls([answer])
        yield {**_row(example, answer), "label": good}


def _row(example: Example, answer: Message) -> TrainingRow:
    chat.refuse_images_outside_user_turns([*example.prompt, answer])
    system, turns = chat.split_system(example.prompt)
    messages: list[Message] = []
    if len(turns) < len(example.prompt):
        messages.append({"role": "system", "content": _text({"content": system})})
    for said in turns:
        if said["role"] == "user" and messages and messages[-1]["role"] == "user":
            messages[-1]["content"] += "\n" + _text(said)
        else:
            messages += _turns(said)
    for earlier in messages:
        if earlier["role"] in _ANSWERS:
            earlier["loss"] = False
    messages += _turns(answer)
    if not _in_order(messages):
        raise Skip(Reason.TURNS)
    return {
        "messages": messages,
        "images": list(chat.image_references(turns)),
        "tools": _text({"content": documents.dump(example.tools)}),
    }


def _turns(said: Message) -> list[Message]:
    """What a message says, then each of its calls."""
    calls = said.get("tool_calls", [])
    content = _text(said)
    spoken = [{"role": _ROLES[said["role"]], "content": content}] if content or not calls else []
    return [*spoken, *({"role": "tool_call", "content": _call(call)} for call in calls)]


def _call(call: dict[str, Any]) -> str:
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    if not _holds(arguments, dict):
        raise Skip(Reason.TOOLS)
    content = documents.dump({"name": name, "arguments": documents.load(arguments)})
    return _text({"content": content})


def _text(said: Message) -> str:
    marked = chat.with_placeholders({"content": contents.joined(said.get("content", ""))})
    return chat.with_placeholders({"content": marked}, "<img>")


def _since_user(turns: list[Message]) -> list[Message]:
    asked = max((i for i, turn in enumerate(turns) if turn["role"] == "user"), default=-1)
    return turns[asked + 1 :]


def _in_order(turns: list[Message]) -> bool:
    roles = ["system", *(turn["role"] for turn in turns[turns[0]["role"] == "system" :])]
    in_turn = all(role in _NEXT[before] for before, role in pairwise(roles))
    return in_turn and roles[-1] in _ANSWERS


def _holds(json_text: str, kind: type) -> bool:
    try:
        return isinstance(documents.parse(json_text.encode()), kind)
    except (Invalid, UnicodeEncodeError):
        return False


def _depicted(row: TrainingRow) -> bool:
    """Whether there are as many `<image>` as images, and none in a rejected answer."""
    said = [turn["content"] for turn in row["messages"]]
    instead = [turn["content"] for turn in row.get("rejected_response", ())]
    hidden = "<img>" in "".join([*said, *instead]) or "<image>" in "".join([row["tools"], *instead])
    return not hidden and sum(each.count("<image>") for each in said) == len(row["images"])


_turn: Final = all_of(
    closed({"role": one_of(tuple(_NEXT)), "content": text}, {"loss": boolean}),
    rule(
        lambda turn: turn["role"] != "tool_call" or _holds(turn["content"], dict),
        "json_object",
        "The content of a call should be a JSON object",
    ),
)
_turn_list: Final = list_of(_turn, at_least=1)
_conversation: Final = all_of(
    _turn_list,
    rule(_in_order, "role_order", "The roles should be in order: the user first, an answer last"),
    rule(lambda turns: turns[-1].get("loss") is not False, "loss", "The answer should be trained"),
)
_tools: Final = all_of(
    text, rule(lambda tools: _holds(tools, list), "json_list", "It should be a JSON list")
)


def _check(**columns: Check) -> Check:
    return all_of(
        closed({"messages": _conversation, "images": list_of(text), "tools": _tools} | columns),
        rule(_depicted, "image_count", "There should be as many <image> in it as images"),
    )


def _other_answer(row: TrainingRow) -> bool:
    rejected = row["rejected_response"]
    other = rejected == _since_user(rejected) != _since_user(row["messages"])
    return other and _in_order([{"role": "user"}, *rejected])


_check_pair: Final = all_of(
    _check(rejected_response=_turn_list),
    rule(_other_answer, "rejected", "Other turns should be rejected, an answer last"),
)
_check_kto: Final = _check(messages=all_of(_conversation, ends_with("assistant")), label=boolean)
_TRAIN: Final = "ROOT_IMAGE_DIR={out} swift %s --model MODEL --dataset {out} --strict true"

_format: Final = partial(Format, readers="ms-swift", images=ImageRules(modes=("files",)))

FORMATS: Final = (
    _format(
        name="swift-sft",
        help="Conversations with images and tools for ms-swift, ending with the right answer.",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        check=_check(),
        train=_TRAIN % "sft",
    ),
    _format(
        name="swift-preference",
        help="Pairs for ms-swift's DPO: the correction is chosen, the output rejected.",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=_check_pair,
        train=_TRAIN % "rlhf --rlhf_type dpo",
    ),
    _format(
        name="swift-kto",
        help="Single answers with a label, for ms-swift's KTO.",
        task=Task.UNPAIRED,
        to_rows=to_kto_rows,
        check=_check_kto,
        train=_TRAIN % "rlhf --rlhf_type kto",
    ),
)
