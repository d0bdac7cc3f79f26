"""A replica that the real Litestream keeps with the configuration of deploy/."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.crash.conftest import BIN, Flask, Writers, ended, stored
from tests.server.conftest import AS_MAKE_RUN, DEADLINE, ROOT, Serve, Store, wait_until

LITESTREAM: Final = BIN / "litestream"
CONFIG: Final = ROOT / "deploy" / "litestream.yml"


@pytest.fixture
def environment(new_store: Store, tmp_path: Path) -> dict[str, str]:
    """What the configuration asks for."""
    return {
        **os.environ,
        "FEEDBACKSTORE_DATABASE": str(new_store.database),
        "LITESTREAM_REPLICA": str(tmp_path / "replica"),
    }


@pytest.fixture
def replicating(environment: dict[str, str], tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Litestream, at work."""
    with (tmp_path / "litestream.log").open("wb") as log:
        process = subprocess.Popen(
            [LITESTREAM, "replicate", "-config", CONFIG],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_a_store_whose_disk_is_gone_comes_back_from_its_replica(
    new_store: Store,
    serve: Serve,
    flask: Flask,
    environment: dict[str, str],
    replicating: "subprocess.Popen[bytes]",
    tmp_path: Path,
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    with Writers(server, 0) as writers:
        wait_until(lambda: len(writers.acknowledged) > 500)
    copy = tmp_path / "copy.db"

    def is_replicated() -> bool:
        copy.unlink(missing_ok=True)
        done = subprocess.run(
            [LITESTREAM, "restore", "-config", CONFIG, "-o", copy, new_store.database],
            env=environment,
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
        return done.returncode == 0 and writers.acknowledged.items() <= stored(copy).items()

    wait_until(is_replicated)
    assert replicating.poll() is None
    assert writers.refused == []
    server.kill()
    replicating.kill()
    for path in new_store.database.parent.glob("*feedback.db*"):
        if path.is_file():
            path.unlink()

    ended(flask(new_store, "restore", copy))
    again = serve(new_store, *AS_MAKE_RUN)

    assert new_store.database.stat().st_mode & 0o777 == 0o600
    assert again.submit(request_id="x", notes="It goes on.")
    assert writers.acknowledged.items() <= stored(new_store.database).items()
