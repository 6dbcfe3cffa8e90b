"""A feed that is asked for all the time is sent from a file without a name: the same bytes, another
way; and a new version, or a feed that is rarely asked for, has no such file."""
import os
import socket
import time
from pathlib import Path

from harness import pairs_roster

OFTEN = 32  # within a minute


def files(d):
    """How many feeds have one."""
    n = 0
    for fd in Path(f"/proc/{d.process.pid}/fd").iterdir():
        try:
            n += os.readlink(fd).startswith("/memfd:feed")
        except FileNotFoundError:  # a connection that has been closed meanwhile
            pass
    return n


def test_often_asked_is_another_way_to_the_same_bytes(daemon):
    d = daemon(roster=pairs_roster(1))
    path = d.link("feed", "p1")
    first = d.get(path)
    assert first.status == 200 and len(first.body) > 8192
    for _ in range(OFTEN - 1):
        assert d.get(path).body == first.body
    assert files(d) == 0
    for _ in range(5):
        again = d.get(path)
        assert (again.status, again.body, again["ETag"]) == (200, first.body, first["ETag"])
        assert int(again["Content-Length"]) == len(first.body)
        assert files(d) == 1
    assert d.request("HEAD", path).body == b""
    assert d.get(path, {"If-None-Match": first["ETag"]}).status == 304
    assert d.get(d.link("feed", "p2")).status == 200
    assert files(d) == 1

    d.edit_roster("topic = Topic 1", "topic = Something else")
    d.ctl("reload")
    fresh = d.get(path)
    assert b"Something else" in fresh.body and fresh["ETag"] != first["ETag"]
    assert d.get(path).body == fresh.body
    assert files(d) == 0


def test_a_slow_reader_gets_it_all(daemon):
    """What the socket did not take from the file comes from memory."""
    d = daemon(roster=pairs_roster(6))
    path = d.link("feed", "programme")
    whole = d.get(path).body
    assert 100000 < len(whole) < 256 * 1024
    for _ in range(OFTEN):
        assert d.get(path).body == whole
    assert files(d) == 1
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", d.port))
        ask = f"GET {path} HTTP/1.1\r\nHost: x\r\n"
        slow.sendall((ask + "\r\n" + ask + "Connection: close\r\n\r\n").encode())
        time.sleep(0.2)
        assert d.get(path).body == whole
        got = b""
        while piece := slow.recv(3000):
            got += piece
    first, second = got.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n\r\n" + whole) and second.endswith(b"\r\n\r\n" + whole)


def test_files_are_few(daemon):
    d = daemon(roster=pairs_roster(40))
    paths = [link["url"].split("/", 3)[3] for link in d.links("feed") if link["owner"] != "programme"]
    assert len(paths) > 70
    for path in paths:
        same = f"If-None-Match: {d.get('/' + path)['ETag']}\r\n"
        d.raw((f"GET /{path} HTTP/1.1\r\nHost: x\r\n{same}\r\n" * OFTEN).encode() +
              b"GET /healthz HTTP/1.0\r\n\r\n")
    assert files(d) == 64
