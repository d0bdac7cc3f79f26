"""A correction while it is made: as a form, or as JSON; nothing that was typed is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from feedbackstore.errors import ABSENT
from feedbackstore.forms import form, json_text, reading, rows, schemas
from feedbackstore.forms.form import Form
from feedbackstore.forms.reading import Reading
from feedbackstore.review.subject import Subject

AS_FORM: Final = "form"
AS_JSON: Final = "json"

_MODE: Final = "mode"
_TEXT: Final = "json"
_OP: Final = "op"
_CHECK: Final = "check"


@dataclass(slots=True)
class Draft:
    """A correction that is not stored yet; `value` is good only where it is not `broken`.

    `form` is None where it is edited as JSON: `text` is that, `problems` what is wrong with it.
    `objections` tells how often its schema has something against it, `unchecked` why nothing was
    held against it.
    """

    mode: str
    value: Any
    form: Form | None = None
    text: str = ""
    problems: list[str] = field(default_factory=list)
    broken: bool = False
    objections: int = 0
    unchecked: str = ""


def is_in(posted: Mapping[str, str]) -> bool:
    """Whether a form that was posted holds a correction."""
    return posted.get(_MODE) in (AS_FORM, AS_JSON)


def begin(found: Subject, mode: str) -> Draft:
    """The draft that editing begins with."""
    return _shown(found, Reading(found.start), mode, {})


def read(found: Subject, posted: Mapping[str, str]) -> Draft:
    """The draft that was posted, checked. Raises Invalid for what no form of ours has posted."""
    mode, said = _said(found, posted)
    if isinstance(said, Draft):
        return said
    checked = schemas.check(said.value, found.schema)
    draft = _shown(found, said, mode, checked.problems)
    draft.objections = len(checked.problems)
    draft.unchecked = checked.reason if found.schema is not None else ""
    return draft


def turn(found: Subject, posted: Mapping[str, str]) -> Draft:
    """The draft after a button in it: a row more or less, or the other way to edit."""
    mode, said = _said(found, posted)
    if isinstance(said, Draft):
        return said
    do = posted.get(_OP, "")
    if do in (AS_FORM, AS_JSON):
        # What cannot be read yet would be lost on the way.
        return _shown(found, said, mode if said.problems else do, {})
    if mode == AS_FORM and do != _CHECK:
        said = rows.apply(do, said, found.schema, output=_output(found))
    return _shown(found, said, mode, {})


def _said(found: Subject, posted: Mapping[str, str]) -> tuple[str, Reading | Draft]:
    """How it was edited, and what was posted: a draft where its JSON cannot be read."""
    if posted.get(_MODE) != AS_JSON:
        return AS_FORM, reading.read(posted, found.schema, output=_output(found))
    written = json_text.read(posted.get(_TEXT, ""))
    problem = written.problem
    if problem is None and not isinstance(written.value, dict):
        problem = 'A correction is an object: it begins with "{"'
    if problem is not None:
        return AS_JSON, Draft(AS_JSON, None, text=written.text, problems=[problem], broken=True)
    return AS_JSON, Reading(written.value)


def _shown(found: Subject, said: Reading, mode: str, against: Mapping[str, str]) -> Draft:
    """A draft of what was said, with what is wrong at its place."""
    broken = bool(said.problems)
    if mode != AS_JSON:
        made = form.make(
            said.value,
            found.schema,
            output=_output(found),
            problems={**against, **said.problems},
            typed=said.typed,
        )
        if made.root is not None:
            return Draft(AS_FORM, said.value, made, broken=broken)
        return Draft(AS_JSON, said.value, text=made.json, problems=[str(made.refusal)])
    listed = [f"{place or 'The whole'}: {message}" for place, message in against.items()]
    return Draft(AS_JSON, said.value, text=json_text.pretty(said.value), problems=listed)


def _output(found: Subject) -> Any:
    return ABSENT if found.output is None else found.output
