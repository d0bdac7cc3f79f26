"""The review page in a real Chromium, as reviewers use it: make test-browser."""
