"""The tables. Documents are kept as JSON text: it comes back byte for byte on any backend.

Moments are RFC 3339 text in UTC with six digits of a second (`ids.moment`): they sort as text.
Every table but Project belongs to a project, and every index that finds a row begins with it (a
link between two rows has theirs, and what belongs to a key the key's). Erasures are the exception:
they outlive what they are about, and go with the store into whatever copy takes its place, so that
they name a project, or hash its name.
"""

from typing import Final

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from feedbackstore.database import Model


class Project(Model):
    """A wall: keys, predictions and feedback of one project are not there for another.

    `reviews` is how many people have to look at a piece of feedback before it is decided.
    """

    id = AutoField()
    name = TextField(unique=True)
    created_at = TextField()
    reviews = IntegerField(default=1)


class ApiKey(Model):
    """A bearer key: `key_id` is the part that may be shown, `digest` the SHA-256 of the whole.

    `holder` is the first of the keys that replaced one another up to this one, None for a first:
    whoever has any of them is the same caller. `last_used_at` is some minutes late at times.
    """

    project_id: int
    holder_id: int | None
    id = AutoField()
    project = ForeignKeyField(Project)
    key_id = TextField(unique=True)
    digest = TextField()
    name = TextField()
    scopes = TextField()
    created_at = TextField()
    revoked_at = TextField(null=True)
    expires_at = TextField(null=True)
    last_used_at = TextField(null=True)
    holder = ForeignKeyField("self", null=True, index=False)


class Session(Model):
    """That somebody signed in to the review page: `digest` is that of what their cookie holds."""

    key_id: int
    digest = TextField(primary_key=True)
    key = ForeignKeyField(ApiKey, index=False)
    expires_at = TextField()

    class Meta:
        without_rowid = True


class Prediction(Model):
    """What a model was asked and answered; found by project, kind and the caller's id.

    `input` refers to its images: `images.restored` puts them back. `arrangement` is that of the
    output, where it is known.
    """

    project_id: int
    id = AutoField()
    project = ForeignKeyField(Project, index=False)
    kind = TextField()
    entity_id = TextField()
    model = TextField(null=True)
    domain = TextField(null=True)
    created_at = TextField(null=True)
    input = TextField()
    output = TextField(null=True)
    json_schema = TextField(null=True)
    tools = TextField(null=True)
    metadata = TextField(null=True)
    recorded_at = TextField()
    arrangement = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("project", "kind", "entity_id"), True),
            (("project", "kind", "id"), False),
        )


class Image(Model):
    """The bytes of an image in some prediction's input, once a project; see `images`."""

    id = AutoField()
    project = ForeignKeyField(Project, index=False)
    sha256 = TextField()
    data = BlobField()

    class Meta:
        indexes = ((("project", "sha256"), True),)


class PredictionImage(Model):
    """That a prediction's input refers to an image."""

    prediction = ForeignKeyField(Prediction, index=False)
    image = ForeignKeyField(Image)

    class Meta:
        primary_key = CompositeKey("prediction", "image")
        without_rowid = True


PENDING: Final = "pending"
DISPUTED: Final = "disputed"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
STATUSES: Final = (PENDING, DISPUTED, APPROVED, REJECTED)
"""Where a piece of feedback stands; disputed: its independent reviews differ."""


class Feedback(Model):
    """What a person said of a prediction; `id` orders it, `uuid` is how callers know it.

    `status` and `revised`, the correction as reviewers left it, follow from its reviews, and change
    with them, and so does `arrangement`, that of the correction as it stands, where it is known;
    everything else stays as it was submitted. `author` is the reviewer who wrote it
    while reviewing, None where it was submitted; `submitter` the key that submitted it, where that
    is known.
    """

    project_id: int
    author_id: int | None
    submitter_id: int | None
    id = AutoField()
    uuid = TextField(unique=True)
    project = ForeignKeyField(Project, index=False)
    request_id = TextField(null=True)
    agent_execution_id = TextField(null=True)
    chat_id = TextField(null=True)
    response = TextField(null=True)
    notes = TextField(null=True)
    rating = TextField(null=True)
    tags = TextField(null=True)
    flag = BooleanField(null=True)
    created_at = TextField()
    status = TextField(default=PENDING)
    revised = TextField(null=True)
    author = ForeignKeyField(ApiKey, null=True, index=False)
    submitter = ForeignKeyField(ApiKey, null=True, index=False, backref="submitted")
    arrangement = BigIntegerField(null=True)

    class Meta:
        indexes = ((("project", "id"), False),)


ID_FIELDS: Final = {
    "request": Feedback.request_id,
    "agent_execution": Feedback.agent_execution_id,
    "chat": Feedback.chat_id,
}
"""Which of feedback's columns names a prediction of which kind."""

for _kind, _field in ID_FIELDS.items():
    # Partial, for most feedback names one id: the indexes of the other two then cost nothing.
    Feedback.add_index(
        Feedback.index(
            Feedback.project,
            _field,
            Feedback.id,
            where=_field.is_null(False),
            name=f"feedback_by_{_kind}",
        )
    )


Feedback.add_index(
    Feedback.index(Feedback.project, Feedback.status, Feedback.id, name="feedback_by_status")
)


class Review(Model):
    """What one reviewer did with a piece of feedback: never changed, only taken back.

    `verdict` is the status that they gave it, `response` the correction as they left it; each is
    None where they left it alone. A review that is not `final` is one of several independent ones.
    """

    feedback_id: int
    reviewer_id: int
    id = AutoField()
    feedback = ForeignKeyField(Feedback)
    reviewer = ForeignKeyField(ApiKey, index=False)
    verdict = TextField(null=True)
    response = TextField(null=True)
    comment = TextField(null=True)
    final = BooleanField()
    created_at = TextField()
    undone_at = TextField(null=True)


class Lease(Model):
    """That a reviewer has an item before them, so that nobody else is handed it; see `leases`."""

    project = ForeignKeyField(Project, index=False)
    item = TextField()
    reviewer = ForeignKeyField(ApiKey, index=False)
    expires_at = TextField()

    class Meta:
        primary_key = CompositeKey("project", "item", "reviewer")
        without_rowid = True


class Replay(Model):
    """What a request with an Idempotency-Key came to, for when it comes again; see `replays`."""

    id = AutoField()
    key = ForeignKeyField(ApiKey, index=False)
    name = BlobField()
    digest = BlobField()
    feedback = ForeignKeyField(Feedback, null=True, on_delete="CASCADE")
    counts = TextField(null=True)
    created_at = TextField()

    class Meta:
        indexes = ((("key", "name"), True),)


class Secret(Model):
    """What the store signs with, made on first use."""

    name = TextField(primary_key=True)
    value = TextField()


class Export(Model):
    """A dataset that was made, known by the hash of its manifest; `name` is how it was called."""

    project_id: int
    id = AutoField()
    project = ForeignKeyField(Project, index=False)
    sha256 = TextField()
    name = TextField()
    format = TextField()
    rows = IntegerField()
    created_at = TextField()

    class Meta:
        indexes = ((("project", "sha256"), True),)


class ExportPart(Model):
    """Some of the feedback that went into an export, with digests of its rows; see `export_parts`.

    `first` is the lowest id of `ids`.
    """

    export_id: int
    id = AutoField()
    export = ForeignKeyField(Export, index=False)
    first = IntegerField()
    ids = BlobField()
    digests = BlobField()

    class Meta:
        indexes = ((("export", "first"), True),)


class Erasure(Model):
    """That somebody asked to erase: when, from which project, how much went; never what it was.

    `exports` is a JSON list of the earlier exports that held it: their hashes, moments and names.
    """

    uuid = TextField(primary_key=True)
    project = TextField()
    started_at = TextField()
    finished_at = TextField(null=True)
    feedback = IntegerField(default=0)
    reviews = IntegerField(default=0)
    predictions = IntegerField(default=0)
    images = IntegerField(default=0)
    exports = TextField()


class Tombstone(Model):
    """That an id was erased: nothing is taken under it any more; see `tombstones`."""

    digest = BlobField(primary_key=True)
    erasure = ForeignKeyField(Erasure)

    class Meta:
        without_rowid = True


TABLES: Final = (
    Project,
    ApiKey,
    Session,
    Prediction,
    Image,
    PredictionImage,
    Feedback,
    Review,
    Lease,
    Replay,
    Secret,
    Export,
    ExportPart,
    Erasure,
    Tombstone,
)
