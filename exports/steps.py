"""Steps on an example's way into a dataset: each returns an example, or raises Skip.

Those that remember what they saw are made anew for every export.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import dropwhile
from operator import attrgetter
from typing import Any, Final

from exports.example import Example, Message, Reason, Skip
from feedbackstore import documents, json_schemas, messages
from feedbackstore.errors import Invalid

DUPLICATES: Final = ("exact", "input")
"""What makes an example the same as another: all of it, or what was asked."""

_VALIDATORS: Final = 256


def system_prompt(text: str) -> Callable[[Example], Example]:
    """A step that gives the prompt this system message, in place of those at its beginning."""

    def prompted(example: Example) -> Example:
        turns = list(dropwhile(_is_system, example.prompt))
        first = example.prompt[0]
        role = first["role"] if _is_system(first) else "system"
        return replace(example, prompt=[{"role": role, "content": text}, *turns])

    return prompted


def merged(example: Example) -> Example:
    """The example whose structured correction held only what is to change: put into the output.

    Merged as RFC 7386 has it: null removes a member, a list replaces a list. Raises Skip where
    there is no output to merge into.
    """
    correction = example.correction
    partial = isinstance(correction, dict) and not messages.is_message(correction)
    if not example.corrected or not partial:
        return example
    if example.output is None:
        raise Skip(Reason.NO_OUTPUT)
    original = _said(example.output)
    whole = merge(original, correction)
    content = documents.canonical(whole, original)
    return replace(
        example,
        answer={"role": "assistant", "content": content},
        changed=not documents.same(whole, original),
        correction=whole,
    )


def merge(target: Any, patch: Any) -> Any:
    """A JSON Merge Patch applied to a value (RFC 7386, section 2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


class SchemaValid:
    """A step that lets an answer pass only if it is valid under its prediction's JSON schema.

    Raises Unusable where the package jsonschema-rs is not there. A schema may refer to nothing
    outside itself: nothing is fetched.
    """

    def __init__(self) -> None:
        json_schemas.load_rules()
        self._validator = lru_cache(_VALIDATORS)(_compiled)

    def __call__(self, example: Example) -> Example:
        """The example as it is. Raises Skip, also for a schema that there is not, or is none."""
        if example.answer is None:
            return example
        if example.json_schema is None:
            raise Skip(Reason.NO_SCHEMA)
        validator = self._validator(documents.dump(example.json_schema))
        if validator is None:
            raise Skip(Reason.BROKEN_SCHEMA)
        if not validator.is_valid(_said(example.answer)):
            raise Skip(Reason.BREAKS_SCHEMA)
        return example


class Deduplicated:
    """A step that lets the first of several equal examples pass, as DUPLICATES has them.

    It keeps 16 bytes for each.
    """

    def __init__(self, by: str = "exact") -> None:
        if by not in DUPLICATES:
            raise ValueError(f"{by!r} makes no duplicates: there are {list(DUPLICATES)}")
        self._exact = by == "exact"
        self._seen: set[bytes] = set()

    def __call__(self, example: Example) -> Example:
        """The example as it is. Raises Skip for one that went before."""
        self.judge(self.digest(example))
        return example

    def digest(self, example: Example) -> bytes:
        """What equal examples have in common."""
        parts: list[Any] = [example.prompt, example.tools]
        if self._exact:
            parts += [example.answer, example.output]
        text = json.dumps(parts, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).digest()

    def judge(self, digest: bytes) -> None:
        """Remember a digest. Raises Skip for one that is remembered."""
        if digest in self._seen:
            raise Skip(Reason.DUPLICATE)
        self._seen.add(digest)


class PerDomain:
    """A step that lets so many examples of each domain pass; those without one are one more."""

    def __init__(
        self, limit: int, domain_of: Callable[[Example], str | None] = attrgetter("domain")
    ) -> None:
        self._limit = limit
        self._domain_of = domain_of
        self._passed: Counter[str | None] = Counter()

    def __call__(self, example: Example) -> Example:
        """The example as it is. Raises Skip for one too many."""
        self.judge(self._domain_of(example))
        return example

    def judge(self, domain: str | None) -> None:
        """Count one of a domain. Raises Skip for one too many."""
        if self._passed[domain] >= self._limit:
            raise Skip(Reason.DOMAIN_FULL)
        self._passed[domain] += 1


def _is_system(turn: Message) -> bool:
    return turn["role"] in ("system", "developer")


def _said(message: Message) -> Any:
    """What an answer says: the JSON value in it, else its text, else nothing."""
    content = message.get("content")
    if isinstance(content, str):
        with suppress(Invalid):
            return documents.parse(content.encode())
    return content


def _compiled(schema: str) -> Any:
    return json_schemas.compiled(documents.load(schema))
