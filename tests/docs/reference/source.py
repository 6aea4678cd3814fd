"""Types of the source, with their doc comments."""

import re

from pages import ROOT


def _items(path, kind, name):
    """The lines between the braces of a struct or an enum, and the comment before it."""
    text = (ROOT / path).read_text()
    found = re.search(rf"((?:^///.*\n)*)(?:^#\[.*\n)*^pub {kind} {name} \{{\n([\s\S]*?)^\}}", text, re.M)
    if not found:
        raise SystemExit(f"{path} has no {kind} {name}")
    return _comment(found[1]), found[2]


def _comment(lines):
    return " ".join(line.strip().removeprefix("///").strip() for line in lines.splitlines() if "///" in line)


def variants(path, name):
    """The variants of an enum with their meaning."""
    _, body = _items(path, "enum", name)
    return {found[2]: _comment(found[1]) for found in re.finditer(r"((?:^    ///.*\n)+)    (\w+)", body, re.M)}


def fields(path, name):
    """The meaning of a struct, and its fields: name, type and meaning."""
    meaning, body = _items(path, "struct", name)
    pattern = r"((?:^    ///.*\n)+)(?:    #\[.*\n)*    pub (?:r#)?(\w+): (.*),"
    return meaning, [(found[2], found[3], _comment(found[1])) for found in re.finditer(pattern, body, re.M)]


def texts(path, name):
    """The text of each variant in a `match`: `Self::Variant => "text"`."""
    text = (ROOT / path).read_text()
    body = text[text.index(f"impl {name}") :]
    return dict(re.findall(r"Self::(\w+)(?: \{ \.\. \})? => \"(\w+)\"", body))
