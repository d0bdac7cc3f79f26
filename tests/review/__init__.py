"""The review page, as a browser without scripts has it."""
