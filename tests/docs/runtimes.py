"""How programs in each language are run and checked, and what this machine lacks for that."""

import importlib.util
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from pages import ROOT
from server import PATIENCE, clean_environment

ESBUILD = ROOT / "end2end/node_modules/.bin/esbuild"

#: The command for each ending of a file.
COMMANDS = {
    ".py": [sys.executable],
    ".php": ["php"],
    ".mjs": ["node"],
    ".go": ["go", "run"],
    ".rb": ["ruby"],
    ".java": ["java"],
    ".cs": ["dotnet", "run"],
    ".sh": ["bash"],
}

#: How the syntax of a file is checked.
SYNTAX = {
    ".py": [sys.executable, "-m", "py_compile"],
    ".php": ["php", "-l"],
    ".mjs": ["node", "--check"],
    ".rb": ["ruby", "-c"],
    ".sh": ["bash", "-n"],
    ".jsx": [str(ESBUILD), "--log-level=warning", "--outfile=/dev/null"],
}

#: Where Debian installs libraries of PHP.
PHP_LIBRARIES = Path("/usr/share/php")

#: Files with modules of JavaScript inside.
WITH_SCRIPTS = (".html", ".vue", ".svelte")


def ending(block):
    name = block.marks.get("with") or block.marks.get("file") or f"block.{block.language}"
    return "." + name.rpartition(".")[2]


def command(file):
    return [*COMMANDS["." + file.rpartition(".")[2]], file]


@cache
def works(program):
    """Whether this program is there. A Java without compiler and a PHP without curl count as missing."""
    if not shutil.which(program):
        return False
    if program == "php":
        return subprocess.run(["php", "-r", "exit((int) !extension_loaded('curl'));"], timeout=PATIENCE).returncode == 0
    if program == "java":
        modules = subprocess.run(["java", "--list-modules"], capture_output=True, text=True, timeout=PATIENCE)
        return "jdk.compiler@" in modules.stdout
    return True


def missing_command(block):
    """The command that a block of shell needs and this machine does not have, as text; none: it has all."""
    lacking = [name for name in ("curl", "jq") if re.search(rf"\b{name} ", block.text) and not works(name)]
    return f"there is no {lacking[0]} here" if lacking else None


def missing(block):
    """What this machine lacks to run a block, as text; none: nothing."""
    if "run" in block.marks:
        program = COMMANDS[ending(block)][0]
    elif ending(block) in WITH_SCRIPTS:
        program = "node"
    else:
        program = SYNTAX[ending(block)][0]
    for program in ["node", program] if program == str(ESBUILD) else [program]:
        if not works(program):
            return f"there is no {program.rpartition('/')[2]} here"
    if ending(block) == ".sh" and "run" in block.marks and (why := missing_command(block)):
        return why
    for library in block.marks.get("library", "").replace(",", " ").split():
        if not (PHP_LIBRARIES / library / "autoload.php").exists():
            return f"there is no {library} of Debian here"
    for module in block.marks.get("needs", "").replace(",", " ").split():
        if importlib.util.find_spec(module) is None:
            return f"there is no Python module {module} here"
    return None


def check_syntax(block, folder, _stack):
    kind = ending(block)
    file = folder / f"checked{kind}"
    file.write_text(block.text)
    if kind in WITH_SCRIPTS:
        scripts = re.findall(r"<script[^>]*>(.*?)</script>", block.text, re.S)
        assert scripts, "there is no script in it"
        kind, file = ".mjs", folder / "checked.mjs"
        file.write_text("\n".join(f"{{{script}}}" if "import " not in script else script for script in scripts))
    done = subprocess.run(
        [*SYNTAX[kind], file], cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
