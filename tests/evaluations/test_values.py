"""When two values are the same: texts, numbers, dates."""

from typing import Any

import pytest

from feedbackstore.evaluations import dates
from feedbackstore.evaluations.values import Sameness


@pytest.mark.parametrize(
    ("output", "truth", "tolerance", "same"),
    [
        (1, 1.0, 0, True),
        (True, 1, 0, False),
        (1, True, 0, False),
        (0.1 + 0.2, 0.3, 0, True),
        (1.10, 1.09, 0.01, True),
        (1.10, 1.08, 0.01, False),
        (1_000_000.10, 1_000_000.09, 0.01, True),
        (1_234_567_890.12, 1_234_567_890.13, 0, False),
        (100, 101, 1, True),
        (100, 102, 1, False),
        # Ids are numbers at times: neighbours are two.
        (12345678901, 12345678902, 0, False),
        (10**400, 10**400 + 1, 0, False),
        (10**400, 1.5, 0, False),
        ("12.50", "12.5", 0, False),
        ("007", "7", 0, False),
        ("12.5", 12.5, 0, False),
        ("Zürich", "zürich", 0, False),
    ],
)
def test_numbers_are_compared_as_numbers_and_texts_as_texts(
    output: Any, truth: Any, tolerance: float, same: bool
) -> None:
    assert Sameness(tolerance).holds(output, truth) is same
    assert Sameness(tolerance).holds(truth, output) is same


@pytest.mark.parametrize(
    ("output", "truth", "same"),
    [
        ("ACME  GmbH ", "acme gmbh", True),
        ("STRASSE", "straße", True),
        ("ﬁve", "FIVE", True),  # noqa: RUF100
        ("Muller", "Müller", False),
    ],
)
def test_loose_text_forgives_case_and_spacing_alone(output: str, truth: str, same: bool) -> None:
    assert Sameness(loose_text=True).holds(output, truth) is same
    assert not Sameness().holds(output, truth)


SECOND_OF_NOVEMBER = [
    "2026-11-02",
    "2026/11/02",
    "2026.11.2",
    "2 November 2026",
    "02 Nov 2026",
    "2-Nov-2026",
    "2nd November, 2026",
    "November 2, 2026",
    "NOV. 2 2026",
]


@pytest.mark.parametrize("text", SECOND_OF_NOVEMBER)
def test_a_day_is_the_same_however_it_is_written(text: str) -> None:
    assert Sameness().holds(text, "2026-11-02")
    assert not Sameness().holds(text, "2026-11-03")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026-11-02T12:00:00Z", "2026-11-02T13:00:00+01:00", True),
        ("2026-11-02 12:00", "2026-11-02T12:00:00", True),
        ("2026-11-02T12:00:00Z", "2026-11-02T12:00:00", False),
        ("2026-11-02", "2026-11-02T00:00:00Z", False),
        # November here, February there.
        ("02/11/2026", "2026-11-02", False),
        ("02.11.2026", "2 November 2026", False),
        ("2026-13-02", "2026/13/02", False),
        ("2026-11/02", "2026-11-02", False),
        ("20261102", "2026-11-02", False),
        ("0001-01-01T00:00:00+23:59", "0001-01-01 00:00:00+23:59", False),
    ],
)
def test_what_is_not_surely_the_same_moment_is_not(one: str, other: str, same: bool) -> None:
    assert dates.same(one, other) is same
