"""Other stores of feedback, each with the database that it brings, sent the same feedback."""
