"""The real daemon in a folder of its own, and everything a test asks of it.

    d = Daemon(roster=demo_roster(), timetables={"anna.ics": timetable(...)}); d.start()
    d.ctl("session", "list", json=True)["sessions"]
    d.get("/healthz").status

Programme time is frozen by --clock and moved by d.advance("3d"). Folders lie under /tmp, since the
path of a UNIX socket has 108 bytes at most. stop() holds every daemon to the same: exit status 0,
no loop handle left behind, nothing from a sanitizer and no link's secret in its log.
"""
import datetime as dt
import http.client
import json as jsonlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from secrets_in import secrets_in

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TANDEM_BUILD", REPO / "build")).resolve()
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
UTC = dt.timezone.utc
CLOCK = "2026-08-31T07:30"  # the first Monday of the programmes below, before anybody works
# sanitizers slow everything down; so do eight builds on two cores
SLOW = float(os.environ.get("TANDEM_SLOW", "1"))

SANITIZER = re.compile(
    r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|runtime error:")


class Failed(AssertionError):
    """tandemctl ended otherwise than expected; `status`, `out` and `err` say how."""

    def __init__(self, words, status, out, err, expect):
        super().__init__(f"tandemctl {' '.join(words)}: exit {status}, expected {expect}\n"
                         f"{err}{out[:2000]}")
        self.status, self.out, self.err = status, out, err


class Answer:
    """What tandemctl gave back when it was expected to fail."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, name):
        return self.headers.get(name)

    @property
    def text(self):
        return self.body.decode("utf-8")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, check, seconds=20.0):
    """Polls until check() is true; its last value is returned."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds * SLOW:.0f} s for {what}"
        time.sleep(0.02)


class Daemon:
    def __init__(self, roster=None, timetables=None, conf="", clock=CLOCK, root=None):
        """roster: text of roster.ini; timetables: {path: text or bytes}; conf: more lines of
        tandemd.conf, whole sections; root: a folder that is there already (its files are kept)."""
        self.own_root = root is None
        self.root = Path(root or tempfile.mkdtemp(prefix="td", dir="/tmp"))
        self.root.mkdir(exist_ok=True)
        self.port = free_port()
        self.clock = clock
        self.process = None
        self.log_path = self.root / "log"
        self.socket = self.root / "ctl"
        self.conf = self.root / "tandemd.conf"
        self.roster_path = self.root / "roster.ini"
        if not self.conf.exists():
            self.write_conf(conf)
        if roster is not None:
            self.write("roster.ini", roster)
        for path, text in (timetables or {}).items():
            self.write(path, text)

    # ---- files ----

    def write_conf(self, more="", roster="roster.ini"):
        sections = {"server": f"listen = 127.0.0.1:{self.port}\n", "store": "path = db\n",
                    "control": f"socket = {self.socket}\n", "roster": f"file = {roster}\n"}
        name = None
        for line in more.splitlines():
            head = re.match(r"\[(\w+)\]$", line.strip())
            if head:
                name = head[1]
                sections.setdefault(name, "")
            elif line.strip():
                sections[name] += line.strip() + "\n"
        self.conf.write_text("".join(f"[{n}]\n{t}\n" for n, t in sections.items()))

    def write(self, path, text):
        """A file beside the roster; renamed into place, as a careful exporter does it."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(target.name + "~")
        aside.write_bytes(text if isinstance(text, bytes) else text.encode())
        aside.rename(target)

    def roster(self):
        return self.roster_path.read_text()

    def edit_roster(self, old, new):
        text = self.roster()
        assert old in text, f"the roster has no {old!r}"
        self.write("roster.ini", text.replace(old, new))

    # ---- life ----

    def spawn(self, *arguments):
        """Starts it and waits for nothing."""
        assert self.process is None
        # under a name of its own: no `pkill tandemd` of somebody beside us ends it
        program = self.root / "under-test"
        if not program.exists():
            program.symlink_to(BUILD / "tandemd")
        words = [program, "-c", self.conf, *arguments]
        if self.clock:
            words += ["--clock", self.clock]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.root)
        return self

    def start(self, wait=True):
        self.spawn()
        self.until_ready()
        if wait:
            self.ctl("wait")
        return self

    def until_ready(self):
        def ready():
            if self.process.poll() is not None:
                status, self.process = self.process.returncode, None
                raise AssertionError(f"tandemd ended with {status} at start:\n{self.log()}")
            try:
                return self.get("/readyz").status == 200
            except (ConnectionError, http.client.HTTPException, socket.timeout):
                return False
        wait_for("/readyz", ready)

    def stop(self, expect=0):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(timeout=10 * SLOW)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("tandemd did not stop within its time\n" + self.log())
        assert status == expect, f"tandemd ended with {status}\n{self.log()}"
        self.look_at_log()

    def look_at_log(self):
        log = self.log()
        assert not SANITIZER.search(log), log[-6000:]
        assert "stop loop=" not in log, f"a handle was left in the loop\n{log}"
        assert not secrets_in(log, self.root), f"a link's secret stands in the log\n{log[-6000:]}"

    def kill9(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def restart(self, wait=True):
        self.stop()
        return self.start(wait)

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def close(self, failed=False):
        """Ends it and removes its folder; @failed shows the log and is not picky any more."""
        try:
            if failed:
                sys.stderr.write(f"---- log of {self.root}\n{self.log()[-8000:]}\n")
                if self.process:
                    self.process.kill()
                    self.process.wait()
                    self.process = None
            else:
                self.stop()
        finally:
            if self.process:
                self.kill9()
            if self.own_root and not os.environ.get("TANDEM_KEEP"):
                shutil.rmtree(self.root, ignore_errors=True)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # ---- the command line ----

    def ask(self, *words, json=False, dry_run=False, timeout=60):
        """tandemctl's exit status, stdout and stderr, whatever they are."""
        flags = ["--json"] * json + ["--dry-run"] * dry_run
        done = subprocess.run([BUILD / "tandemctl", "-s", self.socket, *flags, *map(str, words)],
                              capture_output=True, timeout=timeout * SLOW)
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ctl(self, *words, json=False, dry_run=False, expect=0, timeout=60):
        """stdout, or with json the object in it; with another @expect(ed exit status) the whole
        Answer: status, out, err. Any other status than the expected one raises Failed."""
        a = self.ask(*words, json=json, dry_run=dry_run, timeout=timeout)
        if a.status != expect:
            if self.process and self.process.poll() is not None:
                a.err += f"tandemd itself had ended with {self.process.returncode}\n"
            raise Failed(list(map(str, words)), a.status, a.out, a.err, expect)
        if expect != 0:
            return a
        return jsonlib.loads(a.out) if json else a.out

    def sessions(self, *words, states=None, kind=None):
        """`session list`, narrowed to states and to one kind."""
        all_ = self.ctl("session", "list", *words, json=True)["sessions"]
        return [s for s in all_ if (states is None or s["state"] in states) and
                (kind is None or s["kind"] == kind)]

    def session(self, id_):
        return next(s for s in self.sessions() if s["id"] == id_)

    def links(self, kind=None, owner=None):
        return [link for link in self.ctl("link", "list", json=True)["links"]
                if (kind is None or link["kind"] == kind) and
                (owner is None or link["owner"] == owner)]

    def link(self, kind, owner):
        """The path of that link's URL."""
        return urlsplit(self.links(kind, owner)[0]["url"]).path

    def now(self):
        return moment(self.ctl("clock", json=True)["now"])

    def advance(self, duration):
        return self.ctl("clock", "advance", duration, timeout=120)

    # ---- HTTP ----

    def request(self, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10 * SLOW)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return Response(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.request("GET", path, headers)

    def feed(self, owner, kind="feed"):
        """The bytes of the owner's first feed."""
        answer = self.get(self.link(kind, owner))
        assert answer.status == 200, answer.body
        return answer.body

    def raw(self, data, timeout=10):
        """Sends bytes as they are; everything that comes back until the other side closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout * SLOW) as s:
            s.sendall(data)
            return drain(s)

    def control_raw(self, data, timeout=10, half_close=False):
        """The same on the control socket, without tandemctl. Reads until the final line."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout * SLOW)
            s.connect(str(self.socket))
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            out = b""
            while not re.search(rb"(^|\n)(ok|err [^\n]*)\n$", out):
                piece = s.recv(65536)
                if not piece:
                    break
                out += piece
            return out


def drain(s):
    out = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return out
            out += piece
    except ConnectionResetError:
        return out


# ---- time ----

def moment(text):
    """"2026-08-31T05:30:00Z" as an aware datetime."""
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def local(text_or_moment, zone=AMSTERDAM):
    at = moment(text_or_moment) if isinstance(text_or_moment, str) else text_or_moment
    return at.astimezone(zone)


def minutes(session):
    return int((moment(session["end"]) - moment(session["start"])).total_seconds()) // 60


def as_arg(at, zone=AMSTERDAM):
    """A moment as tandemctl takes it: in the programme's zone."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


# ---- timetables and rosters, as text ----

def stamp(at):
    if isinstance(at, str):
        return at
    if not isinstance(at, dt.datetime):
        return at.strftime("%Y%m%d")
    if at.tzinfo is None:
        return at.strftime("%Y%m%dT%H%M%S")
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def event(uid, start, end, *more, tzid="Europe/Amsterdam", summary="Les"):
    """One VEVENT. Naive moments get TZID=@tzid (None: floating), aware ones UTC, dates are
    all-day. @more: whole lines (RRULE:…, EXDATE…, STATUS:…)."""
    def when(name, at):
        if isinstance(at, dt.datetime) and at.tzinfo is None and tzid:
            return f"{name};TZID={tzid}:{stamp(at)}"
        if not isinstance(at, (dt.datetime, str)):
            return f"{name};VALUE=DATE:{stamp(at)}"
        return f"{name}:{stamp(at)}"
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260801T000000Z",
                        when("DTSTART", start), when("DTEND", end), f"SUMMARY:{summary}",
                        *more, "END:VEVENT", ""])


def timetable(*events):
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//tandemd//EN\r\n" +
            "".join(events) + "END:VCALENDAR\r\n")


def weekly(uid, first, hours, days="MO,TU,WE", until="20270709T220000Z", **kw):
    """Lessons every week from date @first, @hours = (9, 12), with a zone."""
    start = dt.datetime.combine(first, dt.time()) + dt.timedelta(hours=hours[0])
    end = dt.datetime.combine(first, dt.time()) + dt.timedelta(hours=hours[1])
    return event(uid, start, end, f"RRULE:FREQ=WEEKLY;BYDAY={days};UNTIL={until}", **kw)


def section(kind, id_, **keys):
    """A section of the roster; a key given a list is repeated."""
    lines = [f"[{kind} {id_}]" if id_ else f"[{kind}]"]
    for key, value in keys.items():
        for v in value if isinstance(value, (list, tuple)) else [value]:
            lines.append(f"{key} = {v}")
    return "\n".join(lines) + "\n\n"


def programme(**keys):
    base = {"name": "Samen leren", "start": "2026-08-31", "end": "2027-07-09"}
    base.update(keys)
    return section("programme", "", **base)


MONDAY = dt.date(2026, 8, 31)
EASY_TIMETABLES = {"anna.ics": timetable(weekly("les", MONDAY, (9, 12)))}
EASY_ROSTER = (
    programme(closed="2026-12-21..2027-01-03 Kerstvakantie") +
    section("person", "anna", name="Anna de Vrieze", works="mon-thu 08:30-17:00",
            timetable="anna.ics") +
    section("person", "bram", name="Bram Bos", timetable="none") +
    section("duo", "anna-bram", members="anna bram", topic="Herschrijven; module"))


def pairs_roster(n, **keys):
    """2 n persons p1 … in n duos d1 …, nobody with lessons: the fastest roster of any size."""
    text = programme(**keys)
    for i in range(1, 2 * n + 1):
        text += section("person", f"p{i}", name=f"Person {i}", timetable="none")
    for i in range(1, n + 1):
        text += section("duo", f"d{i}", members=f"p{2 * i - 1} p{2 * i}", topic=f"Topic {i}")
    return text
