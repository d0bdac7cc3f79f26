"""The errors of the store, worded for whoever called it.

`api/errors.py` gives each a status, `command.py` makes each a line on stderr; whoever else catches
one only says more exactly where it happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

Loc = tuple[str | int, ...]

ABSENT: Any = object()

_SHOWN_PROBLEMS: Final = 20
_SHOWN_PARTS: Final = 20
_SHOWN_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what came in.

    `loc` is the path to it from the outermost value, `type` a word for machines (those of
    pydantic's error list wherever one fits: the hosted service speaks them), `ctx` more about it.
    """

    loc: Loc
    type: str
    msg: str
    input: Any = ABSENT
    ctx: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Loc:
        """`loc` in a length to show: names of members come from outside, and may be long."""
        shown = self.loc[:_SHOWN_PARTS]
        return tuple(p[:_SHOWN_NAME] if isinstance(p, str) else p for p in shown)

    def __str__(self) -> str:
        if self.type == "json_invalid":
            return f"{self.msg}, at character {self.loc[-1]}"
        place = ".".join(str(part) for part in self.place)
        return f"{place}: {self.msg}" if place else self.msg


class StoreError(Exception):
    """Something that the caller can act on; the message says what, where and how."""


class Invalid(StoreError):
    """What came in breaks a rule; nothing of it was stored."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems: Sequence[Problem] = problems

    @classmethod
    def raise_any(cls, problems: Iterable[Problem]) -> None:
        """Raise with the first of these problems, a few of them, if there is one at all."""
        shown = tuple(islice(problems, _SHOWN_PROBLEMS))
        if shown:
            raise cls(*shown)

    def under(self, *loc: str | int) -> "Invalid":
        """The same, seen from further out: `loc` goes before every place."""
        return Invalid(
            *(
                Problem(loc + problem.loc, problem.type, problem.msg, problem.input, problem.ctx)
                for problem in self.problems
            )
        )


class NotFound(StoreError):
    """There is no such record in the caller's project."""


class Conflict(StoreError):
    """The record is there already, with other content; `index` tells which of several."""

    def __init__(self, message: str, index: int = 0) -> None:
        super().__init__(message)
        self.index = index


class Erased(StoreError):
    """It was erased on request, and is not taken any more; `index` tells which of several."""

    def __init__(self, message: str, index: int = 0) -> None:
        super().__init__(message)
        self.index = index


class Unavailable(StoreError):
    """The database cannot take this now; `advice` is what its caller may do about it.

    `command` is what whoever runs the store may do, which is nobody else's to know.
    """

    def __init__(
        self, message: str, advice: str = "Try again in a moment.", command: str = ""
    ) -> None:
        super().__init__(message)
        self.advice, self.command = advice, command


class Locked(Unavailable):
    """Another process writes, and did not end in time."""


class Unusable(StoreError):
    """The store cannot be opened as things are: a setting, a file or a schema needs a hand."""
