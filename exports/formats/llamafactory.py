"""LLaMA-Factory's datasets, and the `dataset_info.json` that names them (llamafactory 0.9.5).

Rules, read in its code (github.com/hiyouga/LLaMA-Factory, src/llamafactory/data): roles take turns,
the user or an observation first, the assistant or a function call last (a preference row's messages
end before that); it skips a row that breaks this, with no more than a line in the log. Content is a
string, with as many `<image>` as the row has images and no `<video>` or `<audio>`. That of a
function call is JSON and nothing beside it: one `{"name", "arguments": {…}}`, or a list where
several are called at once (GLM-4's template alone refuses it); but no turn holds several results.
`tools` is JSON text, of which the default template reads every `parameters.properties`. KTO tells
good from bad by which of two contents is empty: a good answer may not be. Once an entry names any
column or tag, those that it does not name count as none. Every answer of a row is trained on unless
`mask_history` is set. The formatting `openai` would add "detailed thinking off" to the system
prompt; sharegpt leaves it alone. Alpaca's `history` is not used: other readers do not know it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.interface import Format, Layout, Task, TrainingRow
from exports.formats.rules import all_of, boolean, closed, rule, turn
from exports.images import ImageRules
from feedbackstore import documents
from feedbackstore.checks import Check, list_of, mapping, members, text
from feedbackstore.errors import Invalid, Loc, Problem

_IMAGES: Final = ImageRules(modes=("files",), types=("png", "jpeg", "webp", "gif"))
_MARKS: Final = ("<image>", "<video>", "<audio>")
_ROLES: Final = {"user": "user", "tool": "observation", "assistant": "assistant"}
_PLACES: Final = (("user", "observation"), ("assistant", "function_call"))


def to_sft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "images": […], "system": "…", "tools": "…"}`."""
    yield _row(example, _turn(example.right_answer()))


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """The same with the messages `chosen` and `rejected`, `messages` ending before them."""
    chosen, rejected = example.pair()
    yield {**_row(example), "chosen": _turn(chosen), "rejected": _turn(rejected)}


def to_kto_rows(example: Example) -> Iterator[TrainingRow]:
    """The same as for SFT with `"kto_tag": bool`, a row for each answer judged."""
    for answer, good in example.verdicts():
        last = _turn(answer)
        if good and not last["content"]:
            raise Skip(Reason.NO_CORRECTION)
        yield {**_row(example, last), "kto_tag": good}


def to_alpaca_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"instruction": "…", "input": "", "output": "…", "system": "…"}`."""
    chat.refuse_tools(example)
    system, turns = chat.split_system(example.prompt)
    if len(turns) != 1:
        raise Skip(Reason.TURNS)
    asked, answered = (_text(chat.text_only(said)) for said in (*turns, example.right_answer()))
    yield {"instruction": asked, "input": "", "output": answered, "system": _unmarked(system)}


def _row(example: Example, *answers: Message) -> TrainingRow:
    system, turns = chat.split_system(example.prompt)
    messages = [_turn(turn) for turn in turns]
    if not (_in_order(messages) and len(messages) % 2):
        raise Skip(Reason.TURNS)
    return {
        "messages": [*messages, *answers],
        "images": list(chat.image_references(turns)),
        "system": _unmarked(system),
        "tools": documents.dump([_bare(tool) for tool in example.tools]) if example.tools else "",
    }


def _turn(message: Message) -> Message:
    chat.refuse_images_outside_user_turns([message])
    said = _text(message)
    if "tool_calls" not in message:
        return {"role": _ROLES[message["role"]], "content": said}
    if said:
        raise Skip(Reason.TOOLS)
    calls = [_call(call["function"]) for call in message["tool_calls"]]
    content = documents.dump(calls if len(calls) > 1 else calls[0])
    return {"role": "function_call", "content": _unmarked(content)}


def _call(function: dict[str, Any]) -> dict[str, Any]:
    try:
        arguments = documents.parse(function["arguments"].encode())
    except Invalid:
        raise Skip(Reason.TOOLS) from None
    if not isinstance(arguments, dict):
        raise Skip(Reason.TOOLS)
    return {"name": function["name"], "arguments": arguments}


def _bare(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    schema = {"type": "object", **(function.get("parameters") or {})}
    parameters = {**schema, "properties": schema.get("properties") or {}}
    described = function.get("description") or ""
    return {"name": function["name"], "description": described, "parameters": parameters}


def _text(message: Message) -> str:
    """The message as one text, in which `<image>` stands for each image and nothing else."""
    plain = message if chat.has_images([message]) else chat.text_only(message)
    return _unmarked(chat.with_placeholders(plain), *_MARKS[1:])


def _unmarked(said: str, *marks: str) -> str:
    for mark in marks or _MARKS:
        said = chat.with_placeholders({"content": said}, mark)
    return said


def _in_order(turns: list[Message]) -> bool:
    return all(turn["role"] in _PLACES[i % 2] for i, turn in enumerate(turns))


def _json(check: Check, *, one: bool = False) -> Check:
    """A text that holds a list of such values as JSON; where `one`, also a single value."""

    def check_text(value: Any, loc: Loc) -> Iterator[Problem]:
        try:
            held = json.loads(value)
        except (ValueError, RecursionError):
            yield Problem(loc, "json_invalid", "Input should be JSON", value)
            return
        several = [held] if one and not isinstance(held, list) else held
        yield from list_of(check, at_least=1)(several, loc)

    return check_text


def _function_call(message: Any, loc: Loc) -> Iterator[Problem]:
    if message["role"] == "function_call":
        yield from _json(members({"name": text, "arguments": mapping}), one=True)(
            message["content"], (*loc, "content")
        )


def _tools(value: Any, loc: Loc) -> Iterator[Problem]:
    if value:
        offered = members({"name": text, "parameters": members({"properties": mapping})})
        yield from _json(offered)(value, loc)


def _marked_as(number: int, said: str) -> bool:
    return [said.count(mark) for mark in _MARKS] == [number, 0, 0]


def _depicted(row: TrainingRow) -> bool:
    """Whether marks and images are as many, whichever answer ends the row."""
    said = "\n".join(turn["content"] for turn in row["messages"])
    ends = [row[name]["content"] for name in ("chosen", "rejected") if name in row] or [""]
    return all(_marked_as(len(row["images"]), f"{said}\n{end}") for end in ends)


_message: Final = all_of(turn(*_PLACES[0], *_PLACES[1]), _function_call)
_answer: Final = all_of(turn(*_PLACES[1]), _function_call)


def _check(odd: int, **columns: Check) -> Check:
    turns = all_of(
        list_of(_message, at_least=1),
        rule(_in_order, "role_order", "The roles should alternate, beginning with the user"),
        rule(lambda turns: len(turns) % 2 == odd, "turns", "There is a turn too many or few"),
    )
    shared = {"messages": turns, "images": list_of(text), "system": text}
    return all_of(
        closed({**shared, "tools": all_of(text, _tools), **columns}),
        rule(_depicted, "image_count", "There should be as many <image> in it as images"),
    )


def _kto(row: TrainingRow) -> bool:
    last = row["messages"][-1]["content"]
    return _marked_as(0, last) and not (row["kto_tag"] and last == "")


def _companions(columns: dict[str, str], **entry: Any) -> Callable[[Layout], dict[str, str]]:
    """`dataset_info.json`: an entry a split, under its name; a further file's has a number."""

    def write(layout: Layout) -> dict[str, str]:
        entries = {
            split if number == 1 else f"{split}-{number}": {
                "file_name": file,
                **entry,
                "columns": columns,
            }
            for split, files in layout.files.items()
            for number, file in enumerate(files, 1)
        }
        return {"dataset_info.json": json.dumps(entries, indent=2) + "\n"}

    return write


_SHAREGPT: Final = {
    "formatting": "sharegpt",
    "tags": {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "observation_tag": "observation",
        "function_tag": "function_call",
        "system_tag": "system",
    },
}
_COLUMNS: Final = {name: name for name in ("messages", "images", "system", "tools")}
_PAIR: Final = {"chosen": "chosen", "rejected": "rejected"}
_ALPACA: Final = {"prompt": "instruction", "query": "input", "response": "output"}
_TRAIN: Final = (
    "llamafactory-cli train --do_train --model_name_or_path MODEL --template TEMPLATE"
    " --output_dir MODEL_OUT --dataset_dir {out} --dataset train --stage "
)

FORMATS: Final = (
    Format(
        name="llamafactory-sft",
        help="Conversations with images and tools for LLaMA-Factory, ending with the right answer.",
        readers="LLaMA-Factory",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        check=_check(0),
        images=_IMAGES,
        companions=_companions(_COLUMNS, **_SHAREGPT),
        train=f"{_TRAIN}sft --mask_history",
    ),
    Format(
        name="llamafactory-preference",
        help="Pairs for LLaMA-Factory's DPO: the correction is chosen, the output rejected.",
        readers="LLaMA-Factory",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=_check(1, chosen=_answer, rejected=_answer),
        images=_IMAGES,
        companions=_companions({**_COLUMNS, **_PAIR}, ranking=True, **_SHAREGPT),
        train=f"{_TRAIN}dpo",
    ),
    Format(
        name="llamafactory-kto",
        help="Single answers with a label, for LLaMA-Factory's KTO.",
        readers="LLaMA-Factory",
        task=Task.UNPAIRED,
        to_rows=to_kto_rows,
        check=all_of(
            _check(0, kto_tag=boolean),
            rule(_kto, "answer", "A good answer should not be empty, and none hold media marks"),
        ),
        images=_IMAGES,
        companions=_companions({**_COLUMNS, "kto_tag": "kto_tag"}, **_SHAREGPT),
        train=f"{_TRAIN}kto",
    ),
    Format(
        name="alpaca",
        help="One instruction and its answer, text only; the shape that most trainers read.",
        readers="LLaMA-Factory, axolotl, Unsloth",
        task=Task.SUPERVISED,
        to_rows=to_alpaca_rows,
        check=all_of(
            closed(dict.fromkeys(("instruction", "input", "output", "system"), text)),
            rule(
                lambda row: _marked_as(0, "\n".join(row.values())),
                "image_count",
                "Text should not hold <image>, <video> or <audio>",
            ),
        ),
        companions=_companions({**_ALPACA, "system": "system"}, formatting="alpaca"),
        train=f"{_TRAIN}sft",
    ),
)
