"""What is stored in a measurement: invoices, as texts of a known length, different in every row."""

import json
from typing import Any, Final

from bench.load import ID

MODEL: Final = "vlm-1"
DOMAIN: Final = "document.invoice"

FEEDBACK_BYTES: Final = 1000
PREDICTION_BYTES: Final = 1500

_NUMBER: Final = 1234567890
"""Stands in the templates where a row's own number goes, of as many digits."""

_WORDS: Final = (
    "Invoice no. 1234567890, payable within thirty days. Ten hinges at 1,25 EUR; four handles,"
    " brass, at 7,80 EUR; délivrés à Zürich. "
)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _invoice(total: float, lines: int) -> dict[str, Any]:
    items = [
        {"description": f"Hinge no. {line}", "quantity": 10 + line, "unit_price": 1.25}
        for line in range(lines)
    ]
    return {"number": _NUMBER, "currency": "EUR", "total": total, "paid": False, "items": items}


def _padded(value: dict[str, Any], length: int) -> str:
    """The text of an invoice, its note as long as it takes to come to `length` bytes."""
    missing = length - len(_dump(value | {"note": ""}).encode())
    return _dump(value | {"note": "x" * missing})


def _prompt(length: int) -> str:
    """The text of a list of one message, of so many bytes."""
    bare = len(_dump([{"role": "user", "content": ""}]).encode())
    words = (_WORDS * 20).encode()[: length - bare].decode(errors="ignore")
    words = words.ljust(len(words) + length - bare - len(words.encode()), ".")
    return _dump([{"role": "user", "content": words}])


_RESPONSE: Final = _padded(_invoice(12.5, 9), FEEDBACK_BYTES)
# Three corrections of four change a value, one adds lines that the model did not see.
_OUTPUTS: Final = (
    _padded(_invoice(12.5, 5), FEEDBACK_BYTES),
    *[_padded(_invoice(1250, 9), FEEDBACK_BYTES)] * 3,
)
_INPUT: Final = _prompt(PREDICTION_BYTES - FEEDBACK_BYTES)


def entity(number: int) -> tuple[str, str]:
    """The kind and the id that row `number` is about: every tenth is of an agent."""
    if number % 10 == 9:  # noqa: PLR2004 - one of ten
        return "agent_execution", f"execution-{number // 10}"
    return "request", f"request-{number - number // 10}"


def requests(rows: int) -> int:
    """How many of so many rows are about requests: `request-0` and on."""
    return rows - rows // 10


def response_text(number: int) -> str:
    """A correction, as it is stored."""
    return _numbered(_RESPONSE, number)


def input_text(number: int) -> str:
    """What the model was asked, as it is stored."""
    return _numbered(_INPUT, number)


def output_text(number: int) -> str:
    """What the model answered, as it is stored."""
    return _numbered(_OUTPUTS[number % len(_OUTPUTS)], number)


def submitted() -> str:
    """A body of POST /v1/feedback/submit, of 1 kB with an id in its place."""
    body = {"request_id": ID, "response": _invoice(12.5, 9), "notes": ""}
    missing = FEEDBACK_BYTES - len(_dump(body).encode())
    return _dump(body | {"notes": "x" * missing})


def correction() -> dict[str, Any]:
    """A correction of about 0.9 kB, for those who wrap feedback in members of their own."""
    value: dict[str, Any] = json.loads(_padded(_invoice(12.5, 9), FEEDBACK_BYTES - 100))
    return value


def prediction_line(number: int) -> str:
    """A line of `flask import-predictions`."""
    kind, entity_id = entity(number)
    return (
        f'{{"kind":"{kind}","id":"{entity_id}","model":"{MODEL}","domain":"{DOMAIN}",'
        f'"input":{input_text(number)},"output":{output_text(number)}}}\n'
    )


def _numbered(text: str, number: int) -> str:
    return text.replace(str(_NUMBER), str(_NUMBER + number))
