"""What personal values look like, and how each is checked and written in one way.

Precision first: what has a checksum (cards: Luhn, ISO/IEC 7812; IBANs: mod 97, ISO 13616) or a
structure (addresses of hosts, social security numbers) is held against it, and digits are a
telephone number only where a "+", the North American shape or a word like "tel" says so.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Final

KINDS: Final = ("email", "phone", "card", "iban", "ssn", "ip")

_AN: Final = "A-Za-z0-9À-ÖØ-öø-ɏ"
_LABEL: Final = rf"[{_AN}](?:[{_AN}-]{{0,61}}[{_AN}])?"
_TOP: Final = r"(?!(?i:png|jpe?g|gif|svg|webp)\b)(?:xn--[a-z0-9-]{2,59}|[A-Za-z]{2,63})"
_GAP: Final = r"(?:[ \u00a0.\-/\u2011]|[ \u00a0]?\(|\)[ \u00a0.\-/]?)?"
_NO: Final = r"(?: ?(?:number|nummer|no|nr))?[.:#]{0,2}[ \u00a0]?"
_TEL: Final = rf"(?i:(?:(?:tele)?(?:phones?|fon)|tel|fax|mobile?|handy|cell|whatsapp){_NO})"
_SSN: Final = rf"(?i:(?:ssn|social security){_NO})"
_AREA: Final = r"(?!000|666|9)\d{3}"
_NOT_COUNTED: Final = "".join(
    rf"(?<!(?i:{word}{mark}))"
    for word in ("n[or]", "invoice", "rechnung", "order", "number", "nummer", "id", "#")
    for mark in ("", r"[ .:]", r"[.:] ")
)
# How long a country's IBANs are, the country's letters and two digits included.
_LENGTHS: Final = (
    "NO15 BE16 DK18FI18FK18FO18GL18NL18SD18 MK19SI19 AT20BA20EE20KZ20LT20LU20MN20XK20 CH21HR21LI21"
    "LV21 BG22BH22CR22DE22GB22GE22IE22ME22RS22VA22 AE23GI23IL23IQ23OM23SO23TL23 AD24CZ24ES24MD24"
    "PK24RO24SA24SE24SK24TN24VG24 LY25PT25ST25 IS26TR26 BI27DJ27FR27GR27IT27MC27MR27SM27 AL28AZ28"
    "BY28CY28DO28GT28HN28HU28LB28NI28PL28SV28 BR29EG29PS29QA29UA29 JO30KW30MU30YE30 MT31SC31 LC32"
    " RU33"
)
_IBAN: Final = "|".join(
    rf"(?:{'|'.join(re.findall(f'[A-Z]{{2}}(?={length})', _LENGTHS))})"
    rf"\d\d(?:[ \u00a0-]?[A-Z0-9]){{{length - 4}}}"
    for length in sorted({int(length) for length in re.findall(r"\d+", _LENGTHS)})
)
# What must not go before, the value in a group named for its kind, and what must not follow.
PATTERNS: Final = (
    (
        rf"(?:(?<![{_AN}\\])|(?<=\\[nrtbf]))",
        rf"(?P<email>[{_AN}][{_AN}._%+'-]{{0,63}}@(?:{_LABEL}\.){{1,8}}{_TOP})",
        rf"(?![{_AN}])",
    ),
    (r"(?<!\w)", rf"(?=[A-Za-z]{{2}}\d\d)(?P<iban>(?i:{_IBAN}))", r"(?!\w)"),
    (
        r"(?<!\w)(?<!\d\.)",
        (
            r"(?P<card>\d{14,19}|\d{4}(?P<c>[ \u00a0-])\d{4}(?P=c)\d{4}(?P=c)\d{4}"
            r"|\d{4}(?P<d>[ \u00a0-])\d{6}(?P=d)\d{4,5})"
        ),
        r"(?!\w|\.\d)",
    ),
    (r"(?<![\w-])", rf"(?P<ssn>{_AREA}-(?!00)\d\d-(?!0000)\d{{4}})", r"(?![\w-])"),
    (
        r"(?<![A-Za-z])",
        rf"{_SSN}(?P<ssn_named>{_AREA}(?P<s>[ -]?)(?!00)\d\d(?P=s)(?!0000)\d{{4}})",
        r"(?![\w-])",
    ),
    (
        r"(?<![\w.])(?<!(?i:version ))(?<!(?i:version: ))",
        r"(?P<ip>\d{1,3}(?:\.\d{1,3}){3})",
        r"(?!\w|\.\d)",
    ),
    (
        r"(?<![\w:])",
        r"(?P<ip_six>(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,38}(?:[0-9A-Fa-f]|::))",
        r"(?!\w|:\w)",
    ),
    (
        r"(?<![A-Za-z])",
        rf"(?P<phone>\+(?:1(?:{_GAP}\d){{10}}(?!\d)|[1-9](?:{_GAP}\d){{7,14}}))",
        r"(?!\d|[.,]\d| ?[€$£¥%]|@)",
    ),
    (
        rf"(?<![\w.+#-])(?=\(?[1-9]){_NOT_COUNTED}",
        r"(?P<phone_american>(?:1[-. ])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-.])[2-9]\d\d[-. ]\d{4})",
        r"(?![\w-]|[.,]\d)",
    ),
    (
        r"(?<![A-Za-z])",
        rf"{_TEL}(?P<phone_named>\(?\+?\d(?:{_GAP}\d){{7,14}})",
        r"(?!\d|[.,]\d)",
    ),
)
IMAGE: Final = r"(?P<image>data:image/[\w.+-]{1,40};base64,[A-Za-z0-9+/=]*+)"
_DATE: Final = re.compile(r"\+?(?:\d{4}([-./])\d\d\1\d\d|\d\d([-./])\d\d\2\d{4})(?!\d)")
_ISSUED: Final = re.compile(
    r"[456]\d{15,18}|2(?:2\d|[3-6]\d|7[0-2])\d{13}|3(?:[47]\d{13}|[0689]\d{12,17}|5\d{14,17})"
)


def _card(text: str) -> str | None:
    digits = re.sub(r"\D", "", text)
    doubled = "".join(str(2 * int(digit)) for digit in digits[-2::-2])
    luhn = sum(int(digit) for digit in digits[::-2] + doubled)
    return digits if luhn % 10 == 0 and _ISSUED.fullmatch(digits) else None


def _iban(text: str) -> str | None:
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    number = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    return compact if int(number) % 97 == 1 else None


def _ip(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    odd = address.is_loopback or address.is_unspecified or address.is_multicast
    return None if odd or address.is_reserved else str(address)


def _phone(text: str) -> str | None:
    if _DATE.match(text) or (text.count(".") == 1 and re.search(r"\.\d\d$", text)):
        return None
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if "+" in text:
        return f"+{digits}"
    national = re.fullmatch(r"1?([2-9]\d\d[2-9]\d{6})", digits)
    return f"+1{national[1]}" if national else digits


CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
    "email": str.lower,
    "iban": _iban,
    "card": _card,
    "ssn": lambda text: re.sub(r"\D", "", text),
    "ip": _ip,
    "phone": _phone,
    "image": lambda _: None,
}
