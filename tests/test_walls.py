"""What one project holds is not there for another: over every route and every command there is.

A new route or command fails here until its line says how it is tried.
"""

import base64
import json
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from exports.formats import FORMATS
from feedbackstore import images, keys
from feedbackstore.database import proxy
from tests.conftest import Caller
from tests.review.conftest import Browser
from tests.review.test_item import PIXEL

MARKER: Final = "zebra"
"""Stands in everything that the project default holds, ids of people's own apart."""

OTHER: Final = "elsewhere"

# A method, a path and a body; {uuid}, {cursor} and {sha256} stand for those of the other project.
ROUTES: Final[dict[str, list[tuple[str, Any]]]] = {
    "POST /v1/feedback/submit": [("/v1/feedback/submit", {"request_id": "own", "notes": "n"})],
    "POST /v1/experimental/feedback/submit": [
        ("/v1/experimental/feedback/submit", {"request_id": "own", "notes": "n"})
    ],
    "GET /v1/feedback/<entity_id:entity_id>": [
        (f"/v1/feedback/shared?type={kind}&limit=1000", None)
        for kind in ("request", "agent_execution", "chat")
    ],
    "GET /v1/feedback": [
        ("/v1/feedback?limit=1000", None),
        ("/v1/feedback?cursor={cursor}", None),
        ("/v1/feedback?entity_id=shared&kind=request", None),
        (f"/v1/feedback?search={MARKER}", None),
        (f"/v1/feedback?model={MARKER}&domain={MARKER}", None),
        (f"/v1/feedback?tag={MARKER}={MARKER}&has_notes=true&status=all", None),
        ("/v1/feedback?field=total", None),
    ],
    "GET /v1/feedback/id/<uuid:uuid>": [("/v1/feedback/id/{uuid}", None)],
    "PATCH /v1/feedback/id/<uuid:uuid>": [("/v1/feedback/id/{uuid}", {"status": "approved"})],
    "POST /v1/feedback/id/<uuid:uuid>/undo": [("/v1/feedback/id/{uuid}/undo", None)],
    "DELETE /v1/feedback/id/<uuid:uuid>": [("/v1/feedback/id/{uuid}", None)],
    "PUT /v1/predictions/<kind>/<entity_id:entity_id>": [
        ("/v1/predictions/chat/shared", {"input": [{"role": "user", "content": "q"}]})
    ],
    "POST /v1/predictions": [
        (
            "/v1/predictions",
            [{"kind": "chat", "id": "shared", "input": [{"role": "user", "content": "q"}]}],
        )
    ],
    "GET /v1/predictions": [("/v1/predictions?limit=1000", None)],
    "GET /v1/predictions/<entity_id:entity_id>": [("/v1/predictions/shared", None)],
    "GET /v1/agent/executions": [("/v1/agent/executions?limit=1000", None)],
    "GET /v1/agent/executions/<entity_id:entity_id>": [("/v1/agent/executions/shared", None)],
    "GET /v1/evaluations": [
        ("/v1/evaluations", None),
        ("/v1/evaluations?by=model&top=100", None),
    ],
    "GET /v1/health": [("/v1/health", None)],
    "GET /metrics": [("/metrics", None)],
    "GET /review/": [
        ("/review/?status=all", None),
        (f"/review/?status=all&search={MARKER[:-1]}", None),
        ("/review/?status=uncorrected", None),
        ("/review/?status=all&cursor=999999999", None),
    ],
    "GET /review": [("/review?status=all", None)],
    "GET /review/next": [("/review/next?status=all", None), ("/review/next?after=99999", None)],
    "GET /review/previous": [("/review/previous?status=all&before=0", None)],
    "GET /review/item": [
        ("/review/item?feedback={uuid}", None),
        ("/review/item?feedback={uuid}&edit=form", None),
        ("/review/item?prediction=request:shared", None),
    ],
    "POST /review/item": [("/review/item?feedback={uuid}", {"do": "approve"})],
    "POST /review/item/edit": [("/review/item/edit?feedback={uuid}", {"mode": "json"})],
    "POST /review/undo": [("/review/undo?feedback={uuid}", {})],
    "GET /review/images/<sha256>": [("/review/images/{sha256}", None)],
    "GET /review/evaluations": [("/review/evaluations?by=model", None)],
    "GET /review/charts.css": [("/review/charts.css", None)],
}

OF_NO_PROJECT: Final = {
    "GET /openapi.json", "GET /healthz", "GET /readyz", "GET /", "GET /docs/",
    "GET /docs/static/<path:filename>", "GET /docs/swagger-ui/<path:name>",
    "GET /review/static/<path:filename>", "GET /review/sign-in", "POST /review/sign-in",
    "POST /review/sign-out", "GET /review/<path:rest>",
}  # fmt: skip

COMMANDS: Final[dict[str, list[list[str]]]] = {
    "erase": [["--request-id", "shared", "--project", OTHER, "--yes"]],
    "erasures forget": [["--request-id", "shared", "--project", OTHER]],
    "evaluate": [[*more, "--project", OTHER] for more in ([], ["--format", "json"])],
    "export-jsonl": [
        [
            "{out}",
            "--project",
            OTHER,
            "--overwrite",
            "--format",
            name,
            "--status",
            "all",
            "--explain",
        ]
        for name in FORMATS
    ],
    "exports list": [["--project", OTHER], ["--project", OTHER, "--json"]],
    "exports show": [["1", "--project", OTHER]],
    "exports containing": [["--request-id", "shared", "--project", OTHER]],
    "import-predictions": [["{file}", "--project", OTHER]],
    "keys create": [["--project", OTHER]],
}
OF_THE_STORE: Final = {
    "backup", "check", "check-dataset", "doctor", "erasures list", "erasures resume",
    "exports verify", "formats", "keys list", "keys revoke", "keys rotate", "migrate",
    "move-to", "projects list", "projects set", "restore", "serve",
}  # fmt: skip
"""Commands of whoever has the whole store, or of files alone."""


class Held(NamedTuple):
    """What of the project default somebody might know."""

    uuid: str
    cursor: str
    sha256: str


@pytest.fixture
def held(writer: Caller, store: str) -> Held:
    """Everything that a project can hold, with the marker in it."""
    url = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    content = {
        "model": MARKER,
        "domain": MARKER,
        "input": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]},
            {"role": "user", "content": f"Read the {MARKER}."},
        ],
        "output": {"total": MARKER},
        "metadata": {"of": MARKER},
    }
    for kind in ("request", "agent_execution", "chat"):
        assert writer.put(f"/v1/predictions/{kind}/shared", json=content).status_code == 201
    submitted = writer.submit(
        request_id="shared",
        agent_execution_id="shared",
        chat_id="shared",
        response={"total": f"{MARKER}s"},
        notes=MARKER,
        tags={MARKER: MARKER},
    ).get_json()
    reviewer = Caller(writer._client, str(keys.create(name=MARKER, scopes=("read", "review"))))
    told = {"status": "approved", "comment": MARKER}
    assert reviewer.patch(f"/v1/feedback/id/{submitted['id']}", json=told).status_code == 200
    runner(["export-jsonl", f"{Path(store.removeprefix('sqlite:///')).parent}/{MARKER}.jsonl"])
    (sha256,) = (row[0] for row in proxy.execute_sql("SELECT sha256 FROM image"))
    assert images.find(keys.get_project("default").id, str(sha256)) == PIXEL
    cursor = base64.urlsafe_b64encode(b"999999").decode().rstrip("=")
    return Held(submitted["id"], cursor, str(sha256))


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    for sub, found in command.commands.items():
        yield from leaves(found, f"{name} {sub}")


def commands() -> dict[str, click.Command]:
    """Every command of ours, by its words."""
    own = ("feedbackstore.", "exports.")
    found = [
        each for each in entry_points(group="feedbackstore.commands") if each.value.startswith(own)
    ]
    return {name: leaf for each in found for name, leaf in leaves(each.load(), each.name)}


def runner(words: list[str]) -> str:
    """Everything that a command says."""
    known = commands()
    name = max((each for each in known if words[: each.count(" ") + 1] == each.split()), key=len)
    result = CliRunner().invoke(known[name], words[name.count(" ") + 1 :])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def everything(project: str) -> list[Any]:
    """Every row that belongs to a project, of any table."""
    found: list[Any] = []
    number = keys.get_project(project).id
    for table in proxy.get_tables():
        columns = [column.name for column in proxy.get_columns(table)]
        if "project_id" in columns and table != "api_key":
            query = f"SELECT * FROM {table} WHERE project_id = {number}"
            found += [(table, *row) for row in proxy.execute_sql(query)]
    # Nobody said in which order they come.
    return sorted(found, key=repr)


def test_every_route_is_tried(app: Flask) -> None:
    found = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert found == ROUTES.keys() | OF_NO_PROJECT


def sender(app: Flask, caller: Caller, route: str) -> tuple[Callable[..., Any], str]:
    """What sends a route's requests, and on the review page the token that goes with them."""
    method, rule = route.split(" ", 1)
    if not rule.startswith("/review"):
        return getattr(caller, method.lower()), ""
    browser = Browser(app).open("/review/sign-in").press("", "", key=caller.key)
    token = next(form.fields["token"] for form in browser.page.forms if "token" in form.fields)
    return getattr(browser.client, method.lower()), token


SILENT: Final = {
    "GET /v1/health", "GET /metrics", "GET /review/charts.css", "GET /review/next",
    "GET /review/previous", "GET /review/images/<sha256>",
}  # fmt: skip


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.startswith("GET") and route not in SILENT]
)
def test_ones_own_key_finds_it(app: Flask, client: Any, held: Held, route: str) -> None:
    send, _ = sender(app, Caller(client, str(keys.create(scopes=keys.SCOPES))), route)

    shown = [
        send(path.format(**held._asdict()), follow_redirects=True) for path, _ in ROUTES[route]
    ]

    assert any(MARKER in answer.get_data(as_text=True) for answer in shown)


@pytest.mark.parametrize("route", ROUTES)
def test_another_projects_key_finds_nothing_and_changes_nothing(
    app: Flask, stranger: Caller, held: Held, route: str
) -> None:
    before = everything("default")
    send, token = sender(app, stranger, route)

    for path, body in ROUTES[route]:
        shown = {"data": {**body, "token": token}} if token and body is not None else {"json": body}
        answer = send(path.format(**held._asdict()), **({} if body is None else shown))

        text = answer.get_data(as_text=True)
        assert answer.status_code in (200, 201, 303, 404), text
        assert MARKER not in text
        if "{uuid}" in path or "{sha256}" in path:
            assert answer.status_code == 404

    assert everything("default") == before


def test_the_same_id_in_another_project_is_another_ones(stranger: Caller, held: Held) -> None:
    put = {"input": [{"role": "user", "content": "q"}], "output": {"total": "own"}}

    assert stranger.put("/v1/predictions/request/shared", json=put).status_code == 201
    stranger.submit(request_id="shared", response={"total": "mine"})

    (item,) = stranger.get("/v1/feedback").get_json()["items"]
    assert (item["prediction"]["model"], item["changes"]) == (None, ["total"])


def test_every_command_is_tried() -> None:
    of_a_project = {
        name
        for name, command in commands().items()
        if any("--project" in parameter.opts for parameter in command.params)
    }

    assert of_a_project == COMMANDS.keys()
    assert commands().keys() - of_a_project == OF_THE_STORE


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_for_another_project_tells_and_changes_nothing(
    stranger: Caller, held: Held, tmp_path: Path, command: str
) -> None:
    put = {"input": [{"role": "user", "content": "q"}], "output": {"total": 1}}
    stranger.put("/v1/predictions/request/own", json=put)
    stranger.submit(request_id="own", response={"total": 2})
    out, file = tmp_path / "out" / "own.jsonl", tmp_path / "own.jsonl"
    out.parent.mkdir()
    file.write_text(json.dumps({**put, "kind": "request", "id": "shared"}) + "\n")
    before = everything("default")

    for words in COMMANDS[command]:
        filled = [word.format(out=out, file=file) for word in words]
        said = runner([*command.split(), *filled])
        assert MARKER not in said
        for written in out.parent.rglob("*"):
            assert MARKER not in written.read_text()

    assert everything("default") == before
