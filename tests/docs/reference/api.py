"""docs/reference/api.md: all routes, from /openapi.json."""

import json
import tempfile
import urllib.request
from functools import cache
from pathlib import Path

from server import Server

HEAD = """# API

All routes of the server. The server has the same at `/docs`, and for programs at `/openapi.json`.

- Bodies and answers are JSON, unless something else is said. Bodies may be compressed with gzip or zstd.
- If the server has an admin token, all routes need it, or an API key that may do the action that the route names (`Authorization:
  Bearer TOKEN`, or the session cookie of the panel; see [Who may do what](../access.md)), except `/sse`, `/sse/jobs/{id}`, `/ack`, `GET /api/jobs/{id}`, `GET /api/jobs/{id}/log`, `/api/session`, `/health/*` and `/openapi.json`.
- If it has a stream secret, `/sse` and `/ack` need a stream token, or an API key that may `listen`: as `Authorization: Bearer`, in the cookie `tidings_stream`, or
  as `?token=`.
- Refused requests are answered with [problem details](errors.md). Every route can answer these codes: COMMON.
"""


@cache
def description():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), access=False)
        try:
            with urllib.request.urlopen(server.url + "/openapi.json") as answer:
                return json.load(answer)
        finally:
            server.stop()


def text():
    api = description()
    routes = [(path, method, route) for path, methods in api["paths"].items() for method, route in methods.items()]
    codes = {(path, method): _codes(route) for path, method, route in routes}
    common = set.intersection(*(set(found) for found in codes.values()))
    out = [HEAD.replace("COMMON", ", ".join(f"`{code}`" for code in sorted(common)))]
    for tag in api["tags"]:
        out.append(f"## {tag['description']}\n")
        for path, method, route in routes:
            if tag["name"] in route["tags"]:
                own = [code for code in codes[path, method] if code not in common]
                out += _route(path, method.upper(), route, own)
    schemas = api["components"]["schemas"]
    out.append("## Objects\n")
    for name, schema in schemas.items():
        if "properties" in schema:
            out += [f"### {name}\n", _prose(schema) + "\n", *_fields(schema)]
    out.append("## Values\n")
    for name, schema in schemas.items():
        if "properties" not in schema:
            out += [f"### {name}\n", _prose(schema) + "\n", f"{_limits(schema)}\n"]
    return "\n".join(out)


def _codes(route):
    found = []
    for answer in route["responses"].values():
        if "$ref" in answer:
            found += answer["$ref"].rpartition("/")[2].split(".")
    return found


def _route(path, method, route, codes):
    yield f"### {method} {path}\n"
    yield f"{route['summary']}. {_prose(route)}".strip() + "\n"
    if parameters := route.get("parameters"):
        yield "| parameter | in | value | meaning |\n|---|---|---|---|"
        for one in parameters:
            meaning = _line(one.get("description", "")) + ("" if not one.get("required") else " (required)")
            yield f"| `{one['name']}` | {one['in']} | {_type(one['schema'])} | {meaning} |"
        yield ""
    for kind, content in route.get("requestBody", {}).get("content", {}).items():
        yield f"Body (`{kind}`): {_type(content['schema'])}\n"
    for status, answer in route["responses"].items():
        if "$ref" not in answer:
            kinds = [f"`{kind}`: {_type(content['schema'])}" for kind, content in answer.get("content", {}).items()]
            yield f"Answer {status}: {answer['description']}" + (f" ({', '.join(kinds)})" if kinds else "") + "\n"
    if codes:
        yield f"Errors: {', '.join(f'`{code}`' for code in codes)}\n"


def _fields(schema):
    required = schema.get("required", [])
    yield "| field | value | meaning |\n|---|---|---|"
    for name, one in schema["properties"].items():
        meaning = _line(_description(one)) + (" (required)" if name in required and "additionalProperties" in schema else "")
        yield f"| `{name}` | {_type(one)} | {meaning} |"
    yield ""


def _description(schema):
    inner = next((one["description"] for one in schema.get("oneOf", []) if "description" in one), "")
    return schema.get("description") or inner


def _prose(schema):
    return " ".join(schema.get("description", "").split())


def _line(text):
    return " ".join(text.split()).replace("|", "\\|")


def _type(schema):
    """The type of a value as text, with links to what has a section of its own."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            parts = [_type(one) for one in schema[key] if one.get("type") != "null"]
            return " or ".join(dict.fromkeys(parts))
    kind = schema.get("type", "any JSON")
    if isinstance(kind, list):
        kind = " or ".join(one for one in kind if one != "null")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and "properties" in schema:
        return "{" + ", ".join(f"`{name}`: {_type(one)}" for name, one in schema["properties"].items()) + "}"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(one)}`" for one in schema["enum"])
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(kind, kind)


def _limits(schema):
    limits = []
    if "oneOf" in schema or "enum" in schema:
        limits.append(_type(schema))
    for key, words in {"minLength": "at least {} characters", "maxLength": "at most {} characters", "minimum": "at least {}",
                       "maximum": "at most {}"}.items():  # fmt: skip
        if key in schema:
            limits.append(words.format(f"{schema[key]:,}"))
    if "pattern" in schema:
        limits.append(f"pattern `{schema['pattern']}`")
    return "; ".join(limits) or _type(schema)
