"""Systems outside the product, as tests need them: a webhook receiver, a gateway of text messages, a mail server."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    """One request as it came, and the status it was answered with."""

    status: int
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP server that keeps what is posted. statuses: its next answers; then 204. busy: what it does before each."""

    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    busy: Callable[[], None] = lambda: None


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    """A webhook receiver, or a gateway of text messages."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.statuses.pop(0) if receiver.statuses else 204
            receiver.posted.append(Posted(status, self.path, dict(self.headers), body))
            receiver.busy()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{receiver.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            receiver.posted.append(Posted(404, f"GET {self.path}", dict(self.headers), b""))
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # its base names it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield receiver


@dataclass
class MailServer:
    """An SMTP server that keeps what is sent. refuses: recipients it answers 550 to."""

    url: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server without encryption."""
    kept = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 test")
            while line := self.rfile.readline():
                word, _, rest = line.decode().strip().partition(" ")
                word = word.upper()
                if word == "DATA":
                    self.say("354 go on")
                    self.take()
                    self.say("250 kept")
                elif word == "RCPT" and any(one in rest for one in kept.refuses):
                    self.say("550 nobody of this name")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 test")

        def take(self) -> None:
            lines = iter(self.rfile.readline, b".\r\n")
            mail = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            kept.mails.append(mail)

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        kept.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        yield kept


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
