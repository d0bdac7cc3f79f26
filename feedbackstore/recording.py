"""Checked predictions into the store: staged, judged, then moved in one short transaction."""

from collections.abc import Iterable
from typing import Final

from feedbackstore import database, ids, moving, staging, tombstones, verdicts
from feedbackstore.database_errors import full
from feedbackstore.reserve import reserve
from feedbackstore.staging import Content
from feedbackstore.verdicts import Recorded

_MANY: Final = 10_000


def record_numbered(
    project: int,
    contents: Iterable[tuple[int, Content]],
    *,
    replace: bool = False,
    skip_erased: bool = False,
) -> Recorded:
    """Store checked predictions, of which each has a number of its own: an error's `index`.

    They are read, and compared with what is stored, before the write lock is taken. It is held
    for no more than moving them, and for making sure that the comparison still holds. Raises
    Conflict, Erased unless those that were erased are to be skipped, and Unavailable where the disk
    has no room to spare.
    """
    with staging.opened(contents):
        with database.snapshot():
            before = tombstones.state()
            erased = _leave_out_erased(project, skip=skip_erased)
            recorded = verdicts.judge(project, replace=replace)
        if recorded.written > _MANY:
            # Not before: SQLite would sort in as much memory as it may keep pages in.
            database.proxy.hold_pages()
        if recorded.written:
            if not reserve.is_left():
                raise full()
            with database.write():
                if tombstones.state() != before:
                    erased += _leave_out_erased(project, skip=skip_erased)
                    recorded = verdicts.judge(project, replace=replace)
                elif verdicts.outdated(project):
                    recorded = verdicts.judge(project, replace=replace)
                moving.move(project, ids.now())
    recorded.erased = erased
    return recorded


def _leave_out_erased(project: int, *, skip: bool) -> int:
    """Drop what was erased from what is staged; how many."""
    numbers = []
    for number, name in tombstones.among(project, staging.names()):
        if not skip:
            raise tombstones.refusal(name, number)
        numbers.append(number)
    staging.leave_out(numbers)
    return len(numbers)
