"""A report as one HTML file: it fetches nothing, runs nothing, and is light or dark as is liked."""

from collections.abc import Iterator
from html import escape
from typing import Final

from feedbackstore.evaluations import charts, sections
from feedbackstore.evaluations.report import Report
from feedbackstore.evaluations.words import lack

STYLE: Final = """\
:root {
  color-scheme: light dark;
  --ink: #1c1c1e; --faint: #62626a; --paper: #fff; --track: #e4e4e9;
  --filled: #2f6f5e; --errors: #b4532a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #ececf0; --faint: #a0a0aa; --paper: #17171a; --track: #34343b;
    --filled: #5fb39b; --errors: #e08a5f;
  }
}
body {
  margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
p, th { color: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th { font-weight: normal; text-align: left; }
th, td { padding: .25rem .9rem .25rem 0; vertical-align: top; }
td { border-top: 1px solid var(--track); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.name, code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.html .chart { margin-top: .3rem; }
.numbers { display: flex; flex-wrap: wrap; gap: 3rem; }
.numbers dd { margin: 0; color: var(--faint); }
.numbers strong { display: block; font-size: 2rem; color: var(--ink); }
"""


_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def render(report: Report, top: int = 3) -> str:
    """The whole file."""
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>Evaluation</title><style>\n{STYLE}{charts.STYLE}</style></head><body>\n",
            f"<h1>Evaluation</h1><p>{_told(report)}</p>\n",
            *_body(report, top),
            "</body></html>\n",
        )
    )


def _body(report: Report, top: int) -> Iterator[str]:
    if said := lack(report):
        yield f"<p>{escape(said)}</p>"
    if not report.total.predictions:
        return
    if report.total.judged:
        yield sections.numbers(report)
    yield f"\n<h2>Predictions</h2>{sections.outcomes(report)}"
    if not report.total.judged:
        return
    if report.total.fields:
        yield f"\n<h2>Fields, the weakest first</h2>{sections.fields(report, top)}"
    yield f"\n<h2>By {escape(report.by)}</h2>{sections.groups(report)}"
    yield sections.side_by_side(report)
    yield f"\n<h2>Corrected outputs by week</h2>{sections.weeks(report)}\n"


def _told(report: Report) -> str:
    """What was evaluated, and how."""
    told = {**report.evaluator.described(), **report.scope.given()}
    shown = (f"{name.replace('_', ' ')}: {value}" for name, value in told.items() if value)
    return escape(" · ".join(shown).removeprefix("name: "))
