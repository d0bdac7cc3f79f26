"""What an evaluation of the store finds."""

from collections.abc import Callable
from typing import Any

import pytest

from feedbackstore.evaluations import evaluators
from feedbackstore.evaluations.evaluation import evaluate
from feedbackstore.evaluations.judgements import Scope, rows
from feedbackstore.evaluations.report import Report

Evaluate = Callable[..., Report]


@pytest.fixture
def evaluated(project: int) -> Evaluate:
    """Evaluate what is in a scope, by an evaluator that is told so."""

    def run(by: str = "model", at_most: int | None = None, **told: Any) -> Report:
        names = Scope.__dataclass_fields__.keys() & told.keys()
        scope = Scope(**{name: told.pop(name) for name in names})
        evaluator = evaluators.make(**told)
        return evaluate(rows(project, scope), evaluator, scope, by=by, at_most=at_most)

    return run
