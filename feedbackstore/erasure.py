"""Erasing what somebody asked to have erased, so that it is gone and stays gone.

First the tombstones are on the disk, with an erasure that is not finished; then rows are removed,
a few at a time; then the log is emptied, for older states of the rows stand in it; only then it is
finished. Killed anywhere, it goes on by the hashes (`resume`). Why so: docs/erasure.md.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from feedbackstore import database, doomed, ids, program, removal, replays, tombstones
from feedbackstore.errors import Conflict, Invalid, NotFound
from feedbackstore.models import Erasure, Project, Tombstone
from feedbackstore.removal import Counts
from feedbackstore.tombstones import FEEDBACK, Name

_PATIENCE: Final = 10.0
"""Seconds to wait for readers of an older state."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would take, and which exports hold it; `before` is when it was erased."""

    project: Project
    names: Sequence[Name]
    counts: Counts
    exports: list[dict[str, str]]
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What went; `flushed`: no older state of it is left in the store's files."""

    counts: Counts
    exports: list[dict[str, str]]
    flushed: bool


def plan(
    project: Project,
    *,
    name: Name | None = None,
    tag: tuple[str, str] | None = None,
) -> Plan:
    """What is to go, of one id or of all feedback with a tag; nothing is changed.

    Feedback is named by its own id under the kind `tombstones.FEEDBACK`. Raises Invalid for what is
    no id, NotFound for feedback that is not there.
    """
    if name is None:
        names = doomed.names_tagged(project.id, *tag) if tag else []
    else:
        Invalid.raise_any(ids.problems(name[1], (f"{name[0]}_id",)))
        is_feedback = name[0] == FEEDBACK
        names = doomed.names_in_feedback(project.id, name[1]) if is_feedback else [name]
    found = doomed.named(project.id, names)
    exports = [removal.shown(export) for export in removal.exports_of(found)]
    counts = removal.count(found)
    before = None if counts or name is None else _erased_at(project, name)
    return Plan(project, names, counts, exports, before)


def erase(planned: Plan, *, rebuild: bool = False) -> Done:
    """Erase what was planned, and whatever came of the same ids since.

    `rebuild` writes the database anew after it, so that nothing is left in free pages that an
    earlier version did not clear. Raises Unavailable where the store cannot be written; what was
    begun then goes on with the next one.
    """
    uuid = ids.uuid7()
    with database.write():
        Erasure.insert(
            uuid=uuid, project=planned.project.name, started_at=ids.now(), exports="[]"
        ).execute()
        tombstones.bury(uuid, planned.project.name, planned.names)
        replays.forget_unlinked()
    # From here on nothing more of it can come.
    removal.remove(uuid, doomed.named(planned.project.id, planned.names))
    others = [each for each in doomed.unfinished() if each != uuid]
    return _done([uuid], _settle([uuid], others, rebuild=rebuild))


def resume(*, rebuild: bool = False) -> Done | None:
    """Go on with what was begun and not finished; None where there is nothing of the kind.

    Images that no prediction has any more go too: there is no id left to erase them by.
    """
    begun, images = doomed.unfinished(), removal.remove_unused_images()
    if not begun and not images and not rebuild:
        return None
    done = _done(begun, _settle([], begun, rebuild=rebuild))
    return replace(done, counts=done.counts + Counts(images=images))


def held_of_unfinished() -> Counts:
    """What is stored of what was begun and not finished."""
    return sum(map(removal.count, doomed.buried(doomed.unfinished()).values()), Counts())


def list_all() -> list[Erasure]:
    """Every erasure, the oldest first."""
    return list(Erasure.select().order_by(Erasure.started_at))


def exports_of(erasure: Erasure) -> list[dict[str, str]]:
    """The exports that held it."""
    found: list[dict[str, str]] = json.loads(erasure.exports)
    return found


def forget(project: Project, name: Name) -> None:
    """Take what was erased again from now on.

    Raises NotFound where it was not erased, Conflict where that is not finished.
    """
    with database.write():
        digests = tombstones.digests(project.name, name)
        stone = Tombstone.select(Tombstone, Erasure).join(Erasure)
        found = stone.where(Tombstone.digest.in_(digests)).first()
        if found is None:
            raise NotFound(f"Nothing of the {name[0]} {name[1]!r} was erased in this project.")
        if found.erasure.finished_at is None:
            raise Conflict(
                f"It is being erased, or was and is not finished: {program.line('erasures resume')}"
            )
        Tombstone.delete().where(Tombstone.digest.in_(digests)).execute()


def _settle(carried_out: list[str], others: list[str], *, rebuild: bool) -> bool:
    """Carry out what others began; finish all, unless a reader of older states is in the way."""
    if others:
        for uuid, found in doomed.buried(others).items():
            removal.remove(uuid, found)
    if rebuild:
        database.rebuild()
    flushed = database.flush(_PATIENCE)
    if flushed:
        with database.write():
            Erasure.update(finished_at=ids.now()).where(
                Erasure.uuid.in_([*carried_out, *others])
            ).execute()
    return flushed


def _done(uuids: list[str], flushed: bool) -> Done:
    counts, exports = Counts(), list[dict[str, str]]()
    for each in Erasure.select().where(Erasure.uuid.in_(uuids)):
        counts += Counts(each.feedback, each.reviews, each.predictions, each.images)
        exports += [export for export in exports_of(each) if export not in exports]
    return Done(counts, exports, flushed)


def _erased_at(project: Project, name: Name) -> str | None:
    digests = tombstones.digests(project.name, name)
    found: Any = Tombstone.select(Tombstone, Erasure).join(Erasure)
    stone = found.where(Tombstone.digest.in_(digests)).first()
    return str(stone.erasure.started_at) if stone else None
