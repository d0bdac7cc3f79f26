"""What goes into a sink is all there, whatever it goes to, and on its way to the disk early."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from exports.sink import Sink

LINE = b"x" * 999 + b"\n"
LINES = 12_000
"""More than twice what the system is told of at once."""


def filled(target: Sink) -> str:
    for _ in range(LINES):
        target.write(LINE)
    return target.finish()


def test_lines_that_go_to_no_file_are_all_there() -> None:
    out = io.BytesIO()

    assert filled(Sink(out)) == hashlib.sha256(out.getvalue()).hexdigest()
    assert out.getvalue() == LINE * LINES


def test_a_file_begins_to_go_to_the_disk_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []

    def posix_fadvise(_: int, begin: int, size: int, __: int) -> None:
        told.append((begin, size))

    monkeypatch.setattr(os, "posix_fadvise", posix_fadvise)
    with (tmp_path / "out").open("wb") as file:
        filled(Sink(file))

    assert len(told) == 2
    assert [begin for begin, _ in told] == [0, told[0][1]]
    assert (tmp_path / "out").read_bytes() == LINE * LINES


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system takes no such advice")
def test_what_is_on_its_way_is_whole_in_the_file(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        digest = filled(Sink(file))

    assert digest == hashlib.sha256((tmp_path / "out").read_bytes()).hexdigest()
