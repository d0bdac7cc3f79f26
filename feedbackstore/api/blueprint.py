"""Our blueprints: flask-smorest's, with strict bodies, and one scope for each route."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction, unwrap
from typing import Any, TypeVar

from flask import Response, g, request
from flask_smorest import Blueprint as SmorestBlueprint
from werkzeug.exceptions import TooManyRequests

from feedbackstore import keys, limiting, observing
from feedbackstore.api import errors, idempotency
from feedbackstore.api.body import StrictParser
from feedbackstore.api.schemas import ErrorSchema, HTTPValidationErrorSchema
from feedbackstore.last_use import last_use
from feedbackstore.rounds import OncePerRound

View = TypeVar("View", bound=Callable[..., Any])

_find_key = OncePerRound(keys.find)


class Blueprint(SmorestBlueprint):
    """Routes of one noun."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_describe_idempotent)  # type: ignore[attr-defined]

    def arguments(self, schema: Any, **kwargs: Any) -> Callable[[View], View]:
        """flask-smorest's, with the schema made once: making one costs more than its use."""
        made = schema() if isinstance(schema, type) else schema
        decorate: Callable[[View], View] = super().arguments(made, **kwargs)
        return decorate

    def response(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """flask-smorest's, for asynchronous views too."""
        decorate = super().response(*args, **kwargs)

        def decorate_either(view: Any) -> Any:
            if not iscoroutinefunction(unwrap(view)):
                return decorate(view)

            @decorate
            @wraps(view)
            def answer(found: Any) -> Any:
                return found

            @wraps(answer)
            async def awaiting(*args: Any, **kwargs: Any) -> Any:
                return answer(await view(*args, **kwargs))

            vars(awaiting).update(__wrapped__=view)
            return awaiting

        return decorate_either

    def alt_response(self, *args: Any, **kwargs: Any) -> Callable[[View], View]:
        """flask-smorest's, without a wrapper: see `_noting`."""
        return _noting(super().alt_response(*args, **kwargs))

    @staticmethod
    def doc(**kwargs: Any) -> Callable[[View], View]:
        """flask-smorest's, without a wrapper: see `_noting`."""
        return _noting(SmorestBlueprint.doc(**kwargs))

    def scope(self, scope: str | None) -> Callable[[View], View]:
        """Let only keys with `scope` in (None: any good key), before the body is read.

        It goes above every decorator that reads the request. The view finds the key's project as
        `g.project`, and whose key it is as `g.key`.
        """

        def decorate(view: View) -> View:
            @wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                return _refusal(scope) or view(*args, **kwargs)

            guarded.scope = scope or "any"  # type: ignore[attr-defined]
            documented: Any = self.doc(security=[{"HTTPBearer": []}])(guarded)
            described: View = self._refusing(401, *([403] if scope else []), 429, 503)(documented)
            return described

        return decorate

    def reads(self, *, body: bool) -> Callable[[View], View]:
        """Document what a route refuses that reads a query or a path, and perhaps a body."""

        def decorate(view: View) -> View:
            described: View = self.alt_response(
                422, schema=HTTPValidationErrorSchema, description="Validation Error"
            )(view)
            return self._refusing(*([400, 413, 415] if body else []))(described)

        return decorate

    def idempotent(self, view: View) -> View:
        """Document the header Idempotency-Key; the view does with its `attempt` what it says."""
        vars(view).update(_apidoc={**vars(view).get("_apidoc", {}), "idempotent": True})
        return self._refusing(400)(view)

    def _refusing(self, *statuses: int) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            for status in statuses:
                self.alt_response(status, schema=ErrorSchema)(view)
            return view

        return decorate


def _noting(document: Callable[[View], View]) -> Callable[[View], View]:
    """What a decorator says of a view, on the view itself: a wrapper would cost each request."""

    def decorate(view: View) -> View:
        vars(view).update(_apidoc=vars(document(view))["_apidoc"])
        return view

    return decorate


def _describe_idempotent(doc: Any, doc_info: Any, **_: Any) -> Any:
    """Add to what a `doc` callback would put in the place of a query's parameters."""
    if doc_info.get("idempotent"):
        doc.setdefault("parameters", []).append({**idempotency.PARAMETER})
    return doc


def _refusal(scope: str | None) -> Response | None:
    environ = request.environ
    scheme, _, key = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    key = key.strip()
    grant = _find_key(key) if scheme.lower() == "bearer" else None
    if grant is None:
        return _no_good(key)
    observing.note(environ, observing.KEY, keys.id_of(key))
    last_use.note(grant.key)
    limiting.hold_key(grant.holder)
    if scope and scope not in grant.scopes:
        return errors.answer(403, f"This key does not have the scope {scope!r}.")
    g.project, g.key = grant.project, grant.holder
    return None


def _no_good(key: str) -> Response:
    wait, detail = limiting.count_failure(key)
    if wait:
        raise TooManyRequests(detail, retry_after=wait)
    response = errors.answer(401, "A valid API key is needed: Authorization: Bearer fbk_…")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
