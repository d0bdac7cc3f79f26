"""A rate and its interval."""

import pytest

from feedbackstore.evaluations.rates import Rate


@pytest.mark.parametrize(
    ("part", "of", "low", "high"),
    [
        # By hand: 1.96² = 3.841459; of none right in one, the upper end is 3.841459 / 4.841459.
        (0, 1, 0.0, 0.793451),
        (1, 1, 0.206549, 1.0),
        # (10 · 0.8 + 1.920729 ± 1.959964 · √(10 · 0.8 · 0.2 + 0.960365)) / 13.841459
        (8, 10, 0.490162, 0.943318),
        (50, 100, 0.403832, 0.596168),
        (0, 100, 0.0, 0.036993),
        (100_000, 100_000, 0.999962, 1.0),
    ],
)
def test_the_interval_is_wilsons(part: int, of: int, low: float, high: float) -> None:
    assert Rate(part, of).interval == pytest.approx((low, high), abs=1e-6)


def test_of_nothing_there_is_no_rate_and_every_one_is_possible() -> None:
    assert Rate(0, 0).as_json() == {"part": 0, "of": 0, "rate": None, "low": 0.0, "high": 1.0}


def test_a_rate_says_what_it_is_a_rate_of() -> None:
    found = Rate(2.5, 4).as_json()

    assert (found["part"], found["of"], found["rate"]) == (2.5, 4, 0.625)
    assert found["low"] < 0.625 < found["high"]
