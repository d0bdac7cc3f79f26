"""What an export remembers of the rows before: it judges each row after them, in their order."""

from typing import NamedTuple

from exports.example import Example
from exports.steps import Deduplicated, PerDomain


class Mark(NamedTuple):
    """All that the memory needs to know of an example."""

    digest: bytes | None
    domain: str | None


class Memory:
    """Leaves out duplicates, as DUPLICATES has them, and what is too many of a domain."""

    def __init__(self, dedupe: str | None, max_per_domain: int | None) -> None:
        self._deduplicated = Deduplicated(dedupe) if dedupe is not None else None
        self._per_domain = PerDomain(max_per_domain) if max_per_domain is not None else None

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to remember."""
        return self._deduplicated is not None or self._per_domain is not None

    def mark(self, example: Example) -> Mark:
        """What an example goes by; nothing is remembered of it."""
        digest = self._deduplicated.digest(example) if self._deduplicated else None
        return Mark(digest, example.domain)

    def judge(self, mark: Mark) -> None:
        """Remember it. Raises Skip where it is one too many."""
        if self._deduplicated is not None and mark.digest is not None:
            self._deduplicated.judge(mark.digest)
        if self._per_domain is not None:
            self._per_domain.judge(mark.domain)
