"""A value as JSON text that a person reads and edits, and the value of what they wrote."""

import json
from dataclasses import dataclass
from typing import Any

from feedbackstore import documents
from feedbackstore.errors import Invalid, Problem
from feedbackstore.forms.fields import one_line_break


@dataclass(frozen=True, slots=True)
class Written:
    """JSON text with its value, or with what is wrong in it."""

    text: str
    value: Any = None
    problem: str | None = None


def pretty(value: Any) -> str:
    """Its JSON text on many lines: numbers, members and characters as they stand."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def read(text: str) -> Written:
    """The value of a text that was posted, as strict as the store is."""
    text = one_line_break(text)
    try:
        return Written(text, value=parse(text))
    except Invalid as error:
        return Written(text, problem=explain(error, text))


def parse(text: str) -> Any:
    """The value of JSON text. Raises Invalid."""
    # Half of a surrogate pair cannot be written; the store says what it thinks of the bytes.
    return documents.parse(text.encode("utf-8", "surrogatepass"))


def explain(error: Invalid, text: str) -> str:
    """What is wrong with JSON text, and where: a line and a column, or the names on the way."""
    return "; ".join(_sentence(problem, text) for problem in error.problems)


def _sentence(problem: Problem, text: str) -> str:
    if problem.type != "json_invalid":
        place = " › ".join(str(part) for part in problem.place)
        return f"{place}: {problem.msg}" if place else problem.msg
    position = int(problem.loc[-1])
    before = text[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    reason = problem.ctx.get("error", problem.msg)
    return f"This is not JSON: line {line}, column {column}: {reason}"
