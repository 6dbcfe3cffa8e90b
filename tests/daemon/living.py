"""living.py -- what the long tests share: made-up programmes, a raw control socket, feeds and the
store seen from outside. Nothing here knows how the daemon works inside but for its tables, which
are read with Python's own sqlite3."""

import datetime as dt
import http.client
import json
import os
import random
import re
import socket
import sqlite3
import time
from zoneinfo import ZoneInfo

from harness import SLOW

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LONG = os.environ.get("TANDEM_LONG") == "1"


def seed():
    """The seed of this run, printed so that a failure can be had again."""
    value = int(os.environ.get("TANDEM_SEED") or random.SystemRandom().randrange(1 << 31))
    print(f"rerun with TANDEM_SEED={value}")
    return value


# ---- a raw control socket ------------------------------------------------------------------------


def quote(word):
    if word and not re.search(r'[\s"\\]', word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Control:
    """One connection. send() and receive() apart, so that a test can act between the two."""

    def __init__(self, path, timeout=30):
        self.path, self.timeout = str(path), timeout * SLOW
        self.connect()

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
        self.got = b""
        self.used = time.monotonic()

    @staticmethod
    def line(*words):
        return " ".join(quote(w) for w in words) + "\n"

    def send(self, *words):
        if time.monotonic() - self.used > 2:  # who is silent for 5 s is hung up on
            self.close()
            self.connect()
        self.sock.sendall(self.line(*words).encode())

    def verdict(self):
        """(ok, data, sentence) when a whole answer has been received, else None."""
        at = 0
        lines = []
        while True:
            end = self.got.find(b"\n", at)
            if end < 0:
                return None
            line = self.got[at:end]
            at = end + 1
            if line.startswith(b"\t"):
                lines.append(line[1:].decode())
                continue
            self.got = self.got[at:]
            return line == b"ok", "\n".join(lines), line.decode()

    def receive(self):
        while True:
            answer = self.verdict()
            if answer:
                self.used = time.monotonic()
                return answer
            part = self.sock.recv(1 << 20)
            if not part:
                raise ConnectionError("the daemon closed the connection")
            self.got += part

    def poll(self):
        """What has arrived by now; None when there is no whole answer among it."""
        self.sock.setblocking(False)
        try:
            while True:
                part = self.sock.recv(1 << 20)
                if not part:
                    break
                self.got += part
        except (BlockingIOError, ConnectionError):
            pass
        self.sock.settimeout(self.timeout)
        return self.verdict()

    def ask(self, *words):
        self.send(*words)
        ok, data, sentence = self.receive()
        assert ok, f"{words}: {sentence}"
        return data

    def json(self, *words):
        return json.loads(self.ask("--json", *words))

    def close(self):
        self.sock.close()


# ---- feeds ---------------------------------------------------------------------------------------


class Feed:
    """One answer to GET: bytes, ETag, Last-Modified, and the events by UID."""

    def __init__(self, status, headers, body):
        self.status = status
        self.body = body
        self.etag = headers.get("ETag")
        self.modified = headers.get("Last-Modified")

    def key(self):
        return (self.status, self.body, self.etag, self.modified)

    def events(self):
        """Those of sessions."""
        return {uid: rows for uid, rows in self.all_events().items() if uid.startswith("s")}

    def due(self):
        """Those of obligations."""
        return {uid: rows for uid, rows in self.all_events().items() if uid.startswith("o")}

    def all_events(self):
        text = self.body.decode().replace("\r\n ", "")
        out = {}
        for part in text.split("BEGIN:VEVENT\r\n")[1:]:
            part = part.partition("END:VEVENT")[0]
            rows = {}
            for line in part.split("\r\n"):
                name, _, value = line.partition(":")
                rows[name.partition(";")[0]] = value
            assert rows["UID"] not in out, "a UID stands twice in one feed"
            rows["bytes"] = part
            out[rows["UID"]] = rows
        return out


def get(port, path, timeout=30, headers=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.request("GET", path, headers=headers or {})
        r = c.getresponse()
        return Feed(r.status, r.headers, r.read())
    finally:
        c.close()


def feed_paths(control):
    """{(owner, kind, label): path} of every link to a calendar."""
    out = {}
    for link in control.json("link", "list")["links"]:
        if link["kind"] in ("feed", "busy"):
            path = "/" + link["url"].split("/", 3)[3]
            out[(link["owner"], link["kind"], link["label"])] = path
    return out


# ---- the store, from outside ---------------------------------------------------------------------


def open_store(path):
    db = sqlite3.connect(path, timeout=30)
    db.execute("PRAGMA query_only = ON")
    return db


def assert_whole(path):
    """What sqlite itself and plain sums say of a store, whoever wrote it."""
    db = open_store(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        halves = db.execute(
            "SELECT s.id, s.kind, count(a.person) FROM session s LEFT JOIN attendee a"
            " ON a.session = s.id GROUP BY s.id"
            " HAVING (s.kind = 'work' AND count(a.person) <> 2) OR count(a.person) = 0"
        ).fetchall()
        assert halves == [], f"sessions without all of their attendees: {halves}"
        twice = db.execute(
            "SELECT x.session, y.session, x.person FROM attendee x JOIN attendee y"
            " ON x.person = y.person AND x.session < y.session"
            " AND x.start_at < y.end_at AND y.start_at < x.end_at"
            " JOIN session sx ON sx.id = x.session JOIN session sy ON sy.id = y.session"
            " WHERE sx.state IN ('booked','held') AND sy.state IN ('booked','held')"
        ).fetchall()
        assert twice == [], f"a person in two places at once: {twice}"
        copies = db.execute(
            "SELECT s.id FROM session s JOIN attendee a ON a.session = s.id"
            " WHERE a.start_at <> s.start_at OR a.end_at <> s.end_at"
        ).fetchall()
        assert copies == [], f"attendees at another time than their session: {copies}"
        sums = db.execute(
            "SELECT s.id, s.state, (s.end_at - s.start_at) / 60, p.id,"
            " (SELECT coalesce(sum(l.minutes), 0) FROM ledger l"
            "  WHERE l.session = s.id AND l.person = a.person)"
            " FROM session s JOIN attendee a ON a.session = s.id JOIN person p ON p.num = a.person"
        ).fetchall()
        for number, state, minutes, person, written in sums:
            assert written == (minutes if state == "held" else 0), (
                f"s{number} is {state}, {minutes} minutes; the ledger of {person} has {written}"
            )
    finally:
        db.close()


def stored_sessions(path):
    """{id: row} with attendees, as the store has it."""
    db = open_store(path)
    try:
        out = {}
        for row in db.execute(
            "SELECT s.id, d.id, s.kind, s.state, s.start_at, s.end_at, s.pinned, s.assumed,"
            " s.sequence, s.last_modified, s.created_at, coalesce(s.reason, ''), s.cancelled_at,"
            " s.expert, s.room"
            " FROM session s LEFT JOIN duo d ON d.num = s.duo"
        ):
            names = ("duo kind state start end pinned assumed sequence modified created reason"
                     " cancelled expert room")
            out[row[0]] = dict(zip(names.split(), row[1:]), attendees=[], left={})
        for number, person in db.execute(
            "SELECT a.session, p.id FROM attendee a JOIN person p ON p.num = a.person ORDER BY p.id"
        ):
            out[number]["attendees"].append(person)
        for number, person, at in db.execute(
            "SELECT x.session, p.id, x.at FROM departure x JOIN person p ON p.num = x.person"
        ):
            out[number]["left"][person] = at
        return out
    finally:
        db.close()


def stored_obligations(path):
    """{id: row} with the duo's members, as the store has it."""
    db = open_store(path)
    try:
        names = "duo kind number due state sequence modified created done reason a b".split()
        return {row[0]: dict(zip(names, row[1:])) for row in db.execute(
            "SELECT o.id, d.id, o.kind, o.ordinal, o.due, o.state, o.sequence, o.last_modified,"
            " o.created_at, o.done_at, coalesce(o.reason, ''), a.id, b.id FROM obligation o"
            " JOIN duo d ON d.num = o.duo JOIN person a ON a.num = d.member_a"
            " JOIN person b ON b.num = d.member_b")}
    finally:
        db.close()


def stored_entries(path):
    """[{...}] of the ledger, by id."""
    db = open_store(path)
    try:
        return [
            dict(zip("id person duo session corrects kind minutes text".split(), row))
            for row in db.execute(
                "SELECT l.id, p.id, d.id, l.session, l.corrects, l.kind, l.minutes, l.text"
                " FROM ledger l JOIN person p ON p.num = l.person"
                " LEFT JOIN duo d ON d.num = l.duo ORDER BY l.id"
            )
        ]
    finally:
        db.close()


# ---- made-up timetables --------------------------------------------------------------------------


def ics(events, name="lessen"):
    """A calendar of weekly and single lessons. An event: (uid, local start, minutes, weeks)."""
    out = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//tests//living//EN",
        f"X-WR-CALNAME:{name}",
        "X-WR-TIMEZONE:Europe/Amsterdam",
    ]
    for uid, start, minutes, weeks in events:
        end = start + dt.timedelta(minutes=minutes)
        out += [
            "BEGIN:VEVENT",
            f"UID:{uid}@school.example",
            "DTSTAMP:20260801T000000Z",
            f"DTSTART;TZID=Europe/Amsterdam:{start:%Y%m%dT%H%M%S}",
            f"DTEND;TZID=Europe/Amsterdam:{end:%Y%m%dT%H%M%S}",
            f"SUMMARY:Les {uid}",
        ]
        if weeks > 1:
            out.append(f"RRULE:FREQ=WEEKLY;COUNT={weeks}")
        out.append("END:VEVENT")
    out.append("END:VCALENDAR")
    return "\r\n".join(out) + "\r\n"


FIRST_MONDAY = dt.datetime(2026, 8, 31)
HOURS = (dt.time(8, 30), dt.time(10, 0), dt.time(11, 30), dt.time(13, 0), dt.time(14, 30))


def lessons(rng, share=0.5, weeks=45, prefix="l"):
    """A week of lessons of 80 minutes, repeated; about @share of the 25 places are taught."""
    out = []
    for day in range(5):
        for hour in HOURS:
            if rng.random() < share:
                start = dt.datetime.combine(FIRST_MONDAY + dt.timedelta(days=day), hour)
                out.append((f"{prefix}{day}{hour:%H%M}", start, 80, weeks))
    return out


class Programme:
    """Roster and timetables of @duos made-up duos, kept so that a test can change them."""

    def __init__(self, rng, duos=3, share=0.5, weeks=45, extra=""):
        self.rng = rng
        self.topics = {}
        self.extra = extra
        self.duos = [(f"a{i:03d}", f"b{i:03d}") for i in range(duos)]
        self.persons = [p for duo in self.duos for p in duo]
        self.weeks = {p: lessons(rng, share, weeks) for p in self.persons}

    def timetable(self, person):
        return ics(self.weeks[person], person)

    def timetables(self):
        return {f"{p}.ics": self.timetable(p) for p in self.persons}

    def roster(self):
        out = [
            "[programme]",
            "name = Samen leren",
            "start = 2026-08-31",
            "end = 2027-07-09",
            "closed = 2026-10-19..2026-10-23 Herfstvakantie",
            "closed = 2026-12-21..2027-01-03 Kerstvakantie",
            self.extra,
        ]
        for p in self.persons:
            out += ["", f"[person {p}]", f"name = {p.title()}", f"timetable = {p}.ics"]
        for a, b in self.duos:
            duo = f"{a}-{b}"
            out += ["", f"[duo {duo}]", f"members = {a} {b}"]
            out += [f"topic = {self.topics.get(duo, 'Samen een module')}"]
        return "\n".join(out) + "\n"


def utc(moment):
    """A local moment of the programme as UTC seconds."""
    return int(moment.replace(tzinfo=AMSTERDAM).timestamp())


def local(at):
    return dt.datetime.fromtimestamp(at, AMSTERDAM)
