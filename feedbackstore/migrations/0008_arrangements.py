"""Keep how answers and corrections are arranged, so that an export need not compare their texts.

What was stored before stays without: it is compared, as ever.
"""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    whole = db.get_context_options()["field_types"]["BIGINT"]
    for table in ("prediction", "feedback"):
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN arrangement {whole}")
