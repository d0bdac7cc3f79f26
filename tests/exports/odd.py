"""Odd examples, one set for every format: what people really send, and what breaks exporters."""

from typing import Any

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/scan.png"}}
# Two PNGs of one pixel, red and blue.
RED = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAA"
    "AADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC"
)
BLUE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAA"
    "AADElEQVR42mNgYPgPAAEDAQA2dBFAAAAAAElFTkSuQmCC"
)


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


TOOL = {
    "type": "function",
    "function": {"name": "stock", "parameters": {"type": "object", "properties": {}}},
}


def call(sku: str) -> dict[str, Any]:
    arguments = f'{{"sku":"{sku}"}}'
    function = {"name": "stock", "arguments": arguments}
    return {"id": "call_1", "type": "function", "function": function}


def asked(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


PREDICTIONS: list[dict[str, Any]] = [
    {
        "id": "structured",
        "model": "vlm-1",
        "domain": "document.invoice",
        "created_at": "2026-10-01T08:00:00Z",
        "input": [{"role": "system", "content": "Extract."}, *asked("Grüße 🧾 «total» 12,50 €")],
        "output": {"vendor": {"name": "A", "city": "B"}, "total": 1.0, "lines": []},
        "json_schema": {"type": "object"},
        "metadata": {"customer": "c-1"},
    },
    {"id": "unchanged", "output": {"a": 1, "b": [True, None]}},
    {"id": "json in a text", "output": '{"total": 1, "ok": true}'},
    {"id": "text", "output": "Yes, it is.\u2028Really.\u0085"},
    {"id": "no output", "output": None},
    {"id": "rated up", "output": {"total": 3}},
    {"id": "rated down", "output": {"total": 4}},
    {"id": "notes only", "output": {"total": 5}},
    {"id": "several corrections", "output": {"total": 6}},
    {"id": "correction and rating", "output": {"total": 7}},
    {
        "id": "image",
        "domain": "document.receipt",
        "input": [
            {"role": "user", "content": [{"type": "text", "text": "A literal <image>."}, IMAGE]}
        ],
        "output": {"total": 8},
    },
    {
        "id": "images inline",
        "input": [
            {"role": "system", "content": "Extract."},
            {
                "role": "user",
                "content": [image(RED), {"type": "text", "text": "<image> and"}, image(BLUE)],
            },
        ],
        "output": {"total": 9},
    },
    {
        "id": "parts of text",
        "input": [
            {"role": "developer", "content": "Extract.", "name": "d", "extra": "dropped"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
            },
        ],
    },
    {
        "id": "several turns",
        "input": [
            {"role": "user", "content": "q0", "tool_calls": 5, "tool_call_id": "dropped"},
            {"role": "assistant", "content": "a0", "tool_calls": []},
            *asked("q1"),
        ],
        "output": "a1",
    },
    {
        "id": "tools",
        "input": [
            *asked("Stock of A7?"),
            {"role": "assistant", "content": None, "tool_calls": [call("A7")]},
            {"role": "tool", "tool_call_id": "call_1", "content": '{"n":3}'},
        ],
        "output": {"role": "assistant", "content": "4"},
        "tools": [TOOL],
    },
    {
        "id": "tool call",
        "input": asked("Stock of B8?"),
        "output": {"role": "assistant", "content": None, "tool_calls": [call("8B")]},
        "tools": [TOOL],
    },
    {
        "id": "audio",
        "input": [
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": ""}}]}
        ],
    },
    {"id": "ends with an answer", "input": [*asked("q"), {"role": "assistant", "content": "{"}]},
    {
        "id": "image of the assistant",
        "input": [*asked("q"), {"role": "assistant", "content": [IMAGE]}, *asked("again")],
    },
    {"id": "no message", "output": {"role": "assistant", "content": "x"}},
    {"id": "two ids", "kind": "chat", "output": {"of": "chat"}},
    {"id": "two ids", "kind": "request", "output": {"of": "request"}},
    {"id": "an execution", "kind": "agent_execution", "output": [1, 2]},
]

FEEDBACK: list[dict[str, Any]] = [
    {
        "id": "structured",
        "response": {
            "lines": [{"qty": 2, "id": 12345678901234567890123}],
            "total": 12.5,
            "vendor": {"city": "Köln", "name": "A"},
        },
        "notes": "the total was wrong",
        "tags": {"team": "kasse"},
    },
    {"id": "unchanged", "response": {"b": [True, None], "a": 1.0}},
    {"id": "json in a text", "response": {"ok": True, "total": 2}},
    {"id": "text", "response": {"role": "assistant", "content": "No.\u2029It is not.\u007f"}},
    {"id": "no output", "response": {"total": 2}},
    {"id": "rated up", "rating": "up"},
    {"id": "rated down", "rating": "down"},
    {"id": "notes only", "notes": "hm"},
    {"id": "no prediction", "response": {"total": 1}, "flag": True},
    {"id": "several corrections", "response": {"total": 61}},
    {"id": "several corrections", "response": {"total": 62}},
    {"id": "correction and rating", "response": {"total": 71}},
    {"id": "correction and rating", "rating": "up"},
    {"id": "image", "response": {"total": 80}},
    {"id": "images inline", "response": {"total": 90}},
    {"id": "parts of text", "response": {"total": 2}},
    {"id": "several turns", "response": {"role": "assistant", "content": "b1", "refusal": None}},
    {"id": "tools", "response": {"role": "assistant", "content": "3"}},
    {
        "id": "tool call",
        "response": {"role": "assistant", "content": None, "tool_calls": [call("B8")]},
    },
    {"id": "audio", "response": {"total": 2}},
    {"id": "ends with an answer", "response": {"total": 2}},
    {"id": "image of the assistant", "response": {"total": 2}},
    {"id": "no message", "response": {"role": "assistant", "content": {"total": 2}}},
    {"id": "two ids", "chat_id": "two ids", "response": {"of": "both"}},
    {"agent_execution_id": "an execution", "chat_id": "unknown", "response": {"list": [1]}},
]
