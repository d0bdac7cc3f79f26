"""Memory that is handed out: never more than there is, in the order of asking, never lost."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from feedbackstore.byte_budget import ByteBudget

PATIENT = 60


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def test_no_more_is_out_at_once_than_there_is_and_the_first_goes_first() -> None:
    async def take_all() -> tuple[list[int], int]:
        budget, out, most, order = ByteBudget(10), 0, 0, []

        async def take(number: int, size: int) -> None:
            nonlocal out, most
            async with budget.taken(size, PATIENT) as is_there:
                assert is_there
                order.append(number)
                out += size
                most = max(most, out)
                await asyncio.sleep(0)
                out -= size

        await asyncio.gather(*(take(at, size) for at, size in enumerate((6, 4, 10, 1, 9, 3, 7))))
        return order, most

    order, most = run(take_all())

    assert order == sorted(order)
    assert most == 10


def test_what_is_more_than_there_is_at_all_takes_everything() -> None:
    async def take() -> tuple[bool, bool]:
        budget = ByteBudget(10)
        async with budget.taken(11, PATIENT) as first, budget.taken(1, 0) as second:
            return first, second

    assert run(take()) == (True, False)


@pytest.mark.parametrize("ends", ["late", "cancelled", "overtaken", "failed"])
def test_what_was_asked_for_in_vain_is_not_lost(ends: str) -> None:
    async def take() -> bool:
        budget = ByteBudget(10)

        async def hold() -> None:
            async with budget.taken(10, PATIENT):
                raise LookupError

        async with budget.taken(10, PATIENT):
            waiting = asyncio.create_task(hold())
            await asyncio.sleep(0)
            if ends == "late":
                async with budget.taken(10, 0) as is_there:
                    assert not is_there
            if ends == "cancelled":
                waiting.cancel()
        if ends == "overtaken":
            # Its turn has come by now, and it has not gone on yet.
            waiting.cancel()
        await asyncio.wait([waiting])
        async with budget.taken(10, 0.0) as is_there:
            return is_there
        return False

    assert run(take())
