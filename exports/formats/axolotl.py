"""axolotl's chat datasets, and a configuration that names them (axolotl 0.19.0).

Rules, read in its code (github.com/axolotl-ai-cloud/axolotl, src/axolotl). Text goes through
`prompt_strategies/chat_template.py`: a list of text parts is glued into one string there, so every
content here is a list of parts, one of them where it is all text, and a file may hold rows with and
without images. `train` false, the key that `message_field_training` names, keeps a turn out of the
loss (its `weight` is for parts only). A tool call's arguments must be JSON, or the run ends; as
JSON text, `tools` are not padded with each other's members. Images go another way,
`processing_strategies.py`, which the configuration takes for a whole dataset: a part is opened by
its `path`, relative to where axolotl runs, and only role and content are read. `train` is nothing
to it, and tools and their calls would vanish, so no row has both.

Preference rows (`prompt_strategies/dpo/chat_template.py`) hold strings. The answer is searched for
in its rendering, which begins with a user's "[[dummy_message]]", and all before it is cut off: one
that stands in those words, an empty one too, cuts in the wrong place, and so does one whose outer
spaces the template trims. The former are left out, the latter trimmed here.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.interface import Format, Layout, Task, TrainingRow
from exports.formats.rules import all_of, boolean, closed, ends_with, rule, turn
from exports.images import ImageRules
from feedbackstore import documents
from feedbackstore.checks import filled_text, list_of, members, one_of, text
from feedbackstore.errors import Invalid

_DUMMY: Final = "[[dummy_message]]"
_NAMED: Final = {"text": "text", "image": "path"}
_ROLES: Final = ("system", "user", "assistant", "tool")


def to_sft_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "tools": "[…]"}`; earlier assistant turns have `train` false."""
    turns = chat.system_role([*example.prompt, example.right_answer()])
    chat.refuse_images_outside_user_turns(turns)
    if chat.has_images(turns):
        chat.refuse_tools(example)
    messages = [_turn(said) for said in turns]
    for earlier in messages[:-1]:
        if earlier["role"] == "assistant":
            earlier["train"] = False
    yield {"messages": messages, "tools": documents.dump(example.tools)}


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "chosen": {…}, "rejected": {…}}`, strings and no tools."""
    chat.refuse_tools(example)
    chosen, rejected = map(_answer, example.pair())
    if chosen == rejected:
        raise Skip(Reason.UNCHANGED)
    prompt = chat.system_role(example.prompt)
    messages = [{"role": said["role"], "content": chat.text_of(said)} for said in prompt]
    yield {"messages": messages, "chosen": chosen, "rejected": rejected}


def _turn(said: Message) -> Message:
    calls = said.get("tool_calls", ())
    if not all(_holds(call["function"]["arguments"], dict) for call in calls):
        raise Skip(Reason.TOOLS)
    linked = ("tool_calls", "tool_call_id")
    shown = {"role": said["role"], "content": _parts(said)}
    return shown | {name: said[name] for name in linked if name in said}


def _parts(said: Message) -> list[dict[str, Any]]:
    if not chat.has_images([said]):
        return [{"type": "text", "text": chat.text_of(said)}]
    return [
        {"type": "image", "path": part["image_url"]["url"]}
        if part["type"] == "image_url"
        else {"type": "text", "text": part["text"]}
        for part in chat.parts_of(said)
    ]


def _answer(said: Message) -> Message:
    content = chat.text_of(said).strip()
    if content in _DUMMY:
        raise Skip(Reason.RESERVED_WORDS)
    return {"role": "assistant", "content": content}


def _holds(json_text: str, kind: type) -> bool:
    try:
        return isinstance(documents.parse(json_text.encode()), kind)
    except (Invalid, UnicodeEncodeError):
        return False


def _one_way(row: TrainingRow) -> bool:
    """Whether no turn shows an image, or the user does and there are neither tools nor calls."""
    shown = {t["role"] for t in row["messages"] if any("path" in part for part in t["content"])}
    calls = any("tool_calls" in t or t["role"] == "tool" for t in row["messages"])
    return not shown or (shown == {"user"} and row["tools"] == "[]" and not calls)


_part: Final = all_of(
    members({"type": one_of(("text", "image"))}, {"text": text, "path": filled_text}),
    rule(lambda part: {*part} - {"type"} == {_NAMED[part["type"]]}, "part", "Text or path is all"),
)
_arguments: Final = all_of(
    text, rule(lambda value: _holds(value, dict), "json_object", "It should be a JSON object")
)
_function: Final = closed({"name": text, "arguments": _arguments})
_message: Final = closed(
    {"role": one_of(_ROLES), "content": list_of(_part, at_least=1)},
    {
        "tool_calls": list_of(closed({"id": text, "type": text, "function": _function})),
        "tool_call_id": text,
        "train": boolean,
    },
)
_preferred: Final = all_of(
    turn("assistant"),
    rule(
        lambda said: said["content"] not in _DUMMY and said["content"] == said["content"].strip(),
        "answer",
        f"An answer should have no outer spaces, and not stand in {_DUMMY}",
    ),
)
_prompt: Final = all_of(list_of(turn(*_ROLES[:3]), at_least=1), ends_with("user", "system"))
_conversation: Final = all_of(
    list_of(_message, at_least=1),
    ends_with("assistant"),
    rule(lambda turns: turns[-1].get("train") is not False, "train", "It should be trained on"),
)
_tools: Final = all_of(
    text, rule(lambda tools: _holds(tools, list), "json_list", "It should be a JSON list")
)

check_sft_row: Final = all_of(
    closed({"messages": _conversation, "tools": _tools}),
    rule(_one_way, "images", "Images should stand in user messages, and in no row with tools"),
)
check_preference_row: Final = all_of(
    closed({"messages": _prompt, "chosen": _preferred, "rejected": _preferred}),
    rule(lambda row: row["chosen"] != row["rejected"], "unchanged", "The answers should differ"),
)

_FOR_IMAGES: Final = """\
# Where rows hold images:
# processor_type: AutoProcessor
# skip_prepare_dataset: true
# remove_unused_columns: false
# sample_packing: false
"""


def _companions(head: str, **entry: Any) -> Callable[[Layout], dict[str, str]]:
    """`axolotl.yaml`: the first split to train on, the others to evaluate with."""

    def listed(key: str, files: list[str]) -> str:
        items = [{"path": file, "ds_type": "json", "split": "train", **entry} for file in files]
        return "".join([f"{key}:\n", *(f"- {json.dumps(item)}\n" for item in items)])

    def write(layout: Layout) -> dict[str, str]:
        first, *others = layout.files.values()
        held_out = [file for files in others for file in files]
        lists = listed("datasets", first) + (listed("test_datasets", held_out) if others else "")
        return {"axolotl.yaml": f"base_model: MODEL\noutput_dir: MODEL_OUT\n{head}{lists}"}

    return write


_TRAIN: Final = "cd {out} && axolotl train axolotl.yaml --base-model MODEL"

FORMATS: Final = (
    Format(
        name="axolotl-sft",
        help="Conversations with images or tools for axolotl, ending with the right answer.",
        readers="axolotl",
        task=Task.SUPERVISED,
        to_rows=to_sft_rows,
        check=check_sft_row,
        images=ImageRules(modes=("files",)),
        companions=_companions(
            _FOR_IMAGES,
            type="chat_template",
            field_messages="messages",
            message_field_training="train",
            roles_to_train=["assistant"],
        ),
        train=_TRAIN,
    ),
    Format(
        name="axolotl-preference",
        help="Pairs for axolotl's DPO: the correction is chosen, the output rejected.",
        readers="axolotl",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=check_preference_row,
        companions=_companions("rl: dpo\n", type="chat_template.default"),
        train=_TRAIN,
    ),
)
