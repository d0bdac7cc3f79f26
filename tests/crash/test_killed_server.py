"""A server whose whole group is killed while it is written to, and what is there afterwards."""

import os
import random
import shutil
import signal
from pathlib import Path
from typing import Final

import pytest

from tests.crash.conftest import Writers, mounted, stored, wait
from tests.server.conftest import AS_MAKE_RUN, Serve, Server, Store, make_store, wait_until

ROUNDS: Final = 20
LOAD_SECONDS: Final = 0.6


def workers_of(server: Server) -> list[int]:
    """The processes that serve."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def test_what_was_acknowledged_is_there_once_after_every_kill_9(
    new_store: Store, serve: Serve, moments: random.Random
) -> None:
    acknowledged: dict[str, str] = {}
    for round_ in range(ROUNDS):
        server = serve(new_store, *AS_MAKE_RUN)
        with Writers(server, round_) as writers:
            wait_until(lambda: bool(writers.acknowledged))
            wait(moments, LOAD_SECONDS)
            server.kill()
        assert writers.refused == []
        acknowledged |= writers.acknowledged
        # What was stored and not acknowledged is at most what each writer waited for.
        found = stored(server.database)
        assert acknowledged.items() <= found.items()
        assert len(found) - len(acknowledged) <= 8 * (round_ + 1)
    assert len(acknowledged) > ROUNDS
    server = serve(new_store, *AS_MAKE_RUN)
    assert server.submit(request_id="x", notes="It goes on.")["id"] in stored(server.database)
    assert server.stop() == 0
    assert "Traceback" not in server.printed


def test_one_worker_killed_is_replaced_and_loses_nothing(
    new_store: Store, serve: Serve, moments: random.Random
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    acknowledged: dict[str, str] = {}
    for round_ in range(ROUNDS):
        wait_until(lambda: len(workers_of(server)) == 2)
        with Writers(server, round_) as writers:
            wait(moments, LOAD_SECONDS / 3)
            os.kill(moments.choice(workers_of(server)), signal.SIGKILL)
            server.submit(request_id="x", notes=f"Another one serves, {round_}.")
        assert writers.refused == []
        acknowledged |= writers.acknowledged
    assert server.stop() == 0
    assert acknowledged.items() <= stored(server.database).items()


def test_an_orderly_stop_answers_all_that_it_stores(
    new_store: Store, serve: Serve, moments: random.Random
) -> None:
    acknowledged: dict[str, str] = {}
    for round_ in range(5):
        server = serve(new_store, *AS_MAKE_RUN)
        with Writers(server, round_) as writers:
            wait_until(lambda: bool(writers.acknowledged))
            wait(moments, LOAD_SECONDS)
            assert server.stop() == 0
        acknowledged |= writers.acknowledged
        assert stored(server.database) == acknowledged


def test_what_was_acknowledged_outlives_a_power_cut(
    tmp_path: Path, serve: Serve, moments: random.Random
) -> None:
    """The disk as the device holds it, with nothing that was only in memory on its way there."""
    image, copy = tmp_path / "disk.img", tmp_path / "after.img"
    with image.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    made = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
    if made is None:
        pytest.skip("mkfs.ext4 is not there")
    assert os.spawnl(os.P_WAIT, made, "mkfs.ext4", "-q", str(image)) == 0
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as disk:
        store = make_store(disk)
        acknowledged: dict[str, str] = {}
        for round_ in range(3):
            server = serve(store, *AS_MAKE_RUN)
            with Writers(server, round_) as writers:
                wait_until(lambda: bool(writers.acknowledged))
                wait(moments, LOAD_SECONDS)
                for pid in (server.pid, *workers_of(server)):
                    os.kill(pid, signal.SIGSTOP)
                acknowledged |= writers.acknowledged
                shutil.copyfile(image, copy)
                server.kill()
            with mounted(tmp_path / "after", "-o", "loop", str(copy)) as after:
                assert acknowledged.items() <= stored(after / "feedback.db").items()
