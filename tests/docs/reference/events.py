"""docs/reference/events.md: what comes on a stream, from the source and from a real stream."""

import http.client
import json
import re
import tempfile
import urllib.parse
from pathlib import Path

from server import PATIENCE, TOKEN, Server, wait_for

from . import source

WIRE = "app/src/wire/stream.rs"

HEAD = """# Events of a stream

A stream is `text/event-stream`, as the [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html) defines it.
Every event ends with an empty line. The examples come from a real stream.

"""

MESSAGES = """## Messages

A message has an `id`, its cursor. It has a field `event` if the push named a type, and a field `topic` if it was pushed to one.
An `EventSource` ignores `topic`. A text with several lines has several lines of `data`.

There are further fields that an `EventSource` ignores: `urgency` if it is not `normal`, `replaces` with the id of the first of the
messages whose [place it takes](../later.md#replace), and `state: true` if the data is the
[state of the topic](../later.md#state-of-a-topic). A message without an `id` and with a field `message` is an
[urgent one](../later.md#urgency) before its turn; `message` is its id. In an envelope, these are names of the JSON.

"""

ENVELOPES = """With `envelope=json` in the URL, the same messages come without `event`, and `data` is one line of JSON. So one
`onmessage` gets all of them:

"""

OWN = """## Events of the stream itself

`onmessage` of an `EventSource` does not get them, because they have a type. Use `addEventListener`. A push cannot use these types.

"""


def text():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), access=False)
        server.stop()
        command = ["bash", "-c", f"TIDINGS_ADMIN_TOKEN={TOKEN} exec tidings serve"]
        server = Server(Path(folder), command=command, access=False)
        try:
            frames, envelopes = _messages(server)
            own = _own_events(server)
            job = _job(server)
        finally:
            server.stop()
    gaps = _reasons("src/delivery/connection/gap.rs", "GapReason")
    closes = _reasons("src/outbox.rs", "CloseReason")
    parts = [HEAD, MESSAGES, _shown(frames), ENVELOPES, _shown(envelopes), OWN]
    for name, kind, more in [
        ("welcome", "Welcome", ""),
        ("ping", None, "The stream is alive. It comes after the replay and then with every heartbeat. Its `id` is the place up to "
         "which the stream has been served. So the cursor of a quiet client moves on, too.\n\n"),
        ("gap", "Gap", gaps),
        ("refused", "Refused", ""),
        ("recall", "Recall", ""),
        ("state", None, "The [state of a topic](../later.md#state-of-a-topic). A stream begins with the newest states of its topics, which "
         "have no `id`; `message` is the message that has set it. Each change comes with its `id`. `null`: the topic has no state any "
         "more.\n\n"),
        ("reconnect", "Reconnect", closes),
    ]:  # fmt: skip
        parts.append(f"### {name}\n\n")
        if kind:
            parts.append(_struct(kind))
        parts += [more, _shown(own[name])]
    parts.append("## The stream of a job\n\n`GET /sse/jobs/{id}` has these events, and `ping`. After `end` the response ends, and an "
                 "`EventSource` that reconnects gets 204, so that it stops.\n\n")  # fmt: skip
    return "".join([*parts, _shown(job)])


class Raw:
    """A stream as text."""

    def __init__(self, server, path, query=(), headers=None):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=PATIENCE)
        self.connection.request("GET", f"{path}?{urllib.parse.urlencode(query)}", headers=headers or {})
        self.response = self.connection.getresponse()

    def frames(self, count):
        """The next events."""
        found, lines = [], []
        while len(found) < count:
            line = self.response.readline().decode()
            if not line:
                raise AssertionError(f"the stream ended after {found}")
            if line == "\n":
                found.append("".join(lines))
                lines = []
            else:
                lines.append(line)
        return found


def _call(server, method, path, body=None):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status >= 300:
        raise AssertionError(f"{method} {path}: {answer.status} {text}")
    return json.loads(text) if text else None


PUSHES = [
    {"to": {"client": "anna"}, "data": "Your parcel has left.\nIt arrives tomorrow."},
    {"to": {"topic": "orders/42"}, "event": "paid", "data": {"total": 99.5}},
    {"to": "everyone", "data": "Back in five minutes.", "ttl": 0},
]


def _messages(server):
    query = [("client_id", "anna"), ("topic", "orders/*")]
    plain, envelopes = Raw(server, "/sse", query), Raw(server, "/sse", [*query, ("envelope", "json")])
    for stream in (plain, envelopes):
        stream.frames(2)
    for push in PUSHES:
        _call(server, "POST", "/push", push)
    return plain.frames(3), envelopes.frames(3)


def _own_events(server):
    _call(server, "PUT", "/api/topics/price%2Fgold/state", {"data": {"eur": 71.2}})
    query = [("client_id", "ben"), ("topic", "$sys/clients"), ("topic", "price/gold"), ("last_event_id", "a1b2c3-7")]
    stream = Raw(server, "/sse", query)
    found = {}

    def read_until(kind):
        while kind not in found:
            frame = stream.frames(1)[0]
            name = re.search(r"^event: (\w+)$", frame, re.M)
            found.setdefault(name[1] if name else "message", [frame])

    read_until("ping")
    pushed = _call(server, "POST", "/push", {"to": {"client": "ben"}, "data": "wrong"})
    read_until("message")
    _call(server, "DELETE", f"/api/messages/{pushed['id']}")
    read_until("recall")
    _call(server, "DELETE", "/api/clients/ben")
    read_until("reconnect")
    return found


def _job(server):
    job = _call(server, "POST", "/api/jobs", {"title": "Import of orders", "steps": 2})
    stream = Raw(server, f"/sse/jobs/{job['id']}")
    frames = stream.frames(2)
    _call(server, "PATCH", f"/api/jobs/{job['id']}", {"step": 1, "message": "orders.csv: 50 rows"})
    frames += stream.frames(2)
    _call(server, "PATCH", f"/api/jobs/{job['id']}", {"step": 2, "state": "done"})
    frames += stream.frames(1)
    return [frame for frame in frames if "event: ping" not in frame]


def _shown(frames):
    """Frames with the same random numbers, times and ids in every run."""
    text = "\n".join(frames)
    text = re.sub(r"\b[0-9a-f]{5,}o[0-9a-f]+r[0-9a-f]+-", "cb2772b8o1a224270889rab9510-", text)
    text = re.sub(r"\b(retry: |\"retry_ms\":|\"after_ms\":)\d+", r"\g<1>2500", text)
    text = re.sub(r"(\"retry_ms\":|\"after_ms\":)\d+", r"\g<1>2500", text)
    text = re.sub(r"\b1[789]\d{11}\b", "1790000000000", text)
    text = re.sub(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b", "0a1b2c3d-4e5f-4a6b-8c7d-8e9f0a1b2c3d", text)
    return f"```text\n{text.rstrip()}\n```\n\n"


def _struct(name):
    meaning, fields = source.fields(WIRE, name)
    rows = [f"| `{field}` | {meaning} |" for field, _, meaning in fields]
    return f"{meaning}\n\n| field | meaning |\n|---|---|\n" + "\n".join(rows) + "\n\n"


def _reasons(path, name):
    meanings, texts = source.variants(path, name), source.texts(path, name)
    if set(meanings) != set(texts):
        raise SystemExit(f"{path} is not written as tests/docs/reference/events.py expects")
    rows = [f"| `{texts[variant]}` | {meaning} |" for variant, meaning in meanings.items()]
    return "| reason | meaning |\n|---|---|\n" + "\n".join(rows) + "\n\n"
