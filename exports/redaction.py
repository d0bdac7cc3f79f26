"""Personal values out of an example: each becomes a placeholder, the same one wherever it stands.

Names of members stay, and numbers stay numbers: a personal one becomes 0.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from exports.example import Example, Message
from exports.personal import CHECKS, IMAGE, KINDS, PATTERNS
from feedbackstore import documents

_TOKEN: Final = re.compile(r'(?P<string>"(?:[^"\\]++|\\.)*+")(?P<name>\s*+:)?|-?\d[\d.eE+-]*+')

_PASSES: Final = 5
"""Times that a text is gone through, at most: a second is seldom needed, a third hardly ever."""


class Redaction:
    """A step that replaces the personal values of some KINDS; `counts` tells how many of each.

    Without a salt, whoever guesses a value can tell its placeholder.
    """

    def __init__(self, kinds: Iterable[str], salt: str = "") -> None:
        wanted = set(kinds)
        if unknown := wanted.difference(KINDS):
            raise ValueError(f"{sorted(unknown)} cannot be redacted: there are {list(KINDS)}")
        self.counts: Counter[str] = Counter()
        self._key = hashlib.sha256(salt.encode()).digest() if salt else b""
        chosen = [p for p in PATTERNS if wanted.intersection(re.findall(r"<([a-z]{2,})", p[1]))]
        bounded = [before + value + after for before, value, after in chosen]
        self._search = re.compile("|".join([IMAGE, *bounded]), re.ASCII).search
        free = [value + after for _, value, after in chosen]
        self._match = re.compile("|".join([IMAGE, *free]), re.ASCII).match

    def __call__(self, example: Example) -> Example:
        """The example with placeholders for its personal values."""
        answer = self._message(example.answer) if example.answer else None
        output = self._message(example.output) if example.output else None
        alike = answer and output and _said(answer) == _said(output)
        prompt = [self._message(turn) for turn in example.prompt]
        tools = self._value(example.tools)
        counted = self.counts.copy()
        redacted = replace(
            example,
            prompt=prompt,
            answer=answer,
            output=output,
            changed=example.changed and not alike,
            tools=tools,
            correction=self._value(example.correction),
            json_schema=self._value(example.json_schema),
        )
        # The answer said it all before.
        self.counts = counted
        return redacted

    def text(self, text: str, about: str = "") -> str:
        """The text with placeholders, in linear time; JSON stays JSON. `about` introduces it."""
        if text.lstrip()[:1] in ("{", "[") and _is_json(text):
            return self._json(text)
        if "```" in text:
            parts = text.split("```")
            parts[::2] = map(self._plain, parts[::2])
            parts[1::2] = map(self._fenced, parts[1::2])
            return "```".join(parts)
        return self._plain(about + text)[len(about) :]

    def _fenced(self, part: str) -> str:
        language, newline, body = part.partition("\n")
        if newline and _is_json(body):
            return language + newline + self._json(body)
        return self._plain(part)

    def _json(self, text: str) -> str:
        about = ""

        def redacted(token: re.Match[str]) -> str:
            nonlocal about
            if token["name"]:
                about = _words(token["string"])
                return token[0]
            if not token["string"]:
                return token[0] if self.text(token[0], about) == token[0] else "0"
            old = json.loads(token[0])
            new = self.text(old, about)
            return token[0] if new == old else json.dumps(new, ensure_ascii="\\u" in token[0])

        return _TOKEN.sub(redacted, text)

    def _plain(self, text: str) -> str:
        # What stands before a placeholder may be a value now that its neighbour is none: once more.
        for _ in range(_PASSES):
            before, text = text, self._once(text)
            if text == before:
                break
        return text

    def _once(self, text: str) -> str:
        pieces, end, found = [], 0, self._search(text)
        while found:
            group = str(found.lastgroup)
            kind = group.partition("_")[0]
            value = CHECKS[kind](found[group])
            if value is None:
                found = self._search(text, found.end() if kind == "image" else found.start() + 1)
                continue
            pieces += [text[end : found.start(group)], self._placeholder(kind, value)]
            end = found.end()
            # What follows a placeholder begins anew: so it is when the text is redacted again.
            found = self._match(text, end) or self._search(text, end)
        return "".join([*pieces, text[end:]])

    def _placeholder(self, kind: str, value: str) -> str:
        self.counts[kind] += 1
        digest = hashlib.blake2b(f"{kind} {value}".encode(), key=self._key, digest_size=3)
        return f"[{kind.upper()}_{digest.hexdigest()}]"

    def _message(self, message: Message) -> Message:
        redacted = dict(message)
        if isinstance(content := message.get("content"), str):
            redacted["content"] = self.text(content)
        elif content is not None:
            redacted["content"] = [
                {**part, "text": self.text(part["text"])} if part["type"] == "text" else part
                for part in content
            ]
        if "name" in message:
            redacted["name"] = self.text(message["name"])
        if "tool_calls" in message:
            redacted["tool_calls"] = [self._call(call) for call in message["tool_calls"]]
        return redacted

    def _call(self, call: dict[str, Any]) -> dict[str, Any]:
        function = call["function"]
        return {**call, "function": {**function, "arguments": self.text(function["arguments"])}}

    def _value(self, value: Any) -> Any:
        """Any JSON value: the strings in it are texts."""
        if isinstance(value, str):
            return self.text(value)
        return documents.load(self._json(documents.dump(value)))


def _said(message: Message) -> Any:
    """What a message says, without the random ids of its tool calls."""
    return message.get("content"), [call["function"] for call in message.get("tool_calls", ())]


def _words(name: str) -> str:
    """A member's name as words before its value: `homePhone_1` as `home Phone: `."""
    parts = re.findall(r"[A-Z]*[a-z]+|[A-Z]+", name)
    return f"{' '.join(parts)[-40:]}: " if parts else ""


def _is_json(text: str) -> bool:
    """Whether a text is JSON by its grammar."""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True
