"""Our own statements, which are in SQLite's words, in PostgreSQL's."""

import re
from functools import lru_cache
from typing import Final

_WORDS: Final = tuple(
    (re.compile(sqlite), postgres)
    for sqlite, postgres in (
        (r"\btemp\.", "pg_temp."),
        (r"\bmain\.", ""),
        # In SQLite it is a join whose order the planner leaves alone.
        (r"\bCROSS JOIN\b", "JOIN"),
        (r"\bIS NOT (?!NULL\b|DISTINCT\b)", "IS DISTINCT FROM "),
        (r"\bIS (?!NOT\b|NULL\b|DISTINCT\b)", "IS NOT DISTINCT FROM "),
        (r"\bBLOB\b", "BYTEA"),
        (r"\bINTEGER\b", "BIGINT"),
        (r" WITHOUT ROWID\b", ""),
        (r"\?", "%s"),
        (r":([a-z_]+)", r"%(\1)s"),
    )
)


@lru_cache
def worded(sql: str) -> str:
    """A statement of ours, which is in SQLite's words, in PostgreSQL's."""
    for pattern, words in _WORDS:
        sql = pattern.sub(words, sql)
    return sql
