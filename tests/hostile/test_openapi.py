"""The OpenAPI document, taken at its word: what is sent, as it allows or as it does not, is
answered as it says.

The examples come from a fixed seed: the same ones are tried each time.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi

from tests.hostile.conftest import PATIENCE
from tests.server.conftest import Server

_EXAMPLES = 40
_CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]
_MODES = list(schemathesis.GenerationMode)


@pytest.fixture
def known(server: Server) -> dict[str, str]:
    """Names in an address by which there is something."""
    server.record("request", "known", output={"total": 1}, model="m", domain="d")
    submitted = server.submit(request_id="known", response={"total": 2}, tags={"a": "b"})
    return {"uuid": submitted["id"], "entity_id": "known", "kind": "request"}


def is_uuid(text: Any) -> bool:
    try:
        return str(UUID(text)) == text
    except (ValueError, AttributeError):
        return False


def operations(server: Server) -> Iterator[Any]:
    document = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    for found in document.get_all_operations():
        yield found.ok()


@pytest.mark.parametrize("mode", _MODES, ids=[mode.value for mode in _MODES])
def test_every_route_does_as_the_document_says(
    server: Server, known: dict[str, str], mode: schemathesis.GenerationMode
) -> None:
    for operation in operations(server):

        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
        def try_it(case: schemathesis.Case, is_known: bool) -> None:
            for name in case.path_parameters or ():
                # What is no UUID below /v1/feedback/id/ is an id below /v1/feedback/.
                if is_known or (name == "uuid" and not is_uuid(case.path_parameters[name])):
                    case.path_parameters[name] = known[name]
            answer = case.call(headers=server.headers, timeout=PATIENCE)
            case.validate_response(answer, checks=_CHECKS)

        # Of a route that asks for nothing there is nothing to send wrongly.
        with suppress(Unsatisfiable):
            try_it()
