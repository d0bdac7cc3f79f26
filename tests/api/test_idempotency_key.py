"""The header Idempotency-Key, on every POST: done once, answered the same again."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedbackstore import database, keys, predictions, replays, reviews
from feedbackstore.models import Feedback, Prediction, Replay, Review
from tests.api.conftest import Clock, Hire
from tests.conftest import Caller, Predict, Say

SAID: Final = {"request_id": "r", "notes": "n"}
REPLAYED: Final = "Idempotent-Replayed"
SUBMIT: Final = "/v1/feedback/submit"


@pytest.fixture
def root(hire: Hire) -> Caller:
    """May do everything."""
    return hire("root", *keys.SCOPES)


def name(key: str) -> dict[str, str]:
    """The headers of a request of that name."""
    return {"Idempotency-Key": key}


def prediction(id: str) -> dict[str, Any]:
    return {"kind": "request", "id": id, "input": [{"role": "user", "content": "q"}]}


def ways(root: Caller) -> dict[str, tuple[str, Any]]:
    """For every POST of the API, a path and a body."""
    uuid = root.submit(request_id="reviewed", response={"total": 1}).get_json()["id"]
    for total in (2, 3):
        root.patch(f"/v1/feedback/id/{uuid}", json={"response": {"total": total}})
    return {
        SUBMIT: (SUBMIT, SAID),
        "/v1/experimental/feedback/submit": ("/v1/experimental/feedback/submit", SAID),
        "/v1/predictions": ("/v1/predictions", [prediction("a")]),
        "/v1/feedback/id/{uuid}/undo": (f"/v1/feedback/id/{uuid}/undo", None),
    }


def test_every_post_route_takes_it_and_says_so(root: Caller) -> None:
    paths = root.get("/openapi.json").get_json()["paths"]
    posts = {path: operations["post"] for path, operations in paths.items() if "post" in operations}

    assert posts.keys() == ways(root).keys()
    for path, operation in posts.items():
        named = {p["name"]: p for p in operation["parameters"] if "name" in p}
        assert named["Idempotency-Key"]["in"] == "header", path
        assert not named["Idempotency-Key"].get("required"), path
        assert "400" in operation["responses"], path
    assert "replace" in {p["name"] for p in posts["/v1/predictions"]["parameters"]}


def test_each_does_once_what_is_sent_twice(root: Caller) -> None:
    for path, body in ways(root).values():
        first, again = [root.post(path, json=body, headers=name("k")) for _ in range(2)]

        assert (first.status_code, first.headers.get(REPLAYED)) == (200, None), path
        assert (again.status_code, again.headers.get(REPLAYED)) == (200, "true"), path
        assert again.get_data() == first.get_data(), path
        assert again.headers.get("ETag") == first.headers.get("ETag"), path
    assert Feedback.select().where(Feedback.request_id == "r").count() == 2
    assert [each.undone_at is None for each in Review.select().order_by(Review.id)] == [True, False]


def test_a_name_is_one_routes_own(root: Caller) -> None:
    for path, body in ways(root).values():
        assert REPLAYED not in root.post(path, json=body, headers=name("k")).headers


def test_without_a_name_each_undo_is_another(root: Caller) -> None:
    path, _ = ways(root)["/v1/feedback/id/{uuid}/undo"]

    assert [root.post(path).status_code for _ in range(3)] == [200, 200, 409]


def test_taking_back_what_one_wrote_oneself_is_answered_again_with_nothing(
    predict: Predict, project: int, root: Caller
) -> None:
    predict("a", output={"total": 1})
    grant = keys.find(root.key)
    assert grant
    asked = predictions.get(project, "request", "a")
    row, _ = reviews.correct(asked, grant.key, verdict="approved")

    answers = [root.post(f"/v1/feedback/id/{row.uuid}/undo", headers=name("k")) for _ in range(2)]

    assert [(answer.status_code, answer.get_data()) for answer in answers] == [(204, b"")] * 2
    assert answers[1].headers[REPLAYED] == "true"


def test_the_same_name_with_something_else_is_refused_at_its_place(root: Caller) -> None:
    root.post(SUBMIT, json=SAID, headers=name("k"))

    refused = root.post(SUBMIT, json=SAID | {"notes": "other"}, headers=name("k"))

    assert refused.status_code == 422
    (problem,) = refused.get_json()["detail"]
    assert problem["loc"] == ["header", "Idempotency-Key"]
    assert problem["type"] == "idempotency_key_reused"
    assert "new key" in problem["msg"]
    assert [row.notes for row in Feedback.select()] == ["n"]


def test_the_query_belongs_to_what_is_asked(root: Caller) -> None:
    body = [prediction("a")]
    root.post("/v1/predictions", json=body, headers=name("k"))

    refused = root.post("/v1/predictions?replace=true", json=body, headers=name("k"))

    assert refused.status_code == 422


def test_two_names_make_two_of_the_same(root: Caller) -> None:
    answers = [root.post(SUBMIT, json=SAID, headers=name(key)).get_json() for key in "ab"]

    assert answers[0]["id"] != answers[1]["id"]
    assert root.submit(**SAID).headers[REPLAYED] == "true"
    assert Feedback.select().count() == 2


def test_a_name_is_its_keys_own(root: Caller, writer: Caller, stranger: Caller) -> None:
    answers = [
        caller.post(SUBMIT, json=SAID | {"notes": notes}, headers=name("k"))
        for caller, notes in ((root, "1"), (writer, "2"), (stranger, "3"))
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.get_json()["id"] for answer in answers}) == 3


@pytest.mark.parametrize(
    ("path", "bad", "good", "status"),
    [
        (SUBMIT, {"request_id": "r"}, SAID, 422),
        (SUBMIT, {"request_id": 1, "notes": "n"}, SAID, 422),
        ("/v1/predictions", [{"kind": "request", "id": "x"}], [prediction("x")], 422),
        ("/v1/predictions", [prediction("x"), {**prediction("there"), "output": "o"}], [], 409),
    ],
)
def test_what_was_refused_may_be_corrected_under_the_same_name(
    root: Caller, predict: Predict, path: str, bad: Any, good: Any, status: int
) -> None:
    predict("there")
    assert root.post(path, json=bad, headers=name("k")).status_code == status
    assert not Replay.select().exists()

    answer = root.post(path, json=good, headers=name("k"))

    assert (answer.status_code, answer.headers.get(REPLAYED)) == (200, None)


def test_what_failed_is_not_done_and_may_be_tried_again(
    root: Caller, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise LookupError

    for path, body in ways(root).values():
        before = Feedback.select().count(), Prediction.select().count()
        with monkeypatch.context() as patched:
            patched.setattr(replays._KEEP, "run", fail)
            assert root.post(path, json=body, headers=name("k")).status_code == 500, path
        assert (Feedback.select().count(), Prediction.select().count()) == before, path

        answer = root.post(path, json=body, headers=name("k"))

        assert (answer.status_code, answer.headers.get(REPLAYED)) == (200, None), path


@pytest.mark.sqlite
def test_while_another_process_writes_nothing_is_done_or_remembered(
    root: Caller, url: str, tmp_path: Path
) -> None:
    found = ways(root).values()
    database.connect(url, timeout=0.05)
    with closing(sqlite3.connect(tmp_path / "feedback.db")) as other:
        for path, body in found:
            other.execute("BEGIN IMMEDIATE")
            refused = root.post(path, json=body, headers=name("k"))
            other.rollback()

            assert refused.status_code == 503, path
            assert root.post(path, json=body, headers=name("k")).status_code == 200, path


@pytest.mark.parametrize(
    "key",
    [
        "", " ", '""', "x" * 256, '"' + "x" * 256 + '"', '"open', '"in"side"', '"a";b=1',
        "ключ", "a\tb", "a\x7fb", "é", '"tab\tin"', '"\\n"', '"\\"',
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [SUBMIT, "/v1/predictions", "/v1/feedback/id/{uuid}/undo"])
def test_a_name_that_is_none_is_refused_and_nothing_done(root: Caller, key: str, path: str) -> None:
    path, body = ways(root)[path]
    count = Feedback.select().count()

    refused = root.post(path, json=body, headers=name(key.encode().decode("latin-1")))

    assert refused.status_code == 400
    assert refused.get_json()["detail"].startswith("The header Idempotency-Key should be 1 to 255")
    assert (Feedback.select().count(), Replay.select().count()) == (count, 0)


@pytest.mark.parametrize(
    "key",
    ["x", "8e03978e-40d5-43e8-bc93-6894a57f9324", "x" * 255, "a b", "a,b", 'a"b', "a\\b", "'~!"],
)
def test_a_name_is_the_same_quoted_and_bare(root: Caller, key: str) -> None:
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    root.post(SUBMIT, json=SAID, headers=name(key))

    assert root.post(SUBMIT, json=SAID, headers=name(quoted)).headers[REPLAYED] == "true"
    assert root.post(SUBMIT, json=SAID, headers=name(f" {key} ")).headers[REPLAYED] == "true"


def test_what_is_deleted_is_not_remembered(root: Caller, say: Say) -> None:
    first = root.post(SUBMIT, json=SAID, headers=name("k")).get_json()
    root.patch(f"/v1/feedback/id/{first['id']}", json={"status": "approved"})
    undo = f"/v1/feedback/id/{first['id']}/undo"
    root.post(undo, headers=name("k"))
    root.delete(f"/v1/feedback/id/{first['id']}")
    assert not Replay.select().exists()

    again = root.post(SUBMIT, json=SAID, headers=name("k"))

    assert REPLAYED not in again.headers
    assert again.get_json()["id"] != first["id"]
    assert root.post(undo, headers=name("k")).status_code == 404


def test_nothing_that_anybody_wrote_is_kept_for_it(root: Caller, store: str) -> None:
    said = SAID | {"notes": "a secret", "response": {"name": "a secret"}}
    root.post(SUBMIT, json=said, headers=name("secret-name"))

    assert "secret" not in repr(list(Replay.select().tuples()))


def test_it_is_remembered_for_a_day(root: Caller, clock: Clock) -> None:
    first = root.post(SUBMIT, json=SAID, headers=name("k")).get_json()
    clock.move(days=1, microseconds=-1)
    assert root.post(SUBMIT, json=SAID, headers=name("k")).get_json() == first

    clock.move(microseconds=1)
    other = root.post(SUBMIT, json=SAID | {"notes": "other"}, headers=name("k"))

    assert (other.status_code, other.headers.get(REPLAYED)) == (200, None)
    assert Replay.select().count() == 1


def test_old_records_go_a_few_at_a_time_as_new_ones_come(root: Caller, clock: Clock) -> None:
    def submit(number: int) -> int:
        root.post(SUBMIT, json=SAID, headers=name(str(number)))
        return int(Replay.select().count())

    assert [submit(number) for number in range(10)][-1] == 10

    clock.move(days=2)

    assert [submit(number) for number in range(10, 14)] == [7, 4, 3, 4]


def test_a_key_without_the_scope_learns_nothing_of_it(client: FlaskClient, hire: Hire) -> None:
    reader = hire("reader", "read")

    assert reader.post(SUBMIT, json=SAID, headers=name("")).status_code == 403
    assert client.post(SUBMIT, json=SAID, headers=name("k")).status_code == 401
