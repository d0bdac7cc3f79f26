"""The wheel serves from an empty folder outside the checkout, and may go to PyPI."""

import subprocess
import sys
import venv
from pathlib import Path

from tests.server.conftest import DEADLINE, wait_until


def test_the_wheel_installs_and_serves(dist: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    (tmp_path / "empty").mkdir()
    [wheel] = dist.glob("*.whl")
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{wheel}[docs]"], check=True)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [python.with_name("feedbackstore"), "serve", "--bind", f"unix:{tmp_path}/web.sock"],
            cwd=tmp_path / "empty",
            env={"PATH": "/usr/bin:/bin"},
            stdout=log,
            stderr=log,
        )
    try:
        said = tmp_path / "log"
        wait_until(lambda: "serves unix:" in said.read_text() or process.poll() is not None)
        assert (tmp_path / "empty" / "first-key").exists(), said.read_text()
    finally:
        process.terminate()
        assert process.wait(DEADLINE) == 0


def test_pypi_would_show_its_description(dist: Path) -> None:
    built = [*dist.glob("*.whl"), *dist.glob("*.tar.gz")]

    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *built],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
