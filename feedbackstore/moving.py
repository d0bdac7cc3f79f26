"""Staged predictions into the store, with their images: what is done while everyone else waits."""

from typing import Final

from feedbackstore.staging import STORED, execute

_NAMES: Final = ", ".join(STORED)

_MOVE: Final = f"""
    INSERT INTO main.prediction (project_id, recorded_at, {_NAMES})
    SELECT ?, ?, {_NAMES}
    FROM temp.staged_move CROSS JOIN temp.staged USING (number)
    WHERE true ORDER BY place
    ON CONFLICT (project_id, kind, entity_id) DO UPDATE SET recorded_at = excluded.recorded_at,
        {", ".join(f"{name} = excluded.{name}" for name in STORED[2:])}
"""

_REPLACED: Final = "SELECT stored FROM temp.staged_move WHERE stored IS NOT NULL"

_NOTE_DROPPED: Final = f"""
    INSERT INTO temp.staged_dropped
    SELECT DISTINCT image_id FROM main.prediction_image WHERE prediction_id IN ({_REPLACED})
"""
_UNLINK: Final = f"DELETE FROM main.prediction_image WHERE prediction_id IN ({_REPLACED})"

_KEEP_IMAGES: Final = """
    INSERT INTO main.image (project_id, sha256, data)
    SELECT ?, sha256, data FROM temp.staged_image
    WHERE sha256 IN (
        SELECT sha256 FROM temp.staged_move CROSS JOIN temp.staged_link USING (number)
    )
    ON CONFLICT (project_id, sha256) DO NOTHING
"""
_LINK: Final = """
    INSERT INTO main.prediction_image (prediction_id, image_id)
    SELECT p.id, i.id
    FROM temp.staged_move
    CROSS JOIN temp.staged_link USING (number)
    CROSS JOIN temp.staged USING (number)
    CROSS JOIN main.prediction AS p
        ON p.project_id = ? AND p.kind = staged.kind AND p.entity_id = staged.entity_id
    CROSS JOIN main.image AS i ON i.project_id = p.project_id AND i.sha256 = staged_link.sha256
"""
_DROP_IMAGES: Final = """
    DELETE FROM main.image
    WHERE id IN (SELECT image FROM temp.staged_dropped)
    AND NOT EXISTS (SELECT 1 FROM main.prediction_image WHERE image_id = image.id)
"""


def move(project: int, now: str) -> None:
    """Store what was judged to be new or to take another's place, as of `now`.

    To be called inside a write transaction, and when no verdict is `outdated`.
    """
    execute(_NOTE_DROPPED)
    execute(_UNLINK)
    execute(_MOVE, project, now)
    execute(_KEEP_IMAGES, project)
    execute(_LINK, project)
    # Only now: an image that one prediction lets go of may be another's.
    execute(_DROP_IMAGES)
