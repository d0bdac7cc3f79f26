# The part of flask-smorest that the store uses; the package itself has no types.
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import apispec
import flask
from marshmallow import Schema
from webargs.flaskparser import FlaskParser

_View = TypeVar("_View", bound=Callable[..., Any])
Decorator: TypeAlias = Callable[[_View], _View]

class Blueprint(flask.Blueprint):
    ARGUMENTS_PARSER: FlaskParser

    def arguments(
        self, schema: Schema | type[Schema], *, location: str = "json"
    ) -> Decorator[Any]: ...
    def response(
        self,
        status_code: int,
        schema: Schema | type[Schema] | None = None,
        *,
        description: str | None = None,
    ) -> Decorator[Any]: ...
    def alt_response(
        self,
        status_code: int,
        response: str | None = None,
        *,
        schema: Schema | type[Schema] | None = None,
        description: str | None = None,
        success: bool = False,
    ) -> Decorator[Any]: ...
    def doc(self, **kwargs: Any) -> Decorator[Any]: ...

class Api:
    DEFAULT_ERROR_RESPONSE_NAME: str | None
    spec: apispec.APISpec

    def __init__(
        self, app: flask.Flask | None = None, *, spec_kwargs: dict[str, Any] | None = None
    ) -> None: ...
    def register_blueprint(self, blp: Blueprint, **options: Any) -> None: ...
    def register_converter(
        self, converter: type[Any], func: Callable[[Any], dict[str, Any]]
    ) -> None: ...
