"""The README is run: its commands print what stands there, its tables are the code's."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from flask import Flask

from exports.cli import export_jsonl
from exports.commands import check_dataset, exports_group, formats
from exports.example import EXPLAINED
from exports.formats import FORMATS
from feedbackstore.cli import import_predictions, keys_group, migrate, projects_group
from feedbackstore.doctor import doctor_command
from feedbackstore.erasing import erase_command, erasures_group
from feedbackstore.evaluate import evaluate_command
from feedbackstore.safekeeping import (
    backup_command,
    check_command,
    move_to_command,
    restore_command,
)
from feedbackstore.serve import serve_command
from feedbackstore.settings import SETTINGS
from tests.api.test_keys_and_scopes import SCOPES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", re.MULTILINE)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first heading is this, without their backquotes."""
    table = re.search(rf"^\| {heading} \|.*\n\|[ -|]*\n((?:\|.*\n)*)", README, re.MULTILINE)
    assert table, heading
    return [
        [cell.strip().removeprefix("`").removesuffix("`") for cell in line.strip("|").split(" | ")]
        for line in table[1].replace(" |\n", "\n").splitlines()
    ]


def test_the_table_of_formats_is_the_codes() -> None:
    assert rows("format") == [[form.name, form.help] for form in FORMATS.values()]


def test_the_table_of_reasons_is_the_codes() -> None:
    assert rows("reason") == [[str(reason), text] for reason, text in EXPLAINED.items()]


def test_the_table_of_options_is_the_codes() -> None:
    options = [option for option in export_jsonl.params if isinstance(option, click.Option)]

    assert rows("option") == [[option.opts[0], spelled(option)] for option in options]


def spelled(option: click.Option) -> str:
    """An option's help, and what may stand after it."""
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    named = f" ({', '.join(choices)})" if 0 < len(choices) < len(FORMATS) else ""
    return " ".join((option.help or "").split()).removesuffix(".") + named


def test_the_table_of_settings_is_the_codes() -> None:
    assert rows("variable") == [
        [f"FEEDBACKSTORE_{setting.name}", setting.default, setting.help] for setting in SETTINGS
    ]


def test_the_table_of_commands_is_the_codes() -> None:
    commands = {
        "serve": serve_command,
        "migrate": migrate,
        "backup": backup_command,
        "restore": restore_command,
        "check": check_command,
        "move-to": move_to_command,
        "doctor": doctor_command,
        "erase": erase_command,
        **{f"erasures {name}": command for name, command in erasures_group.commands.items()},
        **{f"keys {name}": command for name, command in keys_group.commands.items()},
        **{f"projects {name}": command for name, command in projects_group.commands.items()},
        "import-predictions": import_predictions,
        "evaluate": evaluate_command,
        "export-jsonl": export_jsonl,
        "formats": formats,
        "check-dataset": check_dataset,
        **{f"exports {name}": command for name, command in exports_group.commands.items()},
    }

    found = {name.removeprefix("flask "): text for name, text in rows("command")}

    assert found.keys() == commands.keys()
    for name, text in found.items():
        assert " ".join((commands[name].help or "").split()).startswith(text.replace("`", ""))


def test_the_table_of_routes_is_the_codes(app: Flask) -> None:
    found = [(route.split(" ")[0], route.split(" ")[1], scope) for route, scope, _ in rows("route")]
    spelled = {"<entity_id:entity_id>": "{id}", "<kind>": "{kind}", "<uuid:uuid>": "{uuid}"}

    assert found == [
        (method, re.sub("<.*?>", lambda part: spelled[part[0]], rule), scope)
        for (method, rule), scope in SCOPES.items()
    ]


@dataclass
class Session:
    """A terminal: its folder, its variables, and the port that stands for 8000."""

    folder: Path
    environ: dict[str, str]
    port: int

    def run(self, arguments: list[str | Path], text: str | None = None) -> str:
        """What a program prints, on both streams."""
        done = subprocess.run(
            arguments,
            cwd=self.folder,
            env=self.environ,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stdout

    def type(self, command: str) -> str:
        """Run a command; what it exports and activates stays for the next one."""
        script = f"{command.replace(':8000', f':{self.port}')}\n"
        if command.startswith("pip install"):
            # The tests' environment has it; nothing is fetched here.
            return ""
        if command.startswith(("export ", ". ")):
            if "fbk_…" not in command:
                printed = self.run(["bash", "-c", f"{script}env -0"])
                self.environ |= dict(
                    line.split("=", 1) for line in printed.split("\0") if "=" in line
                )
            return ""
        return self.run(["bash", "-s"], script)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A terminal in a folder like a fresh checkout, which has the environment of these tests."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Neither this store's settings nor a make that runs these tests is there for a newcomer.
    hidden = ("FEEDBACKSTORE", "MAKE", "MFLAGS")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return Session(tmp_path, environ, port)


@pytest.fixture
def first_terminal(session: Session) -> Iterator[str]:
    """What `make run` prints until it serves, the database being in the terminal's folder."""
    log = session.folder / "make-run.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            ["make", "run", f"PORT={session.port}"],
            cwd=ROOT,
            env={
                **session.environ,
                "FEEDBACKSTORE_DATABASE_URL": f"sqlite:///{session.folder}/feedback.db",
            },
            stdout=file,
            stderr=file,
            process_group=0,
        )
    while "VLMRun(base_url" not in log.read_text():
        assert process.poll() is None, log.read_text()
    yield log.read_text().replace(f"{session.folder}/", "")
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def matches(printed: str, expected: str) -> bool:
    """Whether a text is what was expected, with … for anything within a line."""
    pattern = ".*".join(map(re.escape, expected.strip().split("…")))
    return re.fullmatch(pattern, printed.strip()) is not None


@pytest.mark.skipif(not shutil.which("curl"), reason="the README's commands need curl")
def test_the_readmes_commands_print_what_stands_there(
    session: Session, first_terminal: str
) -> None:
    blocks = BLOCK.findall(README)
    key = re.search(r"fbk_\S+", first_terminal)
    assert key
    session.environ["VLMRUN_API_KEY"] = key[0]
    done = 0
    for (kind, text), (_, after) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        expected_here = text.replace(":8000", f":{session.port}")
        if kind == "python":
            printed = session.run([Path(sys.executable), "-W", "ignore", "-c", text])
            assert matches(printed, after), printed
        for command, expected in COMMAND.findall(expected_here if kind == "console" else ""):
            typed = re.sub(r"^> ", "", command, flags=re.MULTILINE)
            printed = first_terminal if typed == "make run\n" else session.type(typed)
            assert matches(printed, expected), f"{typed}\n{printed}"
            done += 1

    assert done >= 14


def test_every_file_that_a_page_links_to_is_there() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
