"""Again from where the last export ended: what was added or changed, and nothing else.

Not by time and not by the last id, which feedback that was committed late would slip past: by
what the earlier export had, piece by piece, as the store remembers it.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from exports import lineage
from feedbackstore.errors import Invalid, NotFound, Problem, Unusable


@dataclass(frozen=True, slots=True)
class Since:
    """An earlier export: the hash of its manifest, and a digest of each piece of feedback in it."""

    sha256: str
    digests: dict[int, bytes]

    def knows(self, feedback_id: int, digest: bytes) -> bool:
        """Whether the earlier export had this feedback, as rows of the same digest."""
        return self.digests.get(feedback_id) == digest


def read(path: Path, project: int, format_: str) -> Since:
    """The earlier export whose manifest stands at `path`. Raises Unusable or Invalid."""
    try:
        data = path.read_bytes()
        described = json.loads(data)["format"]
    except (OSError, ValueError, TypeError, KeyError):
        raise Unusable(f"{path} is no manifest of an export.") from None
    if described != format_:
        message = f"That export was of the format {described}, this one is of {format_}"
        raise Invalid(Problem(("since_manifest",), "value_error", message))
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        export = lineage.get(project, sha256)
    except NotFound:
        raise Unusable(f"This store made no export with the manifest {path}.") from None
    return Since(sha256, lineage.digests(export))
