"""What a model was asked and answered: checked, recorded, found again.

Feedback names a prediction by the caller's own id, and may arrive before it; the two are joined
when they are read (`feedback.joined`), so nothing has to be kept in step here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from feedbackstore import checks, database, documents, ids, messages
from feedbackstore.errors import Conflict, Invalid, Loc, NotFound, Problem
from feedbackstore.models import Prediction

MAX_BATCH: Final = 1000

Content = dict[str, str | None]


@dataclass(slots=True)
class Recorded:
    """How many predictions were new, were there already, and took another's place."""

    created: int = 0
    unchanged: int = 0
    replaced: int = 0


def check(document: Any, loc: Loc = ()) -> Content:
    """The columns of a prediction's JSON object. Raises Invalid with every problem."""
    Invalid.raise_any(_prediction(document, loc))
    created_at = document.get("created_at")
    return {
        **{name: document.get(name) for name in ("kind", "model", "domain")},
        "entity_id": document["id"],
        "created_at": None if created_at is None else ids.parse_moment(created_at),
        **{name: _text(document.get(name)) for name in _DOCUMENTS},
    }


def check_batch(documents_: Any, loc: Loc = ()) -> list[Content]:
    """The columns of up to MAX_BATCH predictions. Raises Invalid, naming each by its index."""
    if len(documents_) > MAX_BATCH:
        message = f"List should have at most {MAX_BATCH} items, not {len(documents_)}"
        raise Invalid(Problem(loc, "too_long", message, ctx={"max_length": MAX_BATCH}))
    Invalid.raise_any(
        problem
        for index, document in enumerate(documents_)
        for problem in _prediction(document, (*loc, index))
    )
    return [check(document) for document in documents_]


def record(project: int, contents: Iterable[Content], *, replace: bool = False) -> Recorded:
    """Store checked predictions, all or none.

    The same again is fine. Raises Conflict at the first that is there with other content, unless
    `replace`.
    """
    recorded = Recorded()
    now = ids.now()
    with database.write():
        for index, content in enumerate(contents):
            _record_one(project, content, index, now, recorded, replace=replace)
    return recorded


def get(project: int, kind: str, entity_id: str) -> Prediction:
    """The prediction of that kind and id. Raises NotFound."""
    found = _find(project, kind, entity_id)
    if found is None:
        raise NotFound(f"There is no prediction of kind {kind} with this id.")
    return found


def list_newest(project: int, kind: str, *, skip: int, limit: int) -> list[Prediction]:
    """The predictions of one kind, those recorded last first."""
    query = (
        Prediction.select()
        .where(Prediction.project == project, Prediction.kind == kind)
        .order_by(Prediction.id.desc())
        .offset(skip)
        .limit(limit)
    )
    return list(query)


def _record_one(
    project: int, content: Content, index: int, now: str, recorded: Recorded, *, replace: bool
) -> None:
    stored = _find(project, str(content["kind"]), str(content["entity_id"]))
    if stored is None:
        Prediction.insert(project=project, recorded_at=now, **content).execute()
        recorded.created += 1
    elif all(getattr(stored, name) == value for name, value in content.items()):
        recorded.unchanged += 1
    elif replace:
        Prediction.update(recorded_at=now, **content).where(Prediction.id == stored.id).execute()
        recorded.replaced += 1
    else:
        raise Conflict(
            f"The prediction of kind {stored.kind} with the id {stored.entity_id!r} is stored with"
            " other content. To replace it, say so: ?replace=true, or --replace on the command"
            " line.",
            index,
        )


def _find(project: int, kind: str, entity_id: str) -> Prediction | None:
    return Prediction.get_or_none(
        Prediction.project == project,
        Prediction.kind == kind,
        Prediction.entity_id == entity_id,
    )


def _text(value: Any) -> str | None:
    return None if value is None else documents.dump(value)


def _moment(value: Any, loc: Loc) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield from checks.text(value, loc)
        return
    try:
        ids.parse_moment(value)
    except ValueError as error:
        yield Problem(loc, "datetime_parsing", str(error), value)


def _output(value: Any, loc: Loc) -> Iterator[Problem]:
    if messages.is_message(value):
        yield from messages.check(value, loc)
    elif not isinstance(value, str | dict | list):
        message = "Input should be an object, a list or a string"
        yield Problem(loc, "output_type", message, value)


_DOCUMENTS: Final = ("input", "output", "json_schema", "tools", "metadata")
_prediction: Final = checks.members(
    {
        "kind": checks.one_of(ids.KINDS),
        "id": ids.problems,
        "input": messages.check_all,
    },
    {
        "model": checks.filled_text,
        "domain": checks.filled_text,
        "created_at": _moment,
        "output": _output,
        "json_schema": checks.mapping,
        "tools": messages.check_tools,
        "metadata": checks.mapping,
    },
)
