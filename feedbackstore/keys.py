"""API keys: made, checked, listed, ended; and the projects that they open.

A key reads `fbk_<id>_<secret>`. The id may be shown; the secret is 32 random bytes, so one SHA-256
of the whole key is all that needs to be kept (a slow hash guards guessable passwords, not these).
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from feedbackstore import database, ids, program, statements
from feedbackstore.errors import Invalid, NotFound, Problem
from feedbackstore.models import ApiKey, Project, Secret

SCOPES: Final = ("submit", "read", "review", "export", "metrics", "admin")
DEFAULT_SCOPES: Final = ("submit", "read")
DEFAULT_PROJECT: Final = "default"

GOOD: Final = "good"
EXPIRED: Final = "expired"
REVOKED: Final = "revoked"

_SIGNING: Final = "sessions"
_KEY: Final = re.compile(r"fbk_(?P<id>[0-9a-f]+)_.+")
_PROJECT_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_NO_DIGEST: Final = hashlib.sha256(b"no key has this digest").hexdigest()
_NO_ROW: Final = (_NO_DIGEST, None, None, 0, "", 0, 0)


_FIND: Final = statements.Statement(
    lambda: ApiKey.select(
        ApiKey.digest,
        ApiKey.revoked_at,
        ApiKey.expires_at,
        ApiKey.project,
        ApiKey.scopes,
        ApiKey.id,
        ApiKey.holder,
    ).where(ApiKey.key_id == statements.parameter("key_id"))
)


class Grant(NamedTuple):
    """What a good key opens: a project's row id, and scopes in it.

    `key` is its own row id, `holder` that of the first key that it came to replace, or its own.
    """

    project: int
    scopes: tuple[str, ...]
    key: int
    holder: int


def create(
    project: str = DEFAULT_PROJECT,
    scopes: Collection[str] = DEFAULT_SCOPES,
    name: str = "",
    *,
    expires_at: str | None = None,
    holder: int | None = None,
    only_first: bool = False,
) -> str | None:
    """Make a key and return its text, which is nowhere kept.

    From the moment `expires_at` on it is none. `only_first` makes none, and returns None, where
    there is already a good one. Raises Invalid for a project's name or a scope that is none, and
    for an end that has been.
    """
    _check(project, scopes, name, expires_at)
    with database.write():
        if only_first and any(state(record) == GOOD for record in ApiKey.select()):
            return None
        owner = _project_made_on_first_use(project)
        key_id = secrets.token_hex(6)
        key = f"fbk_{key_id}_{secrets.token_urlsafe(32)}"
        ApiKey.create(
            project=owner,
            key_id=key_id,
            digest=_digest(key),
            name=name,
            scopes=",".join(scope for scope in SCOPES if scope in scopes),
            created_at=ids.now(),
            expires_at=expires_at,
            holder=holder,
        )
    return key


def are_any() -> bool:
    """Whether a key was ever made, whatever became of it."""
    return bool(ApiKey.select().exists())


def find(key: str, now: str | None = None) -> Grant | None:
    """What a key that is good opens; None for any other, in about the same time."""
    row = _FIND.run({"key_id": id_of(key)}).fetchone()
    digest, revoked, expires, project, scopes, row_id, holder = row or _NO_ROW
    known = hmac.compare_digest(digest, _digest(key))
    if not known or revoked or is_past(expires, now):
        return None
    return Grant(project, tuple(scopes.split(",")), row_id, holder or row_id)


def is_known(key: str) -> bool:
    """Whether a key was made here once, be it good or not: whoever has it does not guess."""
    row = _FIND.run({"key_id": id_of(key)}).fetchone()
    return hmac.compare_digest((row or _NO_ROW)[0], _digest(key))


def is_past(expires_at: str | None, now: str | None = None) -> bool:
    """Whether what ends at a moment has ended: from that very moment on."""
    return expires_at is not None and expires_at <= (now or ids.now())


def state(record: ApiKey, now: str | None = None) -> str:
    """Whether a key is GOOD, EXPIRED or REVOKED."""
    if record.revoked_at is not None:
        return REVOKED
    return EXPIRED if is_past(record.expires_at, now) else GOOD


def id_of(key: str) -> str:
    """The part of a key that may be shown; empty where there is none."""
    form = _KEY.fullmatch(key)
    return form["id"] if form else ""


def list_all() -> Iterable[ApiKey]:
    """Every key's record, the oldest first, each with its project."""
    query = ApiKey.select(ApiKey, Project).join(Project).order_by(ApiKey.id)
    return query.iterator()


def get(key_id: str) -> ApiKey:
    """The record of a key, by the part of it that may be shown. Raises NotFound."""
    record: ApiKey | None = ApiKey.get_or_none(ApiKey.key_id == key_id)
    if record is None:
        raise NotFound(
            f"There is no key {key_id}. To see them all, run: {program.line('keys list')}"
        )
    return record


def revoke(key_id: str) -> ApiKey:
    """Make a key useless from now on; once more changes nothing. Raises NotFound."""
    with database.write():
        record = get(key_id)
        if record.revoked_at is None:
            record.revoked_at = ids.now()
            record.save(only=[ApiKey.revoked_at])
    return record


def list_projects() -> Iterable[Project]:
    """Every project, by its name."""
    return Project.select().order_by(Project.name).iterator()


def get_project(name: str) -> Project:
    """The project of that name. Raises NotFound, naming those that are there."""
    project = Project.get_or_none(Project.name == name)
    if project is None:
        names = [row.name for row in Project.select(Project.name).order_by(Project.name)]
        known = f"There are: {', '.join(names)}." if names else "There is none yet."
        raise NotFound(
            f"There is no project {name!r}. {known}"
            f" A project is made by its first key: {program.line('keys create --project NAME')}"
        )
    return project


def signing_secret() -> str:
    """What sessions are signed with, made on first use: it stays the same in every process."""
    found = Secret.get_or_none(Secret.name == _SIGNING)
    if found is None:
        with database.write():
            Secret.insert(name=_SIGNING, value=secrets.token_hex(32)).on_conflict_ignore().execute()
        found = Secret.get(Secret.name == _SIGNING)
    return str(found.value)


def _check(project: str, scopes: Collection[str], name: str, expires_at: str | None) -> None:
    if not _PROJECT_NAME.fullmatch(project):
        message = (
            "A name should be 1 to 64 of a-z, 0-9, dot, dash and underscore, and begin and end"
            " with a letter or digit"
        )
        raise Invalid(Problem(("project",), "string_pattern_mismatch", message, project))
    if len(name) > ids.MAX_LENGTH or ids.has_control_characters(name):
        message = f"A note has at most {ids.MAX_LENGTH} characters, and no control characters"
        raise Invalid(Problem(("name",), "string_pattern_mismatch", message, name))
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        message = f"Scopes are among {', '.join(SCOPES)}; {', '.join(unknown) or 'none'} is not"
        raise Invalid(Problem(("scopes",), "literal_error", message, unknown))
    if is_past(expires_at):
        message = "A key should end later than now"
        raise Invalid(Problem(("expires",), "value_error", message, expires_at))


def _project_made_on_first_use(name: str) -> Project:
    found: Project | None = Project.get_or_none(Project.name == name)
    return found or Project.create(name=name, created_at=ids.now())


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
