"""A JSON document as a form, and back without loss: made from its schema, or from itself."""
