"""How clients send and read over HTTP, and how much of it they may: each limit with its sentence, and
nobody else ever waits for whom it stops."""
import os
import re
import resource
import socket
import struct
import time

import pytest
from harness import SLOW, pairs_roster, wait_for
from wire import Closed, Wire, close_all, get, not_ready, paused

H = "Host: x\r\n"


def metric(answer, name):
    return int(re.search(rf"^tandemd_{name} (\d+)$", answer.body.decode(), re.M)[1])


def connections(d):
    """Besides the one that asks."""
    return metric(get(d.port, "/metrics"), "http_connections") - 1


def refused(w, status, sentence):
    """Told so, in order, and that is the end of the connection."""
    answer = w.hear()
    assert answer.status == status, answer
    assert answer.body.decode() == f"{status}: {sentence}\n"
    assert answer.fields["connection"] == "close"
    assert answer.fields["content-type"] == "text/plain; charset=utf-8"
    assert w.ended() == b""


def busy(d, n):
    """@n connections that each are in the midst of a request for sure (100: the head has been read),
    or what they were told instead."""
    open_, told = [], []
    for _ in range(n):
        w = Wire(d.port)
        w.ask("/", "Expect: 100-continue", "Content-Length: 2", method="POST")
        open_.append(w)
        told.append(w.hear())
    return open_, told


# ---- one after the other -------------------------------------------------------------------------

def conversation(d):
    """Requests of every kind as bytes, and (status, body or None) of each answer."""
    feed = d.link("feed", "anna")
    whole = get(d.port, feed)
    page = get(d.port, "/robots.txt").body
    tag = whole.fields["etag"]
    wrong = b"there is nothing here\n"
    told = b"only GET and HEAD are understood here\n"
    all_ = [
        (f"GET {feed} HTTP/1.1\r\n{H}\r\n", 200, whole.body),
        (f"HEAD {feed} HTTP/1.1\r\n{H}\r\n", 200, None),
        (f"GET {feed} HTTP/1.1\r\n{H}If-None-Match: {tag}\r\n\r\n", 304, b""),
        (f"POST {feed} HTTP/1.1\r\n{H}Content-Length: 5\r\n\r\nhello", 405, told),
        (f"GET /robots.txt HTTP/1.1\r\n{H}\r\n", 200, page),
        (f"PROPFIND {feed} HTTP/1.1\r\n{H}Transfer-Encoding: chunked\r\n\r\n"
         "5;x=y\r\nhello\r\n0\r\nT: x\r\n\r\n", 405, told),
        (f"HEAD /nothing HTTP/1.1\r\n{H}\r\n", 404, None),
        (f"GET /nothing HTTP/1.1\r\n{H}\r\n", 404, wrong),
        (f"GET /robots.txt HTTP/1.1\r\n{H}Content-Length: 0\r\n\r\n", 200, page),
    ]
    return "".join(row[0] for row in all_).encode(), [row[1:] for row in all_]


def hear_all(w, want):
    for status, body in want:
        answer = w.hear(no_body=body is None)
        assert answer.status == status
        assert body is None or answer.body == body


def test_pipelined_requests_are_answered_in_order(easy):
    data, want = conversation(easy)
    with Wire(easy.port) as w:
        w.say(data * 20)
        hear_all(w, want * 20)
        assert w.silent(0.05)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 61, 1000])
def test_it_does_not_matter_how_bytes_are_cut(easy, step):
    data, want = conversation(easy)
    with Wire(easy.port) as w:
        w.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), step):
            w.say(data[at:at + step])
            if step < 8 and at % 97 < step:
                time.sleep(0.0005)
        hear_all(w, want)


def test_who_has_said_everything_is_still_answered(easy):
    """Half-closed: no more will be asked, but what was asked is answered to the end."""
    data, want = conversation(easy)
    with Wire(easy.port) as w:
        w.say(data * 3)
        w.s.shutdown(socket.SHUT_WR)
        hear_all(w, want * 3)
        assert w.ended() == b""
    for part in (b"", b"GET", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 10\r\n\r\nhalf"):
        with Wire(easy.port) as w:
            w.say(part)
            w.s.shutdown(socket.SHUT_WR)
            assert w.ended() == b"", "half a request has no answer"


def reset(w):
    w.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    w.s.close()


def test_clients_that_go_away_leave_nothing_behind(daemon):
    d = daemon(pairs_roster(60), {})
    slow = d.link("feed", "programme")  # takes a while to be made
    parts = [b"", b"G", b"GET /healthz HTTP/1.1\r\n", f"GET {slow} HTTP/1.1\r\n{H}\r\n".encode() * 3,
             f"POST / HTTP/1.1\r\n{H}Content-Length: 100\r\n\r\nhalf".encode(),
             f"POST / HTTP/1.1\r\n{H}Transfer-Encoding: chunked\r\n\r\n5\r\nhe".encode()]
    for _ in range(5):
        for part in parts:
            for end in (reset, lambda w: w.s.close()):
                w = Wire(d.port)
                w.say(part)
                end(w)
    wait_for("connections are gone", lambda: connections(d) == 0)
    assert get(d.port, slow).status == 200


def test_older_clients_and_those_that_say_close(easy):
    path = easy.link("feed", "anna")
    with Wire(easy.port) as w:
        answer = w.get(path, version="1.0")
        assert answer.fields["connection"] == "close" and w.ended() == b""
    with Wire(easy.port) as w:
        for _ in range(3):
            answer = w.get(path, "Connection: keep-alive", version="1.0")
            assert answer.status == 200 and answer.fields["connection"] == "keep-alive"
        w.say("GET / HTTP/1.0\r\n\r\n")  # needs no Host
        assert w.hear().status == 200 and w.ended() == b""
    with Wire(easy.port) as w:
        assert "connection" not in w.get(path).fields
        w.ask(path, "Connection: close")
        w.ask("/never")
        assert w.hear().fields["connection"] == "close" and w.ended() == b""


# ---- bodies --------------------------------------------------------------------------------------

def test_a_client_that_waits_is_told_to_go_on(easy):
    with Wire(easy.port) as w:
        w.ask("/", "Expect: 100-continue", "Content-Length: 5", method="POST")
        assert w.hear().status == 100
        w.say("hello")
        assert w.hear().status == 405
        w.ask("/", "Expect: 100-Continue", "Transfer-Encoding: chunked", method="PUT")
        assert w.hear().status == 100
        w.say("2\r\nhe\r\n0\r\n\r\n")
        assert w.hear().status == 405
        # who does not wait is not told, nor one that has no body, nor an old one
        w.ask("/", "Expect: 100-continue", method="POST", body=b"hello")
        assert w.hear().status == 405
        w.ask("/healthz", "Expect: 100-continue")
        assert w.hear().status == 200
        w.ask("/", "Expect: 100-continue", "Content-Length: 5", "Connection: keep-alive",
              method="POST", version="1.0")
        assert w.silent(0.1)
        w.say("hello")
        assert w.hear().status == 405
    with Wire(easy.port) as w:  # it would be in vain
        w.ask("/", "Expect: 100-continue", "Content-Length: 65537", method="POST")
        refused(w, 413, "the body is too long")
    with Wire(easy.port) as w:
        w.ask("/", "Expect: a-miracle", method="POST")
        refused(w, 417, "the only Expect here is 100-continue")


def test_a_body_of_so_many_bytes(easy):
    with Wire(easy.port) as w:
        w.ask("/", method="POST", body=b"x" * 65536)
        assert w.hear().status == 405
        w.ask("/", "Transfer-Encoding: chunked", method="POST")
        w.say(b"8000\r\n" + b"x" * 32768 + b"\r\n8000\r\n" + b"x" * 32768 + b"\r\n0\r\n\r\n")
        assert w.hear().status == 405
        w.ask("/", "Content-Length: 65537", method="POST")
        refused(w, 413, "the body is too long")
    with Wire(easy.port) as w:
        w.ask("/", "Transfer-Encoding: chunked", method="POST")
        w.say(b"10000\r\n" + b"x" * 65536 + b"\r\n1\r\n")
        refused(w, 413, "the body is too long")


def test_the_bodies_limit_is_a_setting(daemon):
    d = daemon(conf="[server]\nmax_body = 1 KiB")
    with Wire(d.port) as w:
        w.ask("/", method="POST", body=b"x" * 1024)
        assert w.hear().status == 405
        w.ask("/", method="POST", body=b"x" * 1025)
        refused(w, 413, "the body is too long")


# ---- heads ---------------------------------------------------------------------------------------

def head_of(n, fields=1):
    head = "GET /healthz HTTP/1.1\r\n" + H + "".join(f"F{i}: x\r\n" for i in range(fields - 1))
    return head + "X: " + "x" * (n - len(head) - 7) + "\r\n\r\n"


def test_a_head_of_so_many_bytes(easy):
    with Wire(easy.port) as w:
        w.say(head_of(16384))
        assert w.hear().status == 200
        w.say(head_of(16385))
        refused(w, 431, "the head is too long")
    with Wire(easy.port) as w:  # sent faster than it is refused, and heard all the same
        w.say(b"GET / HTTP/1.1\r\nX: " + b"x" * 1000000)
        refused(w, 431, "the head is too long")
    line = 8192 - len("GET  HTTP/1.1\r\n")
    with Wire(easy.port) as w:
        assert w.get("/" + "a" * (line - 1)).status == 404
        w.ask("/" + "a" * line)
        refused(w, 414, "the request line is too long")


def test_a_head_of_so_many_fields(easy):
    with Wire(easy.port) as w:
        w.say(head_of(2000, fields=63))
        assert w.hear().status == 200
        w.say(head_of(2000, fields=64))
        refused(w, 431, "there are too many fields")


def test_the_heads_limits_are_settings(daemon):
    d = daemon(conf="[server]\nmax_head = 1 KiB\nmax_fields = 8")
    with Wire(d.port) as w:
        w.say(head_of(1024, fields=7) * 3)
        assert [w.hear().status for _ in range(3)] == [200] * 3
        w.say(head_of(900, fields=8))
        refused(w, 431, "there are too many fields")
    with Wire(d.port) as w:
        w.say(head_of(1025))
        refused(w, 431, "the head is too long")


# ---- time ----------------------------------------------------------------------------------------

def drip(w, bytes_, every=0.02):
    """Byte by byte until the other side has had enough; how long that took."""
    begin = time.monotonic()
    for byte in bytes_:
        try:
            w.say(bytes([byte]))
        except OSError:
            break
        w.s.settimeout(every)
        try:
            if w.more() == b"" or w.kept:
                break
        except socket.timeout:
            pass
        finally:
            w.s.settimeout(10 * SLOW)
    return time.monotonic() - begin


def test_a_head_has_so_much_time_however_it_drips(daemon):
    d = daemon(conf="[server]\nhead_timeout = 1s\nidle_timeout = 30s")
    with Wire(d.port) as w, Wire(d.port) as other:
        took = drip(w, b"GET / HTTP/1.1\r\nHost: " + b"x" * 1000)
        refused(w, 408, "the head took too long")
        assert 0.9 < took < 3 * SLOW
        assert other.get("/healthz").status == 200, "who says nothing has other time"
        # the time is a head's, not a connection's
        for _ in range(4):
            other.say("GET /healthz HTTP/1.1\r\n")
            time.sleep(0.4)
            other.say(H + "\r\n")
            assert other.hear().status == 200


def test_a_body_has_a_least_rate(daemon):
    d = daemon(conf="[server]\nhead_timeout = 1s\nmin_rate = 5000 B")
    with Wire(d.port) as w:
        w.ask("/", "Content-Length: 60000", method="POST")
        took = drip(w, b"x" * 1000)
        refused(w, 408, "the body came too slowly")
        assert took < 4 * SLOW
    with Wire(d.port) as w:  # longer than a head may take, but fast enough
        w.ask("/", "Content-Length: 20000", method="POST")
        for _ in range(20):
            w.say(b"x" * 1000)
            time.sleep(0.08)
        assert w.hear().status == 405


def test_idle_connections_are_closed_without_a_word(daemon):
    d = daemon(conf="[server]\nidle_timeout = 1s")
    with Wire(d.port) as used, Wire(d.port) as fresh:
        assert used.get("/healthz").status == 200
        begin = time.monotonic()
        for w in (fresh, used):
            with pytest.raises(Closed):
                w.head()
        assert 0.7 < time.monotonic() - begin < 3 * SLOW
    wait_for("both are gone", lambda: connections(d) == 0)


def test_a_reader_that_takes_nothing_is_cut_and_a_slow_one_gets_it_all(daemon):
    d = daemon(pairs_roster(60), {}, conf="[server]\nidle_timeout = 1s\nmin_rate = 1 MiB")
    path = d.link("feed", "programme")
    whole = get(d.port, path)
    assert len(whole.body) > 300000
    with Wire(d.port, receive_bytes=4096) as never:
        for _ in range(60):  # more than all buffers on the way hold
            never.ask(path)
        wait_for("it is cut", lambda: connections(d) == 0)
    d.write_conf("[server]\nidle_timeout = 1s\nmin_rate = 10 KiB")
    d.restart()
    with Wire(d.port, receive_bytes=4096) as slow:
        for _ in range(3):
            slow.ask(path)
        begin = time.monotonic()
        for _ in range(3):
            time.sleep(0.7)
            head = slow.head()
            n = int(re.search(r"Content-Length: (\d+)", head)[1])
            body = b""
            while len(body) < n:
                body += slow.take(min(65536, n - len(body)))
                time.sleep(0.03)
            assert body == whole.body
        assert time.monotonic() - begin > 2, "longer than a connection may be idle"


# ---- numbers -------------------------------------------------------------------------------------

def test_so_many_connections_in_all(daemon):
    d = daemon(conf="[server]\nmax_connections = 6\nmax_connections_per_address = 100")
    open_, told = busy(d, 8)
    assert [a.status for a in told] == [100] * 6 + [503] * 2
    for w, answer in zip(open_[6:], told[6:]):
        assert answer.body == b"503: too many connections, try again\n"
        assert int(answer.fields["retry-after"]) > 0 and w.ended() == b""
    for w in open_[:6]:
        w.say("ok")
        assert w.hear().status == 405
    close_all(open_)
    wait_for("there is room again", lambda: get(d.port, "/healthz").status == 200)


def test_one_address_has_so_many_connections(daemon):
    d = daemon(conf="[server]\nmax_connections_per_address = 5")
    open_, told = busy(d, 7)
    assert [a.status for a in told] == [100] * 5 + [503] * 2
    for answer in told[5:]:
        assert answer.status == 503 and answer.fields["connection"] == "close"
        assert answer.body == b"503: too many connections, try again\n"
        assert int(answer.fields["retry-after"]) > 0
    assert get(d.port, "/healthz", source="127.0.0.2").status == 200, "another address is let in"
    close_all(open_)
    assert get(d.port, "/healthz").status == 200


def test_connections_of_a_trusted_proxy_are_not_counted(daemon):
    """A school behind one proxy is one address."""
    d = daemon(conf="[server]\nmax_connections_per_address = 5\ntrusted_proxy = 127.0.0.1")
    open_, told = busy(d, 12)
    assert [a.status for a in told] == [100] * 12
    for w in open_:
        w.say("ok")
        assert w.hear().status == 405
    close_all(open_)


@pytest.mark.parametrize("conf", ["max_connections = 6", "max_connections_per_address = 6"])
def test_the_oldest_idle_connection_makes_room(daemon, conf):
    d = daemon(conf=f"[server]\n{conf}")
    wires = [Wire(d.port) for _ in range(6)]
    for w in wires:
        assert w.get("/healthz").status == 200
    assert wires[0].get("/healthz").status == 200  # now the second is the oldest
    with Wire(d.port) as late:
        assert late.get("/healthz").status == 200
        with pytest.raises(Closed):
            wires[1].head()
        for w in wires[:1] + wires[2:]:
            assert w.get("/healthz").status == 200
    close_all(wires)


def test_many_callers_are_let_in_sixteen_a_turn(daemon):
    """So that who is inside already does not wait for them."""
    d = daemon()
    d.stop()
    with not_ready(d):  # then figures are of this very moment
        inside = [Wire(d.port) for _ in range(4)]
        assert {w.get("/healthz").status for w in inside} == {200}
        with paused(d):
            callers = [Wire(d.port) for _ in range(100)]
            for w in inside:
                w.ask("/metrics")
        seen = [metric(w.hear(), "http_connections") for w in inside]
        assert max(seen) == 4 + 16, f"connections at the end of one turn: {seen}"
    assert {w.get("/healthz").status for w in callers} == {200}
    close_all(inside + callers)


def test_without_descriptors_there_is_a_pause_and_a_word(daemon):
    d = daemon()
    pid = d.process.pid
    old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with Wire(d.port) as inside:
        assert inside.get("/healthz").status == 200
        inside.ask("/", "Content-Length: 2", "Expect: 100-continue", method="POST")
        assert inside.hear().status == 100  # not idle, so that it makes no room
        used = settled_descriptors(pid)
        free = min(set(range(len(used) + 1)) - used)  # every number below is taken
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, old[1]))
        try:
            told = [Wire(d.port) for _ in range(3)]
            for w in told:  # one after the other, by the descriptor that is kept in reserve
                answer = w.hear()
                assert answer.status == 503 and answer.fields["retry-after"] == "5"
                assert answer.body == b"" and w.ended() == b""
            waiting = [Wire(d.port) for _ in range(3)]
            before = cpu_s(pid)
            time.sleep(0.5)
            assert cpu_s(pid) - before < 0.2, "it waits and does not spin"
            inside.say("ok")
            assert inside.hear().status == 405, "who is inside is served"
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
        assert get(d.port, d.link("feed", "anna")).status == 200
        close_all(told + waiting)


def settled_descriptors(pid):
    """Those that stay: what the store or a child had open for a moment is not among them."""
    seen = []
    while len(seen) < 5 or any(s != seen[-1] for s in seen[-5:]):
        seen.append({int(n) for n in os.listdir(f"/proc/{pid}/fd")})
        time.sleep(0.02)
    return seen[-1]


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
