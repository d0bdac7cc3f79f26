"""What feedback became: a piece of it with its lines, or many pieces with a line each.

Most rows need nothing but to be written: together they cost a fraction of what they cost alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from feedbackstore.export_parts import DIGEST_BYTES

if TYPE_CHECKING:
    from exports.example import Reason
    from exports.memory import Mark


class Noted(NamedTuple):
    """What was noted of an example on its way.

    `mark` is what the memory goes by, None where it never came so far. `redacted` and `placed`
    are counts of personal values and images; `images` are those of the latter that become files.
    """

    mark: Mark | None
    redacted: dict[str, int]
    placed: dict[str, int]
    images: dict[str, bytes]


class Made(NamedTuple):
    """A piece of feedback with its lines and their digest, or with the reason that it has none."""

    id: int
    uuid: str
    domain: str | None
    model: str | None
    split: str
    reason: Reason | None
    lines: list[bytes]
    digest: bytes = b""
    noted: Noted | None = None

    @property
    def ids(self) -> tuple[int]:
        """Whose lines these are."""
        return (self.id,)

    @property
    def digests(self) -> bytes:
        """Their digests, one after another."""
        return self.digest

    @property
    def rows(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    @property
    def data(self) -> bytes:
        """The lines, one after another."""
        return b"".join(self.lines)

    def each(self) -> Iterable[Made]:
        """Each piece of feedback on its own."""
        return (self,)


class Run(NamedTuple):
    """Pieces of feedback that follow one another, with a line each."""

    ids: array[int]
    uuids: tuple[str, ...]
    domains: tuple[str | None, ...]
    models: tuple[str | None, ...]
    splits: list[str]
    data: bytes
    digests: bytes

    @property
    def rows(self) -> int:
        """How many lines there are."""
        return len(self.ids)

    def each(self) -> Iterator[Made]:
        """Each piece of feedback on its own."""
        lines = self.data.split(b"\n")
        for place, (id_, split, line) in enumerate(zip(self.ids, self.splits, lines, strict=False)):
            begin = place * DIGEST_BYTES
            digest = self.digests[begin : begin + DIGEST_BYTES]
            named = id_, self.uuids[place], self.domains[place], self.models[place]
            yield Made(*named, split, None, [line + b"\n"], digest)
