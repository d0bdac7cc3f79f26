"""The lines of an import, checked here and in another process: the same either way."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from feedbackstore import imports, lines, predictions
from feedbackstore.errors import StoreError, Unusable
from feedbackstore.models import Prediction
from feedbackstore.second_process import SecondProcess
from tests.processes import second_processes

Other = SecondProcess[list[lines.Line], list[lines.Checked]]


def line(number: int, **members: Any) -> bytes:
    document = {"kind": "request", "id": str(number), "input": [{"role": "user", "content": "q"}]}
    return json.dumps({**document, **members}).encode() + b"\r\n"


def file(count: int) -> Iterator[bytes]:
    """Lines of which some are blank, some wrong and some of another shape."""
    for number in range(count):
        yield b" \n" if number % 7 == 3 else line(number, output={"é": 1.0} if number % 2 else "")
    yield b"nope"


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_LINES", 5)
    monkeypatch.setattr(lines, "_BYTES_ALONE", 1000)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the other process is given: it is waited for, else few lines were checked by then."""
    found: list[object] = []
    has_time, give = SecondProcess.has_time, SecondProcess.give

    def has_time_once_started(other: Other) -> bool:
        while not has_time(other) and not other._started:
            pass
        return has_time(other)

    def give_and_note(other: Other, batch: list[lines.Line]) -> None:
        found.append(batch)
        give(other, batch)

    monkeypatch.setattr(SecondProcess, "has_time", has_time_once_started)
    monkeypatch.setattr(SecondProcess, "give", give_and_note)
    return found


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("count", [0, 3, 20, 24, 25, 300])
def test_two_processes_find_what_one_finds_and_in_its_order(
    given: list[object], count: int
) -> None:
    found = list(lines.checked(file(count), alone=False))

    assert bool(given) == (count >= 20)
    assert found == list(lines.checked(file(count)))
    assert [number for number, _ in found] == [n + 1 for n in range(count) if n % 7 != 3] + [
        count + 1
    ]
    assert found[-1][1] == ["JSON decode error: Expecting value, at character 0"]


@pytest.mark.usefixtures("small_batches")
def test_batches_are_read_no_further_than_a_little_ahead(given: list[object]) -> None:
    read: list[int] = []

    def watched() -> Iterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield line(number)

    for number, _ in lines.checked(watched(), alone=False):
        assert len(read) - number <= 5 * (lines._BATCHES_AHEAD + 2)
    assert given


def test_long_lines_make_short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_BYTES", 1000)

    sizes = [len(batch) for batch in lines._batches(line(n, model="m" * 600) for n in range(4))]

    assert sizes == [2, 2]


@pytest.mark.usefixtures("small_batches", "given")
def test_another_process_that_is_killed_is_said_in_a_sentence(project: int) -> None:
    def killing() -> Iterator[bytes]:
        for number in range(100_000):
            if number == 200:
                for child in second_processes():
                    os.kill(child, signal.SIGKILL)
            yield line(number)

    with pytest.raises(Unusable, match="ended from outside"):
        imports.record_lines(project, killing(), alone=False)
    assert not Prediction.select().exists()


@pytest.mark.usefixtures("small_batches")
def test_an_import_with_help_stores_the_same(given: list[object], project: int) -> None:
    good = [line(number, output={"n": number}) for number in range(200)]
    with pytest.raises(StoreError, match="line 201: JSON decode error"):
        imports.record_lines(project, [*good, b"x"], alone=False)
    assert not Prediction.select().exists()

    assert imports.record_lines(project, good, alone=False).created == 200
    assert given
    assert predictions.get(project, "request", "123").output == '{"n":123}'
    newest = predictions.list_newest(project, "request", skip=0, limit=200)
    assert [row.entity_id for row in newest] == [str(number) for number in reversed(range(200))]
