"""Rates: so many at once, then at a pace, whoever of a server's processes counts."""

import subprocess
import sys

import pytest

from feedbackstore.rate_limits import Rate, RateLimits, network_of, parse

SECOND = 1_000_000_000


def spent(limits: RateLimits, name: str, rate: Rate, now: int, times: int) -> int:
    """How many of these times were let through at that moment."""
    return sum(limits.spend(name, rate, now) == 0 for _ in range(times))


@pytest.mark.parametrize("rate", [Rate(1, 1), Rate(20, 60), Rate(600, 60), Rate(7, 3600)])
def test_as_many_as_the_rate_names_come_at_once_and_then_at_its_pace(rate: Rate) -> None:
    limits, now = RateLimits(), 1000 * SECOND

    assert spent(limits, "a", rate, now, 2 * rate.number + 1) == rate.number
    now += rate.seconds * SECOND // rate.number
    assert spent(limits, "a", rate, now, 3) == 1
    now += rate.seconds * SECOND
    assert spent(limits, "a", rate, now, 2 * rate.number + 1) == rate.number


def test_who_waits_as_long_as_told_is_let_through() -> None:
    limits, rate, now = RateLimits(), Rate(20, 60), 1000 * SECOND
    spent(limits, "a", rate, now, 20)

    wait = limits.spend("a", rate, now)

    assert wait == pytest.approx(3)
    assert limits.spend("a", rate, now + int(wait * SECOND) - 1000) > 0
    assert limits.spend("a", rate, now + int(wait * SECOND)) == 0


def test_to_be_refused_costs_nothing() -> None:
    limits, rate, now = RateLimits(), Rate(2, 60), 1000 * SECOND

    assert spent(limits, "a", rate, now, 1000) == 2
    assert limits.spend("a", rate, now + 30 * SECOND) == 0


def test_two_names_do_not_share() -> None:
    limits, rate, now = RateLimits(), Rate(2, 60), 1000 * SECOND

    assert spent(limits, "a", rate, now, 3) == spent(limits, "b", rate, now, 3) == 2


def test_any_number_of_names_takes_no_more_room_and_frees_nobody_who_is_refused() -> None:
    limits, rate, now = RateLimits(), Rate(2, 60), 1000 * SECOND
    assert spent(limits, "a", rate, now, 3) == 2

    for number in range(100_000):
        assert limits.spend(f"stranger {number}", rate, now) == 0

    assert spent(limits, "a", rate, now, 3) == 0


PROCESSES = """
import os
from feedbackstore.rate_limits import Rate, RateLimits

limits, rate = RateLimits(), Rate(1000, 86400)
limits.share()
for _ in range(3):
    if not os.fork():
        break
os.write(1, b"%d\\n" % sum(limits.spend("a", rate) == 0 for _ in range(500)))
"""


def test_processes_count_together() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROCESSES], capture_output=True, text=True, check=True
    )

    assert len(done.stdout.split()) == 4
    assert sum(map(int, done.stdout.split())) == 1000


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("600/minute", Rate(600, 60)),
        ("1/second", Rate(1, 1)),
        ("off", None),
        ("9/day", Rate(9, 86400)),
    ],
)
def test_a_rate_is_a_number_for_a_unit_of_time(text: str, rate: Rate | None) -> None:
    assert parse(text) == rate


@pytest.mark.parametrize(
    "text", ["", "0/minute", "600", "-1/minute", "1.5/hour", "٣/hour", "5/month"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="600/minute"):
        parse(text)


def test_an_ipv6_address_counts_as_its_network() -> None:
    assert network_of("2001:db8:0:1::1") == network_of("2001:db8:0:1:ffff::2")
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8:0:2::1")
    assert network_of("fe80::1%eth0") == network_of("fe80::2")
    assert network_of("[2001:db8:0:1::1]:443") == network_of("2001:db8:0:1::")
    assert network_of("192.0.2.1:8080") == network_of("192.0.2.1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") != network_of("192.0.2.2")


@pytest.mark.parametrize("address", ["", "unknown", "x" * 10_000, "1.2.3.٤"])
def test_any_other_text_counts_as_an_address_too(address: str) -> None:
    assert len(network_of(address)) <= 64
