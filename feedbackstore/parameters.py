"""What options take besides texts and numbers."""

from typing import Any

import click

from feedbackstore import ids


class Week(click.ParamType[str]):
    """A week of ISO 8601."""

    name = "week"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The week as it came."""
        try:
            ids.parse_week(value)
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)
        return str(value)


class Moment(click.ParamType[str]):
    """A day (it begins at midnight, UTC) or a moment, as RFC 3339 has them."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The moment as the store writes it."""
        try:
            return ids.parse_day_or_moment(value)
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class Tag(click.ParamType[Any]):
    """A label and its value."""

    name = "key=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Both of them."""
        name, equals, text = str(value).partition("=")
        if not equals or not name:
            self.fail(f"{value!r} should read KEY=VALUE", param, ctx)
        return name, text
