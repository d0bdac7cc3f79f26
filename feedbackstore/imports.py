"""Predictions from a file: every line checked first, then all of them stored, or none."""

from collections.abc import Iterable, Iterator
from typing import Final

from feedbackstore import lines, recording
from feedbackstore.errors import Conflict, StoreError
from feedbackstore.lines import Checked
from feedbackstore.staging import Content
from feedbackstore.verdicts import Recorded

_SHOWN: Final = 20


def record_lines(
    project: int, file: Iterable[bytes], *, replace: bool = False, alone: bool = True
) -> Recorded:
    """Store one prediction for each line that is not blank.

    Memory stays small however long the input is, and the write lock is not held while it is read,
    with another process's help unless `alone` (`lines.checked`). What was erased is skipped, and
    counted. Raises StoreError, naming the lines that are wrong, or Conflict.
    """
    contents = _all_right(lines.checked(file, alone=alone))
    try:
        return recording.record_numbered(project, contents, replace=replace, skip_erased=True)
    except Conflict as error:
        raise Conflict(f"Nothing was imported. Line {error.index}: {error}") from None


def _all_right(checked: Iterable[Checked]) -> Iterator[tuple[int, Content]]:
    """Each line's number and content. Raises StoreError at the end, naming those that are wrong."""
    complaints: list[str] = []
    count = 0
    for number, content in checked:
        if isinstance(content, list):
            count += 1
            shown = content if count <= _SHOWN else []
            complaints += [f"line {number}: {problem}" for problem in shown]
        elif not count:
            yield number, content
    if count:
        more = [f"and {count - _SHOWN} more lines"] if count > _SHOWN else []
        counted = "1 line is" if count == 1 else f"{count} lines are"
        raise StoreError("\n".join([f"Nothing was imported: {counted} wrong.", *complaints, *more]))
