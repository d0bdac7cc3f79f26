"""What README's numbers are made with: `make bench`, `make bench-peers`."""
