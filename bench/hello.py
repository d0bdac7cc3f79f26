"""The least that the server can be asked for: JSON in, JSON out, by Flask alone."""

from flask import Response, jsonify, request

from feedbackstore import settings
from feedbackstore.asgi import App

app = App(__name__)
app.config.from_mapping(settings.load())


@app.post("/v1/feedback/submit")
async def hello() -> Response:
    """Answer with the id that came."""
    return jsonify(request_id=request.get_json()["request_id"])
