"""A store with the demo's documents, for a trainer's environment to export from."""

import os

from demo.documents import DOCUMENTS
from feedbackstore import feedback, keys, migrations, predictions
from feedbackstore.store import open_store

migrations.upgrade(os.environ["FEEDBACKSTORE_DATABASE_URL"])
open_store()
keys.create()
project = keys.get_project("default").id
for document in DOCUMENTS:
    prediction = {**document.prediction(), "kind": "request", "id": document.id}
    predictions.record(project, [predictions.check(prediction)])
    feedback.submit(
        project,
        request_id=document.id,
        response=document.correction,
        notes=document.notes,
        **document.members,
    )
