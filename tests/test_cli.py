"""The store's commands: what they print where, and how they end."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from feedbackstore import key_commands, keys, migrations, predictions, reviews
from feedbackstore.cli import import_predictions, keys_group, migrate, projects_group
from feedbackstore.models import Prediction

Run = Callable[..., Result]


@pytest.fixture
def run(url: str) -> Run:
    commands = {
        "migrate": migrate,
        "keys": keys_group,
        "projects": projects_group,
        "import-predictions": import_predictions,
    }

    def invoke(name: str, *arguments: str, **options: object) -> Result:
        return CliRunner().invoke(commands[name], list(arguments), **options)

    return invoke


def line(name: str, **members: object) -> str:
    document = {"kind": "request", "id": name, "input": [{"role": "user", "content": "q"}]}
    return json.dumps({**document, **members}) + "\n"


@pytest.mark.sqlite
def test_migrate_makes_the_database_and_says_so_on_stderr(run: Run, tmp_path: Path) -> None:
    first, again = run("migrate"), run("migrate")

    path = tmp_path / "feedback.db"
    names = sorted(file.stem for file in migrations.FOLDER.glob("[0-9]*.py"))
    applied = "".join(f"applied {name}\n" for name in names)
    assert first.stderr == f"{applied}{path} is up to date\n"
    assert again.stderr == f"{path} is up to date\n"
    assert first.stdout == again.stdout == ""


def test_keys_create_prints_the_key_and_only_the_key(run: Run, store: str) -> None:
    done = run("keys", "create", "--project", "acme", "--scopes", "read, export", "--name", "n")

    assert re.fullmatch(r"fbk_[0-9a-f]{12}_\S{43}\n", done.stdout)
    assert done.stderr == ""
    (record,) = keys.list_all()
    assert record.key_id == keys.id_of(done.stdout.strip())
    assert (record.project.name, record.scopes, record.name) == ("acme", "read,export", "n")


def test_keys_create_if_none_makes_one_key_in_all(run: Run, store: str) -> None:
    first, again = run("keys", "create", "--if-none"), run("keys", "create", "--if-none")

    assert first.stdout.startswith("fbk_")
    assert (again.stdout, again.exit_code) == ("", 0)


def test_keys_list_shows_everything_but_the_secret(run: Run, store: str) -> None:
    key = run("keys", "create", "--name", "the till").stdout.strip()
    key_id = key.split("_")[1]
    run("keys", "revoke", key_id)

    table, lines = run("keys", "list").stdout, run("keys", "list", "--json").stdout

    assert table.splitlines()[0].split() == [
        "id",
        "project",
        "scopes",
        "created",
        "last_used",
        "expires",
        "revoked",
        "state",
        "replaces",
        "name",
    ]
    assert json.loads(lines)["id"] == key_id
    assert json.loads(lines)["revoked"] < "9"
    assert "the till" in table
    assert key.split("_", 2)[2] not in table + lines


def test_keys_rotate_prints_the_new_key_and_the_list_tells_what_it_replaced(
    run: Run, store: str
) -> None:
    old = keys.id_of(run("keys", "create", "--expires", "90d", "--name", "till").stdout.strip())

    done = run("keys", "rotate", old, "--overlap", "0")

    assert re.fullmatch(r"fbk_[0-9a-f]{12}_\S{43}\n", done.stdout)
    rows = [json.loads(text) for text in run("keys", "list", "--json").stdout.splitlines()]
    assert [(row["state"], row["replaces"], row["name"]) for row in rows] == [
        ("expired", "", "till"),
        ("good", old, "till"),
    ]
    assert rows[1]["expires"] > rows[0]["expires"]
    again = run("keys", "rotate", f"fbk_{old}")
    assert (again.exit_code, "is expired" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--expires", "soon"),
        ("create", "--expires", ""),
        ("rotate", "x", "--overlap", "1"),
    ],
)
def test_what_is_no_time_is_wrong_usage(run: Run, store: str, arguments: tuple[str, ...]) -> None:
    done = run("keys", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "90d" in done.stderr


def test_keys_list_says_how_to_make_the_first(run: Run, store: str) -> None:
    done = run("keys", "list")

    assert (done.stdout, done.exit_code) == ("", 0)
    assert "flask keys create" in done.stderr


def test_projects_are_listed_with_the_reviews_that_they_ask_for(run: Run, store: str) -> None:
    keys.create()
    keys.create(project="acme")

    done = run("projects", "set", "acme", "--reviews", "3")

    assert (done.exit_code, done.stdout) == (0, "")
    said = "acme asks for 3 independent reviews of each piece of feedback from now on\n"
    assert done.stderr == said
    assert reviews.needed_in(keys.get_project("acme").id) == 3
    heading, *lines = (line.split() for line in run("projects", "list").stdout.splitlines())
    assert heading == ["name", "reviews", "created"]
    assert [line[:2] for line in lines] == [["acme", "3"], ["default", "1"]]
    first = json.loads(run("projects", "list", "--json").stdout.splitlines()[0])
    assert (first["name"], first["reviews"]) == ("acme", 3)


def test_projects_list_says_how_to_make_the_first(run: Run, store: str) -> None:
    done = run("projects", "list")

    assert (done.stdout, done.exit_code) == ("", 0)
    assert "flask keys create" in done.stderr


def test_import_predictions_stores_every_line(run: Run, project: int) -> None:
    lines = line("a", output={"é": 1}) + "\n" + line("b")

    first = run("import-predictions", "-", input=lines)
    again = run("import-predictions", "-", input=lines)

    assert first.stderr == "2 predictions: 2 new, 0 there already, 0 replaced\n"
    assert again.stderr == "2 predictions: 0 new, 2 there already, 0 replaced\n"
    assert first.stdout == ""
    assert predictions.get(project, "request", "a").output == '{"é":1}'


def test_import_predictions_names_bad_lines_and_stores_nothing(run: Run, project: int) -> None:
    lines = line("a") + "nope\n" + line("b", input=[]) + line("c") + line("d", kind="x", output=1)

    done = run("import-predictions", "-", input=lines)

    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Error: Nothing was imported: 3 lines are wrong.",
        "line 2: JSON decode error: Expecting value, at character 0",
        "line 3: input: List should have at least 1 item",
        "line 5: kind: Input should be 'request', 'agent_execution' or 'chat'",
        "line 5: output: Input should be an object, a list or a string",
    ]
    assert not Prediction.select().exists()


def test_import_predictions_shows_the_first_bad_lines_and_counts_the_rest(
    run: Run, project: int
) -> None:
    done = run("import-predictions", "-", input="[]\n" * 30)

    assert "30 lines are wrong" in done.stderr
    assert "line 20:" in done.stderr
    assert "line 21:" not in done.stderr
    assert done.stderr.splitlines()[-1] == "and 10 more lines"


def test_import_predictions_replaces_only_when_told(run: Run, project: int) -> None:
    run("import-predictions", "-", input=line("b"))

    refused = run("import-predictions", "-", input=line("a") + line("b", output="x"))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: Nothing was imported. Line 2: The prediction of")
    assert Prediction.select().count() == 1

    done = run("import-predictions", "-", "--replace", input=line("a") + line("b", output="x"))
    assert done.stderr == "2 predictions: 1 new, 0 there already, 1 replaced\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["import-predictions", "/no/such.jsonl"], 2, "No such file or directory"),
        (["import-predictions"], 2, "Missing argument 'FILE'"),
        (["import-predictions", "-", "--project", "nope"], 1, "There is no project 'nope'"),
        (["keys", "create", "--scopes", "root"], 2, "root is not among submit, read, review"),
        (["keys", "create", "--scopes", ","], 2, "name at least one of submit"),
        (["keys", "create", "--project", "A B"], 1, "project: A name should be"),
        (["keys", "revoke", "nope"], 1, "There is no key nope"),
        (["projects", "set", "nope", "--reviews", "2"], 1, "There is no project 'nope'"),
        (["projects", "set", "default"], 2, "Missing option '--reviews'"),
        (["projects", "set", "default", "--reviews", "0"], 2, "0 is not in the range 1<=x<=9"),
        (["projects", "set", "default", "--reviews", "two"], 2, "'two' is not a valid integer"),
    ],
)
def test_bad_input_ends_with_what_was_wrong(
    run: Run, store: str, arguments: list[str], status: int, said: str
) -> None:
    done = run(*arguments, input="")

    assert done.exit_code == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys", "list"],
        ["keys", "create"],
        ["projects", "list"],
        ["projects", "set", "default", "--reviews", "2"],
        ["import-predictions", "-"],
    ],
)
def test_a_command_on_a_store_that_is_not_there_says_what_to_run(
    run: Run, arguments: list[str]
) -> None:
    done = run(*arguments, input="")

    assert done.exit_code == 1
    assert "To make it, run: flask migrate" in done.stderr


def test_every_command_and_option_has_a_help(app: Flask) -> None:
    flask = Path(sys.executable).parent / "flask"
    listed = subprocess.run(
        [flask, "--app", "feedbackstore.app", "--help"], capture_output=True, text=True, check=True
    )
    for name in ("export-jsonl", "import-predictions", "keys", "migrate", "projects"):
        assert re.search(rf"^  {name}  +\w", listed.stdout, re.MULTILINE)
    groups = (*keys_group.commands.values(), *projects_group.commands.values())
    for command in (migrate, import_predictions, *groups):
        assert command.help
        for parameter in command.params:
            assert parameter.param_type_name == "argument" or getattr(parameter, "help", None)


def test_without_a_store_flask_still_lists_its_commands(url: str) -> None:
    flask = Path(sys.executable).parent / "flask"

    listed = subprocess.run(
        [flask, "--app", "feedbackstore.app", "--help"], capture_output=True, text=True, check=True
    )

    assert "export-jsonl" in listed.stdout
    assert "To make it, run: flask migrate" in listed.stderr
    assert "Traceback" not in listed.stderr


def shell(command: str) -> subprocess.CompletedProcess[str]:
    flask = Path(sys.executable).parent / "flask"
    return subprocess.run(
        f"{flask} {command}", shell=True, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("redirection", ["> /dev/full", ">&-"])
def test_a_key_that_nobody_could_see_does_not_work(store: str, redirection: str) -> None:
    done = shell(f"keys create {redirection}")

    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert all(record.revoked_at for record in keys.list_all())


def test_a_key_whose_printing_was_broken_off_does_not_work(
    run: Run, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = str(keys.create())

    class Terminal(io.BytesIO):
        def flush(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(key_commands, "stdout", Terminal)

    assert run("keys", "create").exit_code == 1
    assert run("keys", "rotate", keys.id_of(old), "--overlap", "0").exit_code == 1
    assert [keys.state(record) for record in keys.list_all()] == ["good", "revoked", "revoked"]


@pytest.mark.parametrize("redirection", ["> /dev/full", ">&-"])
def test_a_key_stays_as_it_was_where_nobody_could_see_the_one_to_replace_it(
    store: str, redirection: str
) -> None:
    old = str(keys.create())

    done = shell(f"keys rotate {keys.id_of(old)} --overlap 0 {redirection}")

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    first, *others = keys.list_all()
    assert (first.expires_at, keys.state(first)) == (None, keys.GOOD)
    assert all(record.revoked_at for record in others)
    assert shell(f"keys rotate {keys.id_of(old)}").returncode == 0


@pytest.mark.parametrize(
    "command",
    ["import-predictions /proc/self/mem", "import-predictions - <&-", "keys list > /dev/full"],
)
def test_a_stream_that_fails_is_said_in_a_sentence(project: int, command: str) -> None:
    done = shell(command)

    assert done.returncode in (1, 2)
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_cannot_be_named_is_said_in_a_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACKSTORE_DATABASE_URL", f"sqlite:////tmp/{'x' * 300}.db")

    assert "cannot be used: File name too long" in run("keys", "list").stderr


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "x" * 257])
def test_a_note_on_a_key_cannot_forge_a_line(run: Run, store: str, name: str) -> None:
    done = run("keys", "create", "--name", name)

    assert done.exit_code == 1
    assert "no control characters" in done.stderr
