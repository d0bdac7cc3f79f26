"""What is accepted reads back as it was sent: types, order and spelling of names included."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Caller
from tests.test_documents import json_values, texts, typed

ODD = {
    "the smallest": 5e-324,
    "minus zero": -0.0,
    "whole floats": [1, 1.0, True, 1e0, 100000000000000000000.0],
    "big": [10**4299, -(10**4298), 2**53 + 1, 2**63, 2**64],
    "every plane": "".join(chr(plane << 16 | 0x41) for plane in range(17))
    + "\u2028\x7f\ufeff\u202e",
    "names": {"": {"": ""}, "__proto__": 1, "b": 1, "a": 2, " a": 3, "A": 4, "é": 5, "e\u0301": 6},
    "long": "ß" * 1_000_000,
    "nothing": [None, {}, [], "", [[]], {"a": None}],
}


def read_back(writer: Caller, id: str, document: dict[str, Any]) -> None:
    """Send it as an output and as a correction, and compare all that shows them."""
    body = json.dumps({"input": [{"role": "user", "content": "q"}], "output": document})
    json_type = {"content_type": "application/json"}
    put = writer.put(f"/v1/predictions/request/{id}?replace=true", data=body, **json_type)
    assert put.status_code in (200, 201)
    body = json.dumps({"request_id": id, "response": document})
    uuid = writer.post("/v1/feedback/submit", data=body, **json_type).get_json()["id"]

    shown = [
        writer.get(f"/v1/predictions/{id}").get_json()["response"],
        writer.get(f"/v1/feedback/{id}?limit=1").get_json()["items"][0]["response"],
        writer.get(f"/v1/feedback/id/{uuid}").get_json()["correction"],
    ]

    assert [typed(each) for each in shown] == [typed(document)] * 3


@pytest.mark.parametrize("name", ODD)
def test_an_odd_document_reads_back_as_it_was(writer: Caller, name: str) -> None:
    read_back(writer, "odd", {"a": ODD[name]})


def test_a_document_as_deep_as_may_be_reads_back(writer: Caller) -> None:
    deep: Any = []
    for _ in range(98):
        deep = [deep]

    read_back(writer, "deep", {"a": deep})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(document=st.dictionaries(texts, json_values, max_size=5))
def test_any_document_reads_back_as_it_was(writer: Caller, document: dict[str, Any]) -> None:
    # An object with the role of an assistant is a message, and held to what those are.
    if document.get("role") != "assistant":
        # An id of its own: sent twice, the same counts as sent again, and is not the newest.
        read_back(writer, f"any-{uuid4()}", document)
