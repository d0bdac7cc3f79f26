"""The confusions that recur, counted in a bounded space."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from feedbackstore.evaluations.recurring import KEPT, Recurring, excerpts


def test_few_are_counted_exactly_the_most_frequent_first() -> None:
    recurring = Recurring()
    for output in ("b", "a", "c", "b"):
        recurring.add(output, 1)

    assert [tuple(one) for one in recurring.top(2)] == [('"b"', "1", 2), ('"a"', "1", 1)]
    assert recurring.error == 0


@given(st.lists(st.integers(0, 3 * KEPT), max_size=2000))
def test_a_count_is_never_too_high_nor_lower_than_the_error_says(stream: list[int]) -> None:
    recurring, exact = Recurring(), Counter(stream)
    for number in stream:
        recurring.add(number, None)

    assert len(recurring) <= KEPT
    counted = {int(one.output): one.times for one in recurring.top(KEPT)}
    for number, times in exact.items():
        assert times - recurring.error <= counted.get(number, 0) <= times
    assert recurring.error <= len(stream) / (KEPT + 1)


def test_a_hundred_thousand_different_ones_take_no_more_room_and_hide_no_frequent_one() -> None:
    recurring = Recurring()
    for number in range(100_000):
        recurring.add(number, "x")
        if number % 10 == 0:
            recurring.add("often", "x")

    assert len(recurring) <= KEPT
    assert recurring.top(1)[0].output == '"often"'


def test_long_values_are_shown_from_where_they_differ() -> None:
    same = "x" * 500

    output, truth = excerpts(f'"{same}1{same}"', f'"{same}2"')

    assert output == "…" + "x" * 16 + "1" + "x" * 43 + "…"
    assert truth == "…" + "x" * 16 + '2"'
    assert excerpts("1", "2") == ("1", "2")
