"""What an operator is told of one thing that was looked at."""

from collections.abc import Mapping
from typing import Final, NamedTuple

OK: Final = "ok"
LOOK: Final = "look"
BAD: Final = "bad"


class Sign(NamedTuple):
    """One thing; where it is LOOK (it may be meant so) or BAD, `said` ends with what to do."""

    name: str
    level: str
    said: str
    figures: Mapping[str, int] = {}
