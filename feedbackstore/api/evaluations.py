"""Evaluations over HTTP: how good the model's output is, by people's corrections."""

from typing import Any, Final

from flask import g

from feedbackstore.api.blueprint import Blueprint
from feedbackstore.api.reports import EvaluationQuery, EvaluationReport
from feedbackstore.errors import Invalid
from feedbackstore.evaluations import evaluators
from feedbackstore.evaluations.evaluation import AT_ONCE, evaluate
from feedbackstore.evaluations.judgements import Scope, rows

blueprint = Blueprint("evaluations", __name__, url_prefix="/v1")

_SCOPE: Final = ("since", "until", "kind", "domain", "model")
_TOLD: Final = ("tolerance", "loose_text", "ignore_order", "count_null")


@blueprint.get("/evaluations")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.arguments(EvaluationQuery, location="query")
@blueprint.response(200, EvaluationReport)
def get_evaluations(query: dict[str, Any]) -> dict[str, Any]:
    """Evaluate Predictions.

    Hold the models' outputs against the feedback on them, field by field: as many as 20,000 that
    were judged.
    """
    scope = Scope(**{name: query[name] for name in _SCOPE})
    try:
        evaluator = evaluators.make(query["evaluator"], **{name: query[name] for name in _TOLD})
        found = rows(g.project, scope)
        report = evaluate(found, evaluator, scope, by=query["by"], at_most=AT_ONCE)
    except Invalid as error:
        raise error.under("query") from None
    return report.as_json(query["top"])
