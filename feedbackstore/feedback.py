"""What a person said of a prediction: submitted, found, joined to the prediction it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

from peewee import Case, ModelAlias, ModelSelect, Value, fn

from feedbackstore import arrangement, database, documents, ids, remarks, statements, tombstones
from feedbackstore.errors import Invalid, NotFound, Problem
from feedbackstore.models import ID_FIELDS, Feedback, Prediction

RATINGS: Final = ("up", "down")

_SAID: Final = ("author_id", "response", "rating", "notes")

Source: TypeAlias = "type[Feedback] | ModelAlias[Feedback]"

_INSERT: Final = statements.Statement(
    lambda: Feedback.insert(
        {field: statements.parameter(field.name) for field in statements.fields(Feedback)}
    )
)


def submit(project: int, **members: Any) -> Feedback:
    """Store one piece of feedback (see `draft`); when this returns, it is on disk."""
    row = draft(project, **members)
    with database.write():
        return insert(row)


def draft(
    project: int,
    *,
    request_id: str | None = None,
    agent_execution_id: str | None = None,
    chat_id: str | None = None,
    response: dict[str, documents.Json] | None = None,
    notes: str | None = None,
    rating: Literal["up", "down"] | None = None,
    tags: dict[str, str] | None = None,
    flag: bool | None = None,
) -> Feedback:
    """One piece of feedback, checked, not yet stored.

    Raises Invalid when it names nothing that it is about, names it by what is no id, says
    nothing of it, or too much beside the correction.
    """
    about = {
        "request_id": request_id,
        "agent_execution_id": agent_execution_id,
        "chat_id": chat_id,
    }
    text = None if response is None else documents.dump(response)
    said = {
        "response": text,
        "notes": notes,
        "rating": rating,
        "tags": None if tags is None else documents.dump(tags),
        "flag": flag,
    }
    Invalid.raise_any((*_problems(about, said), *remarks.problems(notes, tags)))
    arranged = None if text is None else arrangement.of(response, text)
    return Feedback(uuid=ids.uuid7(), project=project, arrangement=arranged, **about, **said)


def insert(row: Feedback) -> Feedback:
    """Store a draft; to be called inside a write transaction.

    Raises Erased where what it is about was erased.
    """
    tombstones.refuse(row.project_id, names(row))
    # Here, so that moments come in the order of the rows however long one waited.
    row.created_at = ids.now()
    row.id = database.proxy.new_id(_INSERT.run(row.__data__))
    return row


def list_newest(
    project: int, kind: str, entity_id: str, *, offset: int, limit: int
) -> list[Feedback]:
    """The feedback on one request, agent execution or chat, the newest first."""
    query = (
        Feedback.select()
        .where(Feedback.project == project, ID_FIELDS[kind] == entity_id)
        .order_by(Feedback.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return list(query)


def get(project: int, uuid: str) -> Feedback:
    """The feedback that callers know by that id. Raises NotFound."""
    found: Feedback | None = Feedback.get_or_none(
        Feedback.project == project, Feedback.uuid == uuid
    )
    if found is None:
        raise NotFound(f"There is no feedback {uuid[: ids.MAX_LENGTH]}.")
    return found


def exists(row: Feedback) -> bool:
    """Whether feedback is still there."""
    return bool(Feedback.select().where(Feedback.uuid == row.uuid).exists())


def count_on(prediction: Prediction) -> int:
    """How much feedback there is on a prediction."""
    named = ID_FIELDS[prediction.kind] == prediction.entity_id
    return int(Feedback.select().where(Feedback.project == prediction.project_id, named).count())


def find_same(draft: Feedback, prediction: Prediction) -> Feedback | None:
    """The newest feedback on a prediction, if the draft's author said the same in it."""
    kind, entity_id = prediction.kind, prediction.entity_id
    for row in list_newest(prediction.project_id, kind, entity_id, offset=0, limit=1):
        same = all(getattr(row, name) == getattr(draft, name) for name in _SAID)
        return row if same else None
    return None


def prediction_of(row: Feedback) -> Prediction | None:
    """The prediction that feedback is about, where there is one."""
    for kind, entity_id in names(row):
        found: Prediction | None = Prediction.get_or_none(
            Prediction.project == row.project_id,
            Prediction.kind == kind,
            Prediction.entity_id == entity_id,
        )
        if found:
            return found
    return None


def names(row: Feedback) -> list[tuple[str, str]]:
    """The kinds of which feedback names an id, each with that id."""
    found = ((kind, getattr(row, f"{kind}_id")) for kind in ids.KINDS)
    return [(kind, value) for kind, value in found if value is not None]


def named(row: Feedback) -> tuple[str, str]:
    """The first kind of which feedback names an id, and that id."""
    return names(row)[0]


def correction_of(row: Feedback) -> str | None:
    """The correction as it stands now, reviewed or as it was submitted."""
    return row.revised or row.response


def correction(source: Source = Feedback) -> Any:
    """An SQL expression: the correction as it stands now, reviewed or as it was submitted."""
    return fn.COALESCE(source.revised, source.response)


def prediction_id(source: Source = Feedback) -> Any:
    """An SQL expression: the row id of the prediction that a row of feedback joins, or null.

    Feedback may name a request, an agent execution and a chat: the first that has a prediction
    is the one.
    """
    return fn.COALESCE(*(_lookup(source, kind) for kind in ids.KINDS))


def kind_named(source: Source = Feedback) -> Any:
    """An SQL expression: the first kind of which a row of feedback names an id."""
    whens = [(_column(source, kind).is_null(False), Value(kind)) for kind in ids.KINDS]
    return Case(None, whens)


def _lookup(source: Source, kind: str) -> ModelSelect[Prediction]:
    found = Prediction.alias()
    return found.select(found.id).where(
        found.project == source.project,
        found.kind == kind,
        found.entity_id == _column(source, kind),
    )


def _column(source: Source, kind: str) -> Any:
    return getattr(source, f"{kind}_id")


def _problems(about: dict[str, str | None], said: dict[str, Any]) -> Iterator[Problem]:
    for name, value in about.items():
        if value is not None:
            yield from ids.problems(value, (name,))
    for members in (about, said):
        if all(value is None for value in members.values()):
            yield Problem((), "value_error", f"At least one of {', '.join(members)} is needed")
