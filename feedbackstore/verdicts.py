"""What is to become of staged predictions: which are new, there already, or another's successor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from feedbackstore import documents, images
from feedbackstore.errors import Conflict
from feedbackstore.staging import COLUMNS, DOCUMENTS, execute

_STORED: Final = (
    "LEFT JOIN main.prediction AS p"
    " ON p.project_id = ? AND p.kind = staged.kind AND p.entity_id = staged.entity_id"
)
_EQUAL: Final = " AND ".join(f"p.{name} IS staged.{name}" for name in COLUMNS)

_LOOK: Final = f"""
    INSERT INTO temp.staged_verdict
    SELECT staged.kind, staged.entity_id, staged.number, p.id, p.recorded_at, CASE
        WHEN p.id IS NULL THEN 'new' WHEN {_EQUAL} THEN 'same' ELSE 'doubtful' END
    FROM temp.staged {_STORED}
    ORDER BY staged.kind, staged.entity_id, staged.number
"""
_DOUBT_TWINS: Final = """
    UPDATE temp.staged_verdict SET verdict = 'doubtful'
    WHERE (kind, entity_id) IN (
        SELECT kind, entity_id FROM temp.staged_verdict
        GROUP BY kind, entity_id HAVING count(*) > 1
    )
"""
_MOVE_NEW: Final = """
    INSERT INTO temp.staged_move
    SELECT number, number, NULL FROM temp.staged_verdict WHERE verdict = 'new' ORDER BY number
"""
_COUNT_SAME: Final = "SELECT count(*) FROM temp.staged_verdict WHERE verdict = 'same'"
_DOUBTFUL: Final = f"""
    SELECT number, stored, {", ".join(f"staged.{name}" for name in COLUMNS)},
        {", ".join(f"p.{name}" for name in COLUMNS)}
    FROM temp.staged_verdict
    CROSS JOIN temp.staged USING (number)
    LEFT JOIN main.prediction AS p ON p.id = stored
    WHERE verdict = 'doubtful'
    AND (staged_verdict.kind, staged_verdict.entity_id, number) > (?, ?, ?)
    ORDER BY staged_verdict.kind, staged_verdict.entity_id, number
    LIMIT ?
"""
_OUTDATED: Final = f"""
    SELECT EXISTS (
        SELECT 1 FROM temp.staged_verdict AS staged {_STORED}
        WHERE p.id IS NOT staged.stored OR p.recorded_at IS NOT staged.seen
    )
"""

_READ_AT_ONCE: Final = 100
_COLUMNS: Final = len(COLUMNS)
_key: Final = itemgetter(2, 3)

Row = Sequence[Any]


@dataclass(slots=True)
class Recorded:
    """How many predictions were new, were there already, and took another's place.

    `erased` are those that were skipped: their ids were erased.
    """

    created: int = 0
    unchanged: int = 0
    replaced: int = 0
    erased: int = 0

    @property
    def written(self) -> int:
        """How many the store has to take in."""
        return self.created + self.replaced


def judge(project: int, *, replace: bool) -> Recorded:
    """Compare what is staged with what is stored, and note which of it has to be moved.

    Raises Conflict at the first that is stored with other content, unless `replace`. To be called
    in a transaction: it looks twice.
    """
    for table in ("verdict", "move"):
        execute(f"DELETE FROM temp.staged_{table}")
    execute(_LOOK, project)
    execute(_DOUBT_TWINS)
    new = execute(_MOVE_NEW)
    ((same,),) = execute(_COUNT_SAME)
    recorded = Recorded(created=new.rowcount, unchanged=same)
    _judge_doubtful(recorded, replace=replace)
    return recorded


def outdated(project: int) -> bool:
    """Whether somebody else recorded one of the same predictions since they were judged."""
    ((changed,),) = execute(_OUTDATED, project)
    return bool(changed)


def _doubtful() -> Iterator[Row]:
    """A few at a time: some databases hand on all that a statement finds at once."""
    after: tuple[int | str, ...] = ("", "", 0)
    while some := execute(_DOUBTFUL, *after, _READ_AT_ONCE).fetchall():
        yield from some
        number, _, *names = some[-1][:4]
        after = (*names, number)


def _judge_doubtful(recorded: Recorded, *, replace: bool) -> None:
    """Judge, in their order, those that came more than once or are stored with another text."""
    conflict: tuple[Any, ...] | None = None
    for _, rows in groupby(_doubtful(), key=_key):
        held: Row | None = None
        move: Row | None = None
        for number, stored, *texts in rows:
            content, found = texts[:_COLUMNS], texts[_COLUMNS:]
            if move is None and stored is not None:
                held = found
            if held is not None and _is_same(held, content):
                recorded.unchanged += 1
                continue
            if held is None:
                recorded.created += 1
            else:
                recorded.replaced += 1
                conflict = min(conflict or (number, *content), (number, *content))
            held, move = content, (move[0] if move else number, number, stored)
        if move is not None:
            execute("INSERT INTO temp.staged_move VALUES (?, ?, ?)", *move)
    if conflict is not None and not replace:
        raise _conflict(*conflict[:3])


def _is_same(held: Row, content: Row) -> bool:
    return all(
        one == other or (name in DOCUMENTS and _holds_same(name, one, other))
        for name, one, other in zip(COLUMNS, held, content, strict=True)
    )


def _holds_same(name: str, one: str | None, other: str | None) -> bool:
    """Whether two texts hold the same JSON: clients may write members in another order."""
    if one is None or other is None:
        return False
    if name == "input":
        # It may be older than the rule that images are kept apart.
        one, _ = images.apart(one)
    return documents.same(documents.load(one), documents.load(other))


def _conflict(number: int, kind: str, entity_id: str) -> Conflict:
    return Conflict(
        f"The prediction of kind {kind} with the id {entity_id!r} is stored with"
        " other content. To replace it, say so: ?replace=true, or --replace on the command"
        " line.",
        number,
    )
