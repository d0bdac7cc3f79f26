"""How much a request's head may hold, and what is said of one that holds more."""

import pytest

from tests.server.conftest import Server
from tests.server.test_framing import detail_of, head, send

LINE = 8190
FIELDS = 100
FIELD = 8190


def line(length: int) -> str:
    """A request's first line of so many bytes, its end included."""
    begin, end = "GET /v1/health?x=", " HTTP/1.1"
    return begin + "x" * (length - len(begin) - len(end) - 2) + end


@pytest.mark.parametrize(
    ("request_line", "headers", "status", "limit"),
    [
        (line(LINE), [], 200, ""),
        (line(LINE + 3), [], 414, f"{LINE} bytes"),
        (line(100), ["A: b"] * (FIELDS - 2), 200, ""),
        (line(100), ["A: b"] * (FIELDS - 1), 431, f"{FIELDS} header fields"),
        (line(100), ["A: " + "b" * (FIELD - 5)], 200, ""),
        (line(100), ["A: " + "b" * (FIELD - 4)], 431, f"{FIELD} bytes"),
    ],
)
def test_a_head_may_hold_so_much_and_no_more(
    server: Server, request_line: str, headers: list[str], status: int, limit: str
) -> None:
    found, body = send(server, head(server, request_line, *headers))

    assert found == status
    if limit:
        assert limit in detail_of(body)


def test_a_coding_that_is_not_known_is_the_clients_fault_and_is_not_tried_again(
    server: Server,
) -> None:
    request = head(server, "POST /v1/feedback/submit HTTP/1.1", "Transfer-Encoding: br")

    status, body = send(server, request + b"0\r\n\r\n")

    assert status == 400
    assert "HTTP" in detail_of(body)
