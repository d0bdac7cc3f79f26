"""Whether a key is good: the official client asks before anything else."""

from feedbackstore.api.blueprint import Blueprint
from feedbackstore.api.schemas import Health

blueprint = Blueprint("health", __name__, url_prefix="/v1")


@blueprint.get("/health")
@blueprint.scope(None)
@blueprint.response(200, Health)
def get_health() -> dict[str, str]:
    """Health."""
    return {"status": "ok"}
