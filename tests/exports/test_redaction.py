"""What is redacted, what is not, and that it is so every time and everywhere."""

import json
import re
import string
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from exports.example import Example
from exports.personal import KINDS, _card, _iban
from exports.redaction import Redaction

PLACEHOLDER = re.compile(r"\[(EMAIL|PHONE|CARD|IBAN|SSN|IP)_[0-9a-f]{6}\]")


def redact(text: str, *kinds: str) -> str:
    return Redaction(kinds or KINDS).text(text)


def shown(text: str) -> str:
    return PLACEHOLDER.sub(lambda found: f"[{found[1]}]", redact(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane.Doe+x@mail.example.com, please", "[EMAIL], please"),
        ("<jörg@müller.example>.", "<[EMAIL]>."),
        (r'broken {"a": "\njane@example.com', r'broken {"a": "\n[EMAIL]'),
        ("DE89 3704 0044 0532 0130 00 AND MORE", "[IBAN] AND MORE"),
        ("gb82west12345698765432!", "[IBAN]!"),
        ("2024 4111 1111 1111 1111 123", "2024 [CARD] 123"),
        ("4111-1111-1111-1111,378282246310005", "[CARD],[CARD]"),
        ("3782 822463 10005 12/27", "[CARD] 12/27"),
        ("SSN 123-45-6789, social security no. 123456789", "SSN [SSN], social security no. [SSN]"),
        ("http://192.0.2.7:80/ [2001:db8::7]:443", "http://[IP]:80/ [[IP]]:443"),
        ("+49 (0)89 1234567 or +4915112345678.", "[PHONE] or [PHONE]."),
        ("+1 415 555 2671 12 items", "[PHONE] 12 items"),
        ("(415) 555-2671, 415-555-2671", "[PHONE], [PHONE]"),
        ("Tel.: 030 / 1234567; phone no. 415-555-2671", "Tel.: 030 / 1234567; phone no. [PHONE]"),
        ("Telefon 030 1234567, Fax: 030/12345678", "Telefon [PHONE], Fax: [PHONE]"),
        ("+4915112345678jane@example.com", "[PHONE][EMAIL]"),
    ],
)
def test_personal_values_become_placeholders(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "logo@2x.png @app.route a @ b",
        "DE89 3704 0044 0532 0130 01, XX89370400440532013000",
        "4111 1111 1111 1112, 1111111111111117, 0.4111111111111111, 9111111111111111",
        "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000 123-45-6789-1",
        "version 1.2.3.4, 127.0.0.1, 256.1.1.1, 1.2.3.4.5, ::1, std::move, a::b, x[::2], 12:30:45",
        "2024-01-15 20240115 15.01.2024 2024-01-15T12:30:45+01:00 +2024-01-15 10:22",
        "RE-2024-000123, Invoice 415-555-2671, No. 415-555-2671, 12345678, hotel 12345678",
        "1.234.567,89 € +1 234 567.89 +12.345.678,90 +12345678 € $1,234,567.00 3 000 000",
        "4006381333931 and 550e8400-e29b-41d4-a716-446655440000",
        "tel 2024-01-15",
        "[EMAIL_3f9a2c] [PHONE_123456] [CARD_123456] [IP_123456]",
    ],
)
def test_what_only_looks_personal_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane@Example.com", "jane@example.com"),
        ("DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("+49 (0)89 1234567", "+49891234567"),
        ("(415) 555-2671", "+1 415.555.2671"),
        ("ssn 123456789", "ssn 123-45-6789"),
    ],
)
def test_a_value_has_one_placeholder_however_it_is_written(one: str, other: str) -> None:
    assert redact(one) == redact(other) != one


def test_placeholders_depend_on_value_and_salt_alone() -> None:
    first, second = Redaction(["email"], "salt"), Redaction(KINDS, "salt")
    second.text("other@example.com 4111111111111111")

    assert first.text("a@example.com") == second.text("a@example.com") == "[EMAIL_646934]"
    assert redact("a@example.com") != first.text("a@example.com") != redact("b@example.com")


def test_only_the_chosen_kinds_are_replaced_and_each_is_counted() -> None:
    redaction = Redaction(["ip", "email"])

    assert "4111111111111111 +4915112345678" in redaction.text(
        "a@example.com b@example.com 192.0.2.7 2001:db8::7 4111111111111111 +4915112345678"
    )
    assert redaction.counts == {"email": 2, "ip": 2}
    with pytest.raises(ValueError, match="'name'"):
        Redaction(["name"])


def test_json_keeps_its_names_types_layout_and_escapes() -> None:
    text = r"""{
  "a@example.com": "b\u0040example.com \u20ac\ud800", "phone_1": "030 1234567",
  "homePhone": ["030 1234567"], "card": 4111111111111111, "ssn": 123456789, "n": 1.50,
  "inner": "{\"mail\":\"b@example.com\",\"card\":4111111111111111}", "invoice": "415-555-2671"
}"""
    redacted = redact(text)
    mail, phone = redact("b@example.com"), redact("tel 030 1234567").removeprefix("tel ")

    assert json.loads(redacted) == {
        "a@example.com": f"{mail} €\ud800",
        "phone_1": phone,
        "homePhone": [phone],
        "card": 0,
        "ssn": 0,
        "n": 1.5,
        "inner": f'{{"mail":"{mail}","card":0}}',
        "invoice": "415-555-2671",
    }
    assert '\n  "homePhone": [' in redacted
    assert r"\u20ac\ud800" in redacted
    assert '"n": 1.50' in redacted


def test_json_in_a_fence_stays_json_too() -> None:
    assert shown('a@example.com\n```json\n{"card": 4111111111111111}\n```\n4111111111111111') == (
        '[EMAIL]\n```json\n{"card": 0}\n```\n[CARD]'
    )


IMAGE = "data:image/png;base64,AAAA+4915112345678/4111111111111111=="


def test_every_text_of_an_example_is_redacted_and_no_image() -> None:
    call = {
        "id": "a@example.com",
        "type": "function",
        "function": {"name": "mail", "arguments": '{"to":"a@example.com"}'},
    }
    image = {"type": "image_url", "image_url": {"url": IMAGE}}
    said = {"role": "assistant", "content": '{"mail":"a@example.com","n":1}'}
    example = Example(
        prompt=[
            {"role": "system", "content": "a@example.com"},
            {
                "role": "user",
                "name": "a@example.com",
                "content": [{"type": "text", "text": f"a@example.com ![]({IMAGE})"}, image],
            },
            {"role": "assistant", "tool_calls": [call]},
        ],
        answer=said,
        output={"role": "assistant", "content": '{"mail":"b@example.com","n":1}'},
        changed=True,
        corrected=True,
        tools=[{"type": "function", "function": {"name": "mail", "description": "a@example.com"}}],
        correction={"mail": "a@example.com", "n": 1},
        json_schema={"enum": ["a@example.com"]},
    )
    redaction = Redaction(KINDS)
    redacted = redaction(example)

    mail = redact("a@example.com")
    assert redacted.prompt[1]["content"] == [
        {"type": "text", "text": f"{mail} ![]({IMAGE})"},
        image,
    ]
    assert redacted.prompt[1]["name"] == redacted.prompt[0]["content"] == mail
    (called,) = redacted.prompt[2]["tool_calls"]
    assert called["function"]["arguments"] == f'{{"to":"{mail}"}}'
    assert called["id"] == "a@example.com"
    assert redacted.correction == {"mail": mail, "n": 1}
    assert redacted.json_schema == {"enum": [mail]}
    assert redacted.changed
    assert redaction.counts == {"email": 7}
    assert "a@example.com" in str(example)
    assert redaction(redacted) == redacted


def test_a_correction_of_nothing_else_than_how_a_value_is_written_changes_nothing() -> None:
    answer, output = (
        {"role": "assistant", "content": f"Write to {mail}."}
        for mail in ("a@example.com", "A@example.com")
    )
    example = Example([], answer, output, changed=True, corrected=True, tools=[])

    assert not Redaction(KINDS)(example).changed
    assert Redaction(["ip"])(example).changed


_LOOSE = st.sampled_from(
    [" ", " ", "", "\n", ", ", ".", ":", "-", "+", "(", ")", "/", "'", '"', "x"]
)
_WORDS = st.sampled_from(
    ["tel ", "ssn: ", "No. ", "€", "a@example.com", "1.2.3.4", "2001:db8::7", "+4915112345678",
     "(415) 555-2671", "415-555-2671", "123-45-6789", "4111 1111 1111 1111", "2024-01-15",
     "DE89370400440532013000", "4111111111111111", "```\n", "{", "}", "[", "]", "\\n", "12", "é",
     "data:image/png;base64,", "@", "example.com"]
)  # fmt: skip
_TEXTS = st.lists(_LOOSE | _WORDS | st.text("0123456789 .-:@+abc", max_size=9), max_size=12).map(
    "".join
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS | st.just("phone"), inner),
    max_leaves=12,
)


@given(_TEXTS)
@example("1.2.3.4.123-45-6789")
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@given(st.text(string.ascii_letters + " .,;!?\n«»äöüß€'\"{}[]()", max_size=200))
def test_a_text_without_such_values_is_unchanged(text: str) -> None:
    assert redact(text) == text


@given(_JSON, st.booleans())
def test_json_stays_json_of_the_same_shape(value: Any, escaped: bool) -> None:
    assume(isinstance(value, dict | list))
    redacted = redact(json.dumps(value, ensure_ascii=escaped))

    for one, other in zip(_types(json.loads(redacted)), _types(value), strict=True):
        assert one == other or {one, other} == {int, float}
    assert redact(redacted) == redacted


def _types(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [item for name, member in value.items() for item in (name, *_types(member))]
    if isinstance(value, list):
        return [list, *(item for member in value for item in _types(member))]
    return [type(value)]


@given(st.text("0123456789", min_size=14, max_size=14), st.sampled_from(["", " ", "-"]), _TEXTS)
def test_no_card_survives(digits: str, mark: str, around: str) -> None:
    number = next(filter(_card, (f"4{digits}{last}" for last in range(10))))
    written = mark.join(number[i : i + 4] for i in range(0, 16, 4))
    texts = [f"{around} {written} {around}", json.dumps([f"\t{written}"]), f"[{number}]"]

    for text in texts:
        assert number not in re.sub("[ -]", "", redact(text, "card"))


@given(st.text("0123456789", min_size=18, max_size=18), st.booleans(), _TEXTS)
def test_no_iban_survives(account: str, spaced: bool, around: str) -> None:
    check = 98 - int(f"{account}131400") % 97
    number = f"DE{check:02}{account}"
    assert _iban(number) == number
    written = " ".join(number[i : i + 4] for i in range(0, 22, 4)) if spaced else number

    redacted = redact(f"{around} {written} {around}")
    assert number not in redacted.replace(" ", "")


@pytest.mark.parametrize(
    "piece",
    ["@", "1", "a", "a@", "a.", "1 ", "4111 1111 1111 1112 ", "DE00 ", "+1", "1.", "1:", "::",
     "tel 1", "(415) ", "a@a.a.", "[", '"', "```\n[\n", "data:image/png;base64,", "a@b.co", "\\n"],
)  # fmt: skip
def test_a_long_hostile_text_comes_through(piece: str) -> None:
    text = (piece * 200_000)[:200_000]

    redacted = redact(text)

    assert redact(redacted) == redacted
