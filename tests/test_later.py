"""What is typed is imported, and nothing else."""

import subprocess
import sys
from importlib.metadata import entry_points

TYPED = """
import sys
from flask.cli import main
sys.argv = ["flask", "--app", "feedbackstore.app", *sys.argv[1:]]
try:
    main()
finally:
    print([name for name in sys.modules if name in {
        "feedbackstore.serve", "feedbackstore.erasing", "exports.cli", "feedbackstore.key_commands"
    }])
"""


def printed(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TYPED, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_a_command_imports_no_other() -> None:
    *_, imported = printed("keys", "list", "--help")

    assert imported == "['feedbackstore.key_commands']"


def test_flask_lists_every_command_with_what_it_does() -> None:
    listed = "\n".join(printed("--help"))

    for point in entry_points(group="feedbackstore.commands"):
        said = point.load().get_short_help_str()
        assert any(
            line.split()[:2] == [point.name, said.split()[0]] for line in listed.splitlines()
        ), point.name


def test_both_programs_have_the_same_commands() -> None:
    theirs = {point.name: point.value for point in entry_points(group="flask.commands")}
    ours = {point.name for point in entry_points(group="feedbackstore.commands")}

    assert ours == {name for name, value in theirs.items() if "feedbackstore.later" in value}
    assert all(
        value == f"feedbackstore.later:{name.replace('-', '_')}"
        for name, value in theirs.items()
        if name in ours
    )
