"""MLflow: an assessment on a trace."""

import json
from pathlib import Path
from typing import Final

from bench import material
from bench.load import ID, Request
from bench.peers.interface import Peer, bin_of, call, count

_BIN: Final = bin_of("mlflow")
_TRACES: Final = "/api/3.0/mlflow/traces"
_MOMENT: Final = "2026-01-01T00:00:00Z"


def _command(port: int, directory: Path) -> list[str | Path]:
    return [
        *(_BIN / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{directory / 'mlflow.db'}"),
        *("--default-artifact-root", directory / "artifacts"),
    ]


def _prepare(address: str, _: Path) -> Request:
    trace = "tr-0123456789abcdef0123456789abcdef"
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
    info = {
        "trace_id": trace,
        "trace_location": location,
        "request_time": _MOMENT,
        "execution_duration": "1s",
        "state": "OK",
    }
    call("POST", f"{address}{_TRACES}", {"trace": {"trace_info": info}})
    assessment = {
        "assessment_name": "correction",
        "trace_id": trace,
        "source": {"source_type": "HUMAN", "source_id": ID},
        "create_time": _MOMENT,
        "last_update_time": _MOMENT,
        "feedback": {"value": material.correction()},
    }
    return Request("POST", f"{_TRACES}/{trace}/assessments", json.dumps({"assessment": assessment}))


PEER = Peer(
    name="MLflow",
    package="mlflow",
    what="an assessment on a trace",
    command=_command,
    environ=lambda _, __: {"MLFLOW_DISABLE_TELEMETRY": "true"},
    ready="/health",
    prepare=_prepare,
    stored=lambda directory: count(directory / "mlflow.db", "assessments"),
)
