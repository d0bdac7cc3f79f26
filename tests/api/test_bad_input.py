"""What no client sends on purpose: refused at the door, with nothing stored."""

import json
from typing import Any

import pytest

from feedbackstore.models import Feedback, Prediction
from tests.conftest import Caller

BODIES = {
    "nothing": (b"", ["body"], "missing"),
    "no JSON": (b"{", ["body", 1], "json_invalid"),
    "form": (b"request_id=x&notes=y", ["body", 0], "json_invalid"),
    "BOM": (b'\xef\xbb\xbf{"request_id":"x"}', ["body", 0], "json_invalid"),
    "UTF-16": ('{"request_id":"x"}'.encode("utf-16"), ["body", 0], "json_invalid"),
    "bad UTF-8": (b'{"request_id":"\xff"}', ["body", 15], "json_invalid"),
    "trailing": (b'{"request_id":"x","notes":"y"}]', ["body", 30], "json_invalid"),
    "NaN": (b'{"request_id":"x","response":{"a":NaN}}', ["body", "response", "a"], "finite_number"),
    "1e999 ignored": (b'{"request_id":"x","notes":"y","z":[1e999]}', ["body", "z", 0], None),
    "surrogate": (b'{"request_id":"\\ud800","notes":"y"}', ["body", "request_id"], None),
    "surrogate key": (b'{"\\udfff":1}', ["body", "\\udfff"], "string_unicode"),
    "NUL": (b'{"request_id":"x","notes":"\\u0000"}', ["body", "notes"], "string_nul"),
    "twice": (b'{"request_id":"x","request_id":"y","notes":"z"}', ["body", "request_id"], None),
    "deep": (b'{"request_id":"x","response":{"a":' + b"[" * 200 + b"]" * 200 + b"}}", None, None),
    "very deep": (b'{"a":' * 100_000, ["body"], "nested_too_deep"),
    "digits": (b'{"request_id":"x","response":{"a":' + b"9" * 4301 + b"}}", None, None),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/v1/feedback/submit", "/v1/experimental/feedback/submit"])
def test_a_body_that_is_no_strict_json_is_refused(writer: Caller, path: str, name: str) -> None:
    body, loc, type_ = BODIES[name]

    response = writer.post(path, data=body, content_type="application/json")

    assert response.status_code == 422
    problem = response.get_json()["detail"][0]
    assert set(problem) >= {"loc", "msg", "type"}
    assert loc is None or problem["loc"] == loc
    assert type_ is None or problem["type"] == type_
    assert len(response.get_data()) < 2000
    assert not Feedback.select().exists()


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_a_body_of_another_type_is_refused(writer: Caller, content_type: str) -> None:
    response = writer.post(
        "/v1/feedback/submit", data=b'{"request_id":"x","notes":"y"}', content_type=content_type
    )

    assert response.status_code == 422
    assert "Content-Type: application/json" in response.get_json()["detail"][0]["msg"]
    assert not Feedback.select().exists()


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json;charset=UTF-8"],
)
def test_json_is_json_however_it_is_spelled(writer: Caller, content_type: str) -> None:
    response = writer.post(
        "/v1/feedback/submit", data=b'{"request_id":"x","notes":"y"}', content_type=content_type
    )

    assert response.status_code == 200


def test_a_compressed_body_is_refused(writer: Caller) -> None:
    response = writer.post(
        "/v1/feedback/submit", json={"request_id": "x"}, headers={"Content-Encoding": "gzip"}
    )

    assert response.status_code == 415
    assert isinstance(response.get_json()["detail"], str)


def padded(length: int) -> bytes:
    body = b'{"request_id":"x","notes":"y"}'
    return body + b" " * (length - len(body))


def test_a_body_may_be_as_long_as_the_limit_and_no_longer(writer: Caller) -> None:
    limit = 8 * 1024 * 1024

    def status(body: bytes, **kwargs: Any) -> int:
        response = writer.post(
            "/v1/feedback/submit", data=body, content_type="application/json", **kwargs
        )
        assert len(response.get_data()) < 2000
        return int(response.status_code)

    assert status(padded(limit)) == 200
    assert status(padded(limit + 1)) == 413
    # Without a length that is declared, as a chunked body comes.
    chunked = {"wsgi.input_terminated": True}
    assert status(padded(limit + 100), content_length=None, environ_overrides=chunked) == 413
    assert Feedback.select().count() == 1


def test_a_long_value_does_not_come_back_whole(writer: Caller) -> None:
    response = writer.submit(request_id=["x" * 1_000_000], notes="y")

    assert response.status_code == 422
    assert len(response.get_data()) < 1000


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v2/health", "/v1//health"])
def test_what_is_not_there_is_not_found_in_the_same_shape(
    writer: Caller, method: str, path: str
) -> None:
    response = getattr(writer, method)(path)

    assert response.status_code == 404
    assert response.get_json() == {"detail": "Not Found"}


def test_nothing_of_a_prediction_is_stored_either(writer: Caller) -> None:
    body = json.dumps({"input": [{"role": "user", "content": "q"}], "output": float("nan")})

    response = writer.put(
        "/v1/predictions/request/x", data=body.encode(), content_type="application/json"
    )

    assert response.get_json()["detail"][0]["loc"] == ["body", "output"]
    assert not Prediction.select().exists()


MANY = 100_000


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "/v1/predictions/request/x", {"input": [1] * MANY}),
        ("put", "/v1/predictions/request/x", {"input": [{"role": "user", "content": [1] * MANY}]}),
        ("post", "/v1/predictions", [1] * MANY),
        ("post", "/v1/predictions", [{"id": 5, "input": [1] * 1000}] * 1000),
        ("post", "/v1/feedback/submit", {"request_id": "x", "tags": dict.fromkeys("ab" * 9, 1)}),
        (
            "post",
            "/v1/feedback/submit",
            {"request_id": "x", "tags": {str(number): 1 for number in range(MANY)}},
        ),
        ("post", "/v1/feedback/submit", {"request_id": "x", "tags": {"k" * 1_000_000: 1}}),
        ("post", "/v1/feedback/submit", {"request_id": "x", "k" * 1_000_000: float("nan")}),
    ],
)
def test_however_much_is_wrong_the_answer_is_short(
    writer: Caller, method: str, path: str, body: Any
) -> None:
    response = getattr(writer, method)(path, json=body)

    assert response.status_code == 422
    assert 1 <= len(response.get_json()["detail"]) <= 20
    assert len(response.get_data()) < 50_000


def test_another_transfer_encoding_is_refused(writer: Caller) -> None:
    response = writer.post(
        "/v1/feedback/submit",
        json={"request_id": "x", "notes": "n"},
        headers={"Transfer-Encoding": "gzip, chunked"},
    )

    assert response.status_code == 400
