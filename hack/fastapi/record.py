#!/usr/bin/env python3
"""Records what FastAPI answers, for the test of the sample application that replays it.

Usage: record.py http://127.0.0.1:8001 > sample-app/internal/api/testdata/fastapi.json

The service must have been started anew (setup.sh): requests build on what earlier ones stored. Each case is one
request, and of its answer the status, the headers that an application chooses, and the body.
"""

import http.client
import json
import sys
import urllib.parse

# Headers that an application chooses; date and server are the server's.
KEPT = ("allow", "content-length", "content-type", "location")

JSON = {"Content-Type": "application/json"}

# Bodies for POST and PUT, as they go over the wire.
BODIES = {
    "a whole item": '{"name": "Doodad", "description": "A fantastic doodad", "price": 39.99}',
    "no description": '{"name": "Plain", "price": 1}',
    "null description": '{"name": "Plain", "description": null, "price": 1.0}',
    "an unknown field": '{"name": "Plain", "price": 1, "colour": "red", "id": 99}',
    "an empty name": '{"name": "", "price": 1}',
    "a long name": json.dumps({"name": "n" * 5000, "price": 1}),
    "spaces around": ' \n\t{"name": "a", "price": 1} \r\n',
    "a price of zero": '{"name": "a", "price": 0}',
    "minus zero": '{"name": "a", "price": -0.0}',
    "a small price": '{"name": "a", "price": 0.1}',
    "a tiny price": '{"name": "a", "price": 1e-7}',
    "a denormal price": '{"name": "a", "price": 5e-324}',
    "a large price": '{"name": "a", "price": 1e16}',
    "a larger price": '{"name": "a", "price": 1e22}',
    "the largest price": '{"name": "a", "price": 1.7976931348623157e308}',
    "a price with an exponent": '{"name": "a", "price": 1.5E+3}',
    "a price of many digits": '{"name": "a", "price": 0.1000000000000000055511151231257827}',
    "a large integer price": '{"name": "a", "price": 12345678901234567890}',
    "a price as text": '{"name": "a", "price": "12.50"}',
    "a price as text with spaces": '{"name": "a", "price": " 12.50 "}',
    "a price as text with an exponent": '{"name": "a", "price": "1e3"}',
    "a price as text with underscores": '{"name": "a", "price": "1_000"}',
    "a price as text with a plus": '{"name": "a", "price": "+3"}',
    "a price as text with a leading point": '{"name": "a", "price": ".5"}',
    "a price as text with a final point": '{"name": "a", "price": "5."}',
    "a price as hexadecimal text": '{"name": "a", "price": "0x10"}',
    "a price as empty text": '{"name": "a", "price": ""}',
    "a price as words": '{"name": "a", "price": "cheap"}',
    "a price as a comma number": '{"name": "a", "price": "1,5"}',
    "a price of true": '{"name": "a", "price": true}',
    "a price of false": '{"name": "a", "price": false}',
    "a price of null": '{"name": "a", "price": null}',
    "a price that is a list": '{"name": "a", "price": [1]}',
    "a price that is an object": '{"name": "a", "price": {"amount": 1}}',
    "a name that is a number": '{"name": 5, "price": 1}',
    "a name that is a float": '{"name": 5.0, "price": 1}',
    "a name that is true": '{"name": true, "price": 1}',
    "a name that is null": '{"name": null, "price": 1}',
    "a name that is a list": '{"name": ["a"], "price": 1}',
    "a name that is an object": '{"name": {"first": "a"}, "price": 1}',
    "a description that is a number": '{"name": "a", "description": 7, "price": 1}',
    "a description that is a list": '{"name": "a", "description": [], "price": 1}',
    "a description that is false": '{"name": "a", "description": false, "price": 1}',
    "no name": '{"price": 1}',
    "no price": '{"name": "a"}',
    "an empty object": "{}",
    "all wrong": '{"name": 1, "description": 2, "price": "x"}',
    "nested input": '{"name": {"a": [1, 2.0, null, true, "x"]}, "price": {"b": {}}}',
    "a repeated key": '{"name": "first", "name": "second", "price": 1}',
    "a key in capitals": '{"Name": "a", "price": 1}',
    "a list": '[{"name": "a", "price": 1}]',
    "an empty list": "[]",
    "a text": '"item"',
    "an empty text": '""',
    "a number": "42",
    "a float": "4.2",
    "zero": "0",
    "true": "true",
    "false": "false",
    "null": "null",
    "nothing": "",
    "only spaces": "   ",
    "half an object": '{"name": "a"',
    "half a text": '{"name": "a',
    "no value": '{"name": }',
    "no colon": '{"name" "a"}',
    "no comma": '{"name": "a" "price": 1}',
    "a comma too many": '{"name": "a", "price": 1,}',
    "only a comma": "{,}",
    "a key without quotes": '{name: "a"}',
    "single quotes": "{'name': 'a'}",
    "a comment": '{"name": "a", /* why */ "price": 1}',
    "text after the object": '{"name": "a", "price": 1} x',
    "two objects": '{"name": "a", "price": 1}{"name": "b", "price": 2}',
    "a leading zero": '{"name": "a", "price": 01}',
    "a plus sign": '{"name": "a", "price": +1}',
    "a final point": '{"name": "a", "price": 1.}',
    "a leading point": '{"name": "a", "price": .5}',
    "a bare exponent": '{"name": "a", "price": 1e}',
    "a control character": '{"name": "a\nb", "price": 1}',
    "a tab in a text": '{"name": "a\tb", "price": 1}',
    "a wrong escape": '{"name": "\\x41", "price": 1}',
    "half an escape": '{"name": "\\u00", "price": 1}',
    "an escape": '{"name": "\\u00e4\\n\\"\\\\\\/", "price": 1}',
    "a pair of surrogates": '{"name": "\\ud83d\\ude00", "price": 1}',
    "an emoji": '{"name": "😀 é", "price": 1}',
    "an error after an emoji": '{"name": "😀", "price": x}',
    "a zero character": '{"name": "a\\u0000b", "price": 1}',
    "a delete character": '{"name": "a\x7fb", "price": 1}',
    "a line separator": '{"name": "a\u2028b", "price": 1}',
    "a byte order mark": '\ufeff{"name": "a", "price": 1}',
    "html": '{"name": "<b>&\'</b>", "price": 1}',
    "XML": "<item/>",
    "a form": "name=a&price=1",
    "NaN for a name": '{"name": NaN, "price": 1}',
    "Infinity for a name": '{"name": -Infinity, "price": 1}',
    "a truncated literal": '{"name": nul, "price": 1}',
    "errors on a second line": '{\n  "name": "a",\n  "price": oops\n}',
    "a deep list": '{"name": ' + "[" * 50 + "]" * 50 + ', "price": 1}',
    "an integer beyond 64 bits for a name": '{"name": 123456789012345678901234567890, "price": 1}',
    "a float for a name that Python prints otherwise": '{"name": 1e16, "price": 1}',
    "a small float for a name": '{"name": 0.00001, "price": 1}',
}

IDS = (
    "1", "2", "3", "0", "-1", "01", "001", "+1", "%2B1", "1.0", "1.5", "1e0", "abc", "1a", "%201", "1%20", "1_0", "_1", "1__0",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1.00", ".0", "-0",
    "%D9%A1", "0x1", "true", "null", "NaN", "%00", "%2F", "1%2F2", "%E2%82%AC", "1;2", "1,2", "--1", "-", "%2D1", "1?x=1", "999",
)

MEDIA_TYPES = (
    None, "application/json; charset=utf-8", "application/json;charset=latin-1", "APPLICATION/JSON", "application/vnd.api+json",
    "application/problem+json", "text/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json",
    "application/json, text/plain", "", "*/*", "application/", "application/jsonp", "text/plain; charset=application/json",
)

PATHS = ("/", "/health", "/items", "/items/1", "/docs", "/redoc", "/openapi.json", "/nothing", "/items/1/2", "/Items", "/docs/x")

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")


def cases():
    """Yields name, method, target, headers and body of each request, in order."""
    item = '{"name": "a", "price": 1}'
    for method in METHODS:
        for path in PATHS:
            if method == "DELETE" and path == "/items/1":
                continue
            body = item if method in ("POST", "PUT", "PATCH") else ""
            yield f"{method} {path}", method, path, JSON if body else {}, body
    for target in (
        "/items/", "/items//", "//items", "/items/?a=b", "/items?limit=1", "/health/", "/items/1/", "/items/x/", "/docs/", "/openapi.json/",
        "/%69tems", "/items%2F1", "/items/1?name=b", "/nothing/", "/items/1/2/", "/./items", "/items/../items", "//", "/?x", "/health?",
        "/items/1//", "/docs/?a=1",
    ):
        yield f"GET {target}", "GET", target, {}, ""
    yield "POST /items/", "POST", "/items/", JSON, item
    yield "PUT /items/1/", "PUT", "/items/1/", JSON, item
    yield "HEAD /items/", "HEAD", "/items/", {}, ""
    yield "behind TLS", "GET", "/items/?a=b", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}, ""
    yield "another host", "GET", "/items/", {"Host": "items.example.com"}, ""
    for name, body in BODIES.items():
        yield f"POST {name}", "POST", "/items", JSON, body
    for item_id in IDS:
        yield f"GET id {item_id}", "GET", f"/items/{item_id}", {}, ""
    for item_id in ("1", "abc", "999", "1.0", "1.5"):
        yield f"PUT id {item_id}", "PUT", f"/items/{item_id}", JSON, item
        yield f"PUT id {item_id} with a wrong body", "PUT", f"/items/{item_id}", JSON, "{}"
        yield f"PUT id {item_id} with half a body", "PUT", f"/items/{item_id}", JSON, "{"
        yield f"PUT id {item_id} without a body", "PUT", f"/items/{item_id}", {}, ""
    for media_type in MEDIA_TYPES:
        headers = {} if media_type is None else {"Content-Type": media_type}
        yield f"POST as {media_type}", "POST", "/items", headers, item
        yield f"POST half as {media_type}", "POST", "/items", headers, '{"name"'
    yield "POST nothing as text", "POST", "/items", {"Content-Type": "text/plain"}, ""
    yield "POST quotes as text", "POST", "/items", {"Content-Type": "text/plain"}, 'a "b" \\ é \x7f'
    yield "POST that accepts XML", "POST", "/items", JSON | {"Accept": "application/xml"}, item
    yield "GET with a body", "GET", "/items/1", JSON, item
    yield "GET an item", "GET", "/items/2", {}, ""
    yield "PUT an item", "PUT", "/items/2", JSON, '{"name": "New", "description": "é", "price": 2.5}'
    yield "GET the item again", "GET", "/items/2", {}, ""
    yield "DELETE with a body", "DELETE", "/items/2", JSON, item
    yield "DELETE it again", "DELETE", "/items/2", {}, ""
    yield "GET what is gone", "GET", "/items/2", {}, ""
    yield "PUT what is gone", "PUT", "/items/2", JSON, item
    yield "DELETE abc", "DELETE", "/items/abc", {}, ""
    yield "DELETE 1.0", "DELETE", "/items/1.0", {}, ""
    yield "GET all at the end", "GET", "/items", {}, ""


def ask(base, method, target, headers, body):
    """Sends one request as it is and returns the answer."""
    connection = http.client.HTTPConnection(base.netloc, timeout=10)
    connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
    content = body.encode()
    if content or method in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(content)))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(content)
    answer = connection.getresponse()
    text = answer.read().decode()
    found = {name: answer.getheader(name) for name in KEPT if answer.getheader(name) is not None}
    connection.close()
    return {"status": answer.status, "headers": found, "body": text.replace(base.netloc, "HOST")}


def main():
    """Writes the recording."""
    base = urllib.parse.urlsplit(sys.argv[1])
    recorded = []
    for name, method, target, headers, body in cases():
        answer = ask(base, method, target, headers, body)
        if "location" in answer["headers"]:
            answer["headers"]["location"] = answer["headers"]["location"].replace(base.netloc, "HOST")
        recorded.append({
            "name": name, "request": {"method": method, "target": target, "headers": headers, "body": body}, "answer": answer,
        })
    json.dump(recorded, sys.stdout, indent=1, ensure_ascii=True)
    print()


main()
