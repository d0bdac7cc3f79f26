"""docs/operate.md: its commands are typed in a folder that holds the one file, and print that."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.release.conftest import ROOT
from tests.server.conftest import wait_until
from tests.test_readme import BLOCK, COMMAND, Session, matches

PAGE: Final = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


@pytest.fixture
def session(pyz: Path, bare: dict[str, str], tmp_path: Path) -> Iterator[Session]:
    """A terminal in that folder, while the store is served there."""
    folder = tmp_path / "operator"
    folder.mkdir()
    shutil.copy(pyz, folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in bare.items() if not name.startswith("FEEDBACKSTORE")}
    log = folder / "serve.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [folder / pyz.name, "serve", "--bind", f"127.0.0.1:{port}"],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            process_group=0,
        )
    wait_until(lambda: "serves http" in log.read_text() or process.poll() is not None)
    assert process.poll() is None, log.read_text()
    yield Session(folder, environ, port)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    assert not re.search(r"fbk_[0-9a-f]+_", log.read_text())


@pytest.mark.skipif(not shutil.which("curl"), reason="the page's commands need curl")
def test_the_commands_of_the_page_print_what_stands_there(session: Session) -> None:
    done = 0
    for kind, text in BLOCK.findall(PAGE):
        for command, expected in COMMAND.findall(text if kind == "console" else ""):
            typed = re.sub(r"^> ", "", command, flags=re.MULTILINE)
            printed = session.type(typed)
            if typed == "cat first-key\n":
                session.environ["VLMRUN_API_KEY"] = printed.strip()
            if typed.startswith("unset "):
                session.environ.pop(typed.split()[1])
            assert matches(printed, expected), f"{typed}\n{printed}"
            done += 1
    assert done > 15
