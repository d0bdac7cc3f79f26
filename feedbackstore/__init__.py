"""A self-hosted store that turns people's corrections of model output into training data."""

__version__ = "0.1.0"
