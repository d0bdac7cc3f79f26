"""One item: what was asked, answered and corrected, and what a reviewer does with it."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from feedbackstore import errors, feedback, images, leases, reviews
from feedbackstore.models import APPROVED, PENDING, REJECTED
from feedbackstore.review import conversation, done, editor, pages, subject, wanted
from feedbackstore.review.editor import Draft
from feedbackstore.review.subject import Subject

_VERDICTS: Final = {"approve": APPROVED, "reject": REJECTED, "reopen": PENDING, "save": None}

_REPLACED: Final = "The model's output was replaced while you had it open; nothing is stored yet."


def add_to(blueprint: Blueprint) -> None:
    """Add the views."""
    blueprint.add_url_rule("/item", view_func=get_item)
    blueprint.add_url_rule("/item", view_func=post_item, methods=["POST"])
    blueprint.add_url_rule("/item/edit", view_func=post_edit, methods=["POST"])
    blueprint.add_url_rule("/undo", view_func=post_undo, methods=["POST"])
    blueprint.add_url_rule("/images/<sha256>", view_func=get_image)


def get_item() -> BaseResponse:
    """An item, to look at or, with `edit`, to correct."""
    found = _found()
    if found.feedback is None and found.seen:
        # An address of before: what is there to review is the feedback that came since.
        (row,) = feedback.list_newest(found.who.project, *found.named, offset=0, limit=1)
        return redirect(pages.address("get_item", _asked().args, feedback=row.uuid), 303)
    draft = None
    if mode := request.args.get("edit"):
        draft = editor.begin(found, mode)
    return _page(found, draft)


def post_item() -> BaseResponse:
    """What the reviewer decides, with what they changed."""
    found, do = _found(), request.form.get("do", "")
    if do not in _VERDICTS:
        raise errors.Invalid(errors.Problem(("do",), "literal_error", "There is no such button"))
    draft = editor.read(found, request.form) if editor.is_in(request.form) else None
    comment = request.form.get("comment", "").strip()
    if draft is not None and do != "reject" and _is_to_mend(draft):
        return _page(found, draft, 422, comment=comment)
    if request.form.get("shown", found.shown) != found.shown:
        return _page(found, draft, 409, told=_REPLACED, comment=comment)
    response = draft.value if draft is not None and do != "reject" else None
    try:
        judged = found.judge(
            _VERDICTS[do], response, comment, pages.number(request.form.get("seen")) or 0
        )
    except errors.Conflict as error:
        return _page(_found(), draft, 409, told=str(error), comment=comment)
    except errors.Invalid as error:
        return _page(found, draft, 422, told=str(error), comment=comment)
    return redirect(_after(found, judged, do), 303)


def post_edit() -> Response:
    """The same form again after a button in it, or as JSON, or as a form: nothing is stored."""
    found = _found()
    draft = editor.turn(found, request.form)
    if pages.is_partial():
        return pages.render("_editor.html", draft=draft, item=found, here=_here(), asked=_asked())
    return _page(found, draft, comment=request.form.get("comment", ""))


def post_undo() -> BaseResponse:
    """Take back what one did last to some feedback, and look at it again."""
    who = pages.reviewer()
    row = feedback.get(who.project, request.args.get("feedback", ""))
    args = _asked().args
    if done.is_newest(row, who, pages.number(request.form.get("review"))):
        reviews.undo(row, who.key)
    try:
        feedback.get(who.project, row.uuid)
    except errors.NotFound:
        about = feedback.prediction_of(row)
        name = leases.item_of(about) if about else ""
        return redirect(pages.address("get_item", args, prediction=name), 303)
    return redirect(pages.address("get_item", args, feedback=row.uuid), 303)


def get_image(sha256: str) -> Response:
    """The picture of that hash, if it is one and the project has it."""
    data = images.find(pages.reviewer().project, sha256)
    media_type = None if data is None else conversation.type_of(data)
    if data is None or media_type is None:
        raise errors.NotFound("There is no such picture.")
    return Response(data, content_type=media_type)


def _page(found: Subject, draft: Draft | None, status: int = 200, **more: Any) -> Response:
    who, asked = found.who, _asked()
    # What is decided is there to be looked at: nobody is kept from it, and nothing is written.
    look = leases.hold if found.is_open or draft else leases.others
    others = look(who.project, who.key, found.item)
    prediction = found.prediction
    return pages.render(
        "item.html",
        status,
        item=found,
        draft=draft,
        turns=conversation.turns(prediction.input) if prediction is not None else [],
        others=[] if found.is_blind else others,
        asked=asked,
        here=_here(),
        done=done.read(who),
        **{"told": None, "comment": "", **more},
    )


def _found() -> Subject:
    who = pages.reviewer()
    if uuid := request.args.get("feedback"):
        return subject.of_feedback(who, uuid)
    return subject.of_prediction(who, request.args.get("prediction", ""))


def _asked() -> wanted.Wanted:
    return wanted.read(request.args)


def _here() -> dict[str, str]:
    """What of the address names the item, and the part of the queue around it."""
    named = {
        name: request.args[name] for name in ("feedback", "prediction") if name in request.args
    }
    return named | _asked().args


def _is_to_mend(draft: Draft) -> bool:
    """Whether it cannot be stored; what only its schema is against, the reviewer may insist on."""
    return draft.broken or (draft.objections > 0 and "anyway" not in request.form)


def _after(found: Subject, judged: reviews.Judged, do: str) -> str:
    """Where to go then: to the next item, or after saving or opening again back to this one."""
    uuid, args = judged.feedback.uuid, _asked().args
    if do in ("save", "reopen"):
        return pages.address("get_item", args, feedback=uuid, done=uuid)
    return pages.address("get_next", args, after=str(found.row_id), done=uuid)
