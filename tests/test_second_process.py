"""A second process gives back what it did in its order, and is never waited for in vain."""

import os
import signal

import pytest

from feedbackstore import second_process
from feedbackstore.second_process import Ended, SecondProcess
from tests.processes import second_processes

MUCH = 5_000_000
"""More bytes than lie ready between two processes."""


def started(other: SecondProcess[bytes, bytes]) -> None:
    while not other.has_time():
        pass


def test_outcomes_come_in_the_order_of_the_tasks() -> None:
    with second_process.at_work(len) as other:
        started(other)
        for count in range(3):
            other.give("x" * count)

        assert [other.outcome() for _ in range(3)] == [0, 1, 2]


def test_it_is_given_no_more_than_a_few_tasks_and_others_once_it_is_done() -> None:
    with second_process.at_work(len) as other:
        started(other)
        given = 0
        for _ in range(10):
            if other.has_time():
                other.give("x")
                given += 1
        assert given == second_process._TASKS

        other.outcome()
        assert other.has_time()


def test_neither_process_waits_for_the_other_where_both_have_much_to_say() -> None:
    with second_process.at_work(bytes.swapcase) as other:
        started(other)
        for _ in range(3):
            other.give(b"x" * MUCH)

        assert [other.outcome() for _ in range(3)] == [b"X" * MUCH] * 3


def test_its_end_from_outside_is_told_whatever_is_asked_of_it() -> None:
    with second_process.at_work(len) as other:
        started(other)
        (process,) = second_processes()
        os.kill(process, signal.SIGKILL)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)

        with pytest.raises(Ended):
            other.give("x" * MUCH)
        with pytest.raises(Ended):
            other.outcome()


def test_it_is_gone_with_the_block_though_tasks_are_left() -> None:
    with second_process.at_work(len) as other:
        started(other)
        other.give("x")

    assert not second_processes()
