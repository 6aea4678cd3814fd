"""The help of the command, with its defaults."""

import re
import subprocess
import tempfile

from server import BINARY, clean_environment


def read(*arguments):
    """What `tidings ARGUMENTS --help` prints. It runs in an empty folder, so that there is no tidings.toml."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [BINARY, *arguments, "--help"], cwd=folder, env=clean_environment(), capture_output=True, text=True, check=True
        )
    return done.stdout


def paragraphs(lines):
    """Joins wrapped lines. A list of values stays a list."""
    found, current = [], []
    for line in [*lines, ""]:
        text = line.strip()
        if not text:
            if current:
                found.append(" ".join(current))
            current = []
        elif text.startswith("- "):
            if current:
                found.append(" ".join(current))
            current = [re.sub(r"^- ([\w-]+): +", r"- `\1`: ", text)]
        else:
            current.append(text)
    return found
