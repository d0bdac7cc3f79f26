"""What an answer says, whichever way it came: as text in parts, as JSON in a text."""

from typing import Any

from feedbackstore import documents
from feedbackstore.documents import Json
from feedbackstore.errors import Invalid


def joined(content: Any) -> Any:
    """A message's content as one text where all of its parts are text; else as it is."""
    if isinstance(content, list) and all(part["type"] == "text" for part in content):
        return "\n".join(part["text"] for part in content)
    return content


def structured(answer: Json) -> Json:
    """The object or list that a text holds as JSON; any other answer as it is."""
    if not isinstance(answer, str) or not answer.lstrip().startswith(("{", "[")):
        return answer
    try:
        return documents.parse(answer.encode())
    except Invalid:
        return answer
