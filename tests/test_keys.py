"""API keys: random, shown once, kept as digests."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedbackstore import durations, ids, keys, rotation
from feedbackstore.errors import Conflict, Invalid, NotFound
from feedbackstore.models import ApiKey, Project


def test_a_key_is_found_by_its_text_alone(store: str) -> None:
    key = keys.create("acme", ["read"], "a note")

    grant = keys.find(str(key))

    assert re.fullmatch(r"fbk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", str(key))
    assert grant == keys.Grant(keys.get_project("acme").id, ("read",), key=1, holder=1)


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


def test_a_key_ends_at_the_very_moment_that_was_named(store: str) -> None:
    key = str(keys.create(expires_at="2099-01-31T00:00:00.000000Z"))

    assert keys.find(key, now="2099-01-30T23:59:59.999999Z") is not None
    assert keys.find(key, now="2099-01-31T00:00:00.000000Z") is None
    assert keys.find(key) is not None


def test_an_end_that_has_been_is_refused(store: str) -> None:
    with pytest.raises(Invalid, match="expires: A key should end later than now"):
        keys.create(expires_at="2020-01-31T00:00:00.000000Z")
    assert ApiKey.select().count() == 0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90d", "2026-01-30T12:00:00.000000Z"),
        ("24h", "2025-11-02T12:00:00.000000Z"),
        ("30m", "2025-11-01T12:30:00.000000Z"),
        ("2w", "2025-11-15T12:00:00.000000Z"),
        ("2027-01-31", "2027-01-31T00:00:00.000000Z"),
        ("2027-01-31T02:00:00+02:00", "2027-01-31T00:00:00.000000Z"),
    ],
)
def test_an_end_is_a_length_of_time_a_day_or_a_moment(text: str, moment: str) -> None:
    assert durations.parse_end(text, datetime(2025, 11, 1, 12, tzinfo=UTC)) == moment


@pytest.mark.parametrize("text", ["", "soon", "90", "-1d", "1.5h", "٣d", "99999d", "2027-02-30"])
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"90d"):
        durations.parse_end(text)


def rotated(key: str, overlap: timedelta = timedelta(hours=24), **options: str) -> str:
    return rotation.rotate(keys.id_of(key), overlap, **options)


def test_both_keys_are_good_while_a_key_is_replaced(store: str) -> None:
    old = str(keys.create("acme", ["read", "review"], "Ada"))
    end = datetime.now(UTC) + timedelta(hours=24)
    new = rotated(old)

    first, second = keys.list_all()
    assert (second.project.name, second.scopes, second.name) == ("acme", "read,review", "Ada")
    before, after = (str(end + timedelta(minutes=by)).replace(" ", "T") for by in (-1, 1))
    assert keys.find(old, now=before) is not None
    assert keys.find(old, now=after) is None
    assert keys.find(new, now=after) is not None
    assert (first.expires_at or "") > before
    assert second.expires_at is None


def test_a_key_that_is_replaced_at_once_ends_at_once(store: str) -> None:
    old = str(keys.create())
    new = rotated(old, timedelta(0))

    assert keys.find(old) is None
    assert keys.find(new) is not None


def test_whoever_holds_the_new_key_is_who_held_the_old(store: str) -> None:
    first = str(keys.create())
    keys.create()
    second = rotated(first)
    third = rotated(second)

    grants = [keys.find(key) for key in (first, second, third)]
    assert [grant and (grant.key, grant.holder) for grant in grants] == [(1, 1), (3, 1), (4, 1)]


def test_a_replaced_keys_end_is_put_off_by_nothing(store: str) -> None:
    soon = str(durations.parse_end("1h"))
    old = str(keys.create(expires_at=soon))
    rotated(old)

    first, second = keys.list_all()
    assert first.expires_at == soon
    lasts = datetime.fromisoformat(str(second.expires_at)) - datetime.now(UTC)
    assert timedelta(minutes=59) < lasts < timedelta(minutes=61)


def test_a_key_is_replaced_once_and_while_it_is_good(store: str) -> None:
    old = str(keys.create())
    new = rotated(old)

    with pytest.raises(Conflict, match=f"flask keys rotate {keys.id_of(new)}"):
        rotated(old)
    keys.revoke(keys.id_of(new))
    with pytest.raises(Conflict, match="is revoked"):
        rotated(new)
    assert keys.find(rotated(old)) is not None
    with pytest.raises(NotFound):
        rotation.rotate("nope", timedelta(0))


def test_a_replacement_that_nobody_saw_is_revoked_and_the_old_key_replaced_again(
    store: str,
) -> None:
    class Killed(BaseException):
        pass

    def show(_: str) -> None:
        raise Killed

    old = str(keys.create())
    with pytest.raises(Killed):
        rotation.rotate(keys.id_of(old), timedelta(0), show=show)
    unseen = list(keys.list_all())[-1].key_id
    with pytest.raises(Conflict, match=f"nobody has that one, run: flask keys revoke {unseen} and"):
        rotated(old)

    keys.revoke(unseen)
    new = rotated(old, timedelta(0))

    assert keys.find(old) is None
    assert keys.find(new) is not None


def test_a_replacement_that_was_used_is_somebodys(store: str) -> None:
    old = str(keys.create())
    rotated(old)
    ApiKey.update(last_used_at=ids.now()).where(ApiKey.id == 2).execute()

    with pytest.raises(Conflict) as refused:
        rotated(old)

    assert "keys rotate" in str(refused.value)
    assert "keys revoke" not in str(refused.value)


def test_an_expired_key_does_not_stand_in_the_way_of_the_first(store: str) -> None:
    keys.create(expires_at=durations.parse_end("1h"))
    assert keys.create(only_first=True) is None
    ApiKey.update(expires_at="2020-01-01T00:00:00.000000Z").execute()

    assert keys.create(only_first=True) is not None
