"""Memory that a server's processes share: it has no name, and is gone with the last of them."""

import os
import tempfile


def make(size: int) -> int:
    """The descriptor of so many zero bytes; to be called in the process that starts the others."""
    # Not a file on a disk, where there is another way: to touch one of its pages for the first time
    # takes room, and where there is none that ends the process.
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("feedbackstore")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    os.set_inheritable(descriptor, False)
    return descriptor
