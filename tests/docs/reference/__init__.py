"""The pages under docs/reference/, made from the code: from the help of the command, the description of the API, real
streams, and the source of the error codes."""

from functools import cache

from pages import ROOT

from . import api, commands, errors, events, settings

FOLDER = ROOT / "docs/reference"
PAGES = {"settings": settings, "commands": commands, "api": api, "events": events, "errors": errors}
NOTE = "<!-- Made from the code by `scripts/check-docs --write`. Changes belong into the code or into tests/docs/reference/. -->\n\n"


@cache
def _texts():
    return {f"{name}.md": NOTE + page.text().rstrip() + "\n" for name, page in PAGES.items()}


def write():
    """Writes all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in _texts().items():
        (FOLDER / name).write_text(text)


def state():
    """The name of each page, and whether it is up to date."""
    for name, text in _texts().items():
        path = FOLDER / name
        yield f"docs/reference/{name}", path.exists() and path.read_text() == text
