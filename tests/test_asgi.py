"""The app as an ASGI server calls it: in the event loop, in threads, and cut off."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest

from feedbackstore import asgi, database, group_commit, keys, rate_limits, submissions
from feedbackstore.app import create_app
from feedbackstore.asgi import App
from feedbackstore.models import Feedback


class Answer(NamedTuple):
    """What was sent back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Calls an app as a server does; every test has an event loop of its own."""

    def __init__(self, app: App, key: str) -> None:
        self.app, self.key = app, key

    async def ask(
        self,
        method: str,
        path: str,
        chunks: Iterable[bytes] = (),
        *,
        whole: bool = True,
        **more: str,
    ) -> Answer:
        """One request; its body comes in chunks, and breaks off where it is not whole."""
        body = list(chunks)
        headers = {"Authorization": f"Bearer {self.key}", "Host": "x", **more}
        headers.setdefault("Content-Length", str(sum(map(len, body))))
        if "Transfer-Encoding" in headers:
            del headers["Content-Length"]
        events = [
            {"type": "http.request", "body": chunk, "more_body": not whole or at < len(body) - 1}
            for at, chunk in enumerate(body)
        ]
        sent: list[dict[str, Any]] = []
        self.read_before_answer = 0

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            self.read_before_answer += not sent
            return events.pop(0) if events else {"type": "http.disconnect"}

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        path, _, query = path.partition("?")
        await self.app(
            {
                "type": "http",
                "http_version": "1.1",
                "method": method,
                "scheme": "http",
                "raw_path": path.encode(),
                "query_string": query.encode(),
                "server": ("127.0.0.1", 8000),
                "client": ("127.0.0.1", 50000),
                "headers": [
                    (name.replace("_", "-").lower().encode(), text.encode())
                    for name, text in headers.items()
                ],
            },
            receive,
            send,
        )
        start, end = sent
        found = {name.decode(): text.decode() for name, text in start["headers"]}
        return Answer(start["status"], found, end["body"])

    async def submit(self, chunks: Iterable[bytes] | None = None, **members: Any) -> Answer:
        body = [json.dumps(members).encode()] if chunks is None else chunks
        return await self.ask("POST", "/v1/feedback/submit", body, Content_Type="application/json")


@pytest.fixture
def client(store: str) -> Client:
    return Client(create_app({"FEEDBACKSTORE_DATABASE_URL": store}), str(keys.create()))


def test_submissions_at_the_same_moment_are_all_stored(client: Client) -> None:
    async def submit_all() -> list[Answer]:
        return await asyncio.gather(
            *(client.submit(request_id="x", notes=str(number)) for number in range(100))
        )

    answers = asyncio.run(submit_all())

    assert {answer.status for answer in answers} == {200}
    stored = dict(Feedback.select(Feedback.uuid, Feedback.notes).tuples())
    assert stored == {answer.json["id"]: answer.json["notes"] for answer in answers}


@pytest.mark.sqlite
def test_a_key_is_looked_up_once_for_all_who_come_with_it_at_once(client: Client) -> None:
    looked: list[str] = []

    async def submit_twice_at_once() -> list[Answer]:
        return await asyncio.gather(*(client.submit(request_id=each, notes="n") for each in "ab"))

    connection = database.proxy.connection()
    connection.set_trace_callback(lambda sql: looked.append(sql) if '"api_key"' in sql else None)
    answers = asyncio.run(submit_twice_at_once())
    connection.set_trace_callback(None)

    assert [answer.status for answer in answers] == [200, 200]
    assert len([sql for sql in looked if sql.startswith("SELECT")]) == 1


def test_a_key_that_is_revoked_meanwhile_is_none_to_who_comes_next(client: Client) -> None:
    async def revoke_in_between() -> list[int]:
        before = await client.submit(request_id="x", notes="before")
        keys.revoke(keys.id_of(client.key))
        after = await client.submit(request_id="x", notes="after")
        return [before.status, after.status]

    assert asyncio.run(revoke_in_between()) == [200, 401]


def test_one_that_is_wrong_is_refused_alone(client: Client) -> None:
    async def submit_all() -> list[Answer]:
        return await asyncio.gather(
            client.submit(request_id="x", notes="good"),
            client.submit(request_id="", notes="no id"),
            client.submit([b"{"]),
            client.submit(request_id="x", notes="good too"),
        )

    statuses = [answer.status for answer in asyncio.run(submit_all())]

    assert statuses == [200, 422, 422, 200]
    assert Feedback.select().count() == 2


def test_more_than_may_wait_are_told_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit.writes, "limit", 2)

    async def submit_all() -> list[Answer]:
        return await asyncio.gather(
            *(client.submit(request_id="x", notes=str(number)) for number in range(5))
        )

    answers = asyncio.run(submit_all())

    assert sorted(answer.status for answer in answers) == [200, 200, 503, 503, 503]
    refused = [answer for answer in answers if answer.status == 503]
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert Feedback.select().count() == 2


def test_what_fails_unexpectedly_is_a_500_without_its_cause(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise LookupError("a secret cause")

    monkeypatch.setattr(submissions, "asubmit", fail)

    answer = asyncio.run(client.submit(request_id="x", notes="n"))

    assert (answer.status, list(answer.json)) == (500, ["detail"])
    assert b"secret" not in answer.body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/feedback/x?limit=5", 200),
        ("HEAD", "/v1/health", 200),
        ("GET", "/v1/feedback/submit", 200),
        ("PUT", "/v1/feedback/submit", 405),
        ("GET", "/v2", 404),
    ],
)
def test_other_routes_are_served_too(client: Client, method: str, path: str, status: int) -> None:
    answer = asyncio.run(client.ask(method, path))

    assert answer.status == status
    assert answer.body == b"" if method == "HEAD" else answer.json


def test_a_large_body_is_stored_like_a_small_one(client: Client) -> None:
    notes = "x" * 100_000
    body = json.dumps({"request_id": "x", "notes": notes}).encode()

    answer = asyncio.run(client.submit([body[:50_000], body[50_000:]]))

    assert (answer.status, answer.json["notes"]) == (200, notes)


def test_a_body_in_chunks_is_stored(client: Client) -> None:
    answer = asyncio.run(
        client.ask(
            "POST",
            "/v1/feedback/submit",
            [b'{"request_id":', b'"x","notes":"n"}'],
            Content_Type="application/json",
            **{"Transfer-Encoding": "chunked"},
        )
    )

    assert answer.status == 200


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_body_that_breaks_off_is_refused(client: Client, size: int) -> None:
    answer = asyncio.run(
        client.ask(
            "POST",
            "/v1/feedback/submit",
            [b'{"request_id":"x","notes":"' + b"x" * size],
            whole=False,
            Content_Type="application/json",
            **{"Content-Length": str(size + 100)},
        )
    )

    assert (answer.status, answer.json) == (400, {"detail": "The body cannot be read to its end."})
    assert Feedback.select().count() == 0


def test_a_body_that_is_too_long_is_refused_and_read_to_its_end(client: Client) -> None:
    chunks = [b"x" * (1024 * 1024)] * 9

    answer = asyncio.run(client.submit(chunks))

    assert answer.status == 413


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("POST", "/v1/feedback/submit", "wrong", 401),
        ("PUT", "/v1/predictions/request/x", "", 401),
        ("POST", "/v1/nothing", None, 404),
        ("POST", "/v1/health", None, 405),
        ("DELETE", "/v1/feedback/id/00000000-0000-7000-8000-000000000000", None, 403),
    ],
)
@pytest.mark.parametrize("framing", [{}, {"Transfer-Encoding": "chunked"}])
def test_who_is_refused_anyway_is_refused_before_a_large_body_is_read(
    client: Client, method: str, path: str, key: str | None, status: int, framing: dict[str, str]
) -> None:
    client.key = client.key if key is None else key
    body = b"x" * 100_000

    answer = asyncio.run(client.ask(method, path, [body], **framing))

    assert answer.status == status
    assert client.read_before_answer == 0


def test_a_request_with_a_large_body_counts_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.app.config, "RATE_LIMIT_PER_KEY", rate_limits.parse("2/day"))
    body = json.dumps({"request_id": "x", "response": {"a": "x" * 100_000}}).encode()

    statuses = [asyncio.run(client.submit([body])).status for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_a_large_body_that_finds_no_room_is_told_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "_ROOM_SECONDS", 0)
    body = json.dumps({"request_id": "x", "response": {"a": "x" * 100_000}}).encode()

    async def submit_while_full() -> tuple[Answer, Answer]:
        async with client.app._large.taken(1 << 40, 1):
            refused = await client.submit([body])
        return refused, await client.submit([body])

    refused, stored = asyncio.run(submit_while_full())

    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert "large bodies" in refused.json["detail"]
    assert stored.status == 200
    assert Feedback.select().count() == 1


def test_the_server_may_tell_of_its_start_and_end(client: Client) -> None:
    events: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "whatever comes next"}

    async def send(event: dict[str, Any]) -> None:
        events.append(event["type"])

    asyncio.run(client.app({"type": "lifespan"}, receive, send))
    asyncio.run(client.app({"type": "websocket"}, receive, send))

    assert events == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]
