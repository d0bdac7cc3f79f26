"""How a release is made: `make pyz`, `make release`."""
