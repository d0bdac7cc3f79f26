"""A few documents as a company's inbox holds them: what a model read in each, and what is right.

The JSON schemas are those of the hosted service's catalogue, from PyPI's
`vlmrun-hub`; the documents are made up, and drawn here as small PNG images.
"""

import base64
import io
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from vlmrun.hub.registry import registry


@dataclass(frozen=True)
class Document:
    """One document, the model's reading of it, and what a person said of that."""

    id: str
    domain: str
    lines: tuple[str, ...]
    output: dict[str, Any]
    correction: dict[str, Any] | None = None
    notes: str | None = None
    members: dict[str, Any] = field(default_factory=dict)
    scanned: bool = True

    def prediction(self) -> dict[str, Any]:
        """The prediction's record: schema, prompt, image, and the model's answer."""
        noun = self.domain.partition(".")[2].replace("-", " ")
        return {
            "model": "vlm-1",
            "domain": self.domain,
            "created_at": "2026-11-01T12:00:00Z",
            "input": [
                {"role": "system", "content": f"Extract everything that the {noun} says."},
                {
                    "role": "user",
                    "content": self.content(),
                },
            ],
            "output": self.output,
            "json_schema": _schema(self.domain),
        }

    def content(self) -> str | list[dict[str, Any]]:
        """What the user shows the model: an image, or the text itself."""
        if not self.scanned:
            return "\n".join(self.lines)
        return [
            {"type": "text", "text": "Answer with JSON that follows the schema."},
            {"type": "image_url", "image_url": {"url": self.image_url()}},
        ]

    def image_url(self) -> str:
        """The document, drawn, as a data URL."""
        image = Image.new("RGB", (440, 24 + 24 * len(self.lines)), "white")
        draw, font = ImageDraw.Draw(image), ImageFont.load_default(16)
        for number, line in enumerate(self.lines):
            draw.text((16, 12 + 24 * number), line, fill="black", font=font)
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=True)
        return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


@cache
def _schema(domain: str) -> dict[str, Any]:
    if not registry.list_schemas():
        registry.load_schemas()
    return registry[domain].model_json_schema()


DOCUMENTS = (
    Document(
        id="invoice-1041",
        domain="document.invoice",
        lines=(
            "Nordlicht Tonstudio GmbH, Hamburg",
            "Invoice NT-1041   2 October 2026",
            "Mastering   3.5 h x 120.00   420.00",
            "VAT 19 %                      79.80",
            "Total EUR                    499.80",
        ),
        output={
            "invoice_id": "NT-1041",
            "invoice_issue_date": "2026-02-10",
            "issuer_name": "Nordlicht Tonstudio GmbH",
            "items": [
                {
                    "description": "Mastering",
                    "quantity": 3.5,
                    "unit_price": 120.0,
                    "total_price": 420.0,
                }
            ],
            "currency": "EUR",
            "tax_amount": 79.8,
            "total_amount": 420.0,
        },
        correction={
            "invoice_id": "NT-1041",
            "invoice_issue_date": "2026-10-02",
            "issuer_name": "Nordlicht Tonstudio GmbH",
            "items": [
                {
                    "description": "Mastering",
                    "quantity": 3.5,
                    "unit_price": 120.0,
                    "total_price": 420.0,
                }
            ],
            "currency": "EUR",
            "tax_amount": 79.8,
            "total_amount": 499.8,
        },
        notes="Day and month swapped; the total is the one with VAT.",
    ),
    Document(
        id="invoice-1042",
        domain="document.invoice",
        lines=(
            "Boulangerie du Marché, Lyon",
            "Facture 77   14/10/2026",
            "Pain de campagne   12 x 3,20   38,40",
            "Total EUR                      38,40",
        ),
        output={
            "invoice_id": "77",
            "invoice_issue_date": "2026-10-14",
            "issuer_name": "Boulangerie du Marche",
            "items": [
                {
                    "description": "Pain de campagne",
                    "quantity": 12,
                    "unit_price": 320,
                    "total_price": 38.4,
                }
            ],
            "currency": "EUR",
            "total_amount": 38.4,
        },
        correction={
            "invoice_id": "77",
            "invoice_issue_date": "2026-10-14",
            "issuer_name": "Boulangerie du Marché",
            "items": [
                {
                    "description": "Pain de campagne",
                    "quantity": 12,
                    "unit_price": 3.2,
                    "total_price": 38.4,
                }
            ],
            "currency": "EUR",
            "total_amount": 38.4,
        },
    ),
    Document(
        id="receipt-88",
        domain="document.receipt",
        lines=(
            "CORNER HARDWARE  #88",
            "2026-10-20 16:05",
            "wood screws     2 x 4.75   9.50",
            "TOTAL USD                  9.50",
            "VISA **** 4417",
        ),
        output={
            "receipt_id": "88",
            "merchant_name": "CORNER HARDWARE",
            "items": [
                {
                    "description": "wood screws",
                    "quantity": 2,
                    "unit_price": 4.75,
                    "total_price": 9.5,
                }
            ],
            "total": 9.5,
            "currency": "USD",
            "payment_method": {"type": "credit card", "card_last_4": "4417", "card_type": "VISA"},
        },
        members={"rating": "up"},
    ),
    Document(
        id="resume-3",
        domain="document.resume",
        lines=(
            "Ayşe Yılmaz   ayse@example.com",
            "Data engineer, since 2023",
            "Python, SQL",
        ),
        output={
            "contact_info": {"full_name": "Ayse Yilmaz", "email": "ayse@example.com"},
            "technical_skills": {
                "programming_languages": [{"name": "Python"}],
                "frameworks_libraries": [],
            },
        },
        correction={
            "contact_info": {"full_name": "Ayşe Yılmaz", "email": "ayse@example.com"},
            "technical_skills": {
                "programming_languages": [{"name": "Python"}, {"name": "SQL"}],
                "frameworks_libraries": [],
            },
        },
        members={"tags": {"team": "hiring"}},
        scanned=False,
    ),
    Document(
        id="utility-bill-9",
        domain="document.utility-bill",
        lines=("City Water", "Account 55-901", "Amount due 61.15"),
        output={"account_number": "55-901"},
        notes="The amount due is missing. I do not have the scan any more.",
        members={"flag": True},
    ),
)
