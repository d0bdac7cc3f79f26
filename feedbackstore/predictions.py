"""What a model was asked and answered: checked, recorded, found again.

Feedback names a prediction by the caller's own id, and may arrive before it; the two are joined
when they are read (`feedback.prediction_id`), so nothing has to be kept in step here.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import NoneType
from typing import Any, Final

from feedbackstore import arrangement, checks, documents, ids, messages, recording, staging
from feedbackstore.errors import Invalid, Loc, NotFound, Problem
from feedbackstore.models import Prediction
from feedbackstore.staging import Content
from feedbackstore.verdicts import Recorded

MAX_BATCH: Final = 1000

_UNKNOWN: Final[Mapping[str, str]] = {}

# An input may hold images, and weigh what a hundred answers do.
_SHOWN: Final = (
    Prediction.project,
    Prediction.kind,
    Prediction.entity_id,
    Prediction.output,
    Prediction.model,
    Prediction.domain,
    Prediction.created_at,
    Prediction.recorded_at,
)


def check(document: Any, loc: Loc = (), *, texts: Mapping[str, str] = _UNKNOWN) -> Content:
    """The columns of a prediction's JSON object. Raises Invalid with every problem.

    `texts` are those of its members that were written before (see `members`).
    """
    Invalid.raise_any(_prediction(document, loc))
    return _columns(document, texts)


def _columns(document: Mapping[str, Any], texts: Mapping[str, str] = _UNKNOWN) -> Content:
    get = document.get
    created_at = get("created_at")
    content: Content = {
        "kind": document["kind"],
        "entity_id": document["id"],
        "model": get("model"),
        "domain": get("domain"),
        "created_at": None if created_at is None else ids.parse_moment(created_at),
    }
    for name in staging.DOCUMENTS:
        value = get(name)
        content[name] = None if value is None else texts.get(name) or documents.dump(value)
    output = content["output"]
    content["arrangement"] = None if output is None else arrangement.of(document["output"], output)
    return content


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
    `replace`, and Erased at one whose id was erased.
    """
    return recording.record_numbered(project, enumerate(contents), replace=replace)


def get(project: int, kind: str, entity_id: str) -> Prediction:
    """The prediction of that kind and id, without its input. Raises NotFound."""
    found = _find(project, kind, entity_id, *_SHOWN)
    if found is None:
        raise NotFound(f"There is no prediction of kind {kind} with this id.")
    return found


def find_whole(project: int, kind: str, entity_id: str) -> Prediction | None:
    """The same with everything; its input refers to its images (see `images`)."""
    return _find(project, kind, entity_id)


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


_look: Final = checks.members(
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


def _prediction(value: Any, loc: Loc) -> Iterator[Problem]:
    """What is wrong with a prediction's JSON object."""
    if not _is_plain(value):
        yield from _look(value, loc)


def _is_plain(value: Any) -> bool:
    """Whether this is right at a glance, as most are; False says nothing about it."""
    if type(value) is not dict or value.get("tools") is not None:
        return False
    name, output, created_at = value.get("id"), value.get("output"), value.get("created_at")
    return (
        value.get("kind") in ids.KINDS
        and type(name) is str
        and 0 < len(name) <= ids.MAX_LENGTH
        and name.isprintable()
        and messages.is_plain(value.get("input"))
        and type(output) in (dict, list, str, NoneType)
        and not messages.is_message(output)
        and type(value.get("json_schema")) in (dict, NoneType)
        and type(value.get("metadata")) in (dict, NoneType)
        and _is_filled_or_none(value.get("model"))
        and _is_filled_or_none(value.get("domain"))
        and (created_at is None or next(_moment(created_at, ()), None) is None)
    )


def _is_filled_or_none(value: Any) -> bool:
    return value is None or (type(value) is str and value != "")
