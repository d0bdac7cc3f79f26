"""Pack what is remembered of exports: a hundred and sixty pieces of feedback a row, not one."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from struct import pack
from typing import Any, Final

from peewee import AutoField, BlobField, ForeignKeyField, IntegerField, Model

_PIECES: Final = 160


def up(migrator: Any, db: Any) -> None:
    class Export(Model):
        id = AutoField()

    class ExportPart(Model):
        id = AutoField()
        export = ForeignKeyField(Export, index=False)
        first = IntegerField()
        ids = BlobField()
        digests = BlobField()

        class Meta:
            table_name = "export_part"
            indexes = ((("export", "first"), True),)

    with db.bind_ctx([Export, ExportPart]):
        db.create_tables([ExportPart])
    insert = "INSERT INTO export_part (export_id, first, ids, digests) VALUES (?, ?, ?, ?)"
    for part in _parts(db):
        db.run(insert, part)
    db.execute_sql("DROP TABLE export_item")


def _parts(db: Any) -> Iterator[tuple[int, int, bytes, bytes]]:
    # In the order of its key, which is that of the table: it is read once, and nothing is sorted.
    items = db.execute_sql(
        "SELECT export_id, feedback_id, digest FROM export_item ORDER BY export_id, feedback_id"
    )
    for export, pieces in groupby(items, key=itemgetter(0)):
        while some := list(islice(pieces, _PIECES)):
            ids = [piece[1] for piece in some]
            yield export, ids[0], pack(f"<{len(ids)}q", *ids), b"".join(each[2] for each in some)
