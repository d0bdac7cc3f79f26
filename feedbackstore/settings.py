"""Every setting of the store: its name, default, parser and help, in one tuple.

A setting `NAME` is read from the environment variable `FEEDBACKSTORE_NAME`, or from the file that
`FEEDBACKSTORE_NAME_FILE` names (for secrets that a service manager hands over as files).
The environment is read nowhere else.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedbackstore.errors import Unusable

PREFIX = "FEEDBACKSTORE_"

_DIGITS = re.compile(r"[0-9]{1,12}")


def whole(at_most: int) -> Callable[[str], int]:
    """A parser of whole numbers from 1 on; it raises ValueError."""

    def parse(text: str) -> int:
        if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= at_most:
            raise ValueError(f"a whole number from 1 to {at_most} is needed")
        return int(text)

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser of one word of several; it raises ValueError."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{' or '.join(choices)} is needed")
        return text

    return parse


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `parse` turns its text into a value or raises ValueError."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str


SETTINGS = (
    Setting(
        "DATABASE_URL",
        "sqlite:///feedback.db",
        str,
        "Where the store keeps its data: `sqlite:///` and a path, relative to the working directory"
        " (four slashes make it absolute).",
    ),
    Setting(
        "DATABASE_TIMEOUT",
        "5",
        whole(3600),
        "Seconds that a write waits for another process's write before it is refused with 503.",
    ),
    Setting(
        "MAX_BODY_BYTES",
        str(8 * 1024 * 1024),
        whole(1024 * 1024 * 1024),
        "Bytes in a request's body, at most; a longer one is refused with 413.",
    ),
    Setting("WORKERS", "2", whole(1000), "Processes that gunicorn serves with."),
    Setting(
        "THREADS",
        "16",
        whole(1000),
        "Threads in each of those processes, for requests other than submissions.",
    ),
    Setting(
        "WAITING_WRITES",
        "1000",
        whole(1_000_000),
        "Submissions that may wait for the disk in each of those processes; one more is refused"
        " with 503.",
    ),
    Setting(
        "LOG",
        "json",
        one_of("json", "off"),
        "A line of JSON on stdout for each request, or `off`; `make run` has it off.",
    ),
)


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Every setting by its name. Raises Unusable, naming the variable whose text is no value."""
    environ = os.environ if environ is None else environ
    return {setting.name: _value(setting, environ) for setting in SETTINGS}


def _value(setting: Setting, environ: Mapping[str, str]) -> Any:
    variable = PREFIX + setting.name
    text = environ.get(variable) or _from_file(variable, environ) or setting.default
    try:
        return setting.parse(text)
    except ValueError as error:
        raise Unusable(f"{variable}={text} is not valid: {error}.") from None


def _from_file(variable: str, environ: Mapping[str, str]) -> str | None:
    path = environ.get(f"{variable}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{variable}_FILE={path} cannot be read: {error}") from None
