"""A release, built once; and a machine that has a Python and nothing else."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def dist() -> Path:
    """All that `make release` builds."""
    folder = Path(tempfile.mkdtemp())
    subprocess.run([sys.executable, "-m", "release", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def pyz(dist: Path) -> Path:
    """The one file."""
    return dist / "feedbackstore.pyz"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The whole environment of a program that has no home and may write beside the database."""
    os.environ.pop("SHIV_ROOT", None)
    (tmp_path / "data").mkdir()
    return {
        "PATH": f"{Path(sys.executable).parent.resolve()}:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "FEEDBACKSTORE_DATABASE_URL": f"sqlite:///{tmp_path}/data/feedback.db",
    }


@pytest.fixture
def run(pyz: Path, bare: dict[str, str]) -> Run:
    """Run a command of the file, in a folder that nobody writes."""

    def call(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [pyz, *arguments],
            cwd="/proc",
            env={**bare, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return call
