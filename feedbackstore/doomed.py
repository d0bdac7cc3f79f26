"""What an erasure takes: everything of an id, found by the id itself, or by its hash alone.

Rows go by the names that callers know, not by row ids, which SQLite gives again: what was found is
removed later, in another transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from feedbackstore import feedback, ids, tombstones
from feedbackstore.errors import NotFound
from feedbackstore.filters import has_tag
from feedbackstore.models import ID_FIELDS, Erasure, Feedback, Prediction, Project, Tombstone
from feedbackstore.tombstones import FEEDBACK, Keyed, Name

_ROWS: Final = 5_000
"""Rows that are hashed between two queries: no reader keeps an old state of the database."""


@dataclass(slots=True)
class Doomed:
    """Feedback by its uuid, and predictions by their project, kind and id."""

    feedback: dict[str, None] = field(default_factory=dict)
    predictions: list[tuple[int, str, str]] = field(default_factory=list)


def names_in_feedback(project: int, uuid: str) -> list[Name]:
    """What a piece of feedback is about, and its own id; that alone where it is gone already.

    Raises NotFound where it never was there, as far as anybody can tell.
    """
    own = (FEEDBACK, uuid)
    try:
        return [own, *feedback.names(feedback.get(project, uuid))]
    except NotFound:
        if not any(tombstones.among(project, [(0, own)])):
            raise
        return [own]


def names_tagged(project: int, tag: str, value: str) -> list[Name]:
    """What the feedback with a tag is about."""
    named: Any = Feedback.select(*(ID_FIELDS[kind] for kind in ids.KINDS)).where(
        Feedback.project == project, has_tag(tag, value)
    )
    return list(
        dict.fromkeys(
            (kind, each)
            for row in named.tuples().iterator()
            for kind, each in zip(ids.KINDS, row, strict=True)
            if each is not None
        )
    )


def named(project: int, names: Iterable[Name]) -> Doomed:
    """All that is stored of these: the predictions, and whatever feedback names one of them."""
    found = Doomed()
    for kind, entity_id in names:
        if kind == FEEDBACK:
            continue
        rows: Any = Feedback.select(Feedback.uuid).where(
            Feedback.project == project, ID_FIELDS[kind] == entity_id
        )
        found.feedback |= dict.fromkeys(uuid for (uuid,) in rows.tuples())
        stored = Prediction.select(Prediction.id).where(
            Prediction.project == project,
            Prediction.kind == kind,
            Prediction.entity_id == entity_id,
        )
        if stored.exists():
            found.predictions.append((project, kind, entity_id))
    return found


def buried(erasures: Iterable[str]) -> dict[str, Doomed]:
    """All that is stored of what these erasures named, of which only the hashes are known."""
    found: defaultdict[str, Doomed] = defaultdict(Doomed)
    stones: Any = Tombstone.select().where(Tombstone.erasure.in_(list(erasures)))
    graves = {bytes(digest): erasure for digest, erasure in stones.tuples()}
    keyed = _keyed()
    columns = (Prediction.project, Prediction.kind, Prediction.entity_id)
    for project, kind, entity_id in _rows(Prediction, *columns):
        for erasure in _graves(graves, keyed[project], [(kind, entity_id)]):
            found[erasure].predictions.append((project, kind, entity_id))
    for project, uuid, *about in _rows(
        Feedback, Feedback.project, Feedback.uuid, *(ID_FIELDS[kind] for kind in ids.KINDS)
    ):
        named = [(kind, each) for kind, each in zip(ids.KINDS, about, strict=True) if each]
        for erasure in _graves(graves, keyed[project], [(FEEDBACK, uuid), *named]):
            found[erasure].feedback[uuid] = None
    return found


def unfinished() -> list[str]:
    """The erasures that were begun and are not done."""
    found: Any = Erasure.select(Erasure.uuid).where(Erasure.finished_at.is_null())
    return [uuid for (uuid,) in found.order_by(Erasure.uuid).tuples()]


def _keyed() -> dict[int, list[Keyed]]:
    secrets = tombstones.keys()
    return {
        project.id: [Keyed(secret, project.name) for secret in secrets]
        for project in Project.select()
    }


def _graves(graves: dict[bytes, str], keyed: list[Keyed], names: Iterable[Name]) -> set[str]:
    digests = (each.digest(name) for name in names for each in keyed)
    return {graves[digest] for digest in digests if digest in graves}


def _rows(model: Any, *columns: Any) -> Iterator[tuple[Any, ...]]:
    last = 0
    while True:
        some = model.select(model.id, *columns).where(model.id > last).order_by(model.id)
        rows = list(some.limit(_ROWS).tuples())
        if not rows:
            return
        for _, *values in rows:
            yield tuple(values)
        last = rows[-1][0]
