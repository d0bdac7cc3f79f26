"""The formats, listed by hand: a file a trainer family.

Another package's come after ours, by an entry point of the group `feedbackstore.formats` that
leads to a Format or to several (docs/formats.md).
"""

from collections.abc import Iterator
from importlib.metadata import entry_points

from exports.formats import (
    axolotl,
    bedrock,
    evaluation,
    fireworks,
    gemini,
    llamafactory,
    mistral,
    openai,
    raw,
    swift,
    together,
    trl,
)
from exports.formats.interface import Format
from feedbackstore.errors import Unusable

OURS = (
    *openai.FORMATS,
    *trl.FORMATS,
    *llamafactory.FORMATS,
    *gemini.FORMATS,
    *bedrock.FORMATS,
    *mistral.FORMATS,
    *together.FORMATS,
    *fireworks.FORMATS,
    *evaluation.FORMATS,
    *axolotl.FORMATS,
    *swift.FORMATS,
    *raw.FORMATS,
)


def _installed() -> Iterator[Format]:
    """The formats of other packages. Raises Unusable, naming the package, for what is none."""
    for entry in entry_points(group="feedbackstore.formats"):
        try:
            found = entry.load()
            several = (found,) if isinstance(found, Format) else tuple(found)
        except Exception as error:
            raise Unusable(f"The format {entry.name} ({entry.value}) is broken: {error}") from error
        for form in several:
            if not isinstance(form, Format):
                raise Unusable(f"The format {entry.name} ({entry.value}) is no Format: {form!r}")
            yield form


# Ours come first, and no other package takes a name of theirs.
_OTHERS = [form for form in _installed() if form.name not in {ours.name for ours in OURS}]
FORMATS: dict[str, Format] = {form.name: form for form in (*OURS, *_OTHERS)}

DEFAULT = "openai-sft"
