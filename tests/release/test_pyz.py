"""feedbackstore.pyz works where there is a Python and nothing else."""

import hashlib
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.release.conftest import ROOT, Run
from tests.server.conftest import DEADLINE, wait_until

DUMP = ROOT / "tests" / "schemas" / "0004_reviews.sql"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_commit_gives_the_same_bytes_and_few_of_them(pyz: Path, tmp_path: Path) -> None:
    again = tmp_path / "elsewhere" / "feedbackstore.pyz"
    subprocess.run([sys.executable, "-m", "release.pyz", again], cwd=ROOT, check=True)

    assert digest(again) == digest(pyz)
    assert pyz.stat().st_size < 5_000_000


def test_it_holds_what_the_store_needs_and_nothing_of_one_machine(pyz: Path) -> None:
    with zipfile.ZipFile(pyz) as archive:
        names = archive.namelist()
        texts = [archive.read(name) for name in names]
    packages = {name.removeprefix("site-packages/") for name in names}

    for path in (*ROOT.glob("feedbackstore/**/*"), *ROOT.glob("exports/**/*")):
        if path.is_file() and path.suffix != ".pyc":
            assert str(path.relative_to(ROOT)) in packages
    assert "flask_swagger_ui/dist/swagger-ui-bundle.js" in packages
    assert not [name for name in names if name.endswith((".so", ".pyc", "RECORD"))]
    assert not [text for text in texts if str(ROOT).encode() in text]


def test_every_command_is_there_and_help_names_the_file(run: Run, pyz: Path) -> None:
    done = run("--help")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: {pyz} ")
    assert {"serve", "migrate", "export-jsonl", "evaluate"} <= set(done.stdout.split())
    assert f"run: {pyz} migrate" in run("keys", "list").stderr


def test_it_unpacks_where_it_may(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "taken").mkdir(mode=0o777)
    (tmp_path / "taken").chmod(0o777)

    assert run("formats").returncode == 0
    assert [*(tmp_path / "data" / ".feedbackstore-cache").glob("feedbackstore-*")]
    assert run("formats", HOME=str(tmp_path / "home")).returncode == 0
    assert [*(tmp_path / "home" / ".cache" / "feedbackstore").glob("feedbackstore-*")]
    refused = run("formats", SHIV_ROOT=str(tmp_path / "taken"))
    assert refused.returncode == 1
    assert "SHIV_ROOT=/path" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_several_may_start_it_for_the_first_time_at_once(
    pyz: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    started = [
        subprocess.Popen([pyz, "formats"], env=bare, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    outputs = {process.communicate(timeout=60) for process in started}

    assert [process.returncode for process in started] == [0] * 4
    assert len(outputs) == 1
    assert len([*(tmp_path / "data" / ".feedbackstore-cache").glob("feedbackstore-*")]) == 1


def test_an_older_python_is_told_so(pyz: Path) -> None:
    with zipfile.ZipFile(pyz) as archive:
        start = archive.read("__main__.py").decode()
    script = f"import sys; sys.version_info = (3, 8, 1); exec({start!r})"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.stderr == "feedbackstore.pyz needs Python 3.11 or newer; this is 3.8.\n"


def test_it_serves_the_official_client_and_stops_in_order(
    pyz: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    from vlmrun.client import VLMRun

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [pyz, "serve", "--bind", f"127.0.0.1:{port}"],
            cwd="/proc",
            env=bare,
            stdout=log,
            stderr=log,
        )
    try:
        said = tmp_path / "log"
        wait_until(lambda: "serves http://" in said.read_text() or process.poll() is not None)
        key = (tmp_path / "data" / "first-key").read_text().strip()
        client = VLMRun(api_key=key, base_url=f"http://127.0.0.1:{port}/v1")
        client.feedback.submit(request_id="invoice-1", response={"total": 12.5})

        [item] = client.feedback.get("invoice-1").items

        assert item.response == {"total": 12.5}
        process.terminate()
        assert process.wait(DEADLINE) == 0
        assert "Traceback" not in said.read_text()
        assert key not in said.read_text()
    finally:
        process.kill()


def test_it_serves_a_socket(pyz: Path, bare: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [pyz, "serve", "--bind", f"unix:{path}"], env=bare, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: path.exists() or process.poll() is not None)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /docs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = client.recv(100)
        assert answer.startswith(b"HTTP/1.1 200")
    finally:
        process.terminate()
        assert process.wait(DEADLINE) == 0


def test_an_older_store_is_kept_and_an_older_file_names_the_copy(
    run: Run, pyz: Path, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "feedback.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8").split("\n", 1)[1])

    migrated = run("migrate")

    [copy] = path.parent.glob("feedback.db.before-*")
    assert migrated.returncode == 0, migrated.stderr
    assert f"the store as it was is kept: {copy}" in migrated.stderr
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO schema_migration VALUES (99, '9999_x', '2026-01-01')")
    refused = run("serve", "--bind", f"unix:{tmp_path}/web.sock")
    assert refused.returncode == 1
    assert refused.stderr.endswith(f"run: {pyz} restore {copy}\n")
    assert run("restore", copy).returncode == 0
    assert run("migrate").returncode == 0


def test_an_export_of_several_processes_works(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "data" / "feedback.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8").split("\n", 1)[1])
    run("migrate")

    one = run("export-jsonl", "--quiet")
    two = run("export-jsonl", "--quiet", "--jobs", "2")

    assert one.stdout.count("\n") > 0
    assert (two.stdout, two.stderr) == (one.stdout, "")


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="the sums are checked by sha256sum")
def test_the_release_is_whole_and_says_what_is_in_it(dist: Path) -> None:
    subprocess.run(["sha256sum", "--quiet", "--check", "SHA256SUMS"], cwd=dist, check=True)
    listed = json.loads((dist / "feedbackstore.cdx.json").read_text())

    assert {path.suffix for path in dist.iterdir()} >= {".whl", ".gz", ".pyz", ".json"}
    assert listed["bomFormat"] == "CycloneDX"
    named = {
        part["name"].lower().replace("_", "-"): part["version"] for part in listed["components"]
    }
    locked = [
        line.split(" ")[0].split("==")
        for line in (ROOT / "requirements" / "pyz.txt").read_text().splitlines()
        if "==" in line
    ]
    assert named == dict(locked)
