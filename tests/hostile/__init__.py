"""What nobody should send: made from parts by the hundred, slow, large, or all at once."""
