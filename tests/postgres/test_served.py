"""A real gunicorn on a real PostgreSQL: what it acknowledged is there, whatever dies."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import vlmrun.client

from feedbackstore import database
from feedbackstore.models import Feedback
from feedbackstore.store import open_store
from tests.cluster import Cluster
from tests.crash.conftest import Writers
from tests.postgres.conftest import OnServer
from tests.server.conftest import AS_MAKE_RUN, Serve, Server, wait_until

WAYS = (
    AS_MAKE_RUN,
    ("--workers", "2"),
    ("--workers", "2", "--threads", "4"),
    ("--worker-class", "gevent", "--workers", "2"),
    # The app is made before the workers are: its connection must not be theirs.
    ("--preload", "--workers", "2", "--threads", "4"),
)


def stored(store: OnServer) -> dict[str, str]:
    """The ids of what is there, with their notes."""
    open_store(store.url, 5)
    found = {row.uuid: row.notes for row in Feedback.select().order_by(Feedback.id)}
    database.close()
    return found


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_every_worker_class_stores_what_it_acknowledges(
    new_store: OnServer, serve: Serve, way: tuple[str, ...]
) -> None:
    server = serve(new_store, *way)

    def submit(number: int) -> str:
        answer = server.submit(request_id=str(number), response={"n": number}, notes=str(number))
        return str(answer["id"])

    with ThreadPoolExecutor(8) as threads:
        told = dict(zip(threads.map(submit, range(80)), map(str, range(80)), strict=True))

    assert stored(new_store) == told
    assert server.get("feedback/79")["items"][0]["response"] == {"n": 79}
    assert server.stop() == 0
    assert "Traceback" not in server.printed


def test_the_official_client_need_not_know(new_store: OnServer, serve: Serve) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    client = vlmrun.client.VLMRun(api_key=server.key, base_url=server.base_url)

    client.feedback.submit("invoice-1", {"total": 12.5}, notes="Read wrongly.")

    (item,) = client.feedback.get("invoice-1").items
    assert (item.response, item.notes) == ({"total": 12.5}, "Read wrongly.")


def test_killed_at_any_moment_the_store_holds_what_was_acknowledged(
    new_store: OnServer, serve: Serve
) -> None:
    acknowledged: dict[str, str] = {}
    for round_ in range(5):
        server = serve(new_store, *AS_MAKE_RUN)
        with Writers(server, round_) as writers:
            wait_until(lambda writers=writers: len(writers.acknowledged) > 50)
            server.kill()
        acknowledged |= writers.acknowledged
        assert acknowledged.items() <= stored(new_store).items()


def test_a_database_server_that_crashes_has_what_was_acknowledged_and_is_found_again(
    new_store: OnServer, serve: Serve, synced: Cluster
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    with Writers(server, 0) as writers:
        wait_until(lambda: len(writers.acknowledged) > 50)
        synced.stop("immediate")
    try:
        refused = _submitted(server)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert "cannot be reached" in refused.json()["detail"]
    finally:
        synced.start()

    # The same server process goes on, with no hand of anybody.
    wait_until(lambda: _submitted(server).status_code == 200)
    assert writers.acknowledged.items() <= stored(new_store).items()
    assert "Traceback" not in server.printed


def _submitted(server: Server) -> requests.Response:
    return requests.post(
        f"{server.base_url}/feedback/submit",
        headers=server.headers,
        json={"request_id": "x", "notes": "Again."},
        timeout=30,
    )
