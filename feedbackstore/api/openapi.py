"""The OpenAPI document: flask-smorest's, made to contain the hosted service's own.

That document is what FastAPI writes of pydantic models. What differs between the two generators is
brought in line here: nulls as `anyOf`, titles, the order of `required`, open dictionaries, and
none of flask-smorest's own extra components.
"""

from typing import Any, Final

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields
from werkzeug.routing import BaseConverter

API_VERSION: Final = "2026-05-19.0"
"""The version of the hosted service's interface that this one contains."""

INFO: Final = {
    "description": "Unified server for VLM Run Agent and API",
    "termsOfService": "https://vlm.run/terms-of-service",
    "contact": {
        "name": "VLM Run Support Team",
        "url": "https://vlm.run/",
        "email": "support@vlm.run",
    },
}

_AROUND_TYPE: Final = ("title", "description", "default", "maxLength")
"""What is said beside `anyOf`: a length binds no null, and the hosted service says none in it."""


class EntityIdConverter(BaseConverter):
    """Any id in a path: slashes, line ends and leading slashes included."""

    regex = "(?s:.+)"
    part_isolating = False


class FastAPIConverter(OpenAPIConverter):
    """marshmallow fields and schemas, described as pydantic describes its own."""

    def field2nullable(self, field: fields.Field[Any], ret: Any) -> dict[str, Any]:
        """Nothing: `field2property` wraps what may be null."""
        return {}

    def dict2properties(self, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
        """Nothing: a field says itself, in its metadata, what its members are."""
        return {}

    def field2property(self, field: fields.Field[Any]) -> dict[str, Any]:
        """A field's description: a title after its name, null beside its type."""
        described: dict[str, Any] = super().field2property(field)
        if not isinstance(field.parent, Schema):
            return described
        if "$ref" not in described:
            described.setdefault("title", str(field.name).replace("_", " ").title())
        if not field.allow_none or field.load_only:
            return described
        around: dict[str, Any] = {
            name: described.pop(name) for name in _AROUND_TYPE if name in described
        }
        if not described:
            return around
        return {"anyOf": [described, {"type": "null"}], **around}

    def fields2jsonschema(self, fields: Any, *, partial: Any = None) -> dict[str, Any]:
        """A schema's description, what is required in the order of its fields."""
        described: dict[str, Any] = super().fields2jsonschema(fields, partial=partial)
        if "required" in described:
            required = described["required"]
            described["required"] = [n for n in described["properties"] if n in required]
        return described

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """A schema's description, under its own name as title."""
        described: dict[str, Any] = super().schema2jsonschema(schema)
        described.setdefault("title", self.schema_name_resolver(schema))
        return described


class FastAPIPlugin(MarshmallowPlugin):
    """apispec's marshmallow plugin with our converter."""

    Converter = FastAPIConverter


class StoreApi(Api):
    """flask-smorest's Api, with our errors and without its extra components."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        app.config.update(
            API_TITLE="VLM Run Unified Server",
            API_VERSION=API_VERSION,
            OPENAPI_VERSION="3.1.0",
            OPENAPI_URL_PREFIX="/",
            API_SPEC_OPTIONS={"info": INFO, "servers": [], "security": []},
        )
        super().__init__(app, spec_kwargs={"marshmallow_plugin": FastAPIPlugin()})
        # One list of tags, on the operations; the hosted service has none at the top.
        self.spec.tag = lambda tag: self.spec  # type: ignore[method-assign]
        self.spec.components.security_scheme("HTTPBearer", {"type": "http", "scheme": "bearer"})
        self.register_converter(EntityIdConverter, lambda _: {"type": "string", "minLength": 1})

    def _register_error_handlers(self) -> None:
        """None: `errors.init_app` registers ours."""

    def _register_responses(self) -> None:
        """No response for each status there is: ours are named where they happen."""

    def _register_etag_headers(self) -> None:
        """No entity tags."""

    def _register_pagination_header(self) -> None:
        """No pages of flask-smorest's kind."""
