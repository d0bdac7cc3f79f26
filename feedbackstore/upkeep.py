"""What is done to the open database as a whole: its log emptied, its pages written anew."""

import time
from typing import Final

import peewee

from feedbackstore.database import proxy, timeout
from feedbackstore.errors import Unavailable

_FLUSHED_EVERY: Final = 0.01


def flush(patience: float) -> bool:
    """Bring all of the log into the database file, and empty it; whether that was done.

    Who reads an older state keeps the log from being emptied: it is tried again for so many
    seconds. Others are kept from writing for no longer than one try takes.
    """
    until = time.monotonic() + patience
    proxy.execute_sql("PRAGMA busy_timeout = 0")
    try:
        while True:
            busy, *_ = proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy or time.monotonic() >= until:
                return not busy
            time.sleep(_FLUSHED_EVERY)
    finally:
        proxy.execute_sql(f"PRAGMA busy_timeout = {int(timeout() * 1000)}")


def rebuild() -> None:
    """Write the whole database anew, without its free pages; nobody else writes meanwhile.

    Raises Unavailable where there is no room, or others write.
    """
    try:
        proxy.execute_sql("VACUUM")
    except peewee.OperationalError as error:
        raise Unavailable("The database could not be written anew just now.") from error
