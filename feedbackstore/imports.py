"""Predictions from a file: every line checked first, then all of them stored, or none."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Final

from feedbackstore import documents, predictions
from feedbackstore.errors import Conflict, Invalid, StoreError
from feedbackstore.predictions import Content, Recorded

_SHOWN: Final = 20


def record_lines(project: int, lines: Iterable[bytes], *, replace: bool = False) -> Recorded:
    """Store one prediction for each line that is not blank.

    The checked lines wait in a temporary file: memory stays small however long the input is, and
    the write lock is not held while it is read. Raises StoreError, naming the lines that are
    wrong, or Conflict.
    """
    with tempfile.TemporaryFile() as checked:
        _check(lines, checked)
        checked.seek(0)
        reader = _Reader(checked)
        try:
            return predictions.record(project, reader, replace=replace)
        except Conflict as error:
            raise Conflict(f"Nothing was imported. Line {reader.number}: {error}") from None


class _Reader:
    """The checked lines' contents; `number` is that of the line that was read last."""

    def __init__(self, checked: IO[bytes]) -> None:
        self._checked = checked
        self.number = 0

    def __iter__(self) -> Iterator[Content]:
        for line in self._checked:
            self.number, content = json.loads(line)
            yield content


def _check(lines: Iterable[bytes], checked: IO[bytes]) -> None:
    complaints: list[str] = []
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            content = predictions.check(documents.parse(line.rstrip(b"\r\n"), envelope=1))
        except Invalid as error:
            count += 1
            complaints += _in_words(number, error) if count <= _SHOWN else []
        else:
            checked.write(json.dumps([number, content]).encode() + b"\n")
    if count:
        more = [f"and {count - _SHOWN} more lines"] if count > _SHOWN else []
        counted = "1 line is" if count == 1 else f"{count} lines are"
        raise StoreError("\n".join([f"Nothing was imported: {counted} wrong.", *complaints, *more]))


def _in_words(number: int, error: Invalid) -> Iterator[str]:
    for problem in error.problems:
        yield f"line {number}: {problem}"
