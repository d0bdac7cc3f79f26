"""What a model was asked and answered: checked, recorded, found again.

Feedback names a prediction by the caller's own id, and may arrive before it; the two are joined
when they are read (`feedback.prediction_id`), so nothing has to be kept in step here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from feedbackstore import checks, database, documents, ids, images, messages
from feedbackstore.errors import Conflict, Invalid, Loc, NotFound, Problem
from feedbackstore.models import Prediction

MAX_BATCH: Final = 1000

# An input may hold images, and weigh what a hundred answers do.
_SHOWN: Final = (
    Prediction.kind,
    Prediction.entity_id,
    Prediction.output,
    Prediction.model,
    Prediction.domain,
    Prediction.created_at,
    Prediction.recorded_at,
)

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
    return _columns(document)


def _columns(document: Mapping[str, Any]) -> Content:
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
    return [_columns(document) for document in documents_]


def record(project: int, contents: Iterable[Content], *, replace: bool = False) -> Recorded:
    """Store checked predictions, all or none.

    The same again is fine. Raises Conflict at the first that is there with other content, unless
    `replace`.
    """
    recorded = Recorded()
    with database.write():
        now = ids.now()
        for index, content in enumerate(contents):
            _record_one(project, content, index, now, recorded, replace=replace)
    return recorded


def get(project: int, kind: str, entity_id: str) -> Prediction:
    """The prediction of that kind and id, without its input. Raises NotFound."""
    found = _find(project, kind, entity_id, *_SHOWN)
    if found is None:
        raise NotFound(f"There is no prediction of kind {kind} with this id.")
    return found


def list_newest(project: int, kind: str, *, skip: int, limit: int) -> list[Prediction]:
    """The predictions of one kind without their inputs, those recorded last first."""
    query = (
        Prediction.select(*_SHOWN)
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
    if stored is not None and _holds(stored, content):
        recorded.unchanged += 1
        return
    text = images.kept_apart(project, str(content["input"]))
    content = {**content, "input": text}
    if stored is None:
        row = Prediction.insert(project=project, recorded_at=now, **content).execute()
        images.link(project, row, text)
        recorded.created += 1
    elif _holds(stored, content):
        recorded.unchanged += 1
    elif replace:
        Prediction.update(recorded_at=now, **content).where(Prediction.id == stored.id).execute()
        images.link(project, stored.id, text)
        recorded.replaced += 1
    else:
        raise Conflict(
            f"The prediction of kind {stored.kind} with the id {stored.entity_id!r} is stored with"
            " other content. To replace it, say so: ?replace=true, or --replace on the command"
            " line.",
            index,
        )


def _holds(stored: Prediction, content: Content) -> bool:
    return all(
        getattr(stored, name) == value
        or (name in _DOCUMENTS and _same(getattr(stored, name), value))
        for name, value in content.items()
    )


def _same(one: str | None, other: str | None) -> bool:
    """Whether two texts hold the same JSON: clients may write members in another order."""
    if one is None or other is None:
        return False
    return documents.same(documents.load(one), documents.load(other))


def _find(project: int, kind: str, entity_id: str, *columns: Any) -> Prediction | None:
    found: Prediction | None = (
        Prediction.select(*columns)
        .where(
            Prediction.project == project,
            Prediction.kind == kind,
            Prediction.entity_id == entity_id,
        )
        .get_or_none()
    )
    return found


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
