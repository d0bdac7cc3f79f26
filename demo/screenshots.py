"""The README's pictures of the review page, taken anew: `make screenshots`."""

import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from demo.documents import DOCUMENTS, Document
from demo.story import serve
from feedbackstore import database, feedback, keys, migrations, predictions, reviews
from feedbackstore.store import open_store

PICTURES: Final = Path(__file__).parent.parent / "docs" / "images"
WINDOW: Final = {"width": 1200, "height": 760}

_VENDORS: Final = ("Nordlicht Tonstudio", "Hafen Druckerei", "Alster Catering", "Kontor Möbel")
_WEEKS: Final = tuple(
    f"2026-{month:02}-{day:02}" for month in (9, 10, 11) for day in (2, 9, 16, 23)
)


def main() -> None:
    """Fill a store that is gone afterwards, and walk through its pages."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/feedback.db"
        os.environ["FEEDBACKSTORE_DATABASE_URL"] = url
        migrations.upgrade(url)
        open_store()
        key = str(keys.create(scopes=["review"], name="Ada"))
        fill(keys.get_project("default").id)
        database.close()
        server, address = serve()
        try:
            walk(address, key)
        finally:
            server.terminate()
            server.wait()


def fill(project: int) -> None:
    """Invoices of twelve weeks that two models read, most of them corrected, some reviewed."""
    chance = random.Random(7)  # noqa: S311 - it is to come out the same each time
    for number in range(90):
        document, model, day = _invoice(number, chance)
        record = {**document.prediction(), "model": model, "created_at": f"{day}T09:00:00Z"}
        checked = predictions.check({"kind": "request", "id": document.id, **record})
        predictions.record(project, [checked], replace=False)
        if number % 9:
            said = {"response": document.correction, "notes": document.notes}
            row = feedback.submit(project, request_id=document.id, **said)
            if number % 3 == 0:
                reviews.judge(row, 1, verdict="approved")
    for document in DOCUMENTS:
        checked = predictions.check({"kind": "request", "id": document.id, **document.prediction()})
        predictions.record(project, [checked], replace=False)
        feedback.submit(
            project,
            request_id=document.id,
            response=document.correction,
            notes=document.notes,
            **document.members,
        )


def walk(address: str, key: str) -> None:
    """Take a picture of each page, light and dark."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = _signed_in(browser, scheme, address, key)
            _take(page, f"queue-{scheme}")
            page.goto(f"{address}/review?search=Day and month")
            page.locator(".line-title").first.click()
            page.wait_for_selector(".compared")
            _take(page, f"item-{scheme}")
            page.goto(f"{address}/review/evaluations")
            page.set_viewport_size({**WINDOW, "height": 1000})
            _take(page, f"evaluations-{scheme}")
        browser.close()


def _signed_in(browser: Browser, scheme: Any, address: str, key: str) -> Page:
    size: Any = WINDOW
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(f"{address}/review")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".tabs")
    return page


def _take(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")


def _invoice(number: int, chance: random.Random) -> tuple[Document, str, str]:
    """An invoice, who read it, and when; the older model makes more mistakes."""
    model, day = chance.choice(("vlm-1", "vlm-2")), _WEEKS[number * len(_WEEKS) // 90]
    vendor, quantity = chance.choice(_VENDORS), chance.randint(1, 9)
    price = chance.randint(20, 180) + 0.5
    net = quantity * price
    total = round(net * 1.19, 2)
    issued = f"2026-{day[5:7]}-{chance.randint(1, 12):02}"
    right: dict[str, Any] = {
        "invoice_id": f"{vendor[:2].upper()}-{1000 + number}",
        "invoice_issue_date": issued,
        "issuer_name": vendor,
        "items": [{"description": "Service", "quantity": quantity, "unit_price": price}],
        "currency": "EUR",
        "total_amount": total,
    }
    output = {**right, "items": [dict(right["items"][0])]}
    often = 0.55 if model == "vlm-1" else 0.2
    if chance.random() < often:
        output["total_amount"] = round(net, 2)
    if chance.random() < often / 2:
        output["invoice_issue_date"] = f"{issued[:4]}-{issued[8:]}-{issued[5:7]}"
    if chance.random() < often / 3:
        output["items"][0]["quantity"] = quantity * 10
    lines = (
        vendor,
        f"Invoice {right['invoice_id']}   {issued}",
        f"Service   {quantity} x {price:.2f}   {net:.2f}",
        f"VAT 19 %   {total - net:.2f}",
        f"Total EUR   {total:.2f}",
    )
    notes = "The total is the one with VAT." if output["total_amount"] != total else None
    id_ = f"invoice-{2000 + number}"
    document = Document(id_, "document.invoice", lines, output, right, notes)
    return document, model, day


if __name__ == "__main__":
    main()
