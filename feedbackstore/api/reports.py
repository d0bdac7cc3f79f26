"""The shapes of evaluations over the wire."""

from typing import Any, Final

from marshmallow import fields

from feedbackstore import ids
from feedbackstore.api.fields import OneOf, QueryCount, QueryFlag, QueryMoment, QueryNumber, Text
from feedbackstore.api.schemas import Shape
from feedbackstore.evaluations import evaluators
from feedbackstore.evaluations.evaluation import GROUPINGS
from feedbackstore.evaluations.recurring import KEPT
from feedbackstore.evaluations.tally import EXPLAINED

_TOP: Final = 5


def _said(description: str) -> dict[str, Any]:
    return {"metadata": {"description": description}}


def _number(description: str, *, required: bool = True) -> Any:
    return fields.Integer(required=required, **_said(description))


class EvaluationQuery(Shape):
    """What to evaluate, and how."""

    since = QueryMoment(load_default=None, **_said("Only predictions made from this moment on."))
    until = QueryMoment(load_default=None, **_said("Only predictions made before it."))
    kind = Text(
        load_default=None,
        validate=OneOf(ids.KINDS),
        **_said("Only predictions of this kind."),
    )
    domain = Text(load_default=None, **_said("Only predictions of this domain."))
    model = Text(load_default=None, **_said("Only predictions of this model."))
    by = Text(
        load_default="model",
        validate=OneOf(list(GROUPINGS)),
        **_said("What to put side by side."),
    )
    evaluator = Text(
        load_default=evaluators.DEFAULT,
        validate=OneOf(evaluators.NAMES),
        **_said("Ours, or one that the hosted service has."),
    )
    tolerance = QueryNumber(
        load_default=0.0, **_said("How far apart two numbers may be and count as the same.")
    )
    loose_text = QueryFlag(load_default=False, **_said("Case and spacing do not count in texts."))
    ignore_order = QueryFlag(load_default=False, **_said("Order does not count in any list."))
    count_null = QueryFlag(load_default=False, **_said("Count fields too that are rightly empty."))
    top = QueryCount(
        at_least=0,
        cap=KEPT,
        load_default=_TOP,
        **_said(f"Confusions to show of each field; more than {KEPT} counts as {KEPT}."),
    )


class EvaluationRate(Shape):
    """A part of a whole, with the interval that chance leaves it in (Wilson, 95 %)."""

    part = fields.Float(required=True)
    of = fields.Integer(required=True)
    rate = fields.Float(required=True, allow_none=True)
    low = fields.Float(required=True)
    high = fields.Float(required=True)

    class Meta(Shape.Meta):
        description = "A part of a whole, with the interval that chance leaves it in."


EvaluationOutcomes: Final = Shape.from_dict(
    {
        "total": _number("All predictions in scope."),
        **{str(outcome): _number(words) for outcome, words in EXPLAINED.items()},
    },
    name="EvaluationOutcomes",
)


class EvaluationCounts(Shape):
    """How many predictions there are, and how good they were."""

    predictions = fields.Nested(EvaluationOutcomes, required=True)
    judged = _number("Outputs that are known to be right or wrong.")
    pairs = _number("Outputs of which the truth is known.")
    compared = _number("Pairs that were compared field by field: both sides are objects.")
    exact_match = fields.Nested(EvaluationRate, required=True)
    accuracy = fields.Nested(EvaluationRate, required=True)


class EvaluationField(Shape):
    """How one field came out."""

    field = Text(required=True)
    accuracy = fields.Nested(EvaluationRate, required=True)
    right = fields.Integer(required=True)
    wrong = fields.Integer(required=True)
    missing = fields.Integer(required=True)
    extra = fields.Integer(required=True)


class EvaluationConfusion(Shape):
    """What a model said for what is right, as short JSON texts."""

    output = Text(required=True)
    truth = Text(required=True)
    times = fields.Integer(required=True)


class EvaluationConfusions(Shape):
    """The most frequent confusions of a field."""

    top = fields.List(fields.Nested(EvaluationConfusion), required=True)
    undercounted_by_at_most = fields.Integer(required=True)


class EvaluationFieldInAll(EvaluationField):
    """How one field came out in all, and what recurs in it."""

    confusions = fields.Nested(EvaluationConfusions, required=True)


class EvaluationGroup(EvaluationCounts):
    """One model, domain or week."""

    name = Text(required=True)
    fields_ = fields.List(
        fields.Nested(EvaluationField), required=True, data_key="fields", attribute="fields"
    )


class EvaluationWeek(Shape):
    """The predictions of one week, as ISO 8601 names it, and how many of them were corrected."""

    week = Text(required=True)
    predictions = fields.Integer(required=True)
    judged = fields.Integer(required=True)
    corrections = fields.Nested(EvaluationRate, required=True)


class EvaluationReport(EvaluationCounts):
    """What an evaluation found; the weakest fields come first."""

    evaluator = fields.Dict(required=True)
    scope = fields.Dict(required=True)
    fields_ = fields.List(
        fields.Nested(EvaluationFieldInAll), required=True, data_key="fields", attribute="fields"
    )
    by = Text(required=True)
    groups = fields.List(fields.Nested(EvaluationGroup), required=True)
    weeks = fields.List(fields.Nested(EvaluationWeek), required=True)
