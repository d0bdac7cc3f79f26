"""Installing from deploy/, into a folder that stands for a machine; its units, held to systemd."""

import re
import shutil
import stat
import subprocess
import sys
import zipapp
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.conftest import DEPLOY
from tests.server.conftest import DEADLINE

SCRIPTS: Final = sorted(DEPLOY.glob("*.sh"))
DATA: Final = "var/lib/feedbackstore"
UNITS: Final = ("feedbackstore.service", "feedbackstore-nightly.service")
SAFE: Final = 2.0
"""The exposure, of 10, that systemd may find in a unit."""

Install = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    return tmp_path / "machine"


@pytest.fixture
def install(machine: Path) -> Install:
    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [DEPLOY / "install.sh", "--root", machine, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    return run


def make_pyz(directory: Path, says: str) -> Path:
    """A stand-in for the one file."""
    source = directory / says
    source.mkdir()
    (source / "__main__.py").write_text(f"print({says!r})")
    target = directory / f"{says}.pyz"
    zipapp.create_archive(source, target, interpreter=sys.executable)
    return target


def everything(machine: Path) -> dict[str, tuple[str, bytes]]:
    """Each file and directory with its mode and content."""
    return {
        str(path.relative_to(machine)): (
            stat.filemode(path.stat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in machine.rglob("*")
    }


def test_installing_twice_is_as_installing_once(
    install: Install, machine: Path, tmp_path: Path
) -> None:
    pyz = make_pyz(tmp_path, "first")
    first = install(pyz)
    assert first.returncode == 0, first.stderr
    once = everything(machine)

    second = install(pyz)

    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert everything(machine) == once
    assert once[DATA][0] == "drwx------"
    assert once["etc/feedbackstore/feedbackstore.env"][0] == "-rw-r-----"
    assert {f"etc/systemd/system/{unit}" for unit in UNITS} < once.keys()
    assert "first-key" in first.stdout


def test_an_upgrade_keeps_the_settings_and_the_file_before(
    install: Install, machine: Path, tmp_path: Path
) -> None:
    old, new = make_pyz(tmp_path, "old"), make_pyz(tmp_path, "new")
    install(old)
    settings = machine / "etc/feedbackstore/feedbackstore.env"
    settings.write_text("FEEDBACKSTORE_WORKERS=1\n")

    for _ in range(2):
        assert install(new).returncode == 0

    program = machine / "opt/feedbackstore/feedbackstore.pyz"
    assert program.read_bytes() == new.read_bytes()
    assert program.with_suffix(".pyz.previous").read_bytes() == old.read_bytes()
    assert subprocess.check_output([program], text=True) == "new\n"
    assert settings.read_text() == "FEEDBACKSTORE_WORKERS=1\n"


def test_uninstalling_leaves_what_was_stored_and_purging_leaves_nothing(
    install: Install, machine: Path, tmp_path: Path
) -> None:
    install(make_pyz(tmp_path, "first"))
    (machine / DATA / "feedback.db").write_text("corrections")

    assert install("--uninstall").returncode == 0
    left = {path for path, (mode, _) in everything(machine).items() if mode[0] == "-"}
    assert left == {f"{DATA}/feedback.db", "etc/feedbackstore/feedbackstore.env"}

    for _ in range(2):
        assert install("--uninstall", "--purge").returncode == 0
    assert everything(machine) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.pyz"], "there is no nowhere.pyz"),
        (["--purge"], "--purge goes with --uninstall"),
        (["--now"], "there is no option --now"),
        (["a.pyz", "b.pyz"], "one file is needed"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    install: Install, machine: Path, arguments: list[str], said: str
) -> None:
    done = install(*arguments)

    assert done.returncode == 1
    assert said in done.stderr
    assert not machine.exists() or everything(machine) == {}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_finds_nothing_in_a_script(script: Path) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")

    done = subprocess.run([shellcheck, script], capture_output=True, text=True, check=False)

    assert done.stdout == ""
    assert done.returncode == 0


def systemd_analyze(*arguments: object) -> str:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    done = subprocess.run(
        ["systemd-analyze", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("unit", [*UNITS, "feedbackstore-nightly.timer"])
def test_systemd_finds_no_fault_in_a_unit(
    install: Install, machine: Path, tmp_path: Path, unit: str
) -> None:
    install(make_pyz(tmp_path, "first"))
    # What systemd itself brings.
    for target in ("sysinit", "basic", "shutdown", "local-fs", "timers", "time-sync", "time-set"):
        (machine / f"etc/systemd/system/{target}.target").write_text("[Unit]\n")

    assert systemd_analyze("verify", "--man=no", f"--root={machine}", unit) == ""


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_may_touch_little(unit: str) -> None:
    said = systemd_analyze("security", "--offline=yes", "--no-pager", DEPLOY / unit)

    found = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) < SAFE
