"""Recording many predictions at once does what recording each after the other would do."""

import json
import sqlite3
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedbackstore import database, documents, predictions, staging, verdicts
from feedbackstore.errors import Conflict, Unavailable
from feedbackstore.models import Prediction
from tests.conftest import Predict

PROMPT = [{"role": "user", "content": "q"}]

outputs = st.sampled_from([None, "x", {"a": 1, "b": 2}, {"b": 2, "a": 1.0}, {"a": 2}, [], [True]])
documents_ = st.fixed_dictionaries(
    {"kind": st.just("request"), "id": st.sampled_from("abc"), "input": st.just(PROMPT)},
    optional={"output": outputs, "model": st.sampled_from(["m", "n"])},
)
batches = st.lists(documents_, max_size=8)


def one_by_one(
    stored: dict[str, dict[str, Any]], batch: list[dict[str, Any]], *, replace: bool
) -> tuple[dict[str, dict[str, Any]], Any]:
    """What is stored then, and the three counts or the index of the first conflict."""
    after, counts = dict(stored), [0, 0, 0]
    for index, given_ in enumerate(batch):
        document = {name: value for name, value in given_.items() if value is not None}
        held = after.get(document["id"])
        if held is not None and documents.same(held, document):
            counts[1] += 1
        elif held is None or replace:
            counts[0 if held is None else 2] += 1
            after[document["id"]] = document
        else:
            return stored, index
    return after, tuple(counts)


def everything() -> dict[str, dict[str, Any]]:
    rows = Prediction.select().order_by(Prediction.id)
    return {row.entity_id: {"model": row.model, "output": row.output} for row in rows}


def texts(stored: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "model": document.get("model"),
            "output": documents.dump(document["output"]) if "output" in document else None,
        }
        for name, document in stored.items()
    }


@pytest.fixture(params=[1, 3, 100])
def _read_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many of those that are in doubt are in memory at a time."""
    monkeypatch.setattr(verdicts, "_READ_AT_ONCE", request.param)


@pytest.mark.usefixtures("_read_at_once")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(batches, st.booleans()), max_size=3))
def test_a_batch_is_recorded_as_if_one_by_one(
    project: int, calls: list[tuple[list[dict[str, Any]], bool]]
) -> None:
    Prediction.delete().execute()
    stored: dict[str, dict[str, Any]] = {}
    for batch, replace in calls:
        contents = predictions.check_batch(batch)
        found: Any
        try:
            done = predictions.record(project, contents, replace=replace)
            found = (done.created, done.unchanged, done.replaced)
        except Conflict as error:
            found = error.index
        stored, expected = one_by_one(stored, batch, replace=replace)

        assert found == expected
        assert everything() == texts(stored)
        assert list(everything()) == list(stored)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Let another thread do something after the first comparison, before the lock is taken."""

    def arrange(action: Callable[[], None]) -> None:
        judge = verdicts.judge

        def judge_and_wait(project: int, *, replace: bool) -> verdicts.Recorded:
            found = judge(project, replace=replace)
            monkeypatch.setattr(verdicts, "judge", judge)
            thread = Thread(target=lambda: (action(), database.close()))
            thread.start()
            thread.join()
            return found

        monkeypatch.setattr(verdicts, "judge", judge_and_wait)

    return arrange


def content(name: str, **members: Any) -> predictions.Content:
    return predictions.check({"kind": "request", "id": name, "input": PROMPT, **members})


def test_what_another_records_meanwhile_is_compared_again(
    project: int, predict: Predict, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    meanwhile(lambda: predict("b", input=PROMPT, output="other"))
    with pytest.raises(Conflict, match="'b'"):
        predictions.record(project, [content("a"), content("b", output="mine")])
    assert list(everything()) == ["b"]

    meanwhile(lambda: predict("c", input=PROMPT, output="same"))
    done = predictions.record(project, [content("a"), content("c", output="same")])
    assert (done.created, done.unchanged) == (1, 1)


def test_what_another_replaces_meanwhile_is_compared_again(
    project: int, predict: Predict, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    predict("a", input=PROMPT, output="x")
    meanwhile(lambda: predict("a", input=PROMPT, output="other", replace=True))

    with pytest.raises(Conflict, match="'a'"):
        predictions.record(project, [content("a", output="x"), content("b")])
    assert list(everything()) == ["a"]


def test_nothing_is_left_in_the_temporary_tables(project: int) -> None:
    predictions.record(project, [content("a")])
    with pytest.raises(Conflict):
        predictions.record(project, [content("b"), content("a", output="x")])

    for table in staging._TABLES:
        assert database.proxy.execute_sql(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.sqlite
def test_a_temporary_file_that_cannot_grow_is_said_in_a_sentence(project: int) -> None:
    predictions.record(project, [])
    database.proxy.execute_sql("PRAGMA temp.max_page_count = 20")
    many = (content(str(n), output=json.dumps("x" * 1000)) for n in range(2000))

    with pytest.raises(Unavailable, match="SQLITE_TMPDIR") as refused:
        predictions.record(project, many)
    assert isinstance(refused.value.__cause__, sqlite3.Error)
    database.proxy.execute_sql("PRAGMA temp.max_page_count = 1000000")
    assert predictions.record(project, [content("a")]).created == 1
