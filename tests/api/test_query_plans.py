"""No route reads a whole table: each takes as long in a store of a million rows as in an empty one.

SQLite is asked how it carries out the very statements that the routes issue. Tables named staged…
hold what the request itself brought, and may be read from end to end.
"""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feedbackstore import keys
from feedbackstore.database import proxy
from feedbackstore.models import Feedback, Image
from tests.api.conftest import Hire
from tests.conftest import Caller

pytestmark = pytest.mark.sqlite

PROMPT = [{"role": "user", "content": "q"}]
NO_QUERIES = re.compile(
    r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|CREATE|--)", re.IGNORECASE
)
SCAN = re.compile(r"SCAN (?!staged|temp\.staged|\(subquery|CONSTANT ROW)")
WASTEFUL = re.compile(rf"{SCAN.pattern}|TEMP B-TREE")
KINDS = ("request", "agent_execution", "chat")

Call = Callable[[Caller], Any]


@pytest.fixture
def traced(writer: Caller) -> Iterator[list[str]]:
    """The statements that are issued from now on, in a store that holds a little of everything."""
    for kind in KINDS:
        for name in "ab":
            writer.put(f"/v1/predictions/{kind}/{name}", json={"input": PROMPT})
        writer.submit(**{f"{kind}_id": "a"}, response={})
    statements: list[str] = []
    proxy.connection().set_trace_callback(statements.append)
    yield statements
    proxy.connection().set_trace_callback(None)


def plans(statements: list[str]) -> dict[str, list[str]]:
    """The steps of each statement that reads or writes rows."""
    proxy.connection().set_trace_callback(None)
    queries = [text for text in statements if not NO_QUERIES.match(text)]
    return {
        text: [row[3] for row in proxy.connection().execute(f"EXPLAIN QUERY PLAN {text}")]
        for text in queries
    }


@pytest.mark.parametrize(
    "path",
    [
        "/v1/health",
        *(f"/v1/feedback/a?type={kind}" for kind in KINDS),
        "/v1/feedback/a?offset=1&limit=1000",
        "/v1/feedback",
        "/v1/feedback?limit=1000&cursor=MTAw",
        "/v1/feedback?status=pending",
        *(f"/v1/feedback?entity_id=a&kind={kind}" for kind in KINDS),
        "/v1/feedback?entity_id=a&status=pending",
        *(
            f"/v1/feedback?{query}"
            for query in (
                *("status=pending&status=approved", "status=rejected&rating=up", "kind=chat"),
                *("domain=d", "model=m", "field=total", "rating=up", "tag=a%3Db", "has_notes=1"),
                *("since=2026-01-01&until=2026-11-01", "search=x", "search=x&status=pending"),
            )
        ),
        "/v1/feedback/id/{uuid}",
        "/v1/predictions",
        "/v1/predictions?skip=1&limit=1000",
        "/v1/predictions/a",
        "/v1/agent/executions",
        "/v1/agent/executions/a",
        "/v1/evaluations",
        "/v1/evaluations?kind=request&domain=d&since=2026-01-01",
    ],
)
def test_what_is_read_is_found_by_an_index_and_in_its_order(
    writer: Caller, traced: list[str], path: str
) -> None:
    uuid = Feedback.select(Feedback.uuid).limit(1).scalar()
    traced.clear()
    assert writer.get(path.replace("{uuid}", uuid)).status_code == 200

    found = plans(traced)
    assert found or path == "/v1/health"
    assert not {text: steps for text, steps in found.items() if any(map(WASTEFUL.search, steps))}


def test_a_key_is_found_by_an_index(writer: Caller, traced: list[str]) -> None:
    assert keys.find(writer.key)
    assert keys.find("fbk_0_unknown") is None

    found = plans(traced)
    assert found
    assert not any(WASTEFUL.search(step) for steps in found.values() for step in steps)


def test_a_submit_looks_through_nothing(writer: Caller, traced: list[str]) -> None:
    ids = {f"{kind}_id": "a" for kind in KINDS}
    assert writer.submit(**ids, response={"total": 1}).status_code == 200

    found = plans(traced)
    assert not any(WASTEFUL.search(step) for steps in found.values() for step in steps)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_submitted_before_is_found_by_the_index_of_its_id(
    writer: Caller, traced: list[str], kind: str
) -> None:
    assert writer.submit(**{f"{kind}_id": "a"}, response={}).headers["Idempotent-Replayed"]

    [steps] = [steps for text, steps in plans(traced).items() if "OFFSET 100" in text]
    assert all(f"feedback_by_{kind} " in step for step in steps if "SUBQUERY" not in step)


@pytest.mark.parametrize("path", ["feedback/submit", "predictions", "feedback/id/{uuid}/undo"])
def test_a_request_that_names_itself_looks_through_nothing(
    hire: Hire, traced: list[str], path: str
) -> None:
    everybody = hire("root", *keys.SCOPES)
    uuid = Feedback.select(Feedback.uuid).limit(1).scalar()
    everybody.patch(f"/v1/feedback/id/{uuid}", json={"response": {"total": 2}})
    body = {"feedback/submit": {"request_id": "a", "response": {}}, "predictions": []}.get(path)
    traced.clear()
    for _ in range(2):
        answer = everybody.post(
            f"/v1/{path.format(uuid=uuid)}", json=body, headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 200

    steps = [step for text, found in plans(traced).items() if "replay" in text for step in found]
    assert steps
    assert not [step for step in steps if WASTEFUL.search(step)]


@pytest.mark.parametrize("method", ["patch", "post", "delete"])
def test_a_review_looks_through_nothing(hire: Hire, traced: list[str], method: str) -> None:
    """But for the leases, of which there are as many as people at work."""
    everybody = hire("root", *keys.SCOPES)
    uuid = Feedback.select(Feedback.uuid).limit(1).scalar()
    path = f"/v1/feedback/id/{uuid}"
    assert everybody.patch(path, json={"response": {"total": 2}}).status_code == 200
    traced.clear()
    undo = "/undo" if method == "post" else ""
    said = {"status": "approved"} if method == "patch" else None
    assert getattr(everybody, method)(f"{path}{undo}", json=said).status_code in (200, 204)

    found = plans(traced)
    steps = [step for steps in found.values() for step in steps if "lease" not in step]
    assert steps
    assert not [step for step in steps if WASTEFUL.search(step)]


def put_new(writer: Caller) -> Any:
    return writer.put("/v1/predictions/request/new", json={"input": PROMPT, "output": "o"})


def put_again(writer: Caller) -> Any:
    return writer.put("/v1/predictions/request/a", json={"input": PROMPT})


def post_over_both(writer: Caller) -> Any:
    """One prediction of each fate: new, there already, replaced, named twice, with an image."""
    url = "data:image/png;base64," + base64.b64encode(b"png").decode()
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]
    batch = [
        {"kind": "request", "id": name, "input": asked}
        for name, asked in (("x", PROMPT), ("a", PROMPT), ("b", image), ("y", PROMPT), ("y", image))
    ]
    return writer.post("/v1/predictions?replace=true", json=batch)


@pytest.mark.parametrize("call", [put_new, put_again, post_over_both])
def test_predictions_are_recorded_without_looking_through_those_that_are_there(
    writer: Caller, traced: list[str], call: Call
) -> None:
    assert call(writer).status_code in (200, 201)

    found = plans(traced)
    assert any("staged_verdict" in text for text in found)
    steps = [step for steps in found.values() for step in steps]
    assert not [step for step in steps if SCAN.search(step)]
    assert Image.select().count() == (call is post_over_both)


def test_a_scan_and_a_sort_would_be_seen(writer: Caller, traced: list[str]) -> None:
    proxy.execute_sql("SELECT * FROM prediction WHERE model = 'm'").fetchall()
    proxy.execute_sql("SELECT * FROM feedback WHERE project_id = 1 ORDER BY notes").fetchall()

    scan, sort = plans(traced).values()
    assert any(map(WASTEFUL.search, scan))
    assert any(map(WASTEFUL.search, sort))
