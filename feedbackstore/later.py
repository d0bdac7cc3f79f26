"""The commands as `flask` finds them: it asks for all of them before it knows which was typed.

To import them all takes longer than most of them need. So the entry points of `flask.commands` lead
here, and those of `feedbackstore.commands`, of the same names, to the commands themselves.
"""

from functools import cached_property
from importlib.metadata import entry_points
from typing import Any

import click


class Later(click.Command):
    """A command that is imported when it is needed."""

    @cached_property
    def command(self) -> click.Command:
        """The command itself."""
        (found,) = entry_points(group="feedbackstore.commands", name=str(self.name))
        loaded: click.Command = found.load()
        return loaded

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """The context of the command itself, which goes on from there."""
        return self.command.make_context(*args, **kwargs)

    def get_short_help_str(self, limit: int = 45) -> str:
        """What stands in the list of all."""
        return self.command.get_short_help_str(limit)


def __getattr__(name: str) -> Later:
    if name.startswith("_"):
        raise AttributeError(name)
    return Later(name.replace("_", "-"))
