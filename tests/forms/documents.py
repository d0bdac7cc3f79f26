"""Documents and schemas of any kind, for tests that hold for all of them."""

from typing import Any

from hypothesis import strategies as st

from feedbackstore.forms.merging import type_of

ODD = (
    "", "op", "base", "csrf", "a/b", "a~b", "~1", "%41", "a.b", "a[]", "0", "-", "a\nb", "a\rb",
    '"><img onerror=alert(1)>', "<script>", "\u202eabc", "\u2028", "é", "\x07", "{{ 7 * 7 }}",
)  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")

names = st.sampled_from((*ODD, "a", "b", "c", "total", "items")) | st.text(CHARACTERS, max_size=4)
texts = (
    st.sampled_from((
        *ODD, "\n", "\r\n", "\ra", " a ", "x" * 100, "2026-03-31", "2026-13-01", "1,200", "true",
        "null", "</textarea>", "\n\nx", "a\r\nb\nc",
    ))
    | st.text(CHARACTERS, max_size=8)
)  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from((10**30, -0.0, 1e5, 1.10, 1e-7, 1e300))
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)

_types = st.sampled_from(("string", "number", "integer", "boolean", "object", "array", "null", "x"))
_references = st.sampled_from(
    ("#", "#/$defs/a", "#/$defs/b", "#/properties/a", "http://x/y", "#/-")
)


def _keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, max_size=3)
    named = st.dictionaries(names, inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": _types | st.lists(_types, max_size=3),
            "properties": named,
            "required": st.lists(names, max_size=3),
            "items": inner | some,
            "prefixItems": some,
            "enum": st.lists(scalars, max_size=3),
            "const": scalars,
            "format": st.sampled_from(("date", "date-time", "email")),
            "title": texts,
            "description": texts,
            "anyOf": some,
            "oneOf": some,
            "allOf": some,
            "$ref": _references,
            "additionalProperties": inner,
            "$defs": st.fixed_dictionaries({}, optional={"a": inner, "b": inner}),
        },
    )


schemas = st.recursive(
    st.booleans() | st.fixed_dictionaries({"type": _types}) | scalars, _keywords, max_leaves=6
)


@st.composite
def described(draw: st.DrawFn) -> tuple[Any, Any]:
    """A value, and a schema that knows its places, if not always what is in them."""
    value = draw(values)
    return value, draw(_schema_of(value)) if draw(st.booleans()) else draw(schemas)


def _schema_of(value: Any) -> st.SearchStrategy[Any]:
    kept = st.just(type_of(value)) | _types
    if isinstance(value, dict):
        members = {name: _schema_of(member) for name, member in value.items()}
        extra: dict[str, Any] = {
            "properties": st.fixed_dictionaries({}, optional={**members, "new": schemas}),
            "required": st.lists(st.sampled_from([*value, "new"]), max_size=3),
        }
    elif isinstance(value, list) and value:
        extra = {"items": st.one_of([_schema_of(item) for item in value])}
    else:
        choices = st.lists(scalars, max_size=2).map(lambda others: [*others, value])
        extra = {"enum": choices, "format": st.sampled_from(("date", "date-time"))}
        return st.fixed_dictionaries({"type": kept}, optional=extra)
    return st.fixed_dictionaries({"type": st.just(type_of(value)), **extra}) | (
        st.fixed_dictionaries({"type": kept | st.lists(kept, max_size=2), **extra})
    )
