"""Data files that are compressed: gzip from the standard library, zstd where it is there."""

import gzip
from pathlib import Path
from typing import IO, Any, Final, cast

from feedbackstore.errors import Unusable

SUFFIXES: Final = {"none": "", "gzip": ".gz", "zstd": ".zst"}


def compressed(file: IO[bytes], how: str) -> IO[bytes]:
    """A stream into `file`; closing it ends the compression and leaves `file` open.

    No clock and no name goes in: the same rows give the same bytes.
    """
    if how == "gzip":
        stream: Any = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
    else:
        stream = _zstd().ZstdFile(file, "wb")
    return cast("IO[bytes]", stream)


def opened(path: Path) -> IO[bytes]:
    """The content of a file, whatever its suffix says it is compressed with."""
    if path.suffix == SUFFIXES["gzip"]:
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if path.suffix == SUFFIXES["zstd"]:
        return cast("IO[bytes]", _zstd().open(path, "rb"))
    return path.open("rb")


def _zstd() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found]  # noqa: PLC0415 - 3.14 on
    except ImportError:
        try:
            from backports import zstd  # noqa: PLC0415 - an extra
        except ImportError:
            raise Unusable(
                "zstd is not here. Install it (pip install backports.zstd), or take gzip."
            ) from None
    return zstd
