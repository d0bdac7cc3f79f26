"""The corpus, over raw sockets: each request is answered, none fails, none gives anything away."""

from concurrent.futures import ThreadPoolExecutor

import requests

from tests.hostile.conftest import GIVEN_AWAY, LONGEST, PATIENCE, Answer, exchange
from tests.hostile.corpus import Sent, everything
from tests.server.conftest import Server

_AT_ONCE = 8
_ENOUGH = 3_000


def wrong(sent: Sent, answer: Answer) -> str | None:
    """What is wrong with an answer."""
    text = answer.body.decode("utf-8", "replace")
    if answer.status >= 500 and not (answer.status == 503 and "Retry-After" in answer.headers):
        return "fails"
    if answer.status >= 400 and len(text) > LONGEST:
        return "is long"
    if any(word in text for word in GIVEN_AWAY) and answer.status >= 400:
        return "gives away too much"
    if answer.status == 0:
        return "is none"
    return None


def test_whatever_is_sent_is_answered_in_time_and_without_a_fault(server: Server) -> None:
    document = requests.get(f"{server.address}/openapi.json", timeout=PATIENCE).json()
    corpus = everything(server.key, document)
    assert len(corpus) > _ENOUGH

    def ask(sent: Sent) -> str | None:
        try:
            answer = exchange(server, sent.data, sent.method)
        except TimeoutError:
            return f"hangs: {sent.name}"
        found = wrong(sent, answer)
        return found and f"{found} ({answer.status} {answer.body[:200]!r}): {sent.name}"

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [each for each in pool.map(ask, corpus) if each]

    assert found == []
