"""Which part of the queue is meant, as the address has it: so it can be shared, and exported."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from werkzeug.datastructures import MultiDict

from feedbackstore import feedback, ids, keys, program
from feedbackstore.filters import Filters, search_problems
from feedbackstore.models import APPROVED, DISPUTED, PENDING, REJECTED, STATUSES

ALL: Final = "all"
UNCORRECTED: Final = "uncorrected"
TABS: Final = (PENDING, DISPUTED, APPROVED, REJECTED, ALL, UNCORRECTED)

CHOICES: Final = {"kind": ids.KINDS, "rating": feedback.RATINGS}
TEXTS: Final = (
    "kind",
    "domain",
    "model",
    "field",
    "rating",
    "tag",
    "since",
    "week",
    "search",
    "has_notes",
)
"""The filters by the name that each has in an address, in the order of the form."""

_PARSED: Final[tuple[tuple[str, Callable[[str], object], str], ...]] = (
    ("since", ids.parse_day_or_moment, "2026-11-24"),
    ("week", ids.parse_week, "2026-W48"),
)
_OF_PREDICTIONS: Final = ("kind", "domain", "model", "since", "week")


class Wanted(NamedTuple):
    """A tab and its filters. `args` is what the address says; `wrong` is a sentence a name."""

    tab: str
    filters: Filters
    args: dict[str, str]
    wrong: dict[str, str]

    @property
    def is_filtered(self) -> bool:
        """Whether there is anything but the tab."""
        return bool(self.args.keys() - {"status"})


def read(args: MultiDict[str, str], *, viewer: int | None = None) -> Wanted:
    """What an address wants; what it says wrongly is told, and not left out in silence.

    A `viewer` reviews blindly: see `Filters`.
    """
    tab = args.get("status", PENDING)
    said = {name: args.get(name, "").strip() for name in TEXTS}
    said = {name: text for name, text in said.items() if text}
    wrong = dict(_problems(tab, said))
    tab = tab if tab in TABS else PENDING
    filters = Filters() if wrong else replace(_filters(tab, said), viewer=viewer)
    return Wanted(tab, filters, {"status": tab, **said}, wrong)


def command(wanted: Wanted, project: str) -> str | None:
    """The command that exports exactly this; None where there is nothing to export yet.

    It takes all: what supersedes a correction that is listed need not be listed itself.
    """
    if wanted.tab == UNCORRECTED or wanted.wrong:
        return None
    given = {name: text for name, text in wanted.args.items() if name != "has_notes"}
    if project != keys.DEFAULT_PROJECT:
        given["project"] = project
    words = ["dataset.jsonl"]
    for name, text in given.items():
        # A text that begins with a dash would be taken for an option.
        words += [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
    words += ["--has-notes"] * ("has_notes" in wanted.args)
    return program.shown(f"export-jsonl {shlex.join([*words, '--resolve', 'all'])}")


def _filters(tab: str, said: dict[str, str]) -> Filters:
    name, _, value = said.get("tag", "").partition("=")
    since = said.get("since")
    return Filters(
        statuses=STATUSES if tab in (ALL, UNCORRECTED) else (tab,),
        kind=said.get("kind"),
        domain=said.get("domain"),
        model=said.get("model"),
        field=said.get("field"),
        rating=said.get("rating"),
        tags=((name, value),) if name else (),
        since=ids.parse_day_or_moment(since) if since else None,
        week=said.get("week"),
        search=said.get("search"),
        has_notes="has_notes" in said,
    )


def _problems(tab: str, said: dict[str, str]) -> Iterator[tuple[str, str]]:
    if tab not in TABS:
        yield "status", f"{tab[:50]!r} is no part of the queue"
    for name, choices in CHOICES.items():
        if said.get(name, choices[0]) not in choices:
            yield name, f"One of {', '.join(choices)}"
    if not all(said.get("tag", "a=b").partition("=")[:2]):
        yield "tag", "A tag reads NAME=VALUE"
    for name, parse, usual in _PARSED:
        try:
            parse(said.get(name, usual))
        except ValueError as error:
            yield name, f"{said[name]!r} {error}"
    for problem in search_problems(said.get("search", "")):
        yield "search", problem.msg
    if tab == UNCORRECTED:
        for name in said.keys() - set(_OF_PREDICTIONS):
            yield name, "There is no feedback yet that could have it"
