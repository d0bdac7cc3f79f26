"""What was erased stays away: its ids are kept as hashes, and nothing is taken under them again.

A plain hash of an id that can be guessed says who was erased. These are keyed (HMAC-SHA256, RFC
2104) with a secret of the store, over the project's name, the kind and the id, which hold no NUL:
that separates them. A store that took over another's tombstones has their secret too.
"""

import hmac
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from peewee import JOIN, fn

from feedbackstore import statements
from feedbackstore.database import proxy
from feedbackstore.errors import Erased
from feedbackstore.models import Project, Secret, Tombstone

FEEDBACK: Final = "feedback"
"""The kind of feedback's own ids, beside `ids.KINDS`."""

SECRETS: Final = "erasures-"
"""How the names of the secrets begin: no two stores have the same."""

Name: TypeAlias = tuple[str, str]
"""A kind and an id of it."""

# One statement, which finds nothing where nothing was erased: it stands in the way of each write.
_KEYS: Final = statements.Statement(
    lambda: (
        Secret.select(Secret.value, Project.name)
        .join(Project, JOIN.CROSS)
        .where(
            fn.EXISTS(Tombstone.select().where(Tombstone.digest > statements.parameter("least"))),
            Secret.name > statements.parameter("after"),
            Secret.name < statements.parameter("before"),
            Project.id == statements.parameter("project"),
        )
    )
)
_FIND: Final = statements.Statement(
    lambda: Tombstone.select(Tombstone.digest).where(
        Tombstone.digest == statements.parameter("digest")
    )
)

_BURY: Final = statements.Statement(
    lambda: Tombstone.insert(
        digest=statements.parameter("digest"), erasure=statements.parameter("erasure")
    ).on_conflict(conflict_target=[Tombstone.digest], preserve=[Tombstone.erasure])
)


class Keyed(NamedTuple):
    """What hashes a project's ids: a secret, and what goes before them."""

    secret: bytes
    project: str

    def digest(self, name: Name) -> bytes:
        """The hash of an id."""
        text = "\0".join((self.project, *name))
        return hmac.digest(self.secret, text.encode(), "sha256")


_known: Final[WeakKeyDictionary[Any, dict[int, list[Keyed]]]] = WeakKeyDictionary()
"""By transaction and project: while one writes, nobody else buries anything."""


def refuse(project: int, names: Iterable[Name]) -> None:
    """Raise Erased where one of these was; to be called in the transaction that would store it."""
    for keyed in _keyed(project):
        for name in names:
            if _FIND.run({"digest": keyed.digest(name)}).fetchone():
                raise refusal(name)


def refusal(name: Name, index: int = 0) -> Erased:
    """What to say to whoever sends it again."""
    kind, entity_id = name
    return Erased(
        f"What was stored of the {kind} {entity_id!r} was erased on request, and nothing of it is"
        " taken any more.",
        index,
    )


def among(project: int, numbered: Iterable[tuple[int, Name]]) -> Iterator[tuple[int, Name]]:
    """Those of many that were erased; `numbered` is not read where nothing was."""
    keyed = _keyed(project)
    if keyed:
        # One by one: a look takes microseconds, and to hold all of them memory for each request.
        for number, name in numbered:
            if any(_FIND.run({"digest": each.digest(name)}).fetchone() for each in keyed):
                yield number, name


def state() -> int:
    """What is another once something else was erased, whatever the clock says meanwhile."""
    return int(proxy.last_change("erasure"))


def digests(project: str, name: Name) -> list[bytes]:
    """The hashes of one id, one for each secret."""
    return [Keyed(secret, project).digest(name) for secret in keys()]


def keys() -> list[bytes]:
    """The secrets; the first is for new hashes. There is none where nothing was ever erased."""
    found: Any = Secret.select(Secret.value).where(Secret.name.startswith(SECRETS))
    return [value.encode() for (value,) in found.order_by(Secret.name).tuples()]


def bury(erasure: str, project: str, names: Iterable[Name]) -> None:
    """Keep the hashes of these; to be called inside a write transaction."""
    if not keys():
        secret = secrets.token_hex(32)
        Secret.insert(name=f"{SECRETS}{secrets.token_hex(8)}", value=secret).execute()
    keyed = Keyed(keys()[0], project)
    # In the table's own order: each of its pages is then written once.
    for digest in sorted(keyed.digest(name) for name in names):
        _BURY.run({"digest": digest, "erasure": erasure})
    _known.clear()


def _keyed(project: int) -> list[Keyed]:
    """What may hash an id that was erased, in a write transaction looked up for its first row."""
    transaction = proxy.top_transaction()
    if transaction is None:
        return _look(project)
    known = _known.setdefault(transaction, {})
    if project not in known:
        known[project] = _look(project)
    return known[project]


def _look(project: int) -> list[Keyed]:
    # Their names go on in hexadecimal digits. (A LIKE would be planned anew for each value.)
    found = _KEYS.run(
        {"project": project, "least": b"", "after": SECRETS, "before": f"{SECRETS}g"}
    ).fetchall()
    return [Keyed(secret.encode(), name) for secret, name in found]
