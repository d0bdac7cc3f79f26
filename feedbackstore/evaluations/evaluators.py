"""The evaluators by name, and what each can be told."""

import math
from typing import Any, Final

from feedbackstore.errors import Invalid, Problem
from feedbackstore.evaluations import hosted, structural
from feedbackstore.evaluations.findings import Evaluator
from feedbackstore.evaluations.values import Sameness

NAMES: Final = (structural.NAME, hosted.FIELD_ACCURACY, hosted.FUZZY)
DEFAULT: Final = structural.NAME

_OURS_ALONE: Final = ("tolerance", "loose_text", "ignore_order")


def make(
    name: str = DEFAULT,
    *,
    tolerance: float = 0.0,
    loose_text: bool = False,
    ignore_order: bool = False,
    count_null: bool = False,
) -> Evaluator:
    """The evaluator of that name. Raises Invalid where it was told what it does not know."""
    told: dict[str, Any] = {
        "tolerance": tolerance,
        "loose_text": loose_text,
        "ignore_order": ignore_order,
    }
    if not 0 <= tolerance < math.inf:
        message = "Input should be finite and greater than or equal to 0"
        raise Invalid(Problem(("tolerance",), "greater_than_equal", message))
    if name == structural.NAME:
        return structural.Structural(Sameness(tolerance, loose_text), ignore_order, count_null)
    Invalid.raise_any(
        Problem((option,), "value_error", f"Only {structural.NAME} knows it; {name} does not")
        for option in _OURS_ALONE
        if told[option]
    )
    return hosted.Hosted(name, count_null)
