"""The pages of the documentation, read as Markdown: headings, links and fenced blocks."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^( *)(`{3,}|~{3,})\s*(\S*)")
MARK = re.compile(r"^ *<!--\s*((?:run|file|check|page|browser)\b.*?)\s*-->\s*$")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^()\s>]+(?:\([^()\s]*\))?)>?(?:\s+\"[^\"]*\")?\s*\)")


@dataclass
class Block:
    """A fenced block with a mark in the line before it."""

    page: Path
    line: int
    language: str
    marks: dict[str, str]
    text: str = ""

    @property
    def name(self):
        return f"{self.page}:{self.line}"


@dataclass
class Page:
    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[tuple[int, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def slug(heading):
    """The anchor of a heading, as forges and mdBook make it."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return "".join("-" if c.isspace() else c for c in text if c.isalnum() or c in "_- ")


def parse_mark(text):
    """`run: push; file: push.py` as a dictionary."""
    pairs = (part.partition(":") for part in text.split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs}


def read(path):
    page = Page(path)
    block = fence = mark = None
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        found = FENCE.match(line)
        if fence:
            if found and found[2].startswith(fence[1]) and not found[3]:
                fence = block = None
            elif block:
                block.text += line[len(fence[0]) :] + "\n"
            continue
        if found:
            fence = (found[1], found[2])
            if mark:
                block = Block(path, number + 1, found[3], parse_mark(mark))
                page.blocks.append(block)
            mark = None
            continue
        marked = MARK.match(line)
        if mark and line.strip():
            raise SystemExit(f"{path}:{number}: a mark must be followed by a fenced block")
        if marked:
            mark = marked[1]
        elif line.startswith("    ") and not line.lstrip().startswith(("-", "*")):
            continue
        elif line.startswith("#"):
            anchor, times = slug(line.lstrip("#")), 0
            while (name := f"{anchor}-{times}" if times else anchor) in page.anchors:
                times += 1
            page.anchors.add(name)
        if not marked:
            plain = re.sub(r"`[^`]*`", "", line)
            page.links += [(number, target) for target in LINK.findall(plain)]
            page.anchors.update(re.findall(r'<a (?:id|name)="([^"]+)"', line))
    return page


def all_pages():
    """README.md, ARCHITECTURE.md, and everything under docs/."""
    paths = [Path("README.md"), Path("ARCHITECTURE.md")]
    paths += sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md"))
    return [read(path) for path in paths]
