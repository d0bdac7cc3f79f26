"""What a reviewer starts from, and what comes of it: a correction is always an object.

An output that is JSON in a text is corrected as that JSON; any other text as the message that
says it. A correction of neither changes how it is exported.
"""

from feedbackstore import contents, documents
from feedbackstore.documents import Json


def start(output: str | None) -> dict[str, Json]:
    """The object to edit, for a prediction's stored output; empty where there is none."""
    value = None if output is None else documents.load(output)
    for answer in (value, contents.structured(value)):
        if isinstance(answer, dict):
            return answer
    if value is None:
        return {}
    text = value if isinstance(value, str) else documents.dump(value)
    return {"role": "assistant", "content": text}
