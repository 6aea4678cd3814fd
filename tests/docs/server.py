"""A real server, a listener on a real stream, and a proxy that makes programs retry."""

import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pages import ROOT

BINARY = Path(os.environ.get("TIDINGS_BIN", ROOT / "target/debug/tidings")).resolve()
TOKEN = "an-admin-token-for-the-docs"
SECRET = "a-stream-secret-for-the-docs-of-32-bytes"
#: Seconds in which something must happen that only takes long on a loaded machine.
PATIENCE = 60


def clean_environment():
    """The environment without settings of Tidings, and with the binary in the path."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TIDINGS_")}
    return kept | {"PATH": f"{BINARY.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


class Server:
    """A server in this folder, on a free port. `command` starts it, with these settings in its environment."""

    def __init__(self, folder, command=None, access=True, settings=None):
        self.folder = folder
        if settings is None:
            settings = {"TIDINGS_LISTEN": "127.0.0.1:0", "TIDINGS_DATA_DIR": str(folder / "data")}
            settings |= {"TIDINGS_ADMIN_TOKEN": TOKEN, "TIDINGS_STREAM_SECRET": SECRET} if access else {}
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command or [BINARY, "serve"], cwd=folder, env=clean_environment() | settings,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.url = wait_for(self._url)

    def _url(self):
        text = self.log.read_text()
        if self.process.poll() is not None:
            raise AssertionError(f"the server has ended: {text}")
        found = re.search(r"http://127\.0\.0\.1:\d+", text)
        return found and found[0]

    def stop(self):
        self.process.kill()
        self.process.wait()


def wait_for(condition, what="the condition"):
    """Waits until `condition` returns something, and returns that."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {PATIENCE} seconds")
        time.sleep(0.02)
    return result


class Listener:
    """A stream that is read by a thread. It collects the envelopes of the messages."""

    def __init__(self, url, query, token=None):
        self.messages = []
        self.welcome = threading.Event()
        host = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection.request("GET", "/sse?" + urllib.parse.urlencode(query), headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
            assert self.welcome.wait(PATIENCE), "the stream sends no welcome"

    def _read(self):
        kind, data = "message", []
        try:
            for line in self.response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    data.append(value)
                elif not name:
                    if kind == "message" and data:
                        self.messages.append(json.loads("\n".join(data)))
                    elif kind == "welcome":
                        self.welcome.set()
                    kind, data = "message", []
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed

    def close(self):
        self.connection.close()


class UnreliableProxy:
    """Refuses the first push with 503, loses the answer of the second, and passes the others on. A program that pushes
    through it must retry, and with the same idempotency key, so that the message arrives once."""

    def __init__(self, target):
        self.target = urllib.parse.urlsplit(target).netloc
        self.pushes = 0
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _UnreliableHandler)
        self.http.proxy = self
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()

    def forward(self, path, headers, body):
        """The status and the text of the server's answer."""
        upstream = http.client.HTTPConnection(self.target, timeout=PATIENCE)
        kept = {key: value for key, value in headers.items() if key.lower() in ("content-type", "authorization")}
        upstream.request("POST", path, body, kept)
        answer = upstream.getresponse()
        text = answer.read()
        upstream.close()
        return answer.status, text


class _UnreliableHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self._body()
        proxy = self.server.proxy
        proxy.pushes += 1
        if proxy.pushes == 1:
            problem = b'{"code": "log_unavailable", "status": 503, "title": "", "detail": "", "type": "/docs"}'
            return self._answer(503, problem, [("Retry-After", "1")])
        status, text = proxy.forward(self.path, self.headers, body)
        if proxy.pushes == 2:
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        self._answer(status, text, [])

    def _body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status, text, more):
        self.send_response(status)
        for name, value in [("Content-Type", "application/json"), ("Content-Length", str(len(text))), *more]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass
