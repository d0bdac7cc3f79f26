"""The house keeps its rules: imports go one way, Flask stays outside the domain."""

import importlib
import logging
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import exports.formats
import feedbackstore.api
from exports.formats import FORMATS

ROOT = Path(__file__).parent.parent
DOMAIN = ("feedback", "predictions", "keys", "imports", "documents", "ids", "store", "settings")


@pytest.fixture
def loggers() -> Iterator[None]:
    """import-linter configures logging anew, which silences every logger that is there."""
    known = [each for each in logging.root.manager.loggerDict.values() if hasattr(each, "disabled")]
    before = [logger.disabled for logger in known]
    yield
    for logger, disabled in zip(known, before, strict=True):
        logger.disabled = disabled


def test_imports_go_down_and_never_sideways(loggers: None) -> None:
    assert read_configuration(str(ROOT / "setup.cfg"))["contracts_options"]
    status = lint_imports(config_filename=str(ROOT / "setup.cfg"), no_cache=True)

    assert status == EXIT_STATUS_SUCCESS


def test_the_pipeline_is_kept_from_all_that_knows_the_web_or_is_a_command() -> None:
    contracts = read_configuration(str(ROOT / "setup.cfg"))["contracts_options"]
    [forbidden] = [each["forbidden_modules"] for each in contracts if "no-web" in each["id"]]
    graph = grimp.build_graph("feedbackstore", include_external_packages=True)
    known = ("flask", "flask_smorest", "gunicorn", "marshmallow", "werkzeug")

    found = {
        module
        for name in (*known, "feedbackstore.command")
        for module in graph.find_modules_that_directly_import(name)
    }

    assert {m for m in found if ".".join(m.split(".")[:2]) not in forbidden} == set()
    assert "feedbackstore.commands" in forbidden


WITHOUT_WEB = """
import json, sys
for name in ("flask", "flask_smorest", "marshmallow", "webargs", "werkzeug", "gunicorn"):
    sys.modules[name] = None
from feedbackstore import {domain}, migrations
from exports import export, selection
from exports.formats import FORMATS
from feedbackstore.evaluations import evaluation, evaluators, judgements, page

migrations.upgrade("sqlite:///notebook.db")
store.open_store("sqlite:///notebook.db")
key = keys.find(keys.create())
project = key.project
message = {{"role": "user", "content": "q"}}
document = {{"kind": "request", "id": "r", "input": [message], "output": "a"}}
predictions.record(project, [predictions.check(document)])
feedback.submit(project, request_id="r", response={{"b": 1}})
rows = []
selected = selection.rows(project, selection.Filters())
export.export(selected, FORMATS["openai-sft"], lambda line, _: rows.append(json.loads(line)))
print(rows[0]["messages"][-1]["content"])
scope = judgements.Scope()
evaluated = evaluation.evaluate(judgements.rows(project, scope), evaluators.make(), scope)
print(evaluated.total.judged, len(page.render(evaluated)) > 1000)
"""


def test_store_and_pipeline_work_where_there_is_no_web_framework(tmp_path: Path) -> None:
    script = WITHOUT_WEB.format(domain=", ".join(DOMAIN))

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ('{"b":1}\n1 True\n', "")


def test_importing_the_package_loads_nothing() -> None:
    script = (
        "import feedbackstore, sys; print([m for m in ('flask', 'peewee') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_no_file_of_formats_is_forgotten() -> None:
    not_formats = {"interface", "chat", "rules"}
    found = {module.name for module in pkgutil.iter_modules(exports.formats.__path__)}

    for name in found - not_formats:
        module = importlib.import_module(f"exports.formats.{name}")
        assert module.FORMATS
        assert all(FORMATS[form.name] is form for form in module.FORMATS)


def test_no_blueprint_is_forgotten(url: str, app: object) -> None:
    found = {module.name for module in pkgutil.iter_modules(feedbackstore.api.__path__)}
    served = {name.replace("api-docs", "") for name in app.blueprints}  # type: ignore[attr-defined]

    for name in found:
        module = importlib.import_module(f"feedbackstore.api.{name}")
        blueprint = getattr(module, "blueprint", None)
        assert blueprint is None or blueprint.name in served


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "service", "base"])
def test_no_room_has_a_name_that_says_nothing(word: str) -> None:
    for package in ("feedbackstore", "exports"):
        assert not [path for path in (ROOT / package).rglob("*.py") if path.stem == word]
