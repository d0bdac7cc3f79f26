"""Hostile requests, made from parts: each is a name and the bytes that go over the wire."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import quote

NOBODYS: Final = "00000000-0000-7000-8000-000000000000"
MIB: Final = 1024 * 1024

WRITING: Final = {
    ("POST", "/v1/feedback/submit"): '{"request_id":"x","notes":"n",%s}',
    ("POST", "/v1/experimental/feedback/submit"): '{"request_id":"x","response":{%s}}',
    ("PUT", "/v1/predictions/request/x"): '{"input":[{"role":"user","content":"q"}],%s}',
    ("POST", "/v1/predictions"): (
        '[{"kind":"request","id":"x","input":[{"role":"user","content":"q"}],%s}]'
    ),
    ("PATCH", f"/v1/feedback/id/{NOBODYS}"): '{"status":"approved","response":{%s}}',
}
"""Each route that takes JSON, and a body with a gap for one member more."""

MEMBERS: Final = (
    *('"a":NaN', '"a":Infinity', '"a":-1e999', '"a":1e999999999', '"a":01', '"a":+1', '"a":0x1'),
    *('"a":.5', '"a":1.', "'a':1", "a:1", '"a":1,', '"a":1 "b":2', '"a":1,"a":2', '"\\u0061":1,"a":2'),
    *('"a":"\\ud800"', '"\\udc00":1', '"a":"\\u0000"', '"\\u0000":1', '"a":"\\x"', '"a":"\n"'),
    *('"a":"\x7f\u2028\ufeff\U0010ffff"', '"":""', '"__proto__":{}', '"a":tru', '"a":"', '"a":[1,]'),
    '"a":' + "[" * 101 + "]" * 101, '"a":' + '{"a":' * 200 + "1" + "}" * 200, '"a":' + "[" * 100_000,
    '"a":' + "9" * 4301, '"a":-' + "9" * 100_000, '"a":' + "9" * 4300, '"a":1e-400', '"a":5e-324',
    '"id":null', '"id":5', '"id":[]', '"id":""', '"kind":"x"', '"kind":[]', '"kind":{}',
    '"input":null', '"input":[]', '"input":[[]]', '"input":[{"role":"user"}]', '"input":{"role":1}',
    '"input":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"stored-image:x"}}]}]',
    '"input":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,!"}}]}]',
    '"input":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,%"}}]}]',
    '"output":NaN', '"output":true', '"output":5', '"output":{"role":"assistant"}',
    '"output":{"role":"assistant","content":5,"tool_calls":5}', '"json_schema":{"$ref":"#"}',
    '"json_schema":[]', '"tools":[{}]', '"tools":{}', '"metadata":5', '"created_at":"0000-00-00"',
    '"created_at":"9999-12-31T23:59:59.999999999-23:59"', '"created_at":"0001-01-01T00:00:00+23:59"',
    '"created_at":"2026-11-01T24:00:00Z"', '"created_at":5', '"model":""', '"model":[]',
    '"rating":"UP"', '"rating":[]', '"rating":{}', '"tags":[]', '"tags":{"a":1}', '"tags":{"":""}',
    '"flag":"true"', '"flag":1', '"notes":5', '"notes":""', '"response":[]', '"response":"x"',
    '"request_id":""', '"request_id":5', '"request_id":"\\n"', '"chat_id":{}', '"status":[]',
    '"comment":5', '"status":"done"',
)  # fmt: skip
"""Members that are no JSON, no strict JSON, or of a kind that they should not be."""

WHOLE: Final = (
    b"", b" ", b"null", b"0", b'""', b"[]", b"[[]]", b"[null]", b"[{}]", b"{}", b"{", b"}", b"\0",
    b"\xff\xfe", b"\xef\xbb\xbf{}", b"\xc0\x80", b'{"a":"\xed\xa0\x80"}', b'{"request_id":"\xff"}',
    '{"request_id":"x"}'.encode("utf-16"), '{"request_id":"x"}'.encode("utf-32"), b"<x/>", b"a=b&c",
    b"[" * 200_000, b'{"":' * 200_000, b"9" * 200_000, b'"' + b"\\" * 199_999, b'["' * 50_000,
    b" " * 200_000, b"{}{}", b"{}\0", b"[1" + b",1" * 2000 + b"]", b"\x1f\x8b\x08\0\0\0\0\0",
)  # fmt: skip

CONTENT: Final = (
    "Content-Type:", "Content-Type: text/plain", "Content-Type: application/json; charset=utf-16",
    "Content-Type: application/json; charset=", "Content-Type: application/json; charset=\xff",
    "Content-Type: application/json; boundary=x", "Content-Type: multipart/form-data",
    "Content-Type: multipart/form-data; boundary=", "Content-Type: application/x-www-form-urlencoded",
    "Content-Type: multipart/form-data; boundary=" + "x" * 5000, "Content-Type: ;;;===",
    "Content-Type: application/json\r\nContent-Type: text/plain", "Content-Type: " + "a/" * 2000,
    "Content-Encoding: gzip", "Content-Encoding: ,", "Content-Encoding: identity, br",
    "Content-MD5: x", "Content-Range: bytes 0-1/2", "Content-Language: \xff", "Content-Disposition: ;",
)  # fmt: skip

HEADERS: Final = (
    "If-Match: *", 'If-Match: "', 'If-Match: "x"', 'If-Match: W/"0"', "If-Match: " + "9" * 4000,
    'If-Match: "99999999999999999999999"', 'If-Match: "-1"', 'If-Match: "\u0665"', "If-Match: ,,,",
    "If-None-Match: *", "If-Modified-Since: x", "If-Range: x", "Range: bytes=0-", "Range: x=-1,,",
    "Accept: */*;q=x", "Accept: " + ",".join(["a/b"] * 900), "Accept-Charset: \xff", "TE: trailers",
    "Accept-Encoding: gzip;q=-1", "Accept-Language: " + "a-" * 1000, "Authorization: Bearer",
    "Authorization: Basic \xff", "Authorization: Basic Og==", 'Authorization: Digest x="',
    "Authorization: Bearer \xe9", "Cookie: feedbackstore_review=x", "Cookie: " + "a=b;" * 1500,
    'Cookie: feedbackstore_review=\xff"', "Cookie: =;=;", "X-Request-ID: " + "x" * 5000,
    "X-Request-ID: a\tb", "X-Forwarded-For: ::1, x, 999.1.1.1", "X-Forwarded-Host: a/b?c#d@e:x",
    "X-Forwarded-Proto: javascript", "X-Forwarded-Prefix: //evil", 'Forwarded: for="[::1"',
    "X-HTTP-Method-Override: DELETE", "Upgrade: websocket", "Upgrade: h2c", "HTTP2-Settings: x",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13",
    ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13"), "Connection: \xff", "Connection: close, keep-alive", "Expect: x",
    "Expect: 100-continue", "Keep-Alive: timeout=-1", "Proxy: x", "Origin: null", "Date: x",
    "Host: y", "Host: a b", "Host: [::1", "Host: x:99999999", "Host: \xff", "Host: x/../y",
    "Sec-Fetch-Site: cross-site", "HX-Request: \xff", "Trailer: Content-Length", "Max-Forwards: -1",
    "Referer: javascript:x", "User-Agent: \x01", "A" * 8000 + ": x", "A: " + "x" * 8000, ": x", " A: x",
    "A : x", "A", "A: x\r\n y", "A: \0", "A: x\nB: y", "A: x\rB: y", "\xff: x", "A(: x", "_: x", "A_B: x",
    "A: x\r\n" * 99 + "A: x", "A: x\r\n" * 200 + "A: x", "Content-Length: 0\r\nContent-Length: 0",
)  # fmt: skip

LINES: Final = (
    "", " ", "\r\n\r\n", "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 x", "GET / HTTP/9.9",
    "GET / HTTP/1.", "GET / http/1.1", "GET / HTTP/0.9", "GET /\tHTTP/1.1", "G\xc9T / HTTP/1.1",
    "get /v1/health HTTP/1.1", "GET\0 / HTTP/1.1", "PRI * HTTP/2.0", "OPTIONS * HTTP/1.1",
    "CONNECT x:80 HTTP/1.1", "TRACE /v1/health HTTP/1.1", "GET * HTTP/1.1", "GET x HTTP/1.1",
    "GET ?x HTTP/1.1", "GET http:// HTTP/1.1", "GET http://x HTTP/1.1", "GET http://x?y HTTP/1.1",
    "GET http://[::1/v1/health HTTP/1.1", "GET //x/v1/health HTTP/1.1", "GET http:/x HTTP/1.1",
    "GET /v1/health#x HTTP/1.1", "GET /" + "a" * 9000 + " HTTP/1.1", "X" * 9000, "A" * 300_000,
    "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "\0\x0e\x01\0", "QUIT", "M-SEARCH * HTTP/1.1",
    "GET /v1/health HTTP/1.1\nHost: x", "GET /%00 HTTP/1.0", "POST /v1/feedback/submit HTTP/1.0",
    "HEAD /v1/feedback HTTP/1.1", "PATCH /v1/feedback HTTP/1.1", "PROPFIND / HTTP/1.1",
    "\U0001f4a9".encode().decode("latin-1") + " / HTTP/1.1", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2",
)  # fmt: skip

FRAMES: Final = tuple(
    (tuple(headers.split("|")), body)
    for headers, body in (
        ("Content-Length: -1", b""), ("Content-Length: +2", b"{}"), ("Content-Length: 2 ", b"{}"),
        ("Content-Length: 0x2", b"{}"), ("Content-Length: 2,2", b"{}"), ("Content-Length: ", b"{}"),
        ("Content-Length: 2|Content-Length: 3", b"{} "), ("Content-Length: 1e1", b"{}"),
        ("Content-Length: \xb2", b"{}"), ("Content-Length: " + "9" * 30, b"{}"), ("Content-Length: 9", b"{"),
        ("Content-Length: " + "9" * 5000, b"{}"), ("Content-Length: 9999999", b"{}"),
        ("Content-Length: 100000000000", b"{}"), ("Content-Length: 1", b"{}"), ("Content-Length: 70000", b"{"),
        ("Content-Length: 2|Transfer-Encoding: chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked|Content-Length: 2", b"2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked, chunked", b"0\r\n\r\n"), ("Transfer-Encoding: gzip", b"0\r\n\r\n"),
        ("Transfer-Encoding: gzip, chunked", b"0\r\n\r\n"), ("Transfer-Encoding: identity", b"{}"),
        ("Transfer-Encoding: xchunked", b"0\r\n\r\n"), ("Transfer-Encoding: chunked;q=1", b"0\r\n\r\n"),
        ("Transfer-Encoding:\x0bchunked", b"0\r\n\r\n"), ("Transfer-Encoding : chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: CHUNKED", b"2\r\n{}\r\n0\r\n\r\n"), ('Transfer-Encoding: "chunked"', b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked|Transfer-Encoding: identity", b"0\r\n\r\n"),
        ("Transfer-Encoding: identity|Transfer-Encoding: chunked", b"0\r\n\r\n"), ("Transfer-Encoding:", b"{}"),
        ("Transfer-Encoding: chunked", b""), ("Transfer-Encoding: chunked", b"\r\n"),
        ("Transfer-Encoding: chunked", b"0\r\n"), ("Transfer-Encoding: chunked", b"-2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"0x2\r\n{}\r\n0\r\n\r\n"), ("Transfer-Encoding: chunked", b"2\n{}\n0\n\n"),
        ("Transfer-Encoding: chunked", b"2;a=b\r\n{}\r\n0\r\n\r\n"), ("Transfer-Encoding: chunked", b"2;\r\n{}"),
        ("Transfer-Encoding: chunked", b"2;" + b"x" * 100_000), ("Transfer-Encoding: chunked", b"2 \r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\nA: b\r\n\r\n"), ("Transfer-Encoding: chunked", b"2\r\n{}xx0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"0\r\n" + b"A: b\r\n" * 500 + b"\r\n"), ("Transfer-Encoding: chunked", b"\xff\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"f" * 17 + b"\r\n{}"), ("Transfer-Encoding: chunked", b"f" * 10_000),
        ("Transfer-Encoding: chunked", b"1\r\n{\r\n" * 20_000), ("Transfer-Encoding: chunked", b"5_0\r\n{}"),
        ("Expect: 100-continue|Content-Length: 2", b"{}"), ("Content-Length: 2|Connection: close", b"{}GET / HTTP/1.1\r\n\r\n"),
        ("Content-Length: 2", b"{}GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"), ("Content-Length: 2", b"{}" + b"\0" * 9000),
    )
)  # fmt: skip
"""What says how long a body is, and the bytes that come."""

PATHS: Final = tuple(
    prefix + rest
    for prefix in ("/v1/feedback/", "/v1/feedback/id/", "/v1/predictions/", "/v1/agent/executions/",
                   "/v1/predictions/request/", "/review/images/", "/review/", "/docs/", "/")
    for rest in (
        "%00", "%0a", "%ff", "%", "%2", "%zz", "%u0041", "%C0%80", "%ED%A0%80", "..", "../..", "%2e%2e%2f",
        "..%5c", "%252e%252e", "//", "///x", "%2F", "a%2Fb", "?", "#", ";", "submit", "id", "id/", "id/x",
        "-1", "0", "9" * 300, "%F0%9F%A7%BE" * 256, "%F0%9F%A7%BE" * 257, "a" * 7000, "'", "%22%3E%3Cscript%3E",
        "%E2%80%AE", "null", "{}", "%7B%7B7*7%7D%7D", "a%20b", "a+b", "\xe9", "\xff", "static/../../x",
        "static/%2e%2e/x", "static//etc/passwd", "swagger-ui/..%2f..%2f", NOBODYS, NOBODYS.upper(), f"{NOBODYS}/undo",
        f"%7B{NOBODYS}%7D", NOBODYS.replace("-", ""), f"urn:uuid:{NOBODYS}",
    )
)  # fmt: skip

VALUES: Final = (
    "", " ", "-1", "0", "1", "+1", "1.0", "1e3", "0x10", "\u0665", "\xb2", "9" * 30, "9" * 400, "NaN", "inf",
    "-inf", "1e999", "-0", "1_000", "true", "TRUE", "null", "[]", "\0", "\n", "\ud7ff", "\ufeff", "\u202e",
    "\U0001f9fe", "%", "_", "'", '"', "\\", "' OR 1=1 --", "%s%n", "{{7*7}}", "a=b", "=", "a=", "=b", "a=b=c",
    "2026-W45", "2026-W99", "0000-W01", "9999-W53", "2026-11-24", "2026-02-30", "0001-01-01", "9999-12-31",
    "0000-00-00", "2026-11-24T08:00:00Z", "2026-11-24T08:00:00+99:99", "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59", "2026-11-24t08:00:00.999999999999z", "MQ", "LTE", "////", "M" * 5000,
    "request", "agent_execution", "all", "pending", "items[].qty", "items[", "a" * 1000, "a" * 1001, "x" * 3000,
)  # fmt: skip


class Sent(NamedTuple):
    """A request, and its method, which says how its answer is to be read."""

    name: str
    method: str
    data: bytes


def _sent(name: str, method: str, line: str, headers: Iterable[str], body: bytes = b"") -> Sent:
    lines = [line, *([] if any(h.startswith("Host:") for h in headers) else ["Host: x"]), *headers]
    text = "\r\n".join([*lines, "", ""])
    return Sent(
        f"{name}: {line[:80]!r} {list(headers)!r:.200} {body[:60]!r}",
        method,
        text.encode("latin-1", "replace") + body,
    )


def bodies(key: str) -> Iterator[Sent]:
    """Every member in every route's body, and what is no such body at all."""
    shown = f"Authorization: Bearer {key}"
    for (method, path), shape in WRITING.items():
        made = [(shape % member).encode("utf-8", "surrogatepass") for member in MEMBERS]
        for body in (*made, *WHOLE):
            headers = [shown, "Content-Type: application/json", f"Content-Length: {len(body)}"]
            yield _sent("body", method, f"{method} {path} HTTP/1.1", headers, body)
        good = (shape % '"z":1').encode()
        for header in CONTENT:
            headers = [shown, header, f"Content-Length: {len(good)}"]
            yield _sent("content", method, f"{method} {path} HTTP/1.1", headers, good)
        for framing, body in FRAMES:
            headers = [shown, "Content-Type: application/json", *framing]
            yield _sent("frame", method, f"{method} {path} HTTP/1.1", headers, body)


def heads(key: str) -> Iterator[Sent]:
    """Every odd header, first line and path, and framing where no body is wanted."""
    shown = f"Authorization: Bearer {key}"
    for header in HEADERS:
        for line in ("GET /v1/health", f"PATCH /v1/feedback/id/{NOBODYS}", "GET /review/"):
            own = [] if header.startswith("Authorization") else [shown]
            yield _sent("header", line.split()[0], f"{line} HTTP/1.1", [*own, header])
    for line in LINES:
        yield _sent("line", line.split(" ")[0], line, [shown])
    for path in PATHS:
        for method in ("GET", "PUT", "DELETE"):
            yield _sent("path", method, f"{method} {path} HTTP/1.1", [shown])
    for method, path in (("GET", "/v1/health"), ("DELETE", f"/v1/feedback/id/{NOBODYS}"), ("GET", "/healthz"),
                         ("POST", f"/v1/feedback/id/{NOBODYS}/undo"), ("POST", "/review/sign-in"), ("GET", "/nothing")):  # fmt: skip
        for framing, body in FRAMES:
            yield _sent("frame", method, f"{method} {path} HTTP/1.1", [shown, *framing], body)


def queries(key: str, document: dict[str, Any]) -> Iterator[Sent]:
    """Every value in every parameter that the OpenAPI document names, and odd query strings."""
    shown = f"Authorization: Bearer {key}"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            names = [
                each["name"] for each in operation.get("parameters", []) if each["in"] == "query"
            ]
            filled = (
                path.replace("{uuid}", NOBODYS)
                .replace("{kind}", "request")
                .replace("{entity_id}", "x")
            )
            values = [(name, value) for name in names for value in VALUES]
            texts = [
                f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in values
            ]
            texts += [f"{name}=1&{name}=2" for name in names] + [
                f"{name}[]=1&{name}.a=1" for name in names
            ]
            for text in (
                *texts,
                "&",
                "=",
                "&=&=",
                "%ff",
                "%",
                "a",
                "a=" * 1000,
                "a&" * 3000,
                "?" * 100,
                "\xff",
            ):
                upper = method.upper()
                yield _sent("query", upper, f"{upper} {filled}?{text} HTTP/1.1", [shown])


def everything(key: str, document: dict[str, Any]) -> list[Sent]:
    """The whole corpus."""
    return [*bodies(key), *heads(key), *queries(key, json.loads(json.dumps(document)))]
