"""The evaluations' page: where the model is wrong, and from each bar a way to that feedback."""

from typing import Any, Final

from flask import Blueprint, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from feedbackstore.errors import Invalid
from feedbackstore.evaluations import charts, evaluators, sections, tally
from feedbackstore.evaluations.evaluation import AT_ONCE, GROUPINGS, evaluate
from feedbackstore.evaluations.judgements import Scope, rows
from feedbackstore.evaluations.report import NO_NAME, OTHERS, Report
from feedbackstore.evaluations.words import lack
from feedbackstore.ids import KINDS, parse_day_or_moment
from feedbackstore.review import pages

_TOP: Final = 3
_SCOPE: Final = ("since", "until", "kind", "domain", "model")
_TOLD: Final = ("loose_text", "ignore_order", "count_null")
_NOT_ONE: Final = (NO_NAME, OTHERS, tally.OTHERS)
_KEPT: Final[tuple[str, ...]] = ("kind", "domain", "model")
_LEADS: Final = ("field", "model", "domain", "week")


def add_to(blueprint: Blueprint) -> None:
    """Add the views."""
    blueprint.add_url_rule("/evaluations", view_func=get_evaluations)
    blueprint.add_url_rule("/charts.css", view_func=get_charts_style)


def get_charts_style() -> Response:
    """What the charts look like, as a file: the page may hold no style."""
    return Response(charts.STYLE, content_type="text/css; charset=utf-8")


def get_evaluations() -> Response:
    """How good the model's output is, by people's corrections."""
    names = (*_SCOPE, *_TOLD, "by", "evaluator", "tolerance")
    args = {name: text for name in names if (text := request.args.get(name, "").strip())}
    report, wrong = None, ""
    try:
        report = _evaluate(args)
    except Invalid as error:
        wrong = " ".join(f"{problem.msg}." for problem in error.problems)
    except ValueError as error:
        wrong = f"{error}."
    return pages.render(
        "evaluations.html",
        422 if wrong else 200,
        args=args,
        wrong=wrong,
        report=report,
        lack=lack(report) if report else "",
        parts=_parts(report, args) if report else {},
        groupings=list(GROUPINGS),
        evaluators=evaluators.NAMES,
    )


def _evaluate(args: dict[str, str]) -> Report:
    moments = {name: parse_day_or_moment(args[name]) for name in ("since", "until") if name in args}
    kind = args.get("kind")
    if kind is not None and kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind: there are {', '.join(KINDS)}")
    by, name = args.get("by", "model"), args.get("evaluator", evaluators.DEFAULT)
    if by not in GROUPINGS or name not in evaluators.NAMES:
        raise ValueError(f"{by!r} or {name!r} is not to be chosen")
    told: dict[str, Any] = {option: True for option in _TOLD if option in args}
    evaluator = evaluators.make(name, tolerance=float(args.get("tolerance", 0)), **told)
    scope = Scope(**({each: args.get(each) for each in _SCOPE} | moments))
    found = rows(pages.reviewer().project, scope)
    return evaluate(found, evaluator, scope, by=by, at_most=AT_ONCE)


def _parts(report: Report, args: dict[str, str]) -> dict[str, Markup]:
    """The parts of the page that the report has something for; every text in them is escaped."""

    def link(name: str, value: str) -> str:
        if name not in _LEADS or value in _NOT_ONE:
            return ""
        kept = {each: args[each] for each in _KEPT if each in args}
        return pages.address("get_queue", {"status": "all"} | kept | {name: value})

    if not report.total.judged:
        return {"outcomes": Markup(sections.outcomes(report))}  # noqa: S704 - it escapes
    made = {
        "numbers": sections.numbers(report),
        "outcomes": sections.outcomes(report),
        "fields": sections.fields(report, _TOP, link) if report.total.fields else "",
        "groups": sections.groups(report, link),
        "side_by_side": sections.side_by_side(report, link),
        "weeks": sections.weeks(report, link),
    }
    return {name: Markup(part) for name, part in made.items()}  # noqa: S704 - sections escapes
