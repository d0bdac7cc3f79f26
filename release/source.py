"""What a release is made of: the files that git knows, at the moment of the last commit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_PARTS: Final = ("feedbackstore", "exports", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def moment() -> int:
    """The seconds of the commit, or of SOURCE_DATE_EPOCH where that is set."""
    named = os.environ.get("SOURCE_DATE_EPOCH")
    return int(named or _git("log", "-1", "--format=%ct"))


def copy(target: Path) -> Path:
    """Copy the package's files into a directory, so that nothing built before is among them."""
    for name in _git("ls-files", "-z", "--", *_PARTS).split("\0"):
        if name:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
            os.utime(target / name, (moment(), moment()))
    return target


def pip(*arguments: str | Path) -> None:
    """Run pip, quietly. Raises CalledProcessError."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(moment())}
    subprocess.run([*command, *arguments], check=True, env=environ)


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()
