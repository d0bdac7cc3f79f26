"""Chat messages: those that are seen to be right at a glance have nothing wrong with them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feedbackstore import messages

odd = st.sampled_from([None, 0, True, "", "x", [], {}, [""], {"type": "text", "text": "t"}])
message = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from([*messages.ROLES, "USER", ""]) | odd,
        "content": st.text(max_size=3) | odd,
        "name": st.text(max_size=3) | odd,
        "tool_calls": odd,
        "other": odd,
    },
)


@given(st.lists(message | odd, max_size=3) | odd)
def test_the_glance_never_takes_what_the_checks_refuse(conversation: Any) -> None:
    found = list(messages.check_all(conversation, ("input",)))

    assert found == list(messages._check_each(conversation, ("input",)))


@given(st.lists(st.sampled_from(["system", "developer", "user"]), min_size=1, max_size=3))
def test_messages_of_text_are_taken_at_a_glance(roles: list[str]) -> None:
    assert messages.is_plain([{"role": role, "content": "q"} for role in roles])
