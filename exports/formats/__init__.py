"""The formats, listed by hand: a file a trainer family."""

from exports.formats import openai, raw, trl
from exports.formats.interface import Format, RawFormat

FORMATS: dict[str, Format | RawFormat] = {
    form.name: form for form in (*openai.FORMATS, *trl.FORMATS, *raw.FORMATS)
}

DEFAULT = "openai-sft"
