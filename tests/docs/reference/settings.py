"""docs/reference/settings.md: all settings of the server."""

import re

from . import help_text

HEAD = """# Settings

All settings of `tidings serve`. `tidings serve --help` prints the same.

Each setting can be given in three ways. Flags win over the environment, and the environment wins over the file:

- as a flag: `--heartbeat 20`
- in the environment: `TIDINGS_HEARTBEAT=20`
- in `tidings.toml` in the current folder, or in the file that `--config` names: `heartbeat = 20`. The settings of a heading
  below may also stand in a table of that name, such as `[limits]`.

"""

OPTION = re.compile(r"^ {2,6}(?:(-\w), )?--([\w-]+)(?:(\[=)?[ ]?([<\[].*))?$")


def text():
    out, heading, option = [], None, None
    groups = []
    for line in help_text.read("serve").splitlines():
        found = OPTION.match(line)
        if re.match(r"^\S.*:$", line) and not line.startswith("Usage"):
            heading, option = line[:-1], None
            groups.append((heading, []))
        elif found:
            option = (found[2], (found[4] or "").strip("]"), [])
            groups[-1][1].append(option)
        elif option:
            option[2].append(line)
    for heading, options in groups:
        options = [option for option in options if option[0] != "help"]
        if not options:
            continue
        out.append(f"## {'General' if heading == 'Options' else heading}\n")
        out += [_section(*option) for option in options]
    return HEAD + "\n".join(out)


def _section(name, value, lines):
    facts, prose = {}, []
    for part in help_text.paragraphs(lines):
        while found := re.search(r" ?\[(env|default): ?([^\]]*)\]", part):
            facts[found[1]] = found[2]
            part = part.replace(found[0], "")
        if part:
            prose.append(part if part.startswith("- ") or part.endswith((".", ":")) else part + ".")
    value = value.replace("=<true|false>", "true or false").strip("[]<>")
    rows = [f"### --{name}\n"]
    body = []
    for part in prose:
        both = part.startswith("- ") and body and body[-1].startswith("- ")
        body.append(part if both or not body else "\n" + part)
    rows.append("\n".join(body) + "\n")
    notes = [f"value: `{value}`"] if value else []
    if "default" in facts:
        notes.append(f"default: `{facts['default']}`")
    if "env" in facts:
        notes.append(f"environment: `{facts['env'].rstrip('=')}`")
    if name != "config":
        notes.append(f"file: `{name.replace('-', '_')}`")
    rows.append(" · ".join(notes) + "\n")
    return "\n".join(rows)
