"""The store over HTTP: every resource on one page."""

from flask import Flask

from feedbackstore.api import (
    body,
    docs,
    errors,
    evaluations,
    feedback,
    health,
    metrics,
    predictions,
    probes,
    reviews,
)
from feedbackstore.api.openapi import EntityIdConverter, StoreApi


def init_app(app: Flask) -> None:
    """Serve /v1, its OpenAPI document and its page."""
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.converters["entity_id"] = EntityIdConverter
    app.url_map.merge_slashes = False
    body.init_app(app)
    api = StoreApi(app)
    errors.init_app(app)
    for resource in (feedback, reviews, predictions, evaluations, health, metrics, probes):
        api.register_blueprint(resource.blueprint)
    app.register_blueprint(docs.blueprint)
