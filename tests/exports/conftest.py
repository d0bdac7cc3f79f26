"""The shared set of odd examples, stored; moments and ids are those of a fixed clock."""

import itertools
from collections.abc import Iterator

import pytest

from feedbackstore import ids
from tests.conftest import Predict, Say
from tests.exports.odd import FEEDBACK, PREDICTIONS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Each moment is a second after the one before, each uuid a number after the one before."""
    counter = itertools.count()
    monkeypatch.setattr(ids, "uuid7", lambda: f"feedback-{next(counter):04}")
    monkeypatch.setattr(ids, "now", lambda: f"2026-11-01T12:00:{next(counter):02}.000000Z")
    return counter


@pytest.fixture
def odd(predict: Predict, say: Say, clock: Iterator[int]) -> None:
    """Store the odd examples."""
    for prediction in PREDICTIONS:
        predict(**prediction)
    for submitted in FEEDBACK:
        say(**submitted)
