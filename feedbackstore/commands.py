"""The program: `feedbackstore serve`, and every other command that `flask` has from here.

They are those of the entry points `flask.commands`, which others may add to, and of our own; only
the one that is typed is imported.
"""

import sys
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import cast

import click

from feedbackstore import __version__, program, settings


class Commands(click.Group):
    """The commands of this package, and of those that add to them."""

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        groups = ("flask.commands", "feedbackstore.commands")
        return {point.name: point for group in groups for point in entry_points(group=group)}

    def list_commands(self, _: click.Context) -> list[str]:
        """Their names, in the order of the alphabet."""
        return sorted(self._points)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        point = self._points.get(name)
        return None if point is None else cast("click.Command", point.load())


@click.command(cls=Commands, context_settings={"auto_envvar_prefix": "FLASK"})
@click.version_option(__version__, message="feedbackstore %(version)s")
def commands() -> None:
    """A store of people's corrections to model output, and the datasets made of them."""


def main() -> None:
    """Run the command that was typed."""
    program.is_called(settings.called() or program.as_typed(sys.argv[0]))
    commands(prog_name=program.name())
