"""TRL's dataset formats in the conversational form (huggingface.co/docs/trl/dataset_formats).

Columns have one type over the whole file (the loader infers it): content is always a string in the
text formats, always a list of parts in the vision ones. Prompt and completion are apart where TRL
can use that: its loss then falls on the completion alone. A preference row's prompt is explicit,
for a common prefix would have to be guessed from text. In vision rows each `{"type": "image"}`
part stands for the next item of the column `images`; TRL knows no `image_url` parts.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from exports.example import Example, Message
from exports.formats import chat
from exports.formats.interface import Format, Layout, Task, TrainingRow
from exports.formats.rules import all_of, boolean, closed, ends_with, rule, turn
from exports.images import ImageRules
from feedbackstore.checks import Check, list_of, members, one_of, text

IMAGES: Final = ImageRules(
    modes=("files",), types=("png", "jpeg", "webp", "gif"), colours=("RGB", "RGBA", "L")
)
_ROLES: Final = ("system", "user", "assistant")


def to_messages_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […]}`, ending with the answer."""
    yield {"messages": [*_prompt(example), _turn(example.right_answer())]}


def to_prompt_completion_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"prompt": […], "completion": [one]}`."""
    yield {"prompt": _prompt(example), "completion": [_turn(example.right_answer())]}


def to_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"prompt": […], "chosen": [one], "rejected": [one]}`."""
    chosen, rejected = example.pair()
    yield {
        "prompt": _prompt(example),
        "chosen": [_turn(chosen)],
        "rejected": [_turn(rejected)],
    }


def to_kto_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"prompt": […], "completion": [one], "label": bool}`, a row for each answer judged."""
    for answer, good in example.verdicts():
        yield {"prompt": _prompt(example), "completion": [_turn(answer)], "label": good}


def to_vision_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"messages": […], "images": […]}`, every content a list of parts."""
    turns = [*example.prompt, example.right_answer()]
    yield {"messages": _vision(example, turns), "images": list(chat.image_references(turns))}


def to_vision_preference_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"prompt": […], "chosen": [one], "rejected": [one], "images": […]}`."""
    chosen, rejected = example.pair()
    yield {
        "prompt": _vision(example, example.prompt),
        "chosen": _vision(example, [chosen]),
        "rejected": _vision(example, [rejected]),
        "images": list(chat.image_references(example.prompt)),
    }


def _prompt(example: Example) -> list[Message]:
    chat.refuse_tools(example)
    return [_turn(turn) for turn in example.prompt]


def _turn(message: Message) -> Message:
    """Role and text, no more: every turn of a file then has the same members."""
    return {"role": _role(message), "content": chat.text_of(message)}


def _vision(example: Example, turns: list[Message]) -> list[Message]:
    chat.refuse_tools(example)
    chat.refuse_images_outside_user_turns(turns)
    return [{"role": _role(turn), "content": _parts(turn)} for turn in turns]


def _parts(message: Message) -> list[dict[str, Any]]:
    return [
        {"type": "image"} if part["type"] == "image_url" else {"type": "text", "text": part["text"]}
        for part in chat.parts_of(message)
    ]


def _role(message: Message) -> str:
    return "system" if message["role"] == "developer" else str(message["role"])


def _snippet(trainer: str, *, images: bool = False) -> Callable[[Layout], dict[str, str]]:
    """A companion: the script that trains on a dataset's folder, when it is run in there."""

    def companions(_: Layout) -> dict[str, str]:
        imports, cast = ("Image, List, ", _CAST) if images else ("", "")
        return {"train.py": _SCRIPT.format(trainer=trainer, imports=imports, cast=cast)}

    return companions


_SCRIPT: Final = """\
\"\"\"Train on this folder: python train.py MODEL (in here).\"\"\"

import sys
from pathlib import Path

import torch
from datasets import {imports}load_dataset
from trl import {trainer}Config, {trainer}Trainer

dataset = load_dataset(str(Path.cwd()))
{cast}trainer = {trainer}Trainer(
    model=sys.argv[1],
    train_dataset=dataset["train"],
    eval_dataset=dataset.get("validation"),
    args={trainer}Config(output_dir="trained", use_cpu=not torch.accelerator.is_available()),
)
trainer.train()
trainer.save_model()
"""
_CAST: Final = 'dataset = dataset.cast_column("images", List(Image()))\n'

_text_turns: Final = list_of(turn(*_ROLES), at_least=1)
_prompt_turns: Final = all_of(_text_turns, ends_with("user"))
_answer: Final = all_of(
    list_of(turn("assistant"), at_least=1),
    rule(lambda turns: len(turns) == 1, "too_long", "There should be one message"),
)
_part: Final = members({"type": one_of(("text", "image"))}, {"text": text})
_vision_turns: Final = list_of(turn(*_ROLES, content=list_of(_part, at_least=1)), at_least=1)


def _placeholders(*columns: str) -> Check:
    """As many image parts as images."""

    def holds(row: Any) -> bool:
        turns = [turn for column in columns for turn in row[column]]
        kinds = [part["type"] for turn in turns for part in turn["content"]]
        return kinds.count("image") == len(row["images"])

    return rule(holds, "image_count", "There should be as many image parts as images")


_images: Final = {"images": list_of(text)}

FORMATS: Final = (
    Format(
        name="trl-messages",
        help="Whole conversations for TRL's SFTTrainer; every turn is trained on.",
        readers="TRL, Unsloth",
        task=Task.SUPERVISED,
        to_rows=to_messages_rows,
        check=closed({"messages": all_of(_text_turns, ends_with("assistant"))}),
        companions=_snippet("SFT"),
        train="trl sft --model_name_or_path MODEL --dataset_name {out}",
    ),
    Format(
        name="trl-prompt-completion",
        help="Prompt and corrected answer apart, for TRL's SFTTrainer.",
        readers="TRL, Unsloth",
        task=Task.SUPERVISED,
        to_rows=to_prompt_completion_rows,
        check=closed({"prompt": _prompt_turns, "completion": _answer}),
        companions=_snippet("SFT"),
        train="trl sft --model_name_or_path MODEL --dataset_name {out}",
    ),
    Format(
        name="trl-vision",
        help="Conversations with images beside them, for TRL's SFTTrainer.",
        readers="TRL, Unsloth",
        task=Task.SUPERVISED,
        to_rows=to_vision_rows,
        check=all_of(
            closed({"messages": all_of(_vision_turns, ends_with("assistant")), **_images}),
            _placeholders("messages"),
        ),
        images=IMAGES,
        companions=_snippet("SFT", images=True),
        train="trl sft --model_name_or_path MODEL --dataset_name {out}",
    ),
    Format(
        name="trl-preference",
        help="Pairs for TRL's DPOTrainer: the correction is chosen, the output rejected.",
        readers="TRL, Unsloth",
        task=Task.PREFERENCE,
        to_rows=to_preference_rows,
        check=closed({"prompt": _prompt_turns, "chosen": _answer, "rejected": _answer}),
        companions=_snippet("DPO"),
        train="trl dpo --model_name_or_path MODEL --dataset_name {out}",
    ),
    Format(
        name="trl-vision-preference",
        help="Pairs with images beside them, for TRL's DPOTrainer.",
        readers="TRL",
        task=Task.PREFERENCE,
        to_rows=to_vision_preference_rows,
        check=all_of(
            closed(
                {
                    "prompt": all_of(_vision_turns, ends_with("user")),
                    "chosen": all_of(_vision_turns, ends_with("assistant")),
                    "rejected": all_of(_vision_turns, ends_with("assistant")),
                    **_images,
                }
            ),
            _placeholders("prompt"),
        ),
        images=IMAGES,
        companions=_snippet("DPO", images=True),
        train="trl dpo --model_name_or_path MODEL --dataset_name {out}",
    ),
    Format(
        name="trl-kto",
        help="Single answers with a label, for TRL's KTOTrainer.",
        readers="TRL",
        task=Task.UNPAIRED,
        to_rows=to_kto_rows,
        check=closed({"prompt": _prompt_turns, "completion": _answer, "label": boolean}),
        companions=_snippet("KTO"),
        train="trl kto --model_name_or_path MODEL --dataset_name {out}",
    ),
)
