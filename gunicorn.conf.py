"""How the server runs: as `feedbackstore.serving` says, which an installed package has too."""

from feedbackstore.serving import *  # noqa: F403
