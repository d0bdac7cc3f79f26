"""Figures for Prometheus, of all projects and of all of the server's processes."""

from flask import Response

from feedbackstore import figures
from feedbackstore.api.blueprint import Blueprint
from feedbackstore.counters import counters

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@blueprint.scope("metrics")
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def get_metrics() -> Response:
    """Metrics.

    What was counted since the server's start, in Prometheus' text format.
    """
    return Response(figures.text(counters.read()), content_type=figures.CONTENT_TYPE)
