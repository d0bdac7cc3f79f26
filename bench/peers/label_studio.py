"""Label Studio: an annotation on a task."""

import json
from pathlib import Path
from typing import Final

from bench import material
from bench.load import ID, Request
from bench.peers.interface import Peer, bin_of, call, count

_TOKEN: Final = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - it guards nothing
_HEADERS: Final = {"Authorization": f"Token {_TOKEN}"}
_FORM: Final = (
    '<View><Text name="text" value="$text"/><TextArea name="correction" toName="text"/></View>'
)


def _command(port: int, _: Path) -> list[str | Path]:
    return [
        *(bin_of("label-studio") / "label-studio", "start", "--no-browser"),
        *("--internal-host", "127.0.0.1", "--port", str(port)),
        *("--username", "bench@example.com", "--password", "of one measurement"),
        *("--user-token", _TOKEN, "--enable-legacy-api-token"),
    ]


def _environ(_: int, directory: Path) -> dict[str, str]:
    return {
        "LABEL_STUDIO_BASE_DATA_DIR": str(directory),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
    }


def _prepare(address: str, _: Path) -> Request:
    described = {"title": "bench", "label_config": _FORM}
    project = call("POST", f"{address}/api/projects", described, _HEADERS)["id"]
    sent = {"project": project, "data": {"text": "Invoice no. 1"}}
    task = call("POST", f"{address}/api/tasks", sent, _HEADERS)["id"]
    result = {
        "id": ID,
        "from_name": "correction",
        "to_name": "text",
        "type": "textarea",
        "value": {"text": [json.dumps(material.correction())]},
    }
    path = f"/api/tasks/{task}/annotations/"
    return Request("POST", path, json.dumps({"result": [result]}), _HEADERS)


PEER = Peer(
    name="Label Studio",
    package="label-studio",
    what="an annotation on a task",
    command=_command,
    environ=_environ,
    ready="/health",
    prepare=_prepare,
    stored=lambda directory: count(directory / "label_studio.sqlite3", "task_completion"),
)
