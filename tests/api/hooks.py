"""What schemathesis needs to know besides the description of the API. See scripts/check-api."""

import itertools
import json

import schemathesis
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
