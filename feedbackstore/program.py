"""What the program is called by whoever runs it: hints name its commands by that."""

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_FOLDER: Final = re.compile(r"\S*/")
_MODULE: Final = "__main__.py"

_called = "flask"


def line(command: str) -> str:
    """How a command is typed here: `flask migrate`, or `./feedbackstore.pyz migrate`."""
    return f"{_called} {command}"


def shown(command: str) -> str:
    """The same for whoever sees a page: without the folder that the program lies in."""
    return f"{_FOLDER.sub('', _called)} {command}"


def name() -> str:
    """What the program is called."""
    return _called


def is_called(name: str) -> None:
    """Call the program so from now on."""
    global _called  # noqa: PLW0603
    _called = name


def as_typed(argument: str) -> str:
    """How to call the program again, by the argument that Python gives it as its name."""
    path = Path(argument)
    if path.name == _MODULE:
        return f"{Path(sys.executable).name} -m {path.parent.name}"
    found = shutil.which(path.name)
    if found and path.exists() and path.samefile(found):
        return path.name
    # Without a slash the shell would not have found it: Python was given it as a file.
    return shlex.quote(argument) if "/" in argument else f"python3 {shlex.quote(argument)}"
