"""The originals over HTTP: record what models were asked and answered, and show it."""

from dataclasses import asdict
from typing import Any

from flask import g

from feedbackstore import documents, ids, predictions, replays, verdicts
from feedbackstore.api.blueprint import Blueprint
from feedbackstore.api.idempotency import attempt, headers
from feedbackstore.api.originals import (
    AgentExecutionResponse,
    PredictionContent,
    PredictionRecord,
    PredictionResponse,
    Recorded,
)
from feedbackstore.api.schemas import ErrorSchema, PageQuery, RecordQuery
from feedbackstore.errors import Conflict, Erased, Invalid, Problem
from feedbackstore.models import Prediction

Answer = tuple[Any, int, dict[str, str]]

blueprint = Blueprint("predictions", __name__, url_prefix="/v1")


@blueprint.put("/predictions/<kind>/<entity_id:entity_id>")
@blueprint.scope("submit")
@blueprint.reads(body=True)
@blueprint.arguments(RecordQuery, location="query")
@blueprint.arguments(PredictionContent)
@blueprint.response(200, Recorded)
@blueprint.alt_response(201, schema=Recorded, success=True)
@blueprint.alt_response(409, schema=ErrorSchema)
@blueprint.alt_response(410, schema=ErrorSchema)
def put_prediction(
    query: dict[str, Any], content: Any, kind: str, entity_id: str
) -> tuple[verdicts.Recorded, int]:
    """Record Prediction.

    Keep what a model was asked and answered under a kind and an id. The same again is fine;
    another content is refused unless `replace`.
    """
    if kind not in ids.KINDS:
        message = f"Input should be one of {', '.join(ids.KINDS)}"
        raise Invalid(Problem(("path", "kind"), "literal_error", message, kind))
    ids.check(entity_id, "path", "entity_id")
    if isinstance(content, dict):
        content = {**content, "kind": kind, "id": entity_id}
    checked = predictions.check(content, ("body",))
    recorded = predictions.record(g.project, [checked], replace=query["replace"])
    return recorded, 201 if recorded.created else 200


@blueprint.post("/predictions")
@blueprint.scope("submit")
@blueprint.reads(body=True)
@blueprint.idempotent
@blueprint.arguments(RecordQuery, location="query")
@blueprint.arguments(PredictionRecord(many=True))
@blueprint.response(200, Recorded)
@blueprint.alt_response(409, schema=ErrorSchema)
@blueprint.alt_response(410, schema=ErrorSchema)
def post_predictions(query: dict[str, Any], records: list[dict[str, Any]]) -> Answer:
    """Record Predictions.

    Keep up to 1,000 predictions, all of them or none.
    """
    checked = predictions.check_batch(records, ("body",))

    def record() -> replays.Outcome:
        recorded = predictions.record(g.project, checked, replace=query["replace"])
        return replays.Outcome(counts=documents.dump(asdict(recorded)))

    try:
        outcome, replayed = replays.write_once(attempt(), record)
    except (Conflict, Erased) as error:
        raise type(error)(f"At index {error.index}: {error}") from None
    return documents.load(outcome.counts or ""), 200, headers(replayed=replayed)


@blueprint.get("/predictions")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, PredictionResponse(many=True))
def get_predictions(query: dict[str, Any]) -> list[Prediction]:
    """List Predictions."""
    return predictions.list_newest(g.project, "request", **query)


@blueprint.get("/predictions/<entity_id:entity_id>")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.response(200, PredictionResponse)
@blueprint.alt_response(404, schema=ErrorSchema)
def get_prediction(entity_id: str) -> Prediction:
    """Get Prediction."""
    return predictions.get(g.project, "request", ids.check(entity_id, "path", "entity_id"))


@blueprint.get("/agent/executions")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, AgentExecutionResponse(many=True))
def get_executions(query: dict[str, Any]) -> list[Prediction]:
    """List Agent Executions."""
    return predictions.list_newest(g.project, "agent_execution", **query)


@blueprint.get("/agent/executions/<entity_id:entity_id>")
@blueprint.scope("read")
@blueprint.reads(body=False)
@blueprint.response(200, AgentExecutionResponse)
@blueprint.alt_response(404, schema=ErrorSchema)
def get_execution(entity_id: str) -> Prediction:
    """Get Agent Execution."""
    checked = ids.check(entity_id, "path", "entity_id")
    return predictions.get(g.project, "agent_execution", checked)
