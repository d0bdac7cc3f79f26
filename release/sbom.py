"""What is in a release, for whoever has to know: a CycloneDX 1.6 list of its packages."""

import json
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

from feedbackstore import __version__

_NAME: Final = "feedbackstore"


def render(site: Path, moment: int) -> str:
    """The list of all that is installed in a folder, as JSON; the same for the same packages."""
    found = sorted(distributions(path=[str(site)]), key=lambda each: each.name.lower())
    components = [_component(each) for each in found if each.name != _NAME]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": _ref(_NAME, __version__),
                "name": _NAME,
                "version": __version__,
                "purl": _ref(_NAME, __version__),
                "licenses": [{"license": {"id": "MIT"}}],
            },
        },
        "components": components,
    }
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document))
    return json.dumps({"serialNumber": f"urn:uuid:{number}", **document}, indent=2) + "\n"


def _component(distribution: Distribution) -> dict[str, Any]:
    name, version = distribution.name, distribution.version
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _ref(name, version),
        "name": name,
        "version": version,
        "purl": _ref(name, version),
    }
    expression = distribution.metadata.get("License-Expression")
    if expression:
        component["licenses"] = [{"expression": expression}]
    return component


def _ref(name: str, version: str) -> str:
    return f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
