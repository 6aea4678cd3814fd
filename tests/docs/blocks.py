"""Runs the marked blocks of the pages.

A mark is a comment in the line before a fenced block. It is not shown. Its parts are separated by `;`:

    file: NAME     The block is written to this file, for the blocks of the page that run.
    run: push      The program must push to client `anna` or to topic `orders/42`. It is run through a proxy that refuses
                   the first request and loses the answer of the second. The message must arrive once.
    run: token     The program must print a token for the streams of client `anna` with the topic `orders/42`, or with
                   `topic: TOPIC`.
    run: server    The command starts a server. The following blocks of the page use it.
    run: listen    The command listens until the page ends. `wants: TEXT`: this must have arrived by then.
    run: shell     The commands must succeed. `prints: TEXT`: this must be in what they print.
    check: settings  A server must start with this tidings.toml. Files under /etc and /var/lib are made in another folder.
    check: syntax  The block is only read by the compiler of its language.
    browser: NAME  `end2end/tests/docs.spec.ts` runs it in a browser. Here only its syntax is checked.
    with: NAME     The program that runs the block is tests/docs/drivers/NAME.
    library: A, B  Libraries of PHP, as Debian packages them, without which the block is skipped.
    needs: A, B    Python modules without which the block is skipped.

Programs get TIDINGS_URL, TIDINGS_TOKEN (the admin token) and TIDINGS_STREAM_SECRET. In shell blocks, the address
http://127.0.0.1:8020 is replaced by that of the server.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import runtimes
from server import BINARY, PATIENCE, SECRET, TOKEN, Listener, Server, UnreliableProxy, clean_environment, wait_for

DRIVERS = Path(__file__).parent / "drivers"
ADDRESS = "http://127.0.0.1:8020"


def runs(pages):
    """Functions that run blocks and return their results. They may run at the same time."""
    for page in pages:
        files = [block for block in page.blocks if "file" in block.marks]
        for block in page.blocks:
            kind = block.marks.get("run")
            if kind in ("push", "token"):
                yield lambda block=block, files=files: [attempt(block, files)]
            elif kind is None and ("check" in block.marks or "browser" in block.marks):
                yield lambda block=block: [attempt(block, [])]
            elif kind not in (None, "server", "listen", "shell"):
                yield lambda block=block: [("FAILED", block.name, f"unknown mark: {block.marks}")]
        shell = [block for block in page.blocks if block.marks.get("run") in ("server", "listen", "shell")]
        if shell:
            yield lambda shell=shell: run_page(shell)


def read_json(url):
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return json.load(answer)


def attempt(block, files):
    """Runs one program, in a folder with the files of its page."""
    kind = block.marks.get("run") or block.marks.get("check", "syntax")
    name = f"{block.name} ({kind}: {block.language})"
    try:
        why = None if kind == "settings" else runtimes.missing(block)
        if why:
            return ("skipped", name, why)
        with tempfile.TemporaryDirectory(prefix="tidings-docs-", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
            folder = Path(folder)
            for file in [*files, block]:
                if "file" in file.marks:
                    (folder / file.marks["file"]).write_text(file.text)
            CHECKS[kind](block, folder, stack)
        return ("ok", name)
    except (AssertionError, subprocess.SubprocessError, OSError) as error:
        return ("FAILED", name, str(error))


def start(folder, stack, **options):
    server = Server(folder, **options)
    stack.callback(server.stop)
    return server


def run_program(block, folder, url):
    """Runs a program to its end, and returns what it prints."""
    if "with" in block.marks:
        driver = shutil.copy(DRIVERS / block.marks["with"], folder)
        command = runtimes.command(Path(driver).name)
    else:
        command = runtimes.command(block.marks["file"])
    env = clean_environment() | {"TIDINGS_URL": url, "TIDINGS_TOKEN": TOKEN, "TIDINGS_STREAM_SECRET": SECRET}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=3 * PATIENCE)
    assert done.returncode == 0, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def check_push(block, folder, stack):
    server = start(folder, stack)
    listener = Listener(server.url, [("client_id", "anna"), ("topic", "orders/*"), ("envelope", "json")], TOKEN)
    stack.callback(listener.close)
    proxy = UnreliableProxy(server.url)
    stack.callback(proxy.stop)
    said = run_program(block, folder, proxy.url)
    assert proxy.pushes == 3, f"it sent {proxy.pushes} requests instead of 3; it printed: {said}"
    # When this last message is there, everything before it is there too.
    body = b'{"to": {"client": "anna"}, "data": "the last one"}'
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(server.url + "/push", body, headers), timeout=PATIENCE).close()
    got = wait_for(lambda: listener.messages and listener.messages[-1].get("text") == "the last one" and listener.messages)
    assert len(got) == 2, f"{len(got) - 1} messages arrived instead of one: {got}"
    total = got[0].get("data", {}).get("total")
    assert total == 99.5 or got[0].get("text"), f"the message has other data: {got[0]}"


def check_token(block, folder, stack):
    server = start(folder, stack)
    token = run_program(block, folder, server.url).strip().splitlines()[-1].strip()

    topic = block.marks.get("topic", "orders/42")

    def status(client, token=token):
        listener = Listener(server.url, [("client_id", client), ("topic", topic), ("token", token)])
        stack.callback(listener.close)
        return listener.status

    assert status("anna") == 200, "the server refuses the token"
    assert status("ben") == 403, "the token is valid for another client"
    assert status("anna", token[:-4] + "AAAA") == 401, "the signature does not matter"


def check_settings(block, folder, stack):
    text = block.text.replace('"/etc/', f'"{folder}/etc/').replace('"/var/lib/', f'"{folder}/var/lib/')
    for path in re.findall(rf'"({folder}/[^"]*)"', text):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if "_file = " in text.split(path)[0].splitlines()[-1]:
            Path(path).write_text(SECRET + "\n")
    (folder / "settings.toml").write_text(text)
    # The flag wins over the file: the port of the file may be in use here.
    start(folder, stack, command=[BINARY, "serve", "--config", "settings.toml", "--listen", "127.0.0.1:0"], settings={})


CHECKS = {"push": check_push, "token": check_token, "settings": check_settings, "syntax": runtimes.check_syntax}


def run_page(shell):
    """Runs the shell blocks of a page one after the other, up to the first one that fails."""
    results = []
    with tempfile.TemporaryDirectory(prefix="tidings-docs-", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        session = ShellSession(Path(folder), stack)
        for block in shell:
            name = f"{block.name} ({block.marks['run']})"
            if why := runtimes.missing_command(block):
                return [*results, ("skipped", f"{name} and the blocks after it", why)]
            try:
                getattr(session, block.marks["run"])(block)
                results.append(("ok", name))
            except (AssertionError, subprocess.SubprocessError, OSError) as error:
                results.append(("FAILED", name, str(error)))
                return results
        for block, output in session.listeners:
            wanted = block.marks.get("wants", "")
            try:
                wait_for(lambda output=output, wanted=wanted: wanted in output.read_text(), f"{wanted!r}")
            except AssertionError as error:
                results.append(("FAILED", f"{block.name} (listen)", f"{error}: {output.read_text()}"))
    return results


class ShellSession:
    """The commands of a page, as one terminal has them: variables that are set stay set."""

    def __init__(self, folder, stack):
        self.folder, self.stack, self.listeners = folder, stack, []
        self.url = ADDRESS
        self.kept = folder / "variables"
        self.env = clean_environment()

    def _before(self):
        """Sets the variables of the blocks before."""
        return f"source {self.kept}\n" if self.kept.exists() else ""

    def _lines(self, block):
        return block.text.replace(ADDRESS, self.url)

    def server(self, block):
        assert all(line.startswith("tidings") or not line.strip() for line in block.text.splitlines()), "not a command of tidings"
        command = ["bash", "-c", "exec " + block.text.strip()]
        self.url = start(self.folder, self.stack, command=command, access=False).url
        self.env["TIDINGS_URL"] = self.url

    def listen(self, block):
        output = self.folder / f"listener-{len(self.listeners)}"
        with output.open("w") as file:
            process = subprocess.Popen(
                ["bash", "-c", self._before() + self._lines(block)], cwd=self.folder, env=self.env, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.stack.callback(process.wait)
        self.stack.callback(os.killpg, process.pid, signal.SIGKILL)
        self.listeners.append((block, output))
        if "tidings tail" in block.text:
            wait_for(lambda: read_json(self.url + "/api/stats")["connections"] > 0, "the connection")
        else:
            wait_for(lambda: "welcome" in output.read_text() or "state" in output.read_text(), "the first event")

    def shell(self, block):
        lines = f"{self._before()}set -ea\n{self._lines(block)}\nexport -p > {self.kept}\n"
        done = subprocess.run(
            ["bash", "-c", lines], cwd=self.folder, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, f"exit code {done.returncode}: {done.stdout}"
        wanted = block.marks.get("prints", "")
        assert wanted in done.stdout, f"{wanted!r} is not in: {done.stdout}"
        problem = '"code":"'
        assert problem not in done.stdout, f"a request was refused: {done.stdout}"
