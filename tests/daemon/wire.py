"""HTTP by hand, on a socket: bytes as they are, answers one by one."""
import signal
import socket
import sqlite3
import time
from collections import namedtuple
from contextlib import contextmanager

from harness import SLOW, wait_for

Answer = namedtuple("Answer", "status fields body head")


class Closed(Exception):
    """The other side closed where an answer should have begun."""


class Wire:
    """One connection. Fields of answers are by lower-case name; one that comes twice is a fault."""

    lax = False  # a body may go on to the end of the connection: some proxy's errors do

    def __init__(self, port, timeout=10, receive_bytes=None, source=None, to="127.0.0.1"):
        """@source: the client's own address."""
        self.s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET)
        if source:
            self.s.bind((source, 0))
        self.s.settimeout(timeout * SLOW)
        if receive_bytes:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.s.connect((to, port))
        self.kept = b""

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.s.close()

    def say(self, data):
        self.s.sendall(data.encode() if isinstance(data, str) else data)

    def ask(self, path, *fields, method="GET", version="1.1", body=b""):
        """Sends one request; @fields are whole lines."""
        lines = [f"{method} {path} HTTP/{version}", "Host: x", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.say("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def more(self):
        piece = self.s.recv(1 << 16)
        self.kept += piece
        return piece

    def take(self, n):
        while len(self.kept) < n:
            if not self.more():
                raise AssertionError(f"closed {n - len(self.kept)} bytes early: {self.kept[:200]}")
        out, self.kept = self.kept[:n], self.kept[n:]
        return out

    def head(self):
        while b"\r\n\r\n" not in self.kept:
            if not self.more():
                if self.kept:
                    raise AssertionError(f"closed inside a head: {self.kept[:200]}")
                raise Closed()
        head, self.kept = self.kept.split(b"\r\n\r\n", 1)
        return head.decode("latin-1")

    def hear(self, no_body=False):
        head = self.head()
        line, *rest = head.split("\r\n")
        version, status, _ = line.split(" ", 2)
        assert version == "HTTP/1.1" and len(status) == 3, line
        fields = {}
        for row in rest:
            name, value = row.split(": ", 1)
            assert name.lower() not in fields, f"{name} comes twice:\n{head}"
            fields[name.lower()] = value
        none = no_body or int(status) in (204, 304) or int(status) < 200
        if not none and self.lax and "content-length" not in fields:
            body = self.ended()
            self.kept = b""
        else:
            body = b"" if none else self.take(int(fields["content-length"]))
        return Answer(int(status), fields, body, head)

    def get(self, path, *fields, method="GET", **more):
        self.ask(path, *fields, method=method, **more)
        return self.hear(no_body=method == "HEAD")

    def silent(self, seconds=0.2):
        """Nothing more comes for a while, and the connection is open."""
        self.s.settimeout(seconds)
        try:
            return self.kept == b"" and self.more() is None
        except socket.timeout:
            return self.kept == b""
        finally:
            self.s.settimeout(10 * SLOW)

    def ended(self):
        """What comes until the other side has closed in order."""
        while self.more():
            pass
        return self.kept


def get(port, path, *fields, source=None, **more):
    with Wire(port, source=source) as w:
        return w.get(path, *fields, **more)


def close_all(wires):
    for w in wires:
        w.s.close()


@contextmanager
def not_ready(d):
    """The stopped daemon is started, and listens, but cannot read its store until the end of this."""
    store = sqlite3.connect(d.root / "db", isolation_level=None)
    store.execute("BEGIN EXCLUSIVE")  # as somebody's backup
    try:
        d.spawn()
        wait_for("it listens", lambda: listens(d))
        yield
    finally:
        store.execute("ROLLBACK")
        store.close()
    d.until_ready()


def listens(d):
    try:
        return get(d.port, "/healthz").status == 200
    except OSError:
        return False


@contextmanager
def paused(d):
    """The daemon stands still: what arrives meanwhile it finds all at once."""
    d.process.send_signal(signal.SIGSTOP)
    try:
        while True:
            with open(f"/proc/{d.process.pid}/stat") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "T":
                    break
            time.sleep(0.001)
        yield
    finally:
        d.process.send_signal(signal.SIGCONT)
