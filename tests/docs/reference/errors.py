"""docs/reference/errors.md: all error codes, from src/http/error/code.rs."""

import re
from http import HTTPStatus

from pages import ROOT

from . import source

CODES = "src/http/error/code.rs"

#: Names of statuses that differ between Rust and the versions of Python.
NUMBERS = {"PAYLOAD_TOO_LARGE": 413, "URI_TOO_LONG": 414}

#: What the status alone does not say about repeating.
EXCEPTIONS = {"log_damaged": "after a [repair](../operate.md#damage)"}

HEAD = """# Error codes

A request that is refused is answered with problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)):

```json
{
  "type": "/docs#invalid_field",
  "title": "A value is not valid",
  "status": 422,
  "detail": "a client id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -",
  "code": "invalid_field",
  "field": "to.client"
}
```

`code` is for programs and does not change. `detail` is for people. `field` names the field, parameter or header that is wrong,
if it is one. After a status of 4xx, nothing was done. After 5xx, it may have been done: repeat pushes with an idempotency key.

*Repeat* says whether the same request can succeed later. If the answer has the header `Retry-After`, wait that many seconds.

| code | status | meaning | repeat |
|---|---|---|---|
"""


def text():
    meanings = source.variants(CODES, "Code")
    said = (ROOT / CODES).read_text()
    parts = re.findall(r"Self::(\w+) => \(\s*S::(\w+),\s*\"(\w+)\",\s*\"([^\"]*)\",?\s*\)", said)
    if {name for name, *_ in parts} != set(meanings):
        raise SystemExit(f"{CODES} is not written as tests/docs/reference/errors.py expects")
    by_name = {name: (NUMBERS.get(status) or HTTPStatus[status].value, code) for name, status, code, _ in parts}
    rows = []
    for name, meaning in meanings.items():
        status, code = by_name[name]
        repeat = EXCEPTIONS.get(code) or ("yes" if status in (408, 429) or status >= 500 else "no")
        rows.append(f"| `{code}` | {status} | {meaning} | {repeat} |")
    return HEAD + "\n".join(rows)
