"""The whole story on a store of its own: `make demo`."""
