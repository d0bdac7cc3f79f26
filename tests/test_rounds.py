"""What is looked up once a round, and never later than it was asked for."""

import asyncio

import pytest

from feedbackstore.rounds import OncePerRound


@pytest.fixture
def looked() -> list[str]:
    """What was looked up, in its order."""
    return []


@pytest.fixture
def count(looked: list[str]) -> OncePerRound[str, int]:
    """Answers with how often anything was looked up."""

    def look(asked: str) -> int:
        looked.append(asked)
        if asked == "broken":
            raise ValueError(asked)
        return len(looked)

    return OncePerRound(look)


def test_all_who_ask_in_a_round_are_told_the_same(count: OncePerRound[str, int]) -> None:
    async def ask(name: str) -> int:
        return count(name)

    async def ask_at_once() -> list[int]:
        return await asyncio.gather(*(ask(name) for name in ("a", "b", "a", "b")))

    assert asyncio.run(ask_at_once()) == [1, 2, 1, 2]


def test_who_asks_in_a_later_round_is_told_what_is_so_then(count: OncePerRound[str, int]) -> None:
    async def ask_by_and_by() -> list[int]:
        found = [count("a")]
        await asyncio.sleep(0)
        return [*found, count("a"), count("a")]

    assert asyncio.run(ask_by_and_by()) == [1, 2, 2]


def test_another_loop_is_told_nothing_of_an_earlier_one(count: OncePerRound[str, int]) -> None:
    async def ask() -> int:
        return count("a")

    # A loop that ends with its first round never comes to a second.
    assert [asyncio.run(ask()) for _ in range(2)] == [1, 2]


def test_a_thread_is_told_what_is_so_at_each_time(count: OncePerRound[str, int]) -> None:
    assert [count("a"), count("a")] == [1, 2]


def test_what_fails_is_tried_again(count: OncePerRound[str, int], looked: list[str]) -> None:
    async def ask_twice() -> None:
        for _ in range(2):
            with pytest.raises(ValueError, match="broken"):
                count("broken")

    asyncio.run(ask_twice())

    assert looked == ["broken", "broken"]
