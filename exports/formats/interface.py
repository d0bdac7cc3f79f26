"""What a format is, and what it says of itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exports.images import ImageRules
from exports.splice import Texts
from feedbackstore.checks import Check

TrainingRow = dict[str, Any]


class Task(StrEnum):
    """What a dataset is for."""

    SUPERVISED = "supervised"
    PREFERENCE = "preference"
    UNPAIRED = "unpaired preference"
    EVALUATION = "evaluation"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a dataset's files are, for the companions that name them.

    `files` holds the data files' paths by split, relative to the dataset's folder.
    """

    name: str
    files: dict[str, list[str]]


def no_companions(_: Layout) -> dict[str, str]:
    """Nothing beside the data."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A shape of training row.

    `to_rows` is a pure function of an Example (of a selected Row where `raw`); it raises Skip for
    one that the shape cannot hold. `check` holds a row, ours or not, against the trainer's rules.
    `spliced` makes the line of the one row from texts as they are stored, where it is certain that
    `to_rows` would make the same, else None: nothing is parsed then.
    `images` says which images it takes; None: text only. `companions` are the texts of the files
    that the trainer wants beside the data, by name. `train` is the command to train with, `{out}`
    being the dataset.
    """

    name: str
    help: str
    readers: str
    task: Task
    to_rows: Callable[[Any], Iterable[TrainingRow]]
    check: Check
    spliced: Callable[[Texts], bytes | None] | None = None
    images: ImageRules | None = None
    companions: Callable[[Layout], dict[str, str]] = no_companions
    train: str = ""
    raw: bool = False
    resolve: str = "latest"
