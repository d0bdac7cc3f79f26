"""A PostgreSQL server for the tests alone: its own directory, a socket, and nothing synced."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

_PLACES: Final = "/usr/lib/postgresql"
_UNSYNCED: Final = "-c fsync=off -c full_page_writes=off -c synchronous_commit=on"
_USER: Final = "store"


class Cluster:
    """A server that runs; `url` names a database of it, whether it is there or not."""

    def __init__(self, directory: Path, programs: Path, options: str) -> None:
        self.directory, self._programs, self._options = directory, programs, options
        self._numbers = count()

    def url(self, database: str) -> str:
        return f"postgresql://{_USER}@/{database}?host={quote(str(self.directory), safe='')}"

    def new(self) -> str:
        """The URL of a database that is not there yet."""
        return self.url(f"t{next(self._numbers)}")

    def create(self, url: str, like: str | None = None, options: str = "") -> None:
        """Make a database: an empty one, or a copy of one that nobody has open."""
        template = _name(like) if like else "template0"
        self.run(f"CREATE DATABASE {_name(url)} TEMPLATE {template} {options}")

    def drop(self, url: str) -> None:
        self.run(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql)

    def start(self) -> None:
        options = f"-k {self.directory} -c listen_addresses='' {self._options}"
        log = self.directory / "log"
        self._do("pg_ctl", "-D", "data", "-w", "-l", str(log), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._do("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def initialise(self, locale: str) -> None:
        self._do(
            "initdb",
            "-D",
            "data",
            "-U",
            _USER,
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            f"--locale={locale}",
        )

    def _do(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.directory,
            # It refuses to run as root.
            user="nobody" if os.geteuid() == 0 else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def _name(url: str) -> str:
    found = re.search(r"@/(\w+)", url)
    assert found, url
    return found[1]


def programs() -> Path | None:
    """Where PostgreSQL's programs are, the newest; None where there are none."""
    found = sorted(Path(_PLACES).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    alone = shutil.which("initdb")
    return Path(alone).parent if alone else None


@contextmanager
def running(locale: str = "C.UTF-8", options: str = _UNSYNCED) -> Iterator[Cluster]:
    """A server, as long as the block lasts."""
    where = programs()
    assert where, "There is no PostgreSQL here: apt-get install postgresql"
    # Not below the tests' own directory: a socket's name is short, and nobody may enter there.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        directory = Path(name)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        made = Cluster(directory, where, options)
        made.initialise(locale)
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
