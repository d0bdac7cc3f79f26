"""What a reviewer starts from, and what comes of it: a correction is always an object.

An output that is JSON in a text is corrected as that JSON; any other text as the message that
says it. A correction of neither changes how it is exported.
"""

from feedbackstore import documents
from feedbackstore.documents import Json
from feedbackstore.errors import Invalid


def start(output: str | None) -> dict[str, Json]:
    """The object to edit, for a prediction's stored output; empty where there is none."""
    value = None if output is None else documents.load(output)
    if isinstance(value, str):
        inner = _inner(value)
        value = inner if isinstance(inner, dict) else value
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    text = value if isinstance(value, str) else documents.dump(value)
    return {"role": "assistant", "content": text}


def _inner(text: str) -> Json:
    if not text.lstrip().startswith("{"):
        return None
    try:
        return documents.parse(text.encode())
    except Invalid:
        return None
