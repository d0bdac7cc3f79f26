"""The golden files, for the trainers' own code: nothing of the store is imported here."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "exports" / "golden"


def path(name: str) -> str:
    """The golden file of a format."""
    return str(GOLDEN / f"{name}.jsonl")


def rows(name: str) -> list[dict[str, Any]]:
    """Its rows."""
    return [json.loads(line) for line in Path(path(name)).read_text(encoding="utf-8").splitlines()]
