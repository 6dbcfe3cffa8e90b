"""Nothing that arrives over HTTP, the control socket or in a timetable ends the daemon: seeded
garbage, shaped and shapeless, and afterwards the same process answers and has not grown."""
import os
import random
import socket
import threading
import time

import pytest
from harness import BUILD, SLOW, drain, wait_for
from living import Control, Programme, feed_paths, get, quote, seed

PROGRAM = (BUILD / "tandemd").read_bytes()
SANITIZED = b"__asan_init" in PROGRAM or b"__tsan_init" in PROGRAM
GROWTH_KIB = 64 * 1024


def resident(d):
    with open(f"/proc/{d.process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


@pytest.fixture
def target(daemon):
    rng = random.Random(seed())
    programme = Programme(rng, duos=3)
    d = daemon(roster=programme.roster(), timetables=programme.timetables())
    d.rng, d.programme = rng, programme
    d.pid_before, d.resident_before = d.process.pid, resident(d)
    yield d
    wait_for("/healthz", lambda: healthy(d))
    assert d.process.poll() is None and d.process.pid == d.pid_before
    assert d.ctl("check") == "the store is whole\n"
    assert d.get(d.link("feed", "a000")).body.endswith(b"END:VCALENDAR\r\n")
    grown = resident(d) - d.resident_before
    print(f"resident memory grew by {grown} KiB")
    assert SANITIZED or grown < GROWTH_KIB


def healthy(d):
    try:
        return d.get("/healthz").status == 200
    except OSError:
        return False


def connect(d):
    s = socket.create_connection(("127.0.0.1", d.port), timeout=10 * SLOW)
    return s


def exchange(d, data):
    """Sends it, ends the sending side, takes what comes."""
    with connect(d) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        try:
            return drain(s)
        except socket.timeout:
            return None


# ---- HTTP ----------------------------------------------------------------------------------------


GOOD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

BAD_HEADS = [
    b"\r\n\r\n", b"\0" * 100, b"GET", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n", b"G\0T / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /me/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /me/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /me/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /me/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /me/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
    b"POST /me/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100000 + b"\r\n\r\n",
    b"GET ftp://[ HTTP/1.1\r\nHost: x\r\n\r\n", b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
]


def test_bad_heads_over_http(target):
    for head in BAD_HEADS:
        out = exchange(target, head)
        assert out is not None, head[:60]
        assert not out.startswith(b"HTTP/1.1 2"), (head[:60], out[:200])
        exchange(target, head[:len(head) // 2])
        exchange(target, GOOD + head)


def mutated(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) + 1)
        what = rng.randrange(4)
        if what == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif what == 1:
            data[at:at] = rng.choice((b"\r\n", b"\0", b":", b" ", b"\xff", b"%", b"," * 300))
        elif what == 2:
            del data[at:at + rng.randrange(8)]
        else:
            data[at:at] = data[:at][-rng.randrange(1, 40):]
    return bytes(data)


def test_random_requests_over_http(target):
    rng = target.rng
    feed = target.link("feed", "a000").encode()
    me = target.link("me", "a000").encode()
    seeds = [
        GOOD, b"GET " + feed + b" HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\", W/\"b\", *\r\n"
        b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Encoding: gzip\r\n\r\n",
        b"HEAD " + me + b" HTTP/1.1\r\nHost: x\r\nRange: bytes=0-5\r\nCookie: a=b\r\n\r\n",
        b"POST " + me + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
        b"POST " + me + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nverb=cancel",
        b"GET /report/x.csv?from=%31&to=;drop HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PROPFIND /feeds/ HTTP/1.1\r\nHost: x\r\nDepth: 1\r\nExpect: 100-continue\r\n\r\n",
    ]
    for _ in range(400):
        data = mutated(rng, rng.choice(seeds))
        if rng.random() < 0.1:
            data = rng.randbytes(rng.randrange(1, 3000))
        with connect(target) as s:
            for at in range(0, len(data), max(1, len(data) // rng.randrange(1, 4))):
                try:
                    s.sendall(data[at:at + max(1, len(data) // 3)])
                except OSError:
                    break
            if rng.random() < 0.5:
                continue  # gone without waiting for an answer
            try:
                s.shutdown(socket.SHUT_WR)
                drain(s)
            except OSError:
                pass


def test_thousands_of_pipelined_requests(target):
    feed = target.link("feed", "programme").encode()
    one = b"GET " + feed + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    out = exchange(target, GOOD * 4000)
    assert out.startswith(b"HTTP/1.1 200") and out.count(b"HTTP/1.1 200 OK\r\n") >= 1
    print(f"{out.count(b'HTTP/1.1 200')} of 4000 pipelined requests answered")
    # the same, and nothing of the answers is read
    with connect(target) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(1)
        try:
            s.sendall(one * 5000)
        except OSError:
            pass
        assert healthy(target)


def test_connections_have_a_cap(target):
    """More than one address may have; others wait or are told, and afterwards all is well."""
    open_ = []
    try:
        for i in range(450):
            s = connect(target)
            s.settimeout(2 * SLOW)
            open_.append(s)
            try:
                s.sendall((b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX: ")[i % 3])
            except OSError:
                pass
        mine = sum(1 for line in open(f"/proc/{target.process.pid}/net/tcp").readlines()[1:]
                   if line.split()[3] == "01" and
                   int(line.split()[1].split(":")[1], 16) == target.port)
        print(f"450 connections asked for, {mine} established on the server's side")
        fds = len(os.listdir(f"/proc/{target.process.pid}/fd"))
        assert fds < 320, f"{fds} descriptors"
        assert target.ctl("status")  # the other door is open
    finally:
        for s in open_:
            s.close()


def test_slow_and_silent_clients_stop_nobody(target):
    ends = threading.Event()

    def drip():
        try:
            with connect(target) as s:
                for byte in b"GET /healthz HTTP/1.1\r\nHost: " + b"x" * 1000:
                    if ends.wait(0.05):
                        return
                    s.sendall(bytes([byte]))
        except OSError:
            pass
    threads = [threading.Thread(target=drip, daemon=True) for _ in range(30)]
    for t in threads:
        t.start()
    worst = 0
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        begin = time.monotonic()
        assert get(target.port, "/healthz").status == 200
        worst = max(worst, time.monotonic() - begin)
    ends.set()
    for t in threads:
        t.join()
    print(f"slowest answer beside thirty slow clients: {1000 * worst:.0f} ms")
    assert worst < 1 * SLOW


# ---- the control socket --------------------------------------------------------------------------


def control_connect(d):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10 * SLOW)
    for _ in range(400):
        try:
            s.connect(str(d.socket))
            return s
        except BlockingIOError:
            time.sleep(0.01)
    raise AssertionError("the control socket takes nobody any more")


def say(d, data):
    with control_connect(d) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return drain(s)


def test_control_lines_of_every_kind(target):
    lines = [
        b"\n", b"   \t  \n", b"\0\n", b"status\0\n", b"\xff\xfe status\n", b"st\xc3\n",
        b"status\r\n", b'"unbalanced\n', b'link new feed a000 "half\n', b"status \\\n",
        b"a" * 5000 + b"\n", b"a" * 5000, b"status", b'"" "" ""\n', b"--json\n",
        b"--json --json status\n", b"--dry-run status\n", b"reload --accept\n",
        b"reload --accept x --accept y\n", b"session\n", b"session book\n", b"%s%n%p status\n",
        b"x " * 2000 + b"\n", b"session move s99999999999999999999 2026-09-01T10:00\n",
        b"session move s-1 2026-09-01T10:00\n", b"clock advance 99999999d\n",
        b"clock advance -3d\n", b"hours add a000 99999999999h 2026-08-31 x\n",
        b"hours correct 999999999 1h x\n", b"slots a000-b000 --length 99999h\n",
        b"slots a000-b000 --week 9999-W99\n", b"explain a000-b000 0000-00-00\n",
        b"report --from 2030-01-01 --to 1970-01-01\n", b"link revoke 0\n", b"link rotate ../..\n",
        "link new feed a000 \"\u202ecba\"\n".encode(), b"audit --since 2026-02-30\n",
    ]
    for line in lines:
        out = say(target, line)
        assert out == b"" or out.splitlines()[-1].split(b" ")[0] in (b"ok", b"err"), (line, out)
    for _ in range(100):
        say(target, target.rng.randbytes(target.rng.randrange(1, 2000)) + b"\n")


def random_word(rng, d):
    return rng.choice([
        lambda: rng.choice(["a000", "b001", "a000-b000", "a002-b002", "programme", "a000-1"]),
        lambda: f"s{rng.randrange(0, 200)}", lambda: str(rng.randrange(-5, 300)),
        lambda: rng.choice(["90m", "2h", "0m", "1h30m", "10d", "6w", "99999999999d"]),
        lambda: f"2026-{rng.randrange(0, 14):02d}-{rng.randrange(0, 33):02d}",
        lambda: f"2026-{rng.randrange(9, 13):02d}-{rng.randrange(1, 29):02d}"
                f"T{rng.randrange(0, 25):02d}:{rng.choice(('00', '05', '30', '61'))}",
        lambda: "2026-11-24T13:00Z", lambda: f"2026-W{rng.randrange(0, 60)}",
        lambda: rng.choice(["me", "feed", "busy", "report"]), lambda: "een tekst met spaties",
        lambda: "x" * rng.randrange(1, 300), lambda: "\u00e9\u4e00\U0001f600", lambda: "",
        lambda: rng.choice(["--json", "--dry-run", "--week", "--from", "--to", "--csv",
                            "--accept", "--since", "--length", "--duo", "--as-of", "--nonsense"]),
    ])()


GOOD_ARGUMENTS = {
    "source refresh": "a000-1", "source accept": "a000-1", "source reject": "b000-1",
    "slots": "a000-b000 --week 2026-W40", "plan": "a001-b001", "explain": "a000-b000 2026-09-14",
    "session list": "a000 --from 2026-09-01 --to 2026-10-01", "session pin": "s9 waarom",
    "session book": "a000-b000 2026-09-21T15:00 60m", "session move": "s3 2026-09-22T15:00 60m",
    "session unpin": "s9", "session cancel": "s7 ziek", "session confirm": "s1",
    "session missed": "s2", "hours add": "a000 30m 2026-08-31 lezen",
    "hours correct": "1 20m anders", "link new": "busy a000 telefoon", "link revoke": "4",
    "link rotate": "b002", "report": "--from 2026-09-01 --to 2026-12-01 --csv",
    "obligation list": "a000 --to 2026-12-01",
    "obligation done": "o2 2026-08-30", "obligation reopen": "o2 anders",
    "audit": "--since 2026-08-31", "clock advance": "30m",
}


def test_every_command_with_random_words(target):
    rng = target.rng
    names = [c["name"] for c in Control(target.socket).json("help")["commands"]]
    assert len(names) > 25
    done = 0
    for name in names * 12:
        words = name.split() + [random_word(rng, target) for _ in range(rng.randrange(0, 6))]
        if rng.random() < 0.6:  # nearly right gets further
            words = name.split() + GOOD_ARGUMENTS.get(name, "").split()
            if rng.random() < 0.6:
                words[rng.randrange(len(words))] = random_word(rng, target)
            if rng.random() < 0.3:
                words.insert(rng.randrange(len(words)), random_word(rng, target))
        if name == "clock advance":
            words = [w for w in words if not w.endswith(("d", "w"))]
        with control_connect(target) as s:
            s.sendall((" ".join(quote(w) for w in words) + "\n").encode())
            out = b""
            while not out.endswith(b"\n") or not last(out).startswith((b"ok", b"err ")):
                part = s.recv(1 << 16)
                assert part, (words, out)
                out += part
        assert not last(out).startswith(b"err bug"), (words, out)
        done += last(out) == b"ok"
    print(f"{done} of {12 * len(names)} random commands did something")


def last(out):
    return out.splitlines()[-1] if out else b""


def test_commands_from_many_clients_at_once(target):
    """Reloads, advances and changes in each other's way; a client that leaves before its answer."""
    rng = target.rng
    seeds = [rng.randrange(1 << 30) for _ in range(8)]

    def client(own):
        mine = random.Random(own)
        for i in range(25):
            line = mine.choice([
                "reload", "--dry-run reload", "clock advance 1h", "source refresh a001-1",
                "session list", "report", "--json status", "link rotate a001", "wait", "check",
                f"hours add a000 1m 2026-08-31 {quote(f'client {own} {i}')}", "plan a000-b000",
                f"session cancel s{mine.randrange(1, 60)}", "slots a001-b001", "audit",
            ]) + "\n"
            try:
                with control_connect(target) as s:
                    s.sendall(line.encode())
                    if mine.random() < 0.7:
                        s.recv(1 << 16)
            except OSError:
                pass
    threads = [threading.Thread(target=client, args=(own,)) for own in seeds]
    for t in threads:
        t.start()
    for i in range(10):
        target.programme.topics["a000-b000"] = f"onderwerp {i}"
        target.write("roster.ini", target.programme.roster())
        target.hup()
        time.sleep(0.05)
    for t in threads:
        t.join()
    target.ctl("wait")
    hash_ = target.ctl("reload", json=True)["hash"]
    assert target.ctl("status", json=True)["roster"]["hash"] == hash_


def test_more_control_clients_than_allowed(target):
    open_ = [control_connect(target) for _ in range(16)]
    try:
        out = say(target, b"status\n")
        assert out.startswith(b"err ") or out == b"", out
    finally:
        for s in open_:
            s.close()
    wait_for("the control socket", lambda: say(target, b"clock\n").endswith(b"ok\n"))


# ---- timetables ----------------------------------------------------------------------------------


def calendar(*lines):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", *lines,
                        "END:VCALENDAR", ""])


def bomb(rule, start="DTSTART:19700101T000000Z"):
    return calendar("BEGIN:VEVENT", "UID:x", "DTSTAMP:20260101T000000Z", start, "DURATION:PT1M",
                    f"RRULE:{rule}", "END:VEVENT")


HOSTILE = {
    "nested": "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 100000,
    "longline": calendar("BEGIN:VEVENT", "UID:" + "x" * 50_000_000, "END:VEVENT"),
    "folded": calendar("BEGIN:VEVENT", "UID:x" + "\r\n x" * 500_000, "END:VEVENT"),
    "cut": calendar("BEGIN:VEVENT", "UID:x", "DTSTART:20260901T100000Z")[:-30],
    "html": "<!DOCTYPE html><html><body>Inloggen</body></html>",
    "empty": "",
    "zeros": b"\0" * 100000,
    "noise": random.Random(1).randbytes(100000),
    "noend": calendar("BEGIN:VEVENT", "UID:x", "DTSTART:20260901T100000Z", "END:VTODO"),
}
# read or refused, either is right; they may cost their limits and no more
EXPENSIVE = {
    "secondly": bomb("FREQ=SECONDLY"),
    "minutely": bomb("FREQ=MINUTELY;BYSETPOS=1;BYMONTH=2;BYMONTHDAY=30"),
    "never": bomb("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    "thirteenth": bomb("FREQ=DAILY;BYMONTHDAY=13;BYDAY=FR;BYMONTH=2;INTERVAL=997"),
    "ancient": bomb("FREQ=DAILY", "DTSTART:00010101T000000Z"),
    "utf16": calendar("X:y").encode("utf-16"),
    "huge": bomb("FREQ=DAILY;INTERVAL=2147483647;COUNT=2147483647"),
    "many": calendar(*(["BEGIN:VEVENT", "UID:x", "DTSTART:20260901T100000Z", "RRULE:FREQ=DAILY",
                        "END:VEVENT"] * 3000)),
    "rdates": calendar("BEGIN:VEVENT", "UID:x", "DTSTART:20260901T100000Z",
                       *(f"RDATE:2026{m:02d}{d:02d}T{h:02d}0000Z" for m in range(9, 13)
                         for d in range(1, 29) for h in range(24)), "END:VEVENT"),
}


def sources_of(d):
    return {s["person"]: s for s in d.ctl("source", "list", json=True)["sources"]}


def roster_of(names):
    out = ["[programme]", "name = x", "start = 2026-08-31", "end = 2027-07-09",
           "[person good]", "name = Good", "timetable = good.ics",
           "[person fine]", "name = Fine", "timetable = none",
           "[duo good-fine]", "members = good fine", "topic = t"]
    for name in names:
        out += [f"[person {name}]", f"name = {name}", f"timetable = {name}.ics"]
    return "\n".join(out) + "\n"


def test_hostile_timetables_cost_only_their_source(daemon):
    files = {f"{n}.ics": text for n, text in {**HOSTILE, **EXPENSIVE}.items()}
    files["good.ics"] = calendar("BEGIN:VEVENT", "UID:g", "DTSTAMP:20260101T000000Z",
                                 "DTSTART:20260901T080000Z", "DTEND:20260901T100000Z",
                                 "RRULE:FREQ=WEEKLY;COUNT=40", "END:VEVENT")
    special = ["fifo", "directory", "loop", "locked", "device", "long", "socket"]
    d = daemon(roster=roster_of([*HOSTILE, *EXPENSIVE, *special]), timetables=files, start=False)
    os.mkfifo(d.root / "fifo.ics")
    (d.root / "directory.ics").mkdir()
    os.symlink("loop.ics", d.root / "loop.ics")
    (d.root / "locked.ics").mkdir(mode=0)
    os.symlink("/dev/zero", d.root / "device.ics")
    os.symlink("x" * 250, d.root / "long.ics")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(d.root / "socket.ics"))
    begin = time.monotonic()
    d.start(wait=False)
    d.ctl("wait", timeout=120)
    print(f"{len(files) + len(special)} hostile sources: {time.monotonic() - begin:.1f} s")
    sources = sources_of(d)
    assert sources["good"]["state"] == "fresh"
    for name in [*HOSTILE, *special]:
        s = sources[name]
        assert s["state"] in ("never", "failed"), s
        assert s["error"] and "\n" not in s["error"] and len(s["error"]) > 10, s
        print(f"{name}: {s['error']}")
    for name in EXPENSIVE:
        s = sources[name]
        assert s["state"] == "fresh" or s["error"], s
    assert len(d.sessions("good-fine")) > 10, "the others are planned all the same"
    assert resident(d) < (4 << 20 if SANITIZED else 600 << 10)
    # a good source that turns bad keeps what was known
    before = d.sessions()
    for text in (HOSTILE["nested"], HOSTILE["html"], HOSTILE["empty"], HOSTILE["noise"]):
        d.write("good.ics", text)
        d.ask("source", "refresh", "good-1")
        s = sources_of(d)["good"]
        assert s["state"] == "failed" and s["error"], s
    d.ctl("wait")
    assert d.sessions() == before
    assert feed_paths(Control(d.socket)) and d.get("/healthz").status == 200
