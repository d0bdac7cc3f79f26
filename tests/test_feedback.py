"""Feedback without HTTP: as a notebook submits it."""

import pytest

from feedbackstore import feedback
from feedbackstore.errors import Invalid
from feedbackstore.models import Feedback


def test_it_is_on_disk_when_submit_returns(project: int) -> None:
    stored = feedback.submit(project, chat_id="c", response={"b": 1, "a": "é"}, rating="down")

    (read,) = feedback.list_newest(project, "chat", "c", offset=0, limit=10)
    assert (read.uuid, read.response, read.rating) == (stored.uuid, '{"b":1,"a":"é"}', "down")


def test_it_needs_to_be_about_something_and_to_say_something(project: int) -> None:
    with pytest.raises(Invalid) as refused:
        feedback.submit(project)

    assert [problem.msg for problem in refused.value.problems] == [
        "At least one of request_id, agent_execution_id, chat_id is needed",
        "At least one of response, notes, rating, tags, flag is needed",
    ]
    assert not Feedback.select().exists()


def test_an_id_that_is_none_is_named(project: int) -> None:
    with pytest.raises(Invalid, match="agent_execution_id: String should have at least 1"):
        feedback.submit(project, agent_execution_id="", notes="n")
