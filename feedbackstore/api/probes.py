"""For whoever watches over the process: whether it answers, whether it may be sent requests.

Without a key, and so with nothing in the answer but yes or no.
"""

from flask import Response, jsonify

from feedbackstore.api.blueprint import Blueprint
from feedbackstore.api.errors import RETRY_AFTER
from feedbackstore.api.schemas import Health
from feedbackstore.readiness import readiness

blueprint = Blueprint("probes", __name__)


@blueprint.get("/healthz")
@blueprint.response(200, Health)
async def get_healthz() -> Response:
    """Liveness.

    The process answers; nothing else is asked.
    """
    return _answer(ready=True)


@blueprint.get("/readyz")
@blueprint.response(200, Health)
@blueprint.alt_response(503, schema=Health)
async def get_readyz() -> Response:
    """Readiness.

    A write could begin at this moment; 503 where it could not.
    """
    return _answer(ready=await readiness.aget())


def _answer(*, ready: bool) -> Response:
    response = jsonify(status="ok" if ready else "unavailable")
    response.headers["Cache-Control"] = "no-store"
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = RETRY_AFTER
    return response
