"""Stored texts that go into a line as they are, so that nothing is parsed and written again.

Only where it is certain that `example.build` would give the same: the store's texts are those of
`documents.dump`, which writes what it reads from them as it stands there.
"""

import re
from typing import Final

from exports.selection import Row
from feedbackstore import texts


def _turns(content: str) -> re.Pattern[str]:
    """One or more turns of such a content, and of no other member."""
    turn = rf'\{{"role":"(?:user|system|developer)","content":"{content}"\}}'
    return re.compile(rf"\[{turn}(?:,{turn})*+\]")


# Where nothing is escaped, the end of a string is found at several times the speed.
_UNESCAPED: Final = _turns('[^"]*+')
_ESCAPED: Final = _turns(r'[^"\\]*+(?:\\.[^"\\]*+)*+')
_ASSISTANT: Final = '"role":"assistant"'


def turns(row: Row) -> str | None:
    """The turns of a prompt of texts alone, with commas between; None where it is another."""
    text = row.input
    if text is None:
        return None
    shape = _ESCAPED if "\\" in text else _UNESCAPED
    return text[1:-1] if shape.fullmatch(text) else None


def answer(row: Row) -> str | None:
    """The canonical text of a structured answer, None where there is none, or it is another."""
    original = row.output
    text = row.response
    if text is None and row.rating == "up":
        text = original
    if text is None or not _is_structured(text):
        return None
    if original is None:
        return text
    return texts.canonical(text, original) if _is_structured(original) else None


def quoted(text: str) -> str:
    """What stands between the quotes where JSON text is itself a string of a JSON text.

    It holds no control character, so there is nothing else to escape.
    """
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _is_structured(text: str) -> bool:
    """Whether it is an object or a list, and no whole message."""
    return text[0] in "{[" and _ASSISTANT not in text
