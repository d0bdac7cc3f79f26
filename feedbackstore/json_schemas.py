"""JSON schemas, compiled by the optional package jsonschema-rs. Nothing is fetched for one."""

import importlib
from typing import Any

from feedbackstore.errors import Unusable


def load_rules() -> Any:
    """The package that compiles schemas. Raises Unusable where it is not there."""
    try:
        return importlib.import_module("jsonschema_rs")
    except ImportError:
        raise Unusable(
            "To hold answers against their JSON schemas, this needs a package that is not"
            " installed: pip install jsonschema-rs"
        ) from None


def compiled(schema: Any) -> Any | None:
    """The validator of a schema; None for one that is none, or refers to what is not in it."""
    rules = load_rules()
    if not isinstance(schema, dict | bool):  # The package would read a text as JSON.
        return None
    try:
        return rules.validator_for(schema, retriever=_nothing)
    except (ValueError, rules.ReferencingError):
        return None


def _nothing(uri: str) -> Any:
    raise ValueError(f"{uri} is not in the schema")
