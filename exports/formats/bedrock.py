"""Amazon Bedrock's rows for Amazon Nova: turns of blocks, images in S3.

Rules (docs.aws.amazon.com/nova, fine-tune-prepare-data-understanding, and AWS's own
nova_ft_dataset_validator.py in aws-samples): user and assistant take turns, from the user to the
assistant; a system prompt stands beside them; content is a list of `{"text": …}`, `{"image": …}`
and `{"video": …}` blocks. Media stand in user turns, images or videos, at most 10 images of 10 MB
or one video a row, by an S3 address of letters, digits and `_./-` in the dataset's own bucket.
Some words are the trainer's own: one row that holds one fails the whole job. The page names seven,
for prompts; the script refuses more, in every text, and so do we. Nova 2 reads the same rows but
names no WebP and trains on no tools (bedrock, nova-2-sft-data-prep): the rows here have neither.
A file takes 8 to 20,000 rows.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from exports.formats import chat
from exports.formats.interface import Format, Task, TrainingRow
from exports.formats.rules import all_of, closed, ends_with, roles_alternate, rule
from exports.images import ImageRules
from feedbackstore.checks import Check, filled_text, list_of, one_of, text

_AT_MOST: Final = 10
IMAGES: Final = ImageRules(
    modes=("keep", "files"),
    types=("png", "jpeg", "gif"),
    at_most=_AT_MOST,
    max_bytes=10 * 1024 * 1024,
    own_prefix="s3://",
)
RESERVED: Final = re.compile(
    r"(System|SYSTEM|User|USER|Bot|BOT|Assistant|ASSISTANT|Thought):|\[EOS\]|<image>|<video>"
)
_ADDRESS: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9_./-]+")
_TYPES: Final = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"}
_VIDEOS: Final = ("mov", "mkv", "mp4", "webm")


def to_rows(example: Example) -> Iterator[TrainingRow]:
    """`{"schemaVersion": …, "system": […], "messages": […]}`."""
    chat.refuse_tools(example)
    system, rest = chat.split_system(example.prompt)
    chat.refuse_unless_alternating(rest)
    turns = [*rest, example.right_answer()]
    chat.refuse_images_outside_user_turns(turns)
    row = {
        "schemaVersion": "bedrock-conversation-2024",
        **({"system": [{"text": system}]} if system else {}),
        "messages": [{"role": turn["role"], "content": _blocks(turn)} for turn in turns],
    }
    if _reserved(row):
        raise Skip(Reason.RESERVED_WORDS)
    yield row


def _blocks(turn: Message) -> list[dict[str, Any]]:
    """The blocks of a turn; an empty one is refused there, and says nothing."""
    return [
        _image(part) if part["type"] == "image_url" else {"text": part["text"]}
        for part in chat.parts_of(turn)
        if part.get("text") != ""
    ]


def _image(part: dict[str, Any]) -> dict[str, Any]:
    address = part["image_url"]["url"]
    if not _ADDRESS.fullmatch(address):
        raise Skip(Reason.IMAGE_NOT_HERE)
    return {"image": {"format": image_type(part), "source": {"s3Location": {"uri": address}}}}


def image_type(part: dict[str, Any]) -> str:
    """An image's type: the noted one, else the one that its address ends in. Raises Skip."""
    noted: str = part.get("media_type", "")
    name = noted.rpartition("/")[2] or part["image_url"]["url"].lower().rpartition(".")[2]
    if name not in _TYPES:
        raise Skip(Reason.IMAGE_TYPE)
    return _TYPES[name]


def one_member(value: dict[str, Any]) -> bool:
    """Whether an object has one member, and something in it."""
    return len(value) == 1 and None not in value.values()


def _reserved(row: TrainingRow) -> bool:
    blocks = [*(row.get("system") or ()), *_blocks_of(row["messages"])]
    return any(RESERVED.search(block.get("text") or "") for block in blocks)


def _blocks_of(turns: list[Message]) -> list[dict[str, Any]]:
    return [block for turn in turns for block in turn["content"]]


def _media_fit(turns: list[Message]) -> bool:
    """At most ten images or one video, not both, and none of the assistant's."""
    images = sum("image" in block for block in _blocks_of(turns))
    videos = sum("video" in block for block in _blocks_of(turns))
    said = _blocks_of([turn for turn in turns if turn["role"] == "assistant"])
    return (
        images <= _AT_MOST and videos <= 1 and not (images and videos) and all(map(_is_text, said))
    )


def _is_text(block: dict[str, Any]) -> bool:
    return "text" in block


def _media(formats: tuple[str, ...]) -> Check:
    """An image or a video in S3."""
    place = closed({"uri": all_of(text, _address)}, {"bucketOwner": text})
    return closed({"format": one_of(formats), "source": closed({"s3Location": place})})


_address: Final = rule(
    lambda uri: _ADDRESS.fullmatch(uri) is not None,
    "address",
    "Input should be an s3:// address of letters, digits and _./-",
)
_block: Final = all_of(
    closed(
        {},
        {
            "text": filled_text,
            "image": _media(("png", "jpeg", "gif", "webp")),
            "video": _media(_VIDEOS),
        },
    ),
    rule(one_member, "one_member", "A block should have one member"),
)
_turn: Final = closed(
    {"role": one_of(("user", "assistant")), "content": list_of(_block, at_least=1)}
)

FORMATS: Final = (
    Format(
        name="bedrock-nova",
        help="Conversations for Amazon Nova, with images in S3.",
        readers="Amazon Bedrock (Nova)",
        task=Task.SUPERVISED,
        to_rows=to_rows,
        check=all_of(
            closed(
                {
                    "messages": all_of(
                        list_of(_turn, at_least=2),
                        roles_alternate("user", "assistant"),
                        ends_with("assistant"),
                        rule(
                            _media_fit,
                            "media",
                            "User messages should hold at most 10 images or one video",
                        ),
                    )
                },
                {"schemaVersion": text, "system": list_of(closed({"text": filled_text}))},
            ),
            rule(
                lambda row: not _reserved(row),
                "reserved_words",
                "No text should hold User:, Bot:, Assistant:, System:, Thought:, <image>, <video> "
                "or [EOS]",
            ),
        ),
        images=IMAGES,
        train="aws bedrock create-model-customization-job --training-data-config s3Uri=S3_URI … "
        "(after aws s3 cp {out} S3_URI)",
    ),
)
