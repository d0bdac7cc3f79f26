"""Identifiers: the callers' own, and ours."""

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbackstore import ids
from feedbackstore.errors import Invalid


@pytest.mark.parametrize("value", ["x", "a/b", "..", "ü" * 256, "?q=1&%", "\u202eevil", " "])
def test_any_string_without_control_characters_is_an_id(value: str) -> None:
    assert ids.check(value) == value


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("", "string_too_short"),
        ("x" * 257, "string_too_long"),
        ("a\nb", "string_pattern_mismatch"),
        ("\x7f", "string_pattern_mismatch"),
        ("\x85", "string_pattern_mismatch"),
        (7, "string_type"),
        (None, "string_type"),
    ],
)
def test_what_is_no_id_is_refused_at_its_place(value: object, type_: str) -> None:
    with pytest.raises(Invalid) as refused:
        ids.check(value, "path", "entity_id")

    (problem,) = refused.value.problems
    assert (problem.loc, problem.type) == (("path", "entity_id"), type_)


def test_our_ids_are_uuids_of_version_7_and_grow_with_time() -> None:
    made = [uuid.UUID(ids.uuid7()) for _ in range(1000)]

    assert len(set(made)) == 1000
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {uuid.RFC_4122}
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


def test_a_moment_is_utc_text_that_sorts_as_moments_do() -> None:
    early = datetime(2026, 11, 1, 23, 0, tzinfo=timezone(timedelta(hours=2)))
    late = datetime(2026, 11, 1, 21, 0, 0, 1, tzinfo=UTC)

    assert ids.moment(early) == "2026-11-01T21:00:00.000000Z"
    assert ids.moment(late) == "2026-11-01T21:00:00.000001Z"
    assert ids.moment(early) < ids.moment(late)
    assert len(ids.now()) == len(ids.moment(late))


@given(st.text(max_size=5))
def test_a_control_character_is_found_wherever_it_stands(text: str) -> None:
    there = any(unicodedata.category(character) == "Cc" for character in text)

    assert ids.has_control_characters(text) is there
