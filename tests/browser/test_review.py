"""Reviewing in a browser: by keyboard alone, by mouse alone, on a phone, with hostile content."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import HOSTILE, Reviewer
from tests.server.conftest import Server


def named(page: Page) -> str:
    """What the open item is about."""
    return page.locator("h1 .name").inner_text()


def press(page: Page, key: str) -> None:
    """Press a key as people do: once the page is there."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def statuses(site: Server, name: str) -> Any:
    """Where feedback on a request stands, by what it is corrected to."""
    items = site.get("feedback", entity_id=name)["items"]
    return [(item["status"], item["correction"]) for item in items]


def test_a_queue_is_worked_off_by_keyboard_alone(reviewer: Reviewer, site: Server) -> None:
    page = reviewer()
    press(page, "j")
    press(page, "j")
    press(page, "k")
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-5")

    press(page, "a")
    expect(page.get_by_role("status")).to_contain_text("Approved inv-5")
    press(page, "x")
    expect(page.get_by_role("status")).to_contain_text("Rejected inv-4")
    press(page, "u")
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-4")
    expect(page.get_by_role("heading", level=1)).to_contain_text("pending")

    press(page, "e")
    total = page.get_by_label("Total")
    total.wait_for()
    for _ in range(40):
        press(page, "Tab")
        if total.evaluate("each => each === document.activeElement"):
            break
    press(page, "Control+a")
    page.keyboard.type("499.9")
    press(page, "Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("Approved inv-4")

    ((status, correction),) = statuses(site, "inv-4")
    assert (status, correction["total"]) == ("approved", 499.9)


def test_keys_are_letters_while_one_types(reviewer: Reviewer, site: Server) -> None:
    page = reviewer()
    press(page, "/")
    page.keyboard.type("axe?u/jk")
    expect(page.get_by_role("searchbox")).to_have_value("axe?u/jk")
    press(page, "Escape")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "a")
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.get_by_role("link", name="inv-5").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-5")
    press(page, "e")
    page.get_by_label("Number").fill("")
    page.keyboard.type("axeu")
    expect(page.get_by_label("Number")).to_have_value("axeu")
    assert statuses(site, "inv-5")[0][0] == "pending"


def test_a_queue_is_worked_off_by_mouse_alone(reviewer: Reviewer, site: Server) -> None:
    page = reviewer()
    page.get_by_role("link", name="Start reviewing").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name=re.compile("^Add")).click()
    page.get_by_label("Sku").nth(2).fill("C")
    page.get_by_label("Qty").nth(2).fill("7")
    page.get_by_role("button", name="Move item 3 up").click()
    expect(page.get_by_label("Sku").nth(1)).to_have_value("C")
    page.get_by_role("button", name="Remove item 1").click()
    expect(page.get_by_label("Sku")).to_have_count(2)
    page.get_by_role("button", name="Approve this").click()

    expect(page.get_by_role("status")).to_contain_text("Approved inv-5")
    ((_, correction),) = statuses(site, "inv-5")
    assert correction["items"] == [{"sku": "C", "qty": 7}, {"sku": "B", "qty": 2}]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-5")
    page.get_by_role("link", name="Skip j").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-4")
    page.get_by_role("link", name="Before").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-5")


def test_what_was_typed_survives_the_way_to_json_and_back(reviewer: Reviewer) -> None:
    page = reviewer()
    page.get_by_role("link", name="inv-3").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Number").fill("NT-7")
    page.get_by_role("button", name="JSON").click()
    text = page.get_by_label("The answer as JSON")
    expect(text).to_have_value(re.compile('"number": "NT-7"'))
    text.fill(text.input_value().replace("NT-7", "NT-8"))
    page.get_by_role("button", name="Form").click()

    expect(page.get_by_label("Number")).to_have_value("NT-8")


def test_what_is_wrong_is_told_at_its_field_and_kept(reviewer: Reviewer, site: Server) -> None:
    page = reviewer()
    page.get_by_role("link", name="inv-2").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Total").fill("1,200")
    page.get_by_role("button", name="Approve this").click()

    field = page.get_by_label("Total")
    expect(field).to_have_value("1,200")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("should be a number")
    assert statuses(site, "inv-2")[0][0] == "pending"


def test_an_output_without_feedback_is_corrected(reviewer: Reviewer, site: Server) -> None:
    page = reviewer()
    page.get_by_role("link", name="Uncorrected").click()
    page.get_by_role("link", name="Start reviewing").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Currency").select_option("USD")
    page.get_by_label("Paid").select_option("true")
    page.get_by_role("button", name="Approve this").click()

    expect(page.get_by_role("status")).to_contain_text("Approved unseen")
    ((status, correction),) = statuses(site, "unseen")
    assert (status, correction["currency"], correction["paid"]) == ("approved", "USD", True)


def test_two_reviewers_are_handed_different_items_and_told_of_each_other(
    reviewer: Reviewer,
) -> None:
    ada, bob = reviewer("Ada"), reviewer("Bob")
    for page in (ada, bob):
        page.get_by_role("link", name="Start reviewing").click()
    assert named(ada) != named(bob)

    bob.goto(ada.url)
    expect(bob.get_by_role("status")).to_contain_text("Ada has this open too")
    press(bob, "x")
    expect(bob.get_by_role("status")).to_contain_text("Rejected")
    press(ada, "a")

    expect(ada.get_by_role("alert")).to_contain_text("rejected by Bob")


def test_unsaved_text_is_not_thrown_away_without_a_question(reviewer: Reviewer) -> None:
    page = reviewer()
    page.get_by_role("link", name="inv-1").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Number").fill("x")
    with page.expect_event("dialog") as asked:
        page.get_by_role("link", name="Feedback store").click()

    assert asked.value.type == "beforeunload"


def test_hostile_content_is_text_everywhere(reviewer: Reviewer) -> None:
    page = reviewer()
    page.get_by_role("link", name="<script>").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    press(page, "e")
    page.get_by_role("button", name="JSON").click()
    page.get_by_label("The answer as JSON").wait_for()
    page.get_by_role("button", name="Form").click()
    page.get_by_role("button", name="Approve this").click()
    page.get_by_role("link", name="Evaluations").click()

    assert page.locator("main script, main img[src=x]").count() == 0


def test_the_page_works_without_scripts(reviewer: Reviewer, site: Server) -> None:
    page = reviewer(java_script_enabled=False)
    page.get_by_role("link", name="inv-0").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name=re.compile("^Add")).click()
    page.get_by_label("Sku").nth(2).fill("C")
    page.get_by_role("button", name="Approve this").click()

    ((status, correction),) = statuses(site, "inv-0")
    assert (status, correction["items"][-1]) == ("approved", {"sku": "C"})


def test_a_bar_leads_to_the_feedback_behind_it(reviewer: Reviewer) -> None:
    page = reviewer()
    page.get_by_role("link", name="Evaluations").click()
    page.get_by_role("row", name=re.compile("^issued")).get_by_role("link").last.click()

    assert "field=issued" in page.url
    expect(page.locator(".line")).to_have_count(6)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_stands_in_anybodys_way(reviewer: Reviewer, scheme: str, width: int) -> None:
    page = reviewer(color_scheme=scheme, viewport={"width": width, "height": 844})
    page.get_by_role("link", name="inv-5").click()
    item = page.url
    site = item.partition("/review")[0]
    paths = ("/review", "/review?search=zzz", "/review?status=uncorrected", "/review/evaluations")
    found = []

    for address in (
        *(site + path for path in paths),
        item,
        f"{item}&edit=form",
        f"{item}&edit=json",
    ):
        page.goto(address)
        found += [
            (violation["id"], violation["impact"], address)
            for violation in Axe().run(page).response["violations"]
        ]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address

    assert found == []


def test_a_new_row_is_where_one_types_next(reviewer: Reviewer) -> None:
    page = reviewer()
    page.get_by_role("link", name="inv-1").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name=re.compile("^Add")).click()
    expect(page.get_by_label("Sku").nth(2)).to_be_focused()
    page.get_by_role("button", name="Move item 3 up").click()
    expect(page.get_by_label("Sku").nth(1)).to_be_focused()
    page.get_by_role("button", name="Remove item 2").click()
    expect(page.get_by_label("Sku").nth(1)).to_be_focused()


def test_a_key_that_is_held_down_is_one_press(reviewer: Reviewer, site: Server) -> None:
    page = reviewer()
    page.get_by_role("link", name="inv-5").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-5")
    page.wait_for_load_state()
    held = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', repeat: true}))"
    page.evaluate(held)
    press(page, "j")
    expect(page.get_by_role("heading", level=1)).to_contain_text("inv-4")

    assert statuses(site, "inv-5")[0][0] == "pending"


def test_who_is_signed_out_while_typing_is_told_and_keeps_the_text(reviewer: Reviewer) -> None:
    page = reviewer()
    page.get_by_role("link", name="inv-1").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Number").fill("NT-9")
    page.context.clear_cookies()
    page.get_by_role("button", name="JSON").click()

    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    expect(page.get_by_label("Number")).to_have_value("NT-9")
