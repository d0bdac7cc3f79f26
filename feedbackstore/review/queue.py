"""The queue: what is to be reviewed and what was, filtered, and handed out item by item."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from feedbackstore import leases, listing, reviews
from feedbackstore.filters import Filters
from feedbackstore.listing import Item, Page
from feedbackstore.models import STATUSES
from feedbackstore.review import done, lines, pages, wanted
from feedbackstore.review.wanted import UNCORRECTED, Wanted
from feedbackstore.standings import has_verdict

PAGE: Final = 50

_FURTHER: Final = 2
"""Pages with nothing in them that are looked through for what a filter finds."""


def add_to(blueprint: Blueprint) -> None:
    """Add the views."""
    blueprint.add_url_rule("", view_func=get_queue)
    blueprint.add_url_rule("/", view_func=get_queue)
    blueprint.add_url_rule("/next", view_func=get_next)
    blueprint.add_url_rule("/previous", view_func=get_previous)


def get_queue() -> Response:
    """A page of the queue."""
    who, asked = pages.reviewer(), _asked()
    before = pages.number(request.args.get("cursor"))
    page = Page([], None) if asked.wrong else _nearest(who.project, asked, before)
    return pages.render(
        "_lines.html" if pages.is_partial() else "queue.html",
        422 if asked.wrong else 200,
        asked=asked,
        tabs=_tabs(who.project, asked, several=who.needed > 1),
        lines=[lines.line(item, address(item, asked), who) for item in page.items],
        next=page.next,
        begun=before is not None,
        command=wanted.command(asked, who.project_name),
        done=done.read(who),
    )


def get_next() -> Response:
    """On to an item that nobody else has before them."""
    who, asked = pages.reviewer(), _asked()
    after = pages.number(request.args.get("after"))
    found: dict[str, str] = {}
    candidates = _candidates(asked, after, found)
    taken = (
        None if asked.wrong else leases.take(who.project, who.key, candidates, at_once=who.needed)
    )
    said = {"done": request.args.get("done", "")}
    if taken is None:
        return redirect(pages.address("get_queue", asked.args, **said), 303)
    return redirect(found[taken] + (f"&{urlencode(said)}" if said["done"] else ""), 303)


def get_previous() -> Response:
    """Back to the item before."""
    who, asked = pages.reviewer(), _asked()
    after = pages.number(request.args.get("after"))
    item = None
    if after is not None and not asked.wrong and asked.tab != UNCORRECTED:
        item = listing.before_it(who.project, asked.filters, after)
    if item is None:
        return redirect(pages.address("get_queue", asked.args), 303)
    return redirect(address(item, asked), 303)


def address(item: Item, asked: Wanted) -> str:
    """Where an item is shown, within the part of the queue that it was found in."""
    if item.feedback is not None:
        return pages.address("get_item", asked.args, feedback=item.feedback.uuid)
    name = leases.item_of(item.prediction) if item.prediction else ""
    return pages.address("get_item", asked.args, prediction=name)


def _asked() -> Wanted:
    who = pages.reviewer()
    return wanted.read(request.args, viewer=who.key if who.needed > 1 else None)


def _candidates(asked: Wanted, after: int | None, found: dict[str, str]) -> Iterator[str]:
    """The items after a row, then those before it, by name; `found` has each one's address.

    Left out is what the reviewer gave a verdict on already, where several are asked for.
    """
    who = pages.reviewer()
    seen = set[str]()
    for start in (after, None) if after is not None else (None,):
        for item in _items(who.project, asked, start):
            row = item.feedback
            name = leases.item_of(row or item.prediction)  # type: ignore[arg-type]
            if name in seen:
                return
            seen.add(name)
            if row is not None and who.needed > 1 and has_verdict(reviews.history(row), who.key):
                continue
            found[name] = address(item, asked)
            yield name


def _items(project: int, asked: Wanted, before: int | None) -> Iterator[Item]:
    empty = 0
    while empty < _FURTHER:
        items, before = _page(project, asked, before)
        yield from items
        empty = 0 if items else empty + 1
        if before is None:
            return


def _nearest(project: int, asked: Wanted, before: int | None) -> Page:
    """The next page with something in it, unless that takes long to find."""
    found = _page(project, asked, before)
    for _ in range(_FURTHER - 1):
        if found.items or found.next is None:
            break
        found = _page(project, asked, found.next)
    return found


def _page(project: int, asked: Wanted, before: int | None) -> Page:
    find = listing.uncorrected if asked.tab == UNCORRECTED else listing.page
    return find(project, asked.filters, before=before, limit=PAGE)


def _tabs(project: int, asked: Wanted, *, several: bool) -> list[tuple[str, str]]:
    """Every tab with how many it holds, as far as that is known."""
    filters = Filters() if asked.wrong else asked.filters
    counts = listing.counts(project, filters)
    numbers = {name: _number(counts.by_status.get(name), counts.whole) for name in STATUSES}
    if counts.by_status:
        numbers[wanted.ALL] = _number(sum(counts.by_status.values()), counts.whole)
    numbers[UNCORRECTED] = _number(*listing.count_uncorrected(project, filters))
    shown = [
        tab for tab in wanted.TABS if tab != "disputed" or several or counts.by_status.get(tab)
    ]
    return [(tab, numbers.get(tab, "")) for tab in shown]


def _number(count: int | None, whole: bool) -> str:
    if count is None:
        return ""
    return f"{count:,}" if whole and count < listing.MAX_COUNTED else f"{count:,}+"
