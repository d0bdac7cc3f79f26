"""marshmallow fields that are as strict, and speak of what is wrong, as the hosted service does.

A message is a list with one dict (`type`, `msg`, `ctx`), which marshmallow hands on as it is:
nothing has to be guessed from English sentences afterwards.
"""

import re
from itertools import islice
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from feedbackstore import ids

_SHOWN_TAGS: Final = 20
_MAX_INTEGER: Final = 2**63 - 1
_DIGITS: Final = re.compile(r"-?[0-9]{1,30}")


def message(type_: str, msg: str, **ctx: Any) -> Any:
    """What is wrong, as `body.StrictParser` reads it out of marshmallow's errors."""
    return [{"type": type_, "msg": msg, "ctx": ctx}]


REQUIRED: Final = message("missing", "Field required")


class Text(fields.String):
    """A string."""

    default_error_messages = {
        "required": REQUIRED,
        "null": message("string_type", "Input should be a valid string"),
        "invalid": message("string_type", "Input should be a valid string"),
    }


class OneOf(validate.OneOf):
    """One of a few strings."""

    def _format_error(self, value: Any) -> Any:
        listed = [f"'{choice}'" for choice in self.choices]
        expected = f"{', '.join(listed[:-1])} or {listed[-1]}"
        return message("literal_error", f"Input should be {expected}", expected=expected)


class Object(fields.Dict):
    """A JSON object."""

    default_error_messages = {
        "required": REQUIRED,
        "null": message("dict_type", "Input should be a valid dictionary"),
        "invalid": message("dict_type", "Input should be a valid dictionary"),
    }


class Tags(Object):
    """A flat object of strings."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        tags = super()._deserialize(*args, **kwargs)
        no_text = Text.default_error_messages["invalid"]
        wrong = (name for name, tag in tags.items() if not isinstance(tag, str))
        shown = dict.fromkeys(islice(wrong, _SHOWN_TAGS), no_text)
        if shown:
            raise ValidationError(shown)
        return tags


class Flag(fields.Boolean):
    """True or false, and no word or number for them."""

    default_error_messages = {
        "invalid": message("bool_type", "Input should be a valid boolean"),
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class QueryFlag(Flag):
    """True or false, as a query string spells them."""

    default_error_messages = {
        "invalid": message("bool_parsing", "Input should be 'true' or 'false'"),
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value not in ("true", "1", "false", "0"):
            raise self.make_error("invalid")
        return value in ("true", "1")


class QueryNumber(fields.Float):
    """A finite number that is not negative."""

    default_error_messages = {
        "invalid": message("float_parsing", "Input should be a valid number"),
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        try:
            number = float(value)
        except ValueError:
            raise self.make_error("invalid") from None
        if not 0 <= number < float("inf"):
            msg = "Input should be finite and greater than or equal to 0"
            raise ValidationError(message("greater_than_equal", msg, ge=0))
        return number


class QueryMoment(Text):
    """A day (it begins at midnight, UTC) or a moment, as RFC 3339 has them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        try:
            return ids.parse_day_or_moment(value)
        except ValueError as error:
            raise ValidationError(message("datetime_parsing", str(error))) from None


class QueryWeek(Text):
    """A week of ISO 8601."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        try:
            ids.parse_week(value)
        except ValueError as error:
            raise ValidationError(message("week_parsing", str(error))) from None
        return str(value)


class QueryCount(fields.Integer):
    """A whole number in ASCII digits, at least `at_least`; one above `cap` counts as `cap`."""

    default_error_messages = {
        "invalid": message("int_parsing", "Input should be a valid integer"),
    }

    def __init__(self, *, at_least: int, cap: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at_least = at_least
        self.cap = cap
        self.metadata = {"minimum": at_least, **self.metadata}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise self.make_error("invalid")
        number = int(value)
        if number < self.at_least:
            msg = f"Input should be greater than or equal to {self.at_least}"
            raise ValidationError(message("greater_than_equal", msg, ge=self.at_least))
        if self.cap is not None:
            return min(number, self.cap)
        if number > _MAX_INTEGER:
            msg = f"Input should be less than or equal to {_MAX_INTEGER}"
            raise ValidationError(message("less_than_equal", msg, le=_MAX_INTEGER))
        return number
