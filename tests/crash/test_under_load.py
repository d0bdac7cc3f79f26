"""What is done to a store while a real server is written to."""

import subprocess
from pathlib import Path

from tests.crash.conftest import Flask, Writers, ended, stored
from tests.server.conftest import AS_MAKE_RUN, DEADLINE, Serve, Store, wait_until

MEGABYTE = 1024 * 1024


def test_a_backup_holds_all_that_was_acknowledged_before_it_began(
    new_store: Store, serve: Serve, flask: Flask, tmp_path: Path
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    with Writers(server, 0) as writers:
        for number in range(5):
            wait_until(lambda: len(writers.acknowledged) > 100)
            before = dict(writers.acknowledged)
            copy = tmp_path / f"copy-{number}.db"
            ended(flask(new_store, "backup", copy))
            assert before.items() <= stored(copy).items()
    assert writers.refused == []
    assert not writers.ends


def test_the_log_stays_small_while_an_export_waits_for_its_reader(
    new_store: Store, serve: Serve, flask: Flask
) -> None:
    server = serve(new_store, *AS_MAKE_RUN)
    for number in range(200):
        server.record("request", f"r-{number}", output={"total": number})
        server.submit(request_id=f"r-{number}", response={"note": "x" * 10_000})
    export: subprocess.Popen[bytes] = flask(new_store, "export-jsonl", "-", "--quiet")
    assert export.stdout is not None
    first = export.stdout.read(1)

    log = new_store.database.with_name("feedback.db-wal")
    with Writers(server, 0, notes_length=100_000) as writers:
        wait_until(lambda: len(writers.acknowledged) > 500)
        assert log.stat().st_size < 16 * MEGABYTE

    assert export.poll() is None
    rest, _ = export.communicate(timeout=DEADLINE)
    assert len((first + rest).splitlines()) == 200
