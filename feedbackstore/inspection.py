"""Whether a store is whole, private and has room, and what is in it: read, and nothing changed.

Whatever stands where the database should be, each thing that is wrong is a sign that says what
to do. It is read with SQL of its own, for the models want a store that is in order.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import peewee

from feedbackstore import database_file, database_server, migrations, placing, program
from feedbackstore.errors import Unusable
from feedbackstore.migrations import places
from feedbackstore.signs import BAD, OK, Sign

_PROBLEMS: Final = 100
_ROOM: Final = 100 * 1024 * 1024
"""Bytes that should be free on the disk: the log alone may grow to 64 MiB."""


_PROJECTS: Final = """
    SELECT name, (SELECT count(*) FROM prediction WHERE project_id = project.id)
    FROM project ORDER BY name
"""
_STATUSES: Final = """
    SELECT status, count(*) FROM feedback JOIN project ON project.id = project_id
    WHERE name = ? GROUP BY status ORDER BY status
"""
_WAITING: Final = """
    SELECT count(*) FROM feedback AS f
    WHERE NOT EXISTS (SELECT 1 FROM prediction WHERE project_id = f.project_id
        AND kind = 'request' AND entity_id = f.request_id)
    AND NOT EXISTS (SELECT 1 FROM prediction WHERE project_id = f.project_id
        AND kind = 'agent_execution' AND entity_id = f.agent_execution_id)
    AND NOT EXISTS (SELECT 1 FROM prediction WHERE project_id = f.project_id
        AND kind = 'chat' AND entity_id = f.chat_id)
"""
_UNUSED: Final = """
    SELECT count(*) FROM image
    WHERE NOT EXISTS (SELECT 1 FROM prediction_image WHERE image_id = image.id)
"""
_UNFINISHED: Final = "SELECT count(*) FROM erasure WHERE finished_at IS NULL"


def inspect(url: str) -> Iterator[Sign]:
    """Look at the database at `url`, one thing after another. Raises Unusable for no such URL."""
    if database_server.is_meant(url):
        yield from _server(url)
        return
    path = database_file.path_of(url)
    try:
        database_file.refuse_missing(path)
    except Unusable as error:
        yield Sign("file", BAD, f"{error} {_restore()}")
        return
    try:
        yield from _file(path)
        yield from _permissions(path)
        with closing(database_file.opened_live(path)) as connection:
            yield from _database(connection, path)
    except OSError as error:
        yield Sign("file", BAD, f"{error.filename or path}: {error.strerror}.")
    except (*database_file.SQLITE_ERRORS, Unusable) as error:
        yield Sign("database", BAD, _damaged(path, error))


def _file(path: Path) -> Iterator[Sign]:
    log = path.with_name(f"{path.name}-wal")
    figures = {"bytes": path.stat().st_size, "log": log.stat().st_size if log.exists() else 0}
    yield Sign("file", OK, f"{path}: {figures['bytes']:,} bytes, log {figures['log']:,}", figures)
    found = os.statvfs(path.absolute().parent)
    free = found.f_bavail * found.f_frsize
    said = f"{free:,} bytes are free on its disk"
    if found.f_flag & os.ST_RDONLY:
        yield Sign("disk", BAD, "Its disk is read-only. Mount it for writing.")
    elif free < _ROOM:
        yield Sign("disk", BAD, f"Only {said}. Make room: writes will fail.", {"free": free})
    else:
        yield Sign("disk", OK, said, {"free": free})


def _permissions(path: Path) -> Iterator[Sign]:
    files = [each for each in (path, *placing.beside(path)) if each.exists()]
    open_files = [str(each) for each in files if each.stat().st_mode & 0o077]
    directory = path.absolute().parent
    mode = directory.stat().st_mode
    if open_files:
        named = " ".join(open_files)
        yield Sign("permissions", BAD, f"Others may read or write it: chmod go= {named}")
    elif mode & 0o022 and not mode & stat.S_ISVTX:
        said = f"Others may put another file in its place: chmod go-w {directory}"
        yield Sign("permissions", BAD, said)
    else:
        yield Sign("permissions", OK, "nobody but its owner may read it")


def _database(connection: Any, path: Path) -> Iterator[Sign]:
    """What stands in the file, as far as it can be read."""
    tables = {*database_file.tables(connection)}
    if tables and not {migrations.HISTORY, "feedback"} <= tables:
        said = (
            f"{path} is no feedback store's. Name another: FEEDBACKSTORE_DATABASE_URL. {_restore()}"
        )
        yield Sign("database", BAD, said)
        return
    yield from _guarded("integrity", path, lambda: _integrity(connection))
    sign = _schema(places.File(path), migrations.applied(connection) if tables else [])
    yield sign
    if sign.level == OK:
        for name, look in ({"references": _references} | _LOOKS).items():
            yield from _guarded(name, path, lambda look=look: look(connection))  # type: ignore[misc]


def _schema(place: places.Place, applied: list[str]) -> Sign:
    pending = migrations.pending(applied)
    try:
        migrations.refuse_newer(place, applied)
    except Unusable as error:
        return Sign("schema", BAD, str(error))
    if pending:
        line = program.line("migrate")
        said = f"{', '.join(pending)} is not applied. To bring it up to date, run: {line}"
        return Sign("schema", BAD, said)
    return Sign("schema", OK, applied[-1])


def _server(url: str) -> Iterator[Sign]:
    """What a server keeps whole by itself is not looked at."""
    place = places.of(url)
    try:
        migrations.refuse_foreign(url)
        with database_server.connected(url) as connection:
            ((size,),) = connection.execute("SELECT pg_database_size(current_database())")
            yield Sign("database", OK, f"{place.named}: {size:,} bytes", {"bytes": size})
            sign = _schema(place, place.applied())
            yield sign
            for look in _LOOKS.values() if sign.level == OK else ():
                yield from look(connection)
    except (peewee.DatabaseError, Unusable) as error:
        yield Sign("database", BAD, str(error))


def _guarded(name: str, path: Path, look: Callable[[], Iterator[Sign]]) -> Iterator[Sign]:
    try:
        yield from look()
    except database_file.SQLITE_ERRORS as error:
        yield Sign(name, BAD, _damaged(path, error))


def _integrity(connection: Any) -> Iterator[Sign]:
    found = database_file.integrity(connection, _PROBLEMS)
    more = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
    said = f"{found[0]}{more}. {_restore()}" if found else "pages, rows and indexes are whole"
    yield Sign("integrity", BAD if found else OK, said)


def _references(connection: Any) -> Iterator[Sign]:
    rows = connection.execute("PRAGMA foreign_key_check").fetchall()
    tables = ", ".join(sorted({row[0] for row in rows}))
    said = f"{len(rows):,} rows refer to what is not there, in {tables}. {_restore()}"
    if not rows:
        said = "every row finds what it refers to"
    yield Sign("references", BAD if rows else OK, said)


def _projects(connection: Any) -> Iterator[Sign]:
    for name, predictions in connection.execute(_PROJECTS).fetchall():
        statuses = dict(connection.execute(_STATUSES, (name,)).fetchall())
        figures = {"predictions": predictions, "feedback": sum(statuses.values()), **statuses}
        said = ", ".join(f"{count:,} {status}" for status, count in statuses.items())
        text = f"{name}: {predictions:,} predictions, {figures['feedback']:,} of feedback"
        yield Sign("project", OK, f"{text} ({said})" if said else text, figures)


def _waiting(connection: Any) -> Iterator[Sign]:
    (count,) = connection.execute(_WAITING).fetchone()
    said = f"{count:,} of feedback waits for its prediction to be stored"
    yield Sign("feedback", OK, said, {"without_prediction": count})


def _images(connection: Any) -> Iterator[Sign]:
    (count,) = connection.execute(_UNUSED).fetchone()
    said = "every image is in some prediction"
    if count:
        said = f"{count:,} images are in no prediction. To remove them, run: {_resume()}"
    yield Sign("images", BAD if count else OK, said, {"unused": count})


def _erasures(connection: Any) -> Iterator[Sign]:
    (count,) = connection.execute(_UNFINISHED).fetchone()
    said = "every erasure is finished"
    if count:
        said = f"{count:,} begun and not finished. To go on, run: {_resume()}"
    yield Sign("erasures", BAD if count else OK, said, {"unfinished": count})


def _restore() -> str:
    command = program.line("restore BACKUP")
    return f"To put a copy in its place, stop the server and run: {command}"


def _resume() -> str:
    return program.line("erasures resume")


def _damaged(path: Path, error: Exception) -> str:
    if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
        return f"{path} is locked by another program. Run this again when it is done."
    return f"{path} is damaged, or no database: {error}. {_restore()}"


_LOOKS: Final = {
    "project": _projects,
    "feedback": _waiting,
    "images": _images,
    "erasures": _erasures,
}
