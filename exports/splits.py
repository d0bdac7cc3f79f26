"""Train and validation: by a hash of what the model was shown, so that a document has one side."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exports.example import Message
from exports.selection import Row
from exports.splice import Texts
from feedbackstore import documents

WHOLE: Final = (("train", 1.0),)

_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Splits:
    """Which split a prompt belongs to; `shares` are names with parts of 1.

    The hash is of everything but the system prompt: the same document under another instruction,
    or another id, stays on its side; so it does when rows are added. Another `seed` deals anew.
    """

    shares: tuple[tuple[str, float], ...] = WHOLE
    seed: str = ""

    @property
    def names(self) -> list[str]:
        """Every split, in order."""
        return [name for name, _ in self.shares]

    def of_each(self, rows: Sequence[Texts]) -> list[str]:
        """The splits of several rows' predictions."""
        if len(self.shares) == 1:
            return [self.shares[0][0]] * len(rows)
        return list(map(self.of, rows))

    def of(self, row: Row | Texts) -> str:
        """The split of what a row's prediction was shown; of the feedback itself without one."""
        if len(self.shares) == 1:
            return self.shares[0][0]
        if row.input is None:
            return self.of_prompt([{"role": "user", "content": row.uuid}])
        shown = row.input if isinstance(row.input, str) else row.input.decode()
        return self.of_prompt(documents.load(shown))

    def of_prompt(self, prompt: list[Message]) -> str:
        """The split of a prompt."""
        shown = [turn for turn in prompt if turn["role"] not in ("system", "developer")]
        content = [turn.get("content") for turn in shown]
        digest = hashlib.sha256(f"{self.seed}\0{documents.dump(content)}".encode()).digest()
        place = int.from_bytes(digest[:8]) / 2**64
        for name, share in self.shares:
            place -= share
            if place < 0:
                return name
        return self.shares[-1][0]


def parse(text: str) -> tuple[tuple[str, float], ...]:
    """`train=0.9,validation=0.1` as shares. Raises ValueError, in words."""
    shares: dict[str, float] = {}
    for item in text.split(","):
        name, _, share = item.partition("=")
        if not name.isidentifier() or name in shares:
            raise ValueError(f"{name!r} is no name of a split, or stands twice")
        try:
            shares[name] = float(share)
        except ValueError:
            raise ValueError(f"{share!r} is no part of 1, as in train=0.9") from None
        if not 0 < shares[name] <= 1:
            raise ValueError(f"{name} should have a part between 0 and 1")
    if abs(sum(shares.values()) - 1) > _TOLERANCE:
        raise ValueError(f"the parts of {text} should add up to 1")
    return tuple(shares.items())
