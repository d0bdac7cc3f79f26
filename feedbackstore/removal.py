"""Rows out of the store, with all that hangs on them, a few in each transaction.

Submissions go on in between. Each transaction adds to its erasure's figures what it removed: they
stay true wherever an erasure ends.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from operator import add, itemgetter
from typing import Any, Final, NamedTuple, TypeVar

from peewee import chunked, fn

from feedbackstore import database, export_parts
from feedbackstore.doomed import Doomed
from feedbackstore.models import (
    Erasure,
    Export,
    Feedback,
    Image,
    Lease,
    Prediction,
    PredictionImage,
    Review,
)
from feedbackstore.statements import VARIABLES

_FEEDBACK: Final = 50
_IMAGES: Final = 10
"""Rows that go at once: feedback may be in hundreds of exports, an image may weigh megabytes."""

_TURN: Final = 0.05
"""Seconds after which a transaction ends: a prediction may weigh nothing, or megabytes."""


Key = tuple[int, str, str]
Work = TypeVar("Work")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of each goes, or went."""

    feedback: int = 0
    reviews: int = 0
    predictions: int = 0
    images: int = 0

    def __bool__(self) -> bool:
        """Whether it is anything."""
        return bool(self.feedback or self.predictions)

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*map(add, astuple(self), astuple(other)))


class _Removed(NamedTuple):
    """How much went, and the row ids of the exports that it was taken out of."""

    counts: Counts
    exports: set[int]


def count(doomed: Doomed) -> Counts:
    """What `remove` would remove."""
    reviews = sum(
        Review.select().join(Feedback).where(Feedback.uuid.in_(some)).count()
        for some in chunked(doomed.feedback, VARIABLES)
    )
    images = sum(_images_only_in(doomed.predictions))
    return Counts(len(doomed.feedback), reviews, len(doomed.predictions), images)


def _images_only_in(keys: Iterable[Key]) -> Iterator[bool]:
    """Of each image in these predictions, whether no other one has it."""
    links = Counter(image for key in keys for image in _images(_row(key)))
    for some in chunked(links, VARIABLES):
        for image, every in _linked(some):
            yield links[image] == every


def exports_of(doomed: Doomed) -> list[Export]:
    """The exports that hold this feedback, the oldest first."""
    some = chunked(doomed.feedback, VARIABLES)
    return export_parts.exports_with(row for uuids in some for row in _rows(uuids))


def shown(export: Export) -> dict[str, str]:
    """An export as an erasure names it."""
    return {
        "export": export.sha256,
        "created": f"{export.created_at[:19]}Z",
        "format": export.format,
        "name": export.name,
    }


def remove(erasure: str, doomed: Doomed) -> None:
    """Remove feedback with its reviews, and predictions with the images that are only theirs.

    The erasure names each export from the moment on at which something is taken out of it.
    """
    _in_turns(erasure, chunked(doomed.feedback, _FEEDBACK), _remove_feedback)
    _in_turns(erasure, doomed.predictions, _remove_prediction)


def _in_turns(erasure: str, works: Iterable[Work], work: Callable[[Work], _Removed]) -> None:
    """Do some of the works in each transaction, as many as there is time for."""
    rest = iter(works)
    for first in rest:
        with database.write():
            until, (counts, exports) = time.monotonic() + _TURN, work(first)
            while time.monotonic() < until and (following := next(rest, None)) is not None:
                more, holding = work(following)
                counts, exports = counts + more, exports | holding
            _note(erasure, counts)
            _name(erasure, exports)
        # Whoever waits tries again within this.
        time.sleep(2 * database.TRIES_EVERY)


def remove_unused_images() -> int:
    """Remove images that no prediction has; how many there were."""
    removed = 0
    while some := list(Image.select(Image.id).where(_is_unused()).limit(_IMAGES)):
        with database.write():
            these = Image.id.in_([image.id for image in some])
            removed += Image.delete().where(these, _is_unused()).execute()
    return removed


def _is_unused() -> Any:
    return ~fn.EXISTS(PredictionImage.select().where(PredictionImage.image == Image.id))


def _note(erasure: str, counts: Counts) -> None:
    Erasure.update(
        feedback=Erasure.feedback + counts.feedback,
        reviews=Erasure.reviews + counts.reviews,
        predictions=Erasure.predictions + counts.predictions,
        images=Erasure.images + counts.images,
    ).where(Erasure.uuid == erasure).execute()


def _name(erasure: str, exports: set[int]) -> None:
    """Add exports to those that an erasure names, the oldest first."""
    if not exports:
        return
    named = Erasure.get(Erasure.uuid == erasure)
    known: list[dict[str, str]] = json.loads(named.exports)
    for some in chunked(sorted(exports), VARIABLES):
        found = map(shown, Export.select().where(Export.id.in_(some)).order_by(Export.id))
        known += [each for each in found if each not in known]
    named.exports = json.dumps(sorted(known, key=itemgetter("created")))
    named.save(only=[Erasure.exports])


def _remove_feedback(uuids: list[str]) -> _Removed:
    rows = _rows(uuids)
    reviews = Review.delete().where(Review.feedback.in_(rows)).execute()
    exports = export_parts.remove(rows)
    Lease.delete().where(Lease.item.in_(uuids)).execute()
    return _Removed(
        Counts(Feedback.delete().where(Feedback.id.in_(rows)).execute(), reviews), exports
    )


def _rows(uuids: list[str]) -> list[int]:
    found: Any = Feedback.select(Feedback.id).where(Feedback.uuid.in_(uuids))
    return [row for (row,) in found.tuples()]


def _remove_prediction(key: Key) -> _Removed:
    project, kind, entity_id = key
    Lease.delete().where(Lease.project == project, Lease.item == f"{kind}/{entity_id}").execute()
    row = _row(key)
    images = _images(row)
    PredictionImage.delete().where(PredictionImage.prediction == row).execute()
    removed = Prediction.delete().where(Prediction.id == row).execute()
    gone = sum(
        Image.delete().where(Image.id.in_(some), _is_unused()).execute()
        for some in chunked(images, VARIABLES)
    )
    return _Removed(Counts(predictions=removed, images=gone), set())


def _row(key: Key) -> int | None:
    project, kind, entity_id = key
    found: Prediction | None = (
        Prediction.select(Prediction.id)
        .where(
            Prediction.project == project,
            Prediction.kind == kind,
            Prediction.entity_id == entity_id,
        )
        .get_or_none()
    )
    return found.id if found else None


def _images(row: int | None) -> list[int]:
    links: Any = PredictionImage.select(PredictionImage.image).where(
        PredictionImage.prediction == row
    )
    return [image for (image,) in links.tuples()]


def _linked(images: list[int]) -> Iterator[tuple[int, int]]:
    """Each image with the number of all predictions that it is linked to."""
    links: Any = (
        PredictionImage.select(PredictionImage.image, fn.COUNT(PredictionImage.prediction))
        .where(PredictionImage.image.in_(images))
        .group_by(PredictionImage.image)
    )
    return iter(links.tuples())
