"""The people who review: `ada` and `bob` may read and review in the project default."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from feedbackstore import keys
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
