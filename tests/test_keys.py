"""API keys: random, shown once, kept as digests."""

import re
from pathlib import Path

import pytest

from feedbackstore import keys
from feedbackstore.errors import Invalid, NotFound
from feedbackstore.models import ApiKey, Project


def test_a_key_is_found_by_its_text_alone(store: str) -> None:
    key = keys.create("acme", ["read"], "a note")

    grant = keys.find(str(key))

    assert re.fullmatch(r"fbk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", str(key))
    assert grant == keys.Grant(keys.get_project("acme").id, ("read",), 1)


def test_a_key_stands_nowhere_in_the_store(store: str, tmp_path: Path) -> None:
    secret = str(keys.create()).split("_", 2)[2].encode()

    assert not any(secret in path.read_bytes() for path in tmp_path.iterdir())


def test_no_other_text_is_a_key(store: str) -> None:
    key, other = str(keys.create()), str(keys.create())
    secret, other_id = key.split("_", 2)[2], other.split("_")[1]

    for wrong in (
        "",
        "fbk_",
        key[:-1],
        key + "x",
        key.upper(),
        f"fbk_{other_id}_{secret}",
        secret,
        f" {key}",
        key.replace("fbk", "sk"),
        "fbk_\udcff_x",
    ):
        assert keys.find(wrong) is None


def test_a_project_is_made_by_its_first_key(store: str) -> None:
    keys.create("acme")
    keys.create("acme")

    assert [project.name for project in Project.select()] == ["acme"]
    assert keys.get_project("acme").name == "acme"


def test_a_project_that_is_not_there_is_refused_with_those_that_are(store: str) -> None:
    with pytest.raises(NotFound, match="There is none yet"):
        keys.get_project("acme")
    keys.create("other")
    with pytest.raises(NotFound, match="There are: other"):
        keys.get_project("acme")


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a/", "x" * 65, "é"])
def test_a_project_has_a_name_that_fits_everywhere(store: str, name: str) -> None:
    with pytest.raises(Invalid, match="project: A name should be 1 to 64"):
        keys.create(name)


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "root"]])
def test_scopes_are_among_the_known(store: str, scopes: list[str]) -> None:
    with pytest.raises(
        Invalid, match="Scopes are among submit, read, review, export, metrics, admin"
    ):
        keys.create(scopes=scopes)


def test_a_revoked_key_is_none_any_more(store: str) -> None:
    key = str(keys.create())
    record = keys.revoke(key.split("_")[1])

    assert keys.find(key) is None
    assert keys.revoke(record.key_id).revoked_at == record.revoked_at


def test_revoking_what_is_no_key_says_where_they_are_listed(store: str) -> None:
    with pytest.raises(NotFound, match="flask keys list"):
        keys.revoke("nope")


def test_the_first_key_is_made_only_where_there_is_none_that_works(store: str) -> None:
    first = keys.create(only_first=True)

    assert keys.create(only_first=True) is None
    keys.revoke(str(first).split("_")[1])
    assert keys.create(only_first=True) is not None
    assert [record.revoked_at is None for record in keys.list_all()] == [False, True]
    assert ApiKey.select().count() == 2
