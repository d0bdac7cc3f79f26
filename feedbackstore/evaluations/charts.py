"""Charts as SVG, drawn here: no script, no style within, every text escaped.

Colours come from the classes that STYLE has, so a page may bring its own.
"""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Final

from feedbackstore.evaluations.rates import Rate
from feedbackstore.evaluations.tally import Counts
from feedbackstore.evaluations.words import counted, interval, part, percent

STYLE: Final = """\
.chart { display: block; }
.chart .track { fill: var(--track); }
.chart .filled { fill: var(--filled); }
.chart .errors { fill: var(--errors); }
.chart .between { stroke: var(--ink); stroke-width: 1; fill: none; }
.chart text { fill: var(--faint); font: 11px system-ui, sans-serif; }
.chart .line { stroke: var(--track); stroke-width: 1; }
"""
"""What the charts' classes look like; the page defines the variables."""

_BAR: Final = (120, 12)
_WEEK: Final = 26
_HEIGHT: Final = 100
_LEFT: Final = 40
_WEEKS: Final = 52
_ROOM_FOR_TWO: Final = 5


def bar(rate: Rate, href: str = "") -> str:
    """A rate as a bar, with a whisker over its interval; it may lead somewhere."""
    width, height = _BAR
    if rate.share is None:
        return ""
    low, high = (width * end for end in rate.interval)
    words = escape(f"{percent(rate.share)} ({part(rate)}); 95 %: {interval(rate)}")
    return linked(
        f'<svg class="chart" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' role="img" aria-label="{words}"><title>{words}</title>'
        f'<rect class="track" width="{width}" height="{height}" rx="2"/>'
        f'<rect class="filled" width="{width * rate.share:.1f}" height="{height}" rx="2"/>'
        f'<path class="between" d="M{low:.1f} 3V9M{low:.1f} 6H{high:.1f}M{high:.1f} 3V9"/></svg>',
        href,
    )


def linked(shown: str, href: str) -> str:
    """Something that is shown, as a link where there is an address."""
    return f'<a href="{escape(href)}">{shown}</a>' if href else shown


def weeks(
    counted_weeks: Iterable[tuple[str, Counts]], href: Callable[[str], str] = lambda _: ""
) -> str:
    """The share of corrected outputs week by week, the latest year of it, with its intervals.

    A week without a judged output has a place, and no column; a column leads where `href` says.
    """
    shown = list(counted_weeks)[-_WEEKS:]
    if not shown:
        return ""
    width, height = _LEFT + _WEEK * len(shown) + 8, _HEIGHT + 32
    first, last = escape(shown[0][0]), escape(shown[-1][0])
    label = f"Corrected outputs by week, {first} to {last}"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    # What holds links is no image to a screen reader.
    role = "group" if any(href(week) for week, _ in shown) else "img"
    return "".join(
        (
            f'<svg class="chart" {size} role="{role}" aria-label="{label}">',
            *_axis(width),
            *(
                linked(_column(_LEFT + _WEEK * place, week, counts), href(week))
                for place, (week, counts) in enumerate(shown)
            ),
            f'<text x="{_LEFT}" y="{height - 6}">{first}</text>',
            _last_label(width, height, last) if len(shown) > _ROOM_FOR_TWO else "",
            "</svg>",
        )
    )


def _last_label(width: int, height: int, text: str) -> str:
    return f'<text x="{width - 8}" y="{height - 6}" text-anchor="end">{text}</text>'


def _axis(width: int) -> Iterator[str]:
    for share in (0, 0.5, 1):
        y = _y(share)
        yield f'<path class="line" d="M{_LEFT - 4} {y:.1f}H{width}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{100 * share:.0f} %</text>'


def _column(x: int, week: str, counts: Counts) -> str:
    rate = counts.corrections
    predicted = counted(counts.predictions, "prediction")
    if rate.share is None:
        words = escape(f"{week}: none of {predicted} judged")
        return f'<g><title>{words}</title><circle class="track" cx="{x + 11}" cy="104" r="3"/></g>'
    words = escape(
        f"{week}: {percent(rate.share)} corrected ({part(rate)}; {predicted});"
        f" 95 %: {interval(rate)}"
    )
    top, (low, high), middle = _y(rate.share), rate.interval, x + 11
    return (
        f'<g><title>{words}</title><rect class="errors" x="{x + 2}" y="{top:.1f}" width="18"'
        f' height="{_y(0) - top:.1f}"/><path class="between" d="M{middle - 3} {_y(low):.1f}h6'
        f'M{middle} {_y(low):.1f}V{_y(high):.1f}M{middle - 3} {_y(high):.1f}h6"/></g>'
    )


def _y(share: float) -> float:
    return 8 + _HEIGHT * (1 - share)
