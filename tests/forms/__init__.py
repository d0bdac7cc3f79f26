"""The form of a document, as a browser shows it and sends it."""
