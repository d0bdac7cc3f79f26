"""Stored texts that go into a line as they are, so that nothing is parsed and written again.

Only where it is certain that `example.build` would give the same: the store's texts are those of
`documents.dump`, which writes what it reads from them as it stands there.
"""

import re
from typing import Final, NamedTuple

from feedbackstore import documents


class Texts(NamedTuple):
    """What is needed of one piece of feedback to splice its line, in UTF-8.

    `answer` is the correction, or the output that was rated up; `alike` tells that it is certainly
    arranged as the output is (see `arrangement`), which is None then.
    """

    id: int
    uuid: str
    domain: str | None
    model: str | None
    superseded: bool
    alike: bool | None
    input: bytes | None
    answer: bytes | None
    output: bytes | None
    tools: bytes | None


def _turns(content: bytes) -> re.Pattern[bytes]:
    """One or more turns of such a content, and of no other member."""
    turn = rb'\{"role":"(?:user|system|developer)","content":"%b"\}' % content
    return re.compile(rb"\[%b(?:,%b)*+\]" % (turn, turn))


# Where nothing is escaped, the end of a string is found at several times the speed.
_UNESCAPED: Final = _turns(rb'[^"]*+')
_ESCAPED: Final = _turns(rb'[^"\\]*+(?:\\.[^"\\]*+)*+')
_ASSISTANT: Final = b'"role":"assistant"'


def parts(texts: Texts) -> tuple[bytes, bytes] | None:
    """The turns of a prompt with commas between, and an answer as it stands in a string.

    None unless the prompt is of texts alone, and the answer structured.
    """
    prompt = texts.input
    if prompt is None:
        return None
    shape = _ESCAPED if b"\\" in prompt else _UNESCAPED
    if not shape.fullmatch(prompt):
        return None
    answer = texts.answer if texts.alike else _answer(texts)
    if answer is None:
        return None
    # It holds no control character, so there is nothing else to escape.
    return prompt[1:-1], answer.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _answer(texts: Texts) -> bytes | None:
    """The canonical text of a structured answer, None where there is none, or it is another."""
    text, original = texts.answer, texts.output
    if text is None or not _is_structured(text):
        return None
    if original is None or text == original:
        return text
    if not _is_structured(original):
        return None
    value, model = documents.load(text.decode()), documents.load(original.decode())
    if documents.is_arranged(value, model):
        return text
    return documents.canonical(value, model).encode()


def _is_structured(text: bytes) -> bool:
    """Whether it is an object or a list, and no whole message."""
    return text[:1] in (b"{", b"[") and _ASSISTANT not in text
