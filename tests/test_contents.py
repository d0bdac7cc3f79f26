"""What an answer says, whichever way it came."""

from typing import Any

import pytest

from feedbackstore import contents

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/1.png"}}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Yes.", "Yes."),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ([{"type": "text", "text": "a"}, IMAGE], [{"type": "text", "text": "a"}, IMAGE]),
        (None, None),
    ],
)
def test_parts_of_text_are_one_text(content: Any, text: Any) -> None:
    assert contents.joined(content) == text


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ('{"a":1}', {"a": 1}),
        ("\n [1] ", [1]),
        ('{"a":1,"a":2}', '{"a":1,"a":2}'),
        ("{no json", "{no json"),
        ("12", "12"),
        ("\ufeff{}", "\ufeff{}"),
        ({"a": "{}"}, {"a": "{}"}),
        (None, None),
    ],
)
def test_a_text_that_holds_an_object_or_a_list_is_that(answer: Any, value: Any) -> None:
    assert contents.structured(answer) == value
