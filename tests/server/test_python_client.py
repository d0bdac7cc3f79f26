"""VLM Run's official Python client, pointed here."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from vlmrun.client import VLMRun
from vlmrun.client.exceptions import APIError, AuthenticationError, ResourceNotFoundError

from demo.documents import DOCUMENTS, Document
from tests.server.conftest import Server

ODD_DOCUMENTS = {
    "members out of order": {"zeta": 1, "alpha": {"y": 1, "b": 2}, "1": 0, "": ""},
    "big integers": {"id": 12345678901234567890123, "sum": -(2**63) - 1, "digits": 10**4000},
    "floats": {"a": 1.0, "b": -0.0, "c": 5e-324, "d": 1.7976931348623157e308, "e": 0.1, "f": 1e22},
    "unicode": {"größe": "Ayşe Yılmaz 請求書 🧾", "line": "\u2028", "mark": "\ufeff", "q": '"\\/'},
    "nothing": {"null": None, "list": [], "object": {}, "false": False, "in a list": [None, {}]},
    "an empty object": {},
}

PLAIN_IDS = [
    "invoice-1",
    "0b2f6e9c-3f0a-4f4e-9a51-6f1a5d0f7c11",
    "inbox/2026/invoice 7.pdf",
    "a scan of page 3",
    " spaces around ",
    "請求書-Ayşe-🧾",
    "50% off",
    "100%",
    "submit",
    "urn:invoice:7;v=2&x",
    'it\'s "quoted" \\ [x]',
]
AMBIGUOUS_IDS = ["100%41", "%2F", "what?#1", "a//b", "/root", "a/../b", "https://host/page"]


@pytest.fixture(scope="module")
def client(server: Server) -> VLMRun:
    """The client of somebody who has a key."""
    return VLMRun(api_key=server.key, base_url=server.base_url)


@pytest.fixture(scope="module")
def stranger(server: Server) -> VLMRun:
    """The client of somebody with a key of another project."""
    return VLMRun(api_key=server.stranger_key, base_url=server.base_url)


def exactly(value: Any) -> str:
    """Text that differs where a value, its type or an order of members does."""
    return json.dumps(value)


def test_a_good_key_opens_the_client_and_its_healthcheck(client: VLMRun) -> None:
    assert client.healthcheck() is True


@pytest.mark.parametrize("key", ["fbk_0_wrong", "sk-of-another-service", "schlüssel"])
def test_a_wrong_key_is_told_when_the_client_is_made(server: Server, key: str) -> None:
    with pytest.raises(AuthenticationError, match="Invalid API key") as refusal:
        VLMRun(api_key=key, base_url=server.base_url)

    assert refusal.value.http_status == 401


def test_one_wrong_character_makes_a_key_wrong(server: Server) -> None:
    last = "A" if server.key[-1] != "A" else "B"

    with pytest.raises(AuthenticationError, match="Invalid API key"):
        VLMRun(api_key=server.key[:-1] + last, base_url=server.base_url)


def test_two_environment_variables_are_all_that_a_program_needs(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLMRUN_BASE_URL", server.base_url)
    monkeypatch.setenv("VLMRUN_API_KEY", server.key)

    submitted = VLMRun().feedback.submit("from the environment", notes="It got here.")

    [item] = server.get("feedback/from the environment")["items"]
    assert item["id"] == submitted.id


def test_a_correction_with_notes_is_stored_as_it_was_submitted(client: VLMRun) -> None:
    submitted = client.feedback.submit(
        request_id="corrected", response={"total": 12.5}, notes="The total was wrong."
    )

    [item] = client.feedback.get("corrected").items
    assert submitted.request_id == "corrected"
    assert (item.id, item.created_at) == (submitted.id, submitted.created_at)
    assert item.response == {"total": 12.5}
    assert item.notes == "The total was wrong."


def test_notes_alone_are_feedback(client: VLMRun) -> None:
    submitted = client.feedback.submit(request_id="noted", notes="Not readable.")

    [item] = client.feedback.get("noted").items
    assert item.id == submitted.id
    assert item.response is None
    assert item.notes == "Not readable."


def test_a_correction_alone_is_feedback(client: VLMRun) -> None:
    client.feedback.submit(request_id="corrected only", response={"total": 1})

    [item] = client.feedback.get("corrected only").items
    assert item.response == {"total": 1}
    assert item.notes is None


def test_its_moments_are_in_utc(client: VLMRun) -> None:
    submitted = client.feedback.submit(request_id="moment", notes="Now.")

    offset = submitted.created_at.utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0


def test_several_pieces_of_feedback_come_newest_first_and_in_pages(client: VLMRun) -> None:
    for number in range(12):
        client.feedback.submit(request_id="pages", notes=str(number))

    def notes(**page: int) -> list[str | None]:
        return [item.notes for item in client.feedback.get("pages", **page).items]

    assert notes() == ["11", "10", "9", "8", "7", "6", "5", "4", "3", "2"]
    assert notes(limit=2) == ["11", "10"]
    assert notes(offset=2, limit=3) == ["9", "8", "7"]
    assert notes(offset=10) == ["1", "0"]
    assert notes(offset=12) == []


def test_an_id_without_feedback_has_an_empty_list(client: VLMRun) -> None:
    found = client.feedback.get("nobody said a word")

    assert found.request_id == "nobody said a word"
    assert found.items == []


@pytest.mark.parametrize("id", PLAIN_IDS)
def test_feedback_is_found_by_the_id_as_it_is(client: VLMRun, id: str) -> None:
    submitted = client.feedback.submit(request_id=id, notes="Found.")

    found = client.feedback.get(id)

    assert submitted.request_id == id
    assert found.request_id == id
    assert [item.id for item in found.items] == [submitted.id]


@pytest.mark.parametrize("id", [*PLAIN_IDS, *AMBIGUOUS_IDS])
def test_feedback_is_found_by_the_percent_encoded_id(client: VLMRun, id: str) -> None:
    submitted = client.feedback.submit(request_id=id, notes="Found.")

    found = client.feedback.get(quote(id, safe=""))

    assert found.request_id == id
    assert found.items[0].id == submitted.id


@pytest.mark.parametrize("name", ODD_DOCUMENTS)
def test_a_correction_comes_back_exactly(client: VLMRun, name: str) -> None:
    client.feedback.submit(request_id=f"exact: {name}", response=ODD_DOCUMENTS[name])

    [item] = client.feedback.get(f"exact: {name}").items
    assert exactly(item.response) == exactly(ODD_DOCUMENTS[name])


def test_what_the_store_refuses_is_told_in_its_words_and_not_sent_again(server: Server) -> None:
    client = VLMRun(api_key=server.key, base_url=server.base_url)
    statuses: list[int] = []
    hooks = client.feedback._requestor._session.hooks["response"]
    hooks.append(lambda response, **_: statuses.append(response.status_code))

    with pytest.raises(APIError) as refusal:
        client.feedback.submit(request_id="", notes="About nothing.")

    assert type(refusal.value) is APIError
    assert refusal.value.http_status == 422
    [problem] = refusal.value.message
    assert problem["loc"] == ["body", "request_id"]
    assert problem["msg"] == "String should have at least 1 character"
    assert problem["msg"] in str(refusal.value)
    assert statuses == [422]


def test_a_prediction_reads_as_the_hosted_service_shows_it(server: Server, client: VLMRun) -> None:
    server.record(
        "request",
        "scans/7",
        domain="document.invoice",
        output={"zeta": 12345678901234567890123, "alpha": [1.0, None]},
        created_at="2026-11-01T13:00:00+01:00",
    )

    prediction = client.predictions.get("scans/7")

    assert prediction.id == "scans/7"
    assert prediction.status == "completed"
    assert prediction.domain == "document.invoice"
    assert prediction.created_at.isoformat() == "2026-11-01T12:00:00+00:00"
    assert prediction.completed_at == prediction.created_at
    assert exactly(prediction.response) == '{"zeta": 12345678901234567890123, "alpha": [1.0, null]}'


def test_waiting_for_a_stored_prediction_ends_at_once(server: Server, client: VLMRun) -> None:
    server.record("request", "waited for", output={"total": 1})

    assert client.predictions.wait("waited for").response == {"total": 1}


def test_a_prediction_without_an_answer_is_pending(server: Server, client: VLMRun) -> None:
    server.record("request", "unanswered")

    prediction = client.predictions.get("unanswered")

    assert prediction.status == "pending"
    assert prediction.response is None
    assert prediction.completed_at is None


def test_predictions_are_listed_newest_first_and_in_pages(server: Server, client: VLMRun) -> None:
    for name in ("one", "two", "three"):
        server.record("request", f"listed {name}", output=f"The answer {name}.")
    server.record("agent_execution", "not among them", output={})

    newest = client.predictions.list(limit=3)

    assert [prediction.id for prediction in newest] == ["listed three", "listed two", "listed one"]
    assert newest[0].response == "The answer three."
    assert [prediction.id for prediction in client.predictions.list(skip=1, limit=1)] == [
        "listed two"
    ]


def test_a_prediction_that_is_not_there_is_not_found(client: VLMRun) -> None:
    with pytest.raises(ResourceNotFoundError, match="There is no prediction") as refusal:
        client.predictions.get("never recorded")

    assert refusal.value.http_status == 404


def test_an_agent_execution_reads_as_the_hosted_service_shows_it(
    server: Server, client: VLMRun
) -> None:
    server.record("agent_execution", "runs/1", domain="agent.sorter", output={"sorted": 3})

    execution = client.executions.get("runs/1")

    assert execution.id == "runs/1"
    assert execution.name == "agent.sorter"
    assert execution.status == "completed"
    assert execution.response == {"sorted": 3}


def test_an_agent_execution_that_answered_in_text_is_shown_as_a_message(
    server: Server, client: VLMRun
) -> None:
    server.record("agent_execution", "told", model="vlm-agent-1", output="Three are unpaid.")

    execution = client.executions.get("told")

    assert execution.name == "vlm-agent-1"
    assert execution.response == {"role": "assistant", "content": "Three are unpaid."}
    assert client.executions.wait("told").response == execution.response


def test_agent_executions_are_listed_newest_first_and_in_pages(
    server: Server, client: VLMRun
) -> None:
    for name in ("one", "two"):
        server.record("agent_execution", f"run {name}", output=f"Run {name}.")
    server.record("request", "not among them", output={})

    newest = client.executions.list(limit=2)

    assert [execution.id for execution in newest] == ["run two", "run one"]
    assert [execution.id for execution in client.executions.list(skip=1, limit=1)] == ["run one"]


def test_an_agent_execution_that_is_not_there_is_not_found(client: VLMRun) -> None:
    with pytest.raises(ResourceNotFoundError, match="There is no prediction"):
        client.executions.get("never run")


def test_nothing_of_one_project_shows_in_another(
    server: Server, client: VLMRun, stranger: VLMRun
) -> None:
    client.feedback.submit(request_id="private", response={"salary": 1})
    server.record("request", "private", output={"salary": 2})
    server.record("agent_execution", "private", output={"salary": 3})

    assert stranger.feedback.get("private").items == []
    assert stranger.predictions.list() == []
    assert stranger.executions.list() == []
    for read in (stranger.predictions.get, stranger.executions.get):
        with pytest.raises(ResourceNotFoundError):
            read("private")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.id)
def test_a_document_and_what_people_said_of_it_come_back(
    server: Server, client: VLMRun, document: Document
) -> None:
    server.record("request", document.id, **document.prediction())
    if document.members:
        said = {"response": document.correction, "notes": document.notes, **document.members}
        server.submit(request_id=document.id, **said)
    else:
        client.feedback.submit(document.id, response=document.correction, notes=document.notes)

    prediction = client.predictions.get(document.id)
    [item] = client.feedback.get(document.id).items
    [stored] = server.get(f"feedback/{document.id}")["items"]
    assert prediction.domain == document.domain
    assert exactly(prediction.response) == exactly(document.output)
    assert exactly(item.response) == exactly(document.correction)
    assert item.notes == document.notes
    assert {name: stored[name] for name in document.members} == document.members
