"""What the timer does each night, on a store of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.deploy.conftest import DEPLOY
from tests.server.conftest import DEADLINE, Store, new_store  # noqa: F401 - fixture

FLASK = Path(sys.executable).with_name("flask")


def tonight(store: Store, **settings: str) -> Any:
    return subprocess.run(
        [DEPLOY / "nightly.sh"],
        cwd=store.database.parent,
        env={
            **os.environ,
            "FEEDBACKSTORE": str(FLASK),
            "FEEDBACKSTORE_DATABASE_URL": store.url,
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=3 * DEADLINE,
        check=False,
    )


def test_each_night_there_is_a_backup_and_a_dataset(new_store: Store) -> None:  # noqa: F811
    done = [tonight(new_store, NIGHTLY_EXPORT="--format trl-preference") for _ in range(2)]

    assert [night.returncode for night in done] == [0, 0], done[0].stderr + done[1].stderr
    beside = new_store.database.parent
    assert list((beside / "backups").glob("feedback-*.db"))
    manifest = beside / "exports/nightly/manifest.json"
    assert '"format": "trl-preference"' in manifest.read_text()
    assert manifest.stat().st_mode & 0o077 == 0
    assert "integrity" in done[1].stdout


def test_what_fails_shows_and_keeps_nothing_else_from_being_done(
    new_store: Store,  # noqa: F811
) -> None:
    done = tonight(new_store, NIGHTLY_KEEP="none")

    assert done.returncode == 1
    assert "failed with exit status 2: feedbackstore backup" in done.stderr
    assert "integrity" in done.stdout
    assert (new_store.database.parent / "exports/nightly/manifest.json").exists()


def test_an_export_can_be_left_out(new_store: Store, tmp_path: Path) -> None:  # noqa: F811
    done = tonight(new_store, NIGHTLY_EXPORT_TO="off", NIGHTLY_BACKUPS_IN=str(tmp_path / "disk"))

    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "disk").glob("feedback-*.db"))
    assert not (new_store.database.parent / "exports").exists()
