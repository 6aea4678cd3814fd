"""Every relative link and every anchor must exist."""

from pathlib import Path
from urllib.parse import unquote

from pages import ROOT, read

_anchors = {}


def _anchors_of(path):
    if path not in _anchors:
        _anchors[path] = read(path).anchors
    return _anchors[path]


def check(page):
    """What is wrong with the links of a page."""
    wrong = []
    for line, link in page.links:
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (ROOT / page.path.parent / name).resolve() if name else ROOT / page.path
        if not target.is_relative_to(ROOT) or not target.exists():
            wrong.append(f"line {line}: there is no {link}")
        elif anchor and target.suffix == ".md" and anchor not in _anchors_of(target.relative_to(ROOT)):
            wrong.append(f"line {line}: there is no heading for {link}")
    return wrong


def not_in_summary():
    """Pages under docs/ that docs/SUMMARY.md does not list."""
    summary = read(Path("docs/SUMMARY.md"))
    listed = {link for _, link in summary.links} | {"SUMMARY.md"}
    docs = ROOT / "docs"
    return [path.relative_to(ROOT) for path in sorted(docs.rglob("*.md")) if str(path.relative_to(docs)) not in listed]
