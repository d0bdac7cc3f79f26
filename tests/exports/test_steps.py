"""What each step makes of an example, and what it leaves out."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from exports import example, selection, steps
from exports.example import Example, Reason, Skip
from exports.selection import Filters
from exports.steps import Deduplicated, PerDomain, SchemaValid, merge, merged, system_prompt
from feedbackstore import documents
from feedbackstore.database import proxy
from feedbackstore.errors import Unusable
from tests.conftest import Predict, Say
from tests.exports.odd import asked, call


def said(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def made(answer: Any = "a", output: Any = "b", **members: Any) -> Example:
    given: dict[str, Any] = {
        "prompt": asked("q"),
        "answer": None if answer is None else said(answer),
        "output": None if output is None else said(output),
        "changed": answer != output,
        "corrected": True,
        "tools": [],
        **members,
    }
    return Example(**given)


def left_out(step: Callable[[Example], Example], given: Example) -> Reason | None:
    try:
        assert step(given) is given
    except Skip as skip:
        return skip.reason
    return None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["system"]),
        (["system"], ["system"]),
        (["developer", "system"], ["developer"]),
        (["system", "user", "system"], ["system", "user", "system"]),
    ],
)
def test_a_system_prompt_replaces_those_at_the_beginning_or_goes_before(
    before: list[str], after: list[str]
) -> None:
    given = made(
        prompt=[*({"role": r, "content": "old", "name": "n"} for r in before), *asked("q")]
    )
    prompt = system_prompt("new")(given).prompt

    assert [turn["role"] for turn in prompt] == [*after, "user"]
    assert prompt[0] == {"role": after[0], "content": "new"}
    assert prompt[1:] == given.prompt[len(given.prompt) - len(prompt) + 1 :]


def test_a_prompt_of_nothing_but_system_messages_becomes_the_new_one() -> None:
    given = made(prompt=[{"role": "system", "content": "old"}])

    assert system_prompt("new")(given).prompt == [{"role": "system", "content": "new"}]


# RFC 7386, appendix A, those whose patch is an object or whose target matters.
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_is_that_of_rfc_7386(target: Any, patch: Any, result: Any) -> None:
    assert documents.same(merge(target, patch), result)


@pytest.fixture
def build(project: int, predict: Predict, say: Say) -> Callable[..., Example]:
    def stored(output: Any, **submitted: Any) -> Example:
        predict("x", output=output, replace=True)
        proxy.execute_sql("DELETE FROM feedback")
        say("x", **submitted)
        (row,) = selection.rows(project, Filters())
        return example.build(row)

    return stored


_OUTPUTS: list[Any] = [
    {"b": 1, "a": {"x": 1, "y": [1]}, "c": "d"},
    '{"b": 1, "a": {"y": [], "x": 1.0}}',
    said('{"b": 1, "a": 5}'),
    [1],
    "no JSON {",
    "NaN",
]
_PATCHES: list[dict[str, Any]] = [
    {"a": {"x": 2}},
    {"b": 1.0},
    {"c": None},
    {"a": {"y": [2, 3]}, "new": True},
    {"b": "1", "a": None},
    {},
]


@pytest.mark.parametrize("output", _OUTPUTS)
@pytest.mark.parametrize("patch", _PATCHES)
def test_a_partial_correction_becomes_what_the_whole_one_would_have_been(
    build: Callable[..., Example], output: Any, patch: dict[str, Any]
) -> None:
    text = output["content"] if "role" in output else output
    value = steps._said(said(text)) if isinstance(text, str) else text
    whole = build(output, response=merge(value, patch))
    step = merged(build(output, response=patch))

    assert step == replace(whole, correction=step.correction)
    assert documents.same(step.correction, whole.correction)


def test_only_structured_corrections_are_merged(build: Callable[..., Example]) -> None:
    for given in (
        build({"a": 1}, rating="up"),
        build({"a": 1}, rating="down"),
        build("old", response=said('{"a":1}')),
    ):
        assert merged(given) is given


def test_a_partial_correction_of_no_output_is_no_answer(build: Callable[..., Example]) -> None:
    with pytest.raises(Skip) as skipped:
        merged(build(None, response={"a": 1}))

    assert skipped.value.reason is Reason.NO_OUTPUT


def test_without_its_package_validity_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)

    with pytest.raises(Unusable, match="pip install jsonschema-rs"):
        SchemaValid()


@pytest.fixture
def valid() -> SchemaValid:
    pytest.importorskip("jsonschema_rs")
    return SchemaValid()


_TOTAL = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}


@pytest.mark.parametrize(
    ("answer", "schema", "reason"),
    [
        ('{"total":1}', _TOTAL, None),
        ('{"total":12345678901234567890123}', _TOTAL, None),
        ('{"total":"1"}', _TOTAL, Reason.BREAKS_SCHEMA),
        ("one", _TOTAL, Reason.BREAKS_SCHEMA),
        ("one", {"type": "string"}, None),
        (None, _TOTAL, None),
        ('{"total":1}', None, Reason.NO_SCHEMA),
        ("{}", {"type": "nothing"}, Reason.BROKEN_SCHEMA),
        ("{}", {"$ref": "#/$defs/none"}, Reason.BROKEN_SCHEMA),
        ("{}", {"$ref": "file:///etc/hostname"}, Reason.BROKEN_SCHEMA),
        ("{}", {"$ref": "https://example.com/schema"}, Reason.BROKEN_SCHEMA),
        ("{}", {"$schema": "https://example.com/schema"}, Reason.BROKEN_SCHEMA),
        ('["a"]', {"items": {"pattern": "^(?=a)"}}, None),
        (f'["{"a" * 60}b"]', {"items": {"pattern": "^(a+)+$"}}, Reason.BREAKS_SCHEMA),
    ],
)
def test_only_what_is_valid_under_its_schema_passes(
    valid: SchemaValid, answer: str | None, schema: Any, reason: Reason | None
) -> None:
    given = made(answer, json_schema=schema)

    assert [left_out(valid, given) for _ in range(2)] == [reason, reason]


def test_a_tool_call_is_no_value_under_a_schema(valid: SchemaValid) -> None:
    given = replace(
        made(json_schema=_TOTAL), answer={"role": "assistant", "tool_calls": [call("A")]}
    )

    assert left_out(valid, given) is Reason.BREAKS_SCHEMA


def test_a_schema_is_compiled_once_and_few_are_kept(valid: SchemaValid) -> None:
    for number in range(300):
        for _ in range(2):
            valid(made("{}", json_schema={"title": str(number)}))

    cache = valid._validator.cache_info()
    assert (cache.misses, cache.hits, cache.currsize) == (300, 300, 256)


def test_of_exact_duplicates_the_first_passes() -> None:
    step = Deduplicated()
    others = [
        made(),
        made("c"),
        made(output="c"),
        made(None),
        made(output=None),
        made(prompt=asked("p")),
        made(tools=[{"type": "function"}]),
    ]

    assert [left_out(step, given) for given in others] == [None] * len(others)
    assert {left_out(step, given) for given in others} == {Reason.DUPLICATE}


def test_of_those_with_the_same_input_the_first_passes() -> None:
    step = Deduplicated("input")
    parts = [{"type": "text", "text": "q"}, {"text": "r", "type": "text"}]
    same = [
        [{"role": "user", "content": parts}],
        [{"content": [dict(reversed(part.items())) for part in parts], "role": "user"}],
    ]

    assert left_out(step, made()) is None
    assert left_out(step, made("c", "d")) is Reason.DUPLICATE
    assert left_out(step, made(tools=[{"type": "function"}])) is None
    assert [left_out(step, made(prompt=turns)) for turns in same] == [None, Reason.DUPLICATE]
    assert left_out(Deduplicated("input"), made()) is None


def test_deduplication_keeps_sixteen_bytes_an_example_and_knows_two_ways() -> None:
    step = Deduplicated()
    step(made("x" * 100_000))

    assert [len(digest) for digest in step._seen] == [16]
    with pytest.raises(ValueError, match="'near'"):
        Deduplicated("near")


@hypothesis.given(st.lists(st.sampled_from([None, "a", "b"])), st.integers(0, 4))
def test_of_each_domain_only_the_first_few_pass(domains: list[str | None], limit: int) -> None:
    step = PerDomain(limit)
    passed = []
    for domain in domains:
        reason = left_out(step, made(domain=domain))
        assert reason in (None, Reason.DOMAIN_FULL)
        passed += [domain] if reason is None else []

    assert {domain: passed.count(domain) for domain in domains} == {
        domain: min(limit, domains.count(domain)) for domain in domains
    }
