"""What schemathesis needs to know besides the description of the API. See scripts/check-api."""

import datetime
import itertools
import json
import os
import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData
from urllib3.connection import HTTPConnection

# The server limits wrong tokens for each address, and then refuses right ones too. So each connection comes from an
# address of its own, all of them on this machine.
addresses = (f"127.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(2))
connect = HTTPConnection._new_conn


def connect_from_new_address(connection):
    connection.source_address = (next(addresses), 0)
    return connect(connection)


HTTPConnection._new_conn = connect_from_new_address


@schemathesis.serializer("application/x-ndjson")
def to_lines(ctx, value):
    """NDJSON is described as the list of its lines."""
    lines = value if isinstance(value, list) else [value]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@schemathesis.deserializer("application/x-ndjson")
def from_lines(ctx, response):
    return [json.loads(line) for line in response.content.splitlines()]


# What OpenAPI can't say, so that a request may fit the description and still be refused:
#
# - Parameters of a query exclude each other.
# - Without connections, clients have no other order than by id, and meet no conditions on connections.
EXCLUSIVE = {
    "/api/messages": [{"audience", "client_id", "topic"}],
    "/api/messages/export": [{"audience", "client_id", "topic"}],
    "/api/clients": [{"after", "offset"}, {"after", "sort"}],
    "/api/jobs/{id}/log": [{"after", "before"}],
    "/push": [{"at", "delay"}],
}


def is_contradictory(path, query):
    excluded = any(len(query.keys() & names) > 1 for names in EXCLUSIVE.get(path, []))
    is_offline = query.get("state") in {"all", "away"}
    is_sorted = is_offline and query.get("sort", "client_id") != "client_id"
    of_connections = query.keys() & {"topic", "browser", "connected_after"}
    return excluded or is_sorted or query.get("state") == "away" and bool(of_connections)


# - JSON Schema counts the characters of a text, and the server the bytes of its UTF-8: 128 of an event type, or more.
def is_long(value):
    if isinstance(value, dict):
        return any(is_long(part) for part in value.values())
    if isinstance(value, list):
        return any(is_long(part) for part in value)
    return isinstance(value, str) and not value.isascii() and len(value.encode()) > 128


# - A message that is pushed later can't be one that is only for now, what is not stored can't be replaced, and only a topic has
#   a state.
# - How far ahead a time may be is a setting: 366 days. Before 1970 there are no times.
# - A list has at least one client or topic, and what is not stored can't be replaced.
# - A webhook must lead to the internet, and its secret must be Base64 of so many bytes.
DAYS = 366


def is_impossible_push(body):
    if not isinstance(body, dict):
        return False
    is_later = body.get("at") is not None or body.get("delay") is not None
    is_ephemeral = body.get("ttl") == 0
    is_for_now = is_ephemeral or body.get("require_online") or body.get("track")
    is_stored = any(body.get(name) for name in ("replace", "state", "idempotency_key", "track"))
    to = body.get("to")
    has_no_state = body.get("state") and not (isinstance(to, dict) and "topic" in to)
    return is_later and is_for_now or is_ephemeral and is_stored or bool(has_no_state) or is_untimely(body)


def is_untimely(body):
    if not isinstance(body, dict):
        return False
    at, delay = body.get("at"), body.get("delay")
    if at is not None and delay is not None:
        return True
    years = range(1970, datetime.date.today().year + 1)
    is_far = isinstance(at, str) and not (at[:4].isdigit() and int(at[:4]) in years)
    return is_far or str(delay or 0).isdigit() and int(delay or 0) > DAYS * 24 * 3600


def names_no_time(body):
    return isinstance(body, dict) and body.get("at") is None and body.get("delay") is None


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Only these refusals are no failures. What they answer is checked like everything else."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 422:
        return True
    path, query = case.operation.path, case.query or {}
    if path == "/push" and is_impossible_push(case.body) or path == "/push" and is_untimely(query):
        return False
    if path == "/api/scheduled/{id}" and (is_untimely(case.body) or names_no_time(case.body)):
        return False
    if path.startswith("/api/lists") and response.json().get("field") == "clients":
        return False
    if path.startswith("/api/templates") and is_impossible_push(case.body):
        return False
    if path.startswith("/api/jobs") and isinstance(case.body, dict) and is_impossible_push(case.body.get("retry")):
        return False
    if path.startswith("/api/hooks") and response.json().get("field") in {"url", "secret"}:
        return False
    return not (is_contradictory(path, query) or is_long([query, case.body]))


# The actions of the built-in roles. scripts/check-api runs all operations with a key of each of them.
ROLES = {
    "admin": {"listen", "push", "read", "recall", "disconnect", "job", "manage", "metrics"},
    "operator": {"listen", "push", "read", "recall", "disconnect", "job", "metrics"},
    "publisher": {"push", "job"},
    "viewer": {"read", "metrics"},
    "listener": {"listen"},
}
role = os.environ.get("TIDINGS_ROLE")
needs = re.compile(r"Needs the action `(\w+)`")

# Requests that are refused before it is known who sends them: there is no such path, or the head is too large.
EARLIER = {"not_found", "method_not_allowed", "url_too_long", "headers_too_large", "invalid_request"}


@schemathesis.check
def role_is_kept(ctx, response, case):
    """What the role may not do is refused with 403, and what it may do is not."""
    needed = needs.search(case.operation.definition.raw.get("description", ""))
    if role is None or needed is None:
        return
    code = response.json().get("code") if response.status_code >= 400 else None
    allowed = needed[1] in ROLES[role]
    if allowed and code in {"forbidden", "unauthorized"}:
        raise AssertionError(f"the role {role} may {needed[1]}, and is refused: {response.text}")
    if not allowed and code != "forbidden" and code not in EARLIER:
        raise AssertionError(f"the role {role} may not {needed[1]}, and is answered {response.status_code}")
