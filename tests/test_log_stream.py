"""A stream whose reader stalls, or goes: nobody waits, and what was dropped is counted."""

import json
import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedbackstore import feedback, keys, log_stream
from feedbackstore.log_stream import LineStream
from feedbackstore.request_log import RequestLog, request_line


def test_a_reader_that_stalls_holds_nobody_up_and_gets_whole_lines_later() -> None:
    reader, writer = os.pipe()
    stream = LineStream(writer)
    line = b"x" * 999 + b"\n"
    sent = 2000
    for _ in range(sent):
        stream.put(line)
        stream.flush()

    assert stream.dropped
    assert os.get_blocking(writer)
    text = b""
    while not stream.flush() or not text.endswith(b"\n"):
        text += os.read(reader, 65536)
    os.set_blocking(reader, False)
    while len(text) < (sent - stream.dropped) * len(line):
        text += os.read(reader, 65536)

    assert text == line * (sent - stream.dropped)
    os.close(reader)
    stream.put(line)
    assert stream.flush()
    assert stream.dropped > sent - len(text) // len(line)
    os.close(writer)


def test_what_was_dropped_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_stream, "_KEPT_BYTES", 300)
    with (tmp_path / "log").open("wb") as file:
        log = RequestLog(file.fileno())
        log.tell("x" * 400 + "\n")

    (line,) = (tmp_path / "log").read_text().splitlines()
    assert json.loads(line)["message"] == "1 lines of the log were dropped"


def test_a_long_error_fits_into_a_line_by_its_end() -> None:
    error = "\n".join(f"line {n}\x1b\x00" for n in range(10_000)) + "\nTheEnd: of it"

    line = request_line("id", "GET", "/x", 500, 0.1, (0, 0), None, error)

    assert len(line) <= log_stream.MAX_LINE
    assert line.count("\n") == 1
    assert json.loads(line)["error"].endswith("TheEnd: of it")


def test_what_fails_is_in_the_log_with_its_traceback_and_in_no_answer(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        hidden = "value of a variable"
        raise LookupError(f"cause {len(hidden)}")

    monkeypatch.setattr(feedback, "list_newest", fail)
    headers = {"Authorization": f"Bearer {keys.create()}", "X-Request-ID": "failed"}
    with client.get("/v1/feedback/x", headers=headers) as answer:
        said = answer.get_data(as_text=True)

    line = next(
        found
        for found in map(json.loads, capfd.readouterr().out.splitlines())
        if found.get("request_id") == "failed"
    )
    assert (answer.status_code, line["status"]) == (500, 500)
    assert "LookupError: cause 19" in line["error"]
    assert "cause 19" not in said
