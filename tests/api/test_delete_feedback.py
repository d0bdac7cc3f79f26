"""DELETE /v1/feedback/id/{uuid}: as if it had never been said."""

from pathlib import Path

from exports import lineage
from feedbackstore import models
from feedbackstore.models import Feedback, Review
from tests.api.conftest import Hire
from tests.conftest import Caller, Export, Predict, Say


def test_it_is_gone_with_its_reviews_and_its_place_in_exports(
    say: Say, predict: Predict, export: Export, tmp_path: Path, ada: Caller, hire: Hire
) -> None:
    predict("a")
    predict("b")
    row, other = say("a", response={"total": 2}), say("b", response={"total": 2})
    path = f"/v1/feedback/id/{row.uuid}"
    ada.patch(path, json={"status": "approved"})
    assert export(tmp_path / "x.jsonl").exit_code == 0
    admin = hire("root", "admin")

    response = admin.delete(path)

    assert (response.status_code, response.get_data()) == (204, b"")
    assert "Content-Type" not in response.headers
    assert [each.uuid for each in Feedback.select()] == [other.uuid]
    assert Review.select().count() == 0
    assert [*lineage.digests(models.Export.get())] == [other.id]
    assert ada.get(path).status_code == admin.delete(path).status_code == 404


def test_a_list_goes_on_where_an_item_was_deleted(say: Say, ada: Caller, hire: Hire) -> None:
    rows = [say(str(number), notes="n") for number in range(4)]
    first = ada.get("/v1/feedback?limit=2").get_json()

    hire("root", "admin").delete(f"/v1/feedback/id/{rows[2].uuid}")

    after = ada.get(f"/v1/feedback?limit=2&cursor={first['next']}").get_json()
    assert [item["request_id"] for item in after["items"]] == ["1", "0"]
