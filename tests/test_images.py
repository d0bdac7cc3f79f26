"""Stored images: each once a project, outside the rows, and back byte for byte."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner

from exports import selection
from exports.selection import Filters
from feedbackstore import documents, images, keys, predictions
from feedbackstore.cli import import_predictions
from feedbackstore.database import proxy
from feedbackstore.errors import Conflict, Invalid
from feedbackstore.models import Image, Prediction, PredictionImage
from feedbackstore.sqlite import Sqlite
from tests.conftest import Caller, Export, Predict, Say

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
JPEG = b"\xff\xd8\xff" + bytes(range(255, -1, -1))


def url(data: bytes = PNG, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def asked(*urls: str) -> list[dict[str, Any]]:
    """A prompt with an image part for each URL."""
    parts = [
        {"type": "image_url", "image_url": {"url": each, "detail": "low"}, "more": 1.0}
        for each in urls
    ]
    content = [{"type": "text", "text": url()}, *parts]
    return [{"role": "system", "content": "Read."}, {"role": "user", "content": content}]


def document(id: str, *urls: str, **members: Any) -> dict[str, Any]:
    return {"kind": "request", "id": id, "input": asked(*urls), **members}


def kept() -> list[bytes]:
    """The images that are stored, in their order; every one is linked, and every link is good."""
    # A server lets no link be bad.
    if isinstance(proxy.obj, Sqlite):
        assert proxy.execute_sql("PRAGMA foreign_key_check").fetchall() == []
    rows = list(Image.select().order_by(Image.id))
    assert {link.image_id for link in PredictionImage.select()} == {row.id for row in rows}
    assert all(hashlib.sha256(row.data).hexdigest() == row.sha256 for row in rows)
    return [row.data for row in rows]


def stored_input(id: str) -> str:
    return Prediction.get(Prediction.entity_id == id).input


@pytest.mark.sqlite
def test_an_image_is_stored_once_however_often_it_recurs(project: int, predict: Predict) -> None:
    def size() -> int:
        size, _ = proxy.sizes()
        return int(size)

    scan = os.urandom(1_000_000)
    before = size()
    for number in range(20):
        predict(str(number), input=asked(url(scan), url(PNG), url(scan, "image/jpeg")))

    assert sorted(kept()) == sorted([scan, PNG])
    assert PredictionImage.select().count() == 40
    assert size() - before < 1.1 * len(scan)
    assert len(stored_input("0")) < 2000
    assert images.restored(project, stored_input("7")) == documents.dump(
        asked(url(scan), url(PNG), url(scan, "image/jpeg"))
    )


@pytest.mark.parametrize(
    "media_type",
    ["", "image/png", "IMAGE/PNG", "image/svg+xml;charset=utf-8", "x", 'a;b="c;d,é"', ";", "a\nb"],
)
def test_an_image_comes_back_whatever_it_is_called(
    project: int, predict: Predict, media_type: str
) -> None:
    prompt = asked(url(PNG, media_type), url(b"", media_type))
    predict("r", input=prompt)

    assert sorted(kept()) == [b"", PNG]
    assert images.restored(project, stored_input("r")) == documents.dump(prompt)


@pytest.mark.parametrize(
    "odd",
    [
        "https://example.com/a.png",
        url().replace("data:", "DATA:"),
        url().replace("base64", "BASE64"),
        url().replace(";base64", ""),
        url(PNG + b"?" * (1 - len(PNG) % 3)).rstrip("="),
        "data:image/png;base64,QUJ=",
        "data:image/png;base64,QUI",
        "data:image/png;base64,QUJD\n",
        "data:image/png;base64,QU%4A",
        "data:image/png;base64,-_-_",
        "data:image/png;base64,QUJDé",
        "data:image/png,QUJD",
        " " + url(),
    ],
)
def test_what_would_not_come_back_byte_for_byte_stays_where_it_is(
    project: int, predict: Predict, odd: str
) -> None:
    predict("r", input=asked(odd))

    assert kept() == []
    assert stored_input("r") == images.restored(project, stored_input("r"))
    assert stored_input("r") == documents.dump(asked(odd))


def test_words_that_look_like_a_reference_are_words(project: int, predict: Predict) -> None:
    predict("r", input=asked(url()))
    reference = json.loads(stored_input("r"))[1]["content"][1]["image_url"]["url"]
    assert reference == f"stored-image:{hashlib.sha256(PNG).hexdigest()};image/png"
    prompt = [
        {"role": "user", "content": reference, "image_url": {"url": reference}},
        {"role": "user", "content": [{"type": "text", "text": reference, "image_url": reference}]},
        {"role": "user", "content": [{"type": "other", "image_url": {"url": reference}}]},
        {"role": "assistant", "content": None, "tool_calls": [call(reference)]},
        {"role": "tool", "tool_call_id": reference, "content": asked(url())[1]["content"]},
    ]
    predict("words", input=prompt)

    assert images.restored(project, stored_input("words")) == documents.dump(prompt)


def call(arguments: str) -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}


@pytest.mark.parametrize("scheme", ["stored-image:", "Stored-Image:"])
def test_nobody_else_may_refer_to_a_stored_image(writer: Caller, scheme: str) -> None:
    reference = f"{scheme}{hashlib.sha256(PNG).hexdigest()};image/png"
    writer.put("/v1/predictions/request/r", json={"input": asked(url())})

    refused = writer.put("/v1/predictions/request/x", json={"input": asked(reference)})
    (problem,) = refused.get_json()["detail"]
    assert (refused.status_code, problem["type"]) == (422, "url_scheme")
    assert problem["loc"] == ["body", "input", 1, "content", 1, "image_url", "url"]
    with pytest.raises(Invalid, match="should not begin with stored-image:"):
        predictions.check(document("x", output={**asked(reference)[1], "role": "assistant"}))
    assert Prediction.select().count() == 1


def test_two_projects_share_nothing(writer: Caller, stranger: Caller) -> None:
    for caller in (writer, stranger):
        caller.put("/v1/predictions/request/r", json={"input": asked(url())})
    mine, theirs = Prediction.select().order_by(Prediction.id)

    assert kept() == [PNG, PNG]
    assert mine.input == theirs.input
    Image.delete_instance(Image.get(Image.project == theirs.project_id), recursive=True)
    assert images.restored(mine.project_id, mine.input) == documents.dump(asked(url()))
    assert images.restored(theirs.project_id, theirs.input) == theirs.input


def record(project: int, *contents: dict[str, Any], replace: bool = False) -> tuple[int, ...]:
    done = predictions.record(project, predictions.check_batch(contents), replace=replace)
    return done.created, done.unchanged, done.replaced


def test_the_same_again_is_unchanged_and_another_image_another_content(project: int) -> None:
    batch = [document("a", url(PNG)), document("b", url(PNG), url(JPEG)), document("c")]
    assert record(project, *batch) == (3, 0, 0)
    assert record(project, *batch, *batch) == (0, 6, 0)

    for other in (url(JPEG), url(PNG, "image/jpeg"), url(PNG + b"\0")):
        with pytest.raises(Conflict):
            record(project, document("new", url(b"new")), document("a", other))
    assert sorted(kept()) == sorted([PNG, JPEG])
    assert Prediction.select().count() == 3


def test_what_was_stored_whole_before_is_the_same_too(project: int) -> None:
    content = document("a", url(PNG))
    record(project, content)
    Prediction.update(input=documents.dump(content["input"])).execute()
    PredictionImage.delete().execute()
    Image.delete().execute()

    assert record(project, content) == (0, 1, 0)
    assert kept() == []
    assert record(project, {**content, "output": "o"}, replace=True) == (0, 0, 1)
    assert kept() == [PNG]


def test_replacing_leaves_no_image_behind_that_nothing_refers_to(project: int) -> None:
    record(project, document("a", url(PNG), url(JPEG)), document("b", url(JPEG)))
    (first,) = Image.select().where(Image.data == PNG)

    record(project, document("a", url(PNG), url(b"new"), output="o"), replace=True)
    assert sorted(kept()) == sorted([PNG, JPEG, b"new"])
    assert Image.get(Image.data == PNG).id == first.id
    record(project, document("b"), replace=True)
    assert sorted(kept()) == sorted([PNG, b"new"])
    record(project, document("a"), document("b", url(b"new")), replace=True)
    assert kept() == [b"new"]
    record(project, document("b", output="o"), replace=True)
    assert (kept(), PredictionImage.select().count()) == ([], 0)


def test_replacing_in_one_project_leaves_the_other_as_it_is(
    writer: Caller, stranger: Caller
) -> None:
    for caller in (writer, stranger):
        caller.put("/v1/predictions/request/r", json={"input": asked(url())})
    writer.put("/v1/predictions/request/r?replace=true", json={"input": asked()})

    assert kept() == [PNG]
    assert Image.get().project_id == keys.get_project("elsewhere").id


@pytest.mark.sqlite
def test_a_thousand_images_in_one_prompt_take_a_query_for_many(
    project: int, predict: Predict, statements: Callable[[], list[str]]
) -> None:
    prompt = asked(*(url(number.to_bytes(2)) for number in range(1000)))
    predict("r", input=prompt)
    text = stored_input("r")
    statements()

    assert images.restored(project, text) == documents.dump(prompt)
    assert len(statements()) == 2
    predict("r", input=asked(), replace=True)
    assert kept() == []


@pytest.fixture
def statements(project: int) -> Callable[[], list[str]]:
    """What was read since the last time that this was asked."""
    traced: list[str] = []
    proxy.connection().set_trace_callback(traced.append)

    def since() -> list[str]:
        found = [text for text in traced if text.startswith("SELECT")]
        traced.clear()
        return found

    return since


def test_http_and_import_keep_images_apart_and_an_export_has_them(
    writer: Caller, export: Export, say: Say
) -> None:
    path = "/v1/predictions/request/put"
    for status in (201, 200):
        assert writer.put(path, json={"input": asked(url())}).status_code == status
    assert writer.post("/v1/predictions", json=[document("post", url())]).status_code == 200
    lines = "".join(json.dumps(document(name, url())) + "\n" for name in ("put", "import"))
    for _ in range(2):
        done = CliRunner().invoke(import_predictions, ["-", "--quiet"], input=lines)
        assert done.exit_code == 0, done.stderr

    assert kept() == [PNG]
    for name in ("put", "post", "import"):
        say(name, response={"total": 1})
    done = export("--format", "feedback", "--quiet")
    rows = [json.loads(line) for line in done.stdout_bytes.splitlines()]
    assert [row["prediction"]["input"] for row in rows] == [asked(url())] * 3


@pytest.mark.sqlite
def test_a_page_of_rows_is_read_with_its_images_and_large_images_make_it_short(
    project: int,
    predict: Predict,
    say: Say,
    statements: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(6):
        predict(str(number), input=asked(url(PNG), url(bytes([number % 3]) * 1000)))
        say(str(number), response={})
    say("unknown", response={})
    whole = list(selection.rows(project, Filters()))
    statements()

    assert [row.input for row in whole] == [
        documents.dump(asked(url(PNG), url(bytes([number % 3]) * 1000))) for number in range(6)
    ] + [None]
    assert len(list(selection.rows(project, Filters()))) == 7
    assert len([text for text in statements() if '"data"' in text]) == 3
    for size in (1, 2000, 3000):
        monkeypatch.setattr(selection, "_PAGE_BYTES", size)
        assert list(selection.rows(project, Filters(), page=4)) == whole


def test_a_row_that_was_read_keeps_its_images_when_they_are_replaced(
    project: int, predict: Predict, say: Say
) -> None:
    for name in ("a", "b"):
        predict(name, input=asked(url()))
        say(name, response={})
    reading = selection.rows(project, Filters())
    rows = [next(reading)]
    for name in ("a", "b"):
        predict(name, input=asked(), replace=True)

    assert kept() == []
    assert [row.input for row in [*rows, *reading]] == [documents.dump(asked(url()))] * 2


def test_nobody_replaces_a_prediction_between_a_row_and_its_images(
    project: int, predict: Predict, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict("r", input=asked(url()))
    say("r", response={})
    add = images.Album.add

    def replace() -> None:
        predict("r", input=asked(), replace=True)
        proxy.close()

    def add_late(album: images.Album, text: str | None) -> None:
        thread = Thread(target=replace)
        thread.start()
        thread.join()
        add(album, text)

    monkeypatch.setattr(images.Album, "add", add_late)
    (row,) = selection.rows(project, Filters())
    assert row.input == documents.dump(asked(url()))
    assert kept() == []
