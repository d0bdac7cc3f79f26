"""The log: a line of JSON for each request, and for what else there is to say, on stdout.

A line holds what stands in `request_line` and nothing else: no body, no query, no header, no id of
what people submitted. Nothing of it comes from outside unbounded or unescaped.
"""

import asyncio
import json
import logging
import traceback
from functools import lru_cache
from typing import Any, Final

from feedbackstore import ids
from feedbackstore.log_stream import MAX_LINE, LineStream

_STDOUT: Final = 1
_AGAIN_AFTER: Final = 0.1
_MOST_OF_A_LINE: Final = MAX_LINE - 1024
"""Bytes of an error as JSON, at most: the rest of its line has to fit beside it."""

_quoted = lru_cache(1000)(json.dumps)


class RequestLog:
    """Lines that leave in the event loop's next round, many at once; in threads at once."""

    def __init__(self, descriptor: int = _STDOUT) -> None:
        self._stream = LineStream(descriptor)
        self._planned: asyncio.AbstractEventLoop | None = None
        self._told_dropped = 0

    def tell(self, line: str) -> None:
        """Write a line, without waiting for whoever reads it."""
        self._stream.put(line.encode())
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._flush()
            return
        if self._planned is not loop:
            self._planned = loop
            loop.call_soon(self._flush_in_loop, loop)

    def _flush_in_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._flush():
            self._planned = None
        else:
            loop.call_later(_AGAIN_AFTER, self._flush_in_loop, loop)

    def _flush(self) -> bool:
        if not self._stream.flush():
            return False
        dropped = self._stream.dropped - self._told_dropped
        if not dropped:
            return True
        self._told_dropped += dropped
        self._stream.put(said("warning", f"{dropped} lines of the log were dropped").encode())
        return self._stream.flush()


class Handler(logging.Handler):
    """Python's logging, into that log."""

    def __init__(self, log: RequestLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write what was logged."""
        self._log.tell(Formatter().format(record) + "\n")


class Formatter(logging.Formatter):
    """What Python's logging was told, as such a line without its end."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        error = error_text(record.exc_info[1]) if record.exc_info else None
        return said(record.levelname.lower(), record.getMessage(), error).rstrip("\n")


def request_line(
    request_id: str,
    method: str,
    route: str | None,
    status: int,
    seconds: float,
    sizes: tuple[int, int],
    key: str | None,
    error: str | None,
) -> str:
    """The line of one request; its id and its key's are known to be harmless."""
    shown_key = f'"fbk_{key}"' if key else "null"
    shown_error = f',"error":{_cut(error)}' if error else ""
    return (
        f'{{"time":"{ids.now()}","request_id":"{request_id}","method":"{method}",'
        f'"route":{_quoted(route)},"status":{status},"ms":{seconds * 1000:.2f},'
        f'"bytes_in":{sizes[0]},"bytes_out":{sizes[1]},"key":{shown_key}{shown_error}}}\n'
    )


def said(level: str, message: str, error: str | None = None) -> str:
    """The line of anything else."""
    shown_error = f',"error":{_cut(error)}' if error else ""
    shown = json.dumps(message[:100])
    return f'{{"time":"{ids.now()}","level":"{level}","message":{shown}{shown_error}}}\n'


def error_text(error: Any) -> str:
    """An exception with its traceback: lines of code, never the values of their variables."""
    return "".join(traceback.format_exception(error))


def _cut(text: str) -> str:
    """A text as JSON; of a long one the end, where an error is named."""
    shown = json.dumps(text)
    while len(shown) > _MOST_OF_A_LINE:
        text = text[len(text) // 8 + 1 :]
        shown = json.dumps(f"…{text}")
    return shown
