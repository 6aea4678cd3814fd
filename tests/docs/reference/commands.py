"""docs/reference/commands.md: the help of every command."""

import re

from . import help_text

HEAD = """# Commands

What `tidings COMMAND --help` prints. The settings of `tidings serve` have [their own page](settings.md).

"""


def text():
    return HEAD + "\n".join(_sections())


def _sections(*command):
    said = help_text.read(*command)
    listed = re.search(r"^Commands:\n((?:  .*\n)+)", said, re.M)
    if command:
        shown = "\n".join(line.rstrip() for line in said.rstrip().splitlines())
        yield f"## tidings {' '.join(command)}\n\n```text\n{shown}\n```\n"
    for line in listed[1].splitlines() if listed else ():
        name = re.match(r"^  ([a-z][\w-]*)", line)
        if name and name[1] not in ("help", "serve"):
            yield from _sections(*command, name[1])
