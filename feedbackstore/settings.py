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

from feedbackstore import rate_limits
from feedbackstore.errors import Unusable

PREFIX = "FEEDBACKSTORE_"

_DIGITS = re.compile(r"[0-9]{1,13}")
_HOST = re.compile(r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def whole(at_most: int, *, at_least: int = 1) -> Callable[[str], int]:
    """A parser of whole numbers; it raises ValueError."""

    def parse(text: str) -> int:
        if not _DIGITS.fullmatch(text) or not at_least <= int(text) <= at_most:
            raise ValueError(f"a whole number from {at_least} to {at_most} is needed")
        return int(text)

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser of one word of several; it raises ValueError."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{' or '.join(choices)} is needed")
        return text

    return parse


def hosts(text: str) -> list[str] | None:
    """Names of hosts with commas between them, None for none; it raises ValueError."""
    names = [name.strip() for name in text.split(",")] if text else []
    if not all(map(_HOST.fullmatch, names)):
        raise ValueError("names without their ports are needed, as in store.example.com,localhost")
    return names or None


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
        " (four slashes make it absolute), or `postgresql://USER:PASSWORD@HOST/NAME`.",
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
    Setting(
        "LARGE_BODIES_BYTES",
        str(64 * 1024 * 1024),
        whole(1024 * 1024 * 1024 * 1024),
        "Bytes of large bodies (over 64 KiB) that each process reads at once, at most; others wait,"
        " and after 15 seconds are refused with 503.",
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
        "DUPLICATE_SECONDS",
        "600",
        whole(24 * 60 * 60, at_least=0),
        "Seconds within which feedback that says just the same, submitted with the same key, counts"
        " as sent again and is stored once; 0 stores each.",
    ),
    Setting(
        "RATE_LIMIT_PER_KEY",
        "off",
        rate_limits.parse,
        "Requests that one key may send, as `600/minute`: so many at once, then at that pace; more"
        " are refused with 429.",
    ),
    Setting(
        "RATE_LIMIT_PER_ADDRESS",
        "off",
        rate_limits.parse,
        "Requests that one address may send, with a key or without; behind a proxy it takes"
        " `TRUSTED_PROXIES`.",
    ),
    Setting(
        "FAILED_SIGN_INS",
        "100/minute",
        rate_limits.parse,
        "Wrong keys that one address may try; more are refused with 429, good keys never.",
    ),
    Setting(
        "TRUSTED_PROXIES",
        "0",
        whole(20, at_least=0),
        "Proxies in front, each of which sets `X-Forwarded-For` and its kin; those headers count"
        " for nothing where it is 0.",
    ),
    Setting(
        "TRUSTED_HOSTS",
        "",
        hosts,
        "Names that the store is asked by, with commas (`.example.com` for all below it); a request"
        " with another `Host` is refused with 400. None named: any will do.",
    ),
    Setting(
        "PROGRAM",
        "",
        str,
        "What hints call this program, where it is started by others than type its commands:"
        " `sudo feedbackstore` under the service of `deploy/`.",
    ),
    Setting(
        "LOG",
        "json",
        one_of("json", "off"),
        "A line of JSON on stdout for each request, or `off`; `make run` has it off.",
    ),
)


def called() -> str:
    """PROGRAM alone, before anything is known to be right."""
    return os.environ.get(f"{PREFIX}PROGRAM", "")


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
