"""What a reviewer has before them: feedback with its prediction, or a prediction without any."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from feedbackstore import documents, errors, feedback, leases, messages, predictions, reviews
from feedbackstore.documents import Json
from feedbackstore.models import APPROVED, DISPUTED, PENDING, REJECTED, Feedback, Prediction, Review
from feedbackstore.review import compare, editable
from feedbackstore.review.sessions import Reviewer
from feedbackstore.standings import answer_of, answers, is_blind, is_hidden, newest

MAX_RIVALS = 20


@dataclass
class Subject:
    """An item as one reviewer is to see it: what they must not know yet is left out."""

    who: Reviewer
    feedback: Feedback | None
    prediction: Prediction | None
    all_reviews: list[Review] = field(default_factory=list)

    @property
    def item(self) -> str:
        """The name that it is leased by."""
        return leases.item_of(self.feedback or self.prediction)  # type: ignore[arg-type]

    @property
    def row_id(self) -> int:
        """Its place in its list."""
        found: Any = self.feedback or self.prediction
        return int(found.id)

    @property
    def named(self) -> tuple[str, str]:
        """Kind and id of what it is about."""
        if self.prediction is not None:
            return self.prediction.kind, self.prediction.entity_id
        return feedback.named(self.feedback)  # type: ignore[arg-type]

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided."""
        return self.feedback is None or self.feedback.status in (PENDING, DISPUTED)

    @cached_property
    def is_blind(self) -> bool:
        """Whether what other reviewers did is hidden."""
        return self.feedback is not None and is_blind(self.feedback, self.who.needed)

    @property
    def is_hidden(self) -> bool:
        """Whether even what the feedback says is: another reviewer wrote it."""
        row = self.feedback
        return row is not None and is_hidden(row, self.who.key, self.who.needed)

    @property
    def seen(self) -> int:
        """What `reviews.judge` or `reviews.correct` is told that the reviewer knows of."""
        if self.feedback is not None:
            return newest(self.feedback, self.known)
        return feedback.count_on(self.prediction)  # type: ignore[arg-type]

    @property
    def shown(self) -> str:
        """What tells the output that is shown from any that takes its place."""
        output = self.prediction.output if self.prediction else None
        return hashlib.sha256((output or "").encode()).hexdigest()[:16]

    @property
    def known(self) -> list[Review]:
        """The reviews that were not taken back."""
        return [review for review in self.all_reviews if review.undone_at is None]

    @property
    def history(self) -> list[Review]:
        """The reviews to show: while all review blindly, one's own."""
        if not self.is_blind:
            return self.all_reviews
        return [review for review in self.all_reviews if review.reviewer_id == self.who.key]

    @cached_property
    def output(self) -> dict[str, Json] | None:
        """The model's output as an object, None where it is not stored."""
        if self.prediction is None or self.prediction.output is None:
            return None
        return editable.start(self.prediction.output)

    @cached_property
    def correction(self) -> dict[str, Json] | None:
        """The correction as it stands for this reviewer, None where there is none."""
        if self.feedback is None:
            return None
        text = answer_of(self.feedback, self.known, self.who.key, self.who.needed)
        return None if text is None else documents.load(text)

    @property
    def start(self) -> dict[str, Json]:
        """What editing begins with."""
        found = self.correction if self.correction is not None else self.output
        return found if found is not None else {}

    @property
    def schema(self) -> Json:
        """The JSON schema of the answer, None where there is none, or it is a message's text."""
        if messages.is_message(self.start):
            return None
        text = self.prediction.json_schema if self.prediction else None
        return None if text is None else documents.load(text)

    @cached_property
    def table(self) -> compare.Table:
        """Output and correction side by side; one alone where there is no other."""
        there = [value for value in (self.output, self.correction) if value is not None]
        return compare.table(*there) if there else compare.Table([], cut=False)

    @cached_property
    def rivals(self) -> list[Feedback]:
        """All feedback on the same prediction that a correction may come from, with this one."""
        if self.prediction is None or self.feedback is None or self.is_blind:
            return []
        found = feedback.list_newest(self.who.project, *self.named, offset=0, limit=MAX_RIVALS)
        return [row for row in found if feedback.correction_of(row) and self._may_see(row)]

    @cached_property
    def rival_table(self) -> compare.Table | None:
        """The corrections of the same prediction side by side; None where there is but one."""
        if len(self.rivals) < 2:  # noqa: PLR2004 - two are several
            return None
        texts = [feedback.correction_of(row) for row in self.rivals]
        return compare.table(*map(compare.value_of, texts))

    @cached_property
    def agreement(self) -> compare.Table | None:
        """What independent reviewers say side by side; None where there are not several."""
        if self.feedback is None or self.is_blind:
            return None
        independent = [review for review in self.known if not review.final]
        said = [text for text in answers(self.feedback, independent) if text is not None]
        if len({review.reviewer_id for review in independent}) < 2 or len(said) < 2:  # noqa: PLR2004
            return None
        return compare.table(*map(compare.value_of, said))

    def _may_see(self, row: Feedback) -> bool:
        return row.status != REJECTED and not is_hidden(row, self.who.key, self.who.needed)

    def judge(
        self, verdict: str | None, response: dict[str, Json] | None, comment: str, seen: int
    ) -> reviews.Judged:
        """Keep what the reviewer says of it. Raises what `reviews.judge` does."""
        told: dict[str, Any] = {"verdict": verdict, "comment": comment, "seen": seen}
        if self.feedback is None:
            if response is not None and documents.same(response, self.output):
                response = None
            return reviews.correct(self.prediction, self.who.key, response=response, **told)  # type: ignore[arg-type]
        if response is None and verdict == APPROVED and self.is_blind and self.correction is None:
            # Nobody's correction was shown to them: what they approve is the output.
            response = self.output
        return reviews.judge(self.feedback, self.who.key, response=response, **told)


def of_feedback(who: Reviewer, uuid: str) -> Subject:
    """Feedback by its id. Raises NotFound."""
    row = feedback.get(who.project, uuid)
    return Subject(who, row, feedback.prediction_of(row), reviews.history(row, undone=True))


def of_prediction(who: Reviewer, name: str) -> Subject:
    """A prediction by the name that it is leased by. Raises NotFound."""
    kind, _, entity_id = name.partition("/")
    found = predictions.find_whole(who.project, kind, entity_id)
    if found is None:
        raise errors.NotFound("There is no such prediction.")
    return Subject(who, None, found)
