"""Leases: several reviewers at once are handed different items."""

from threading import Barrier, Thread

from feedbackstore import database, keys, leases
from feedbackstore.models import ApiKey, Lease
from tests.conftest import Reviewer

ITEMS = ("a", "b", "c")


def test_eachreviewer_is_handed_another_item(project: int, reviewer: Reviewer) -> None:
    ada, bob, eve = map(reviewer, ("Ada", "Bob", "Eve"))

    assert [leases.take(project, who, ITEMS) for who in (ada, bob, eve)] == ["a", "b", "c"]
    assert leases.take(project, reviewer("Dan"), ITEMS) is None
    assert leases.take(project, ada, ITEMS) == "a"


def test_as_many_as_review_independently_get_the_same_item(
    project: int, reviewer: Reviewer
) -> None:
    ada, bob, eve = map(reviewer, ("Ada", "Bob", "Eve"))

    assert [leases.take(project, who, ITEMS, at_once=2) for who in (ada, bob, eve)] == list("aab")


def test_a_lease_runs_out(project: int, reviewer: Reviewer) -> None:
    ada, bob = map(reviewer, ("Ada", "Bob"))
    leases.take(project, ada, ITEMS)
    Lease.update(expires_at="2020-01-01T00:00:00.000000Z").execute()

    assert leases.take(project, bob, ITEMS) == "a"
    assert leases.hold(project, ada, "a") == ["Bob"]


def test_a_lease_is_of_one_project(project: int, reviewer: Reviewer) -> None:
    ada = reviewer("Ada")
    keys.create(project="elsewhere", name="Eve")
    eve = int(ApiKey.get(ApiKey.name == "Eve").id)
    leases.take(project, ada, ITEMS)

    assert leases.take(keys.get_project("elsewhere").id, eve, ITEMS) == "a"


def test_two_at_the_same_moment_get_different_items(project: int, reviewer: Reviewer) -> None:
    reviewers = [reviewer(str(n)) for n in range(4)]
    gate, taken = Barrier(len(reviewers)), []

    def take(who: int) -> None:
        gate.wait()
        taken.append(leases.take(project, who, map(str, range(9))))
        database.close()

    threads = [Thread(target=take, args=[who]) for who in reviewers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, taken)) == ["0", "1", "2", "3"]
