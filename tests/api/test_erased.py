"""What was erased is not taken again over HTTP: 410, on every route that stores."""

from collections.abc import Callable
from typing import Any

import pytest

from feedbackstore import erasure, keys
from feedbackstore.models import Feedback, Prediction
from tests.conftest import Caller

INPUT = [{"role": "user", "content": "q"}]


@pytest.fixture
def erased(writer: Caller) -> str:
    """An id that was erased as a request and as a chat."""
    project = keys.get_project("default")
    for kind in ("request", "chat"):
        erasure.erase(erasure.plan(project, name=(kind, "gone")))
    return "gone"


SENT: dict[str, Callable[[Caller, str], Any]] = {
    "submit": lambda caller, gone: caller.submit(request_id=gone, notes="n"),
    "submit with another id": lambda caller, gone: caller.submit(
        request_id="kept", chat_id=gone, notes="n"
    ),
    "experimental": lambda caller, gone: caller.post(
        "/v1/experimental/feedback/submit", json={"chat_id": gone, "rating": "up"}
    ),
    "put": lambda caller, gone: caller.put(f"/v1/predictions/chat/{gone}", json={"input": INPUT}),
    "replace": lambda caller, gone: caller.put(
        f"/v1/predictions/request/{gone}?replace=true", json={"input": INPUT}
    ),
    "batch": lambda caller, gone: caller.post(
        "/v1/predictions",
        json=[{"kind": "request", "id": each, "input": INPUT} for each in ("a", gone, "b")],
    ),
}


@pytest.mark.parametrize("sent", SENT)
def test_what_was_erased_is_refused_and_nothing_of_it_stored(
    writer: Caller, erased: str, sent: str
) -> None:
    response = SENT[sent](writer, erased)

    assert response.status_code == 410
    assert "'gone' was erased on request, and nothing of it is taken" in response.json["detail"]
    assert response.json["detail"].startswith("At index 1: ") == (sent == "batch")
    assert (Feedback.select().count(), Prediction.select().count()) == (0, 0)


def test_another_project_and_another_kind_are_taken(
    writer: Caller, stranger: Caller, erased: str
) -> None:
    assert stranger.submit(request_id=erased, notes="n").status_code == 200
    assert writer.submit(agent_execution_id=erased, notes="n").status_code == 200


def test_whoever_reads_cannot_tell_what_was_erased_from_what_never_was(
    writer: Caller, erased: str
) -> None:
    for path in ("/v1/feedback/{}?type=request", "/v1/predictions/{}"):
        gone, never = (writer.get(path.format(each)) for each in (erased, "gane"))

        assert gone.status_code == never.status_code
        assert gone.text == never.text.replace("gane", erased)
