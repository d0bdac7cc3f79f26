"""The people who review, `ada` and `bob` in the project default, and a clock to set."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from feedbackstore import ids, keys
from tests.conftest import Caller

Hire = Callable[..., Caller]


@pytest.fixture
def hire(client: FlaskClient) -> Hire:
    """A caller with a key of that name and those scopes, in the project default."""

    def make(name: str, *scopes: str) -> Caller:
        key = keys.create(name=name, scopes=scopes or ("read", "review"))
        assert key is not None
        return Caller(client, key)

    return make


@pytest.fixture
def ada(hire: Hire) -> Caller:
    """Reviews."""
    return hire("Ada")


@pytest.fixture
def bob(hire: Hire) -> Caller:
    """Reviews too."""
    return hire("Bob")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._present = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def present(self) -> datetime:
        """What it shows."""
        return self._present

    def move(self, **passed: float) -> None:
        """Let time pass."""
        self._present += timedelta(**passed)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The store's clock, to be moved by hand."""
    clock = Clock()
    monkeypatch.setattr(ids, "present", clock.present)
    return clock
