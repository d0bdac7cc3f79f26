"""Which fields of an output its correction changes, by the names that evaluations give them."""

from functools import lru_cache
from typing import Final

from feedbackstore.errors import Invalid
from feedbackstore.evaluations import answers, evaluators
from feedbackstore.evaluations.findings import RIGHT

WHOLE: Final = "(whole answer)"
"""Stands for a field where the two are no objects, and differ."""

_EVALUATOR: Final = evaluators.make()


@lru_cache(maxsize=512)
def changed_fields(output: str | None, correction: str | None) -> tuple[str, ...]:
    """The fields in which two stored JSON texts differ, in their order; none where one is not."""
    if output is None or correction is None or output == correction:
        return ()
    try:
        one, other = answers.read(output), answers.read(correction)
    except (Invalid, ValueError, RecursionError):
        return ()
    if isinstance(one, dict) and isinstance(other, dict):
        found = _EVALUATOR.compare(one, other)
        return tuple(dict.fromkeys(each.field for each in found if each.verdict != RIGHT))
    return () if one == other else (WHOLE,)
