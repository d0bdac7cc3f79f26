"""Memory that a server's processes share: it has no name, and is gone with the last of them."""

import os
import tempfile


def make(size: int) -> int:
    """The descriptor of so many zero bytes; to be called in the process that starts the others."""
    with tempfile.TemporaryFile() as file:
        descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    os.set_inheritable(descriptor, False)
    return descriptor
