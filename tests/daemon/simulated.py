"""simulated.py -- calendar clients that cannot run here, as small models of what is known of them.

A model is one subscription: refresh(now) is its timer going off (it may decide not to ask), rows()
is what it then shows: {uid: (start, end, title, cancelled)}, in UTC, of all-day events the days;
busy() is the time it shows as taken.
Each rule says where it is known from. What is not known to be otherwise is kind: a model errs to
the side of the strict client. test_simulated.py shows that each can be led astray.
"""
import datetime as dt
import gzip
import http.client
import re
import urllib.robotparser
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from harness import SLOW, UTC

HOUR = dt.timedelta(hours=1)


class Unreadable(Exception):
    """The client makes nothing of it, and goes on showing what it has."""


# ---- reading, as all of them do it: forgiving, RFC 5545 section 3.1 ----

def content_lines(text):
    return [line for line in re.sub(r"\r?\n[ \t]", "", text).splitlines() if line]


def split(line):
    name, parameters = re.match(r"([^:;]+)((?:;[^:]*)?):", line).groups()
    return (name.upper(), dict(p.split("=", 1) for p in parameters.split(";")[1:]),
            line[len(name) + len(parameters) + 1:])


def strictly(lines):
    """One line that is no line, one component that does not end: nothing at all."""
    open_ = []
    for line in lines:
        if not re.match(r"[A-Za-z0-9-]+(;[A-Za-z0-9-]+=[^:;]*)*:", line):
            raise Unreadable(f"not a content line: {line!r}")
        if line.startswith("BEGIN:"):
            open_.append(line[6:])
        elif line.startswith("END:") and (not open_ or open_.pop() != line[4:]):
            raise Unreadable(f"{line} without its BEGIN")
    if open_ or lines[:1] != ["BEGIN:VCALENDAR"]:
        raise Unreadable("not one whole calendar")


class Calendar:
    """What stands in a feed: properties by name, and components as lists of (name, ..., value)."""

    def __init__(self, lines):
        self.properties, self.components, path = {}, [], []
        for name, parameters, value in map(split, lines):
            if name == "BEGIN":
                path.append(value)
                if len(path) == 2:
                    self.components.append((value, []))
                elif len(path) > 2:
                    self.components[-1][1].append(("BEGIN", {}, value))
            elif name == "END":
                path.pop()
            elif len(path) == 1:
                self.properties[name] = value
            elif path:
                self.components[-1][1].append((name, parameters, value))

    def of(self, kind):
        return [properties for word, properties in self.components if word == kind]


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], text)


def named(properties):
    return {name: (parameters, value) for name, parameters, value in properties}


def by_iana_name(time, _calendar):
    """Most clients know the zones by name and leave the VTIMEZONE alone."""
    parameters, value = time
    if parameters.get("VALUE") == "DATE":
        return dt.datetime.strptime(value, "%Y%m%d").date()
    if value.endswith("Z"):
        return dt.datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    at = dt.datetime.strptime(value, "%Y%m%dT%H%M%S")
    return at.replace(tzinfo=ZoneInfo(parameters["TZID"])).astimezone(UTC)


def duration(text):
    """Of RFC 5545 section 3.3.6, in whole weeks, days, hours, minutes."""
    m = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", text)
    weeks, days, hours, minutes = (int(n or 0) for n in m.groups())
    return dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)


# ---- what they share ----

class Client:
    agent, accept = "?", "*/*"
    moment = staticmethod(by_iana_name)

    def __init__(self, url):
        self.url, self.shown, self.last, self.calendar = url, {}, None, None
        self.validators, self.unchanged = {}, 0

    def ask(self, method="GET", path=None, headers=()):
        """One answer: status, fields, body."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20 * SLOW)
        try:
            connection.request(method, path or parts.path, headers={
                "User-Agent": self.agent, "Accept": self.accept, **dict(headers)})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def interval(self):
        return HOUR

    def refresh(self, now):
        if self.last and now - self.last < self.interval():
            return
        self.last = now
        try:
            self.fetch()
        except Unreadable as e:
            self.why = str(e)

    def fetch(self):
        status, fields, body = self.ask()
        if status != 200:
            raise Unreadable(f"HTTP {status}")
        self.take(self.read(fields, body))

    def read(self, fields, body):
        if not (fields["Content-Type"] or "").startswith("text/calendar"):
            raise Unreadable(f"it is {fields['Content-Type']}")
        return Calendar(content_lines(body.decode("utf-8", "replace")))

    def take(self, calendar):
        """All anew: what is gone from the feed is gone here."""
        self.calendar = calendar
        self.shown = {e["UID"][1]: e for e in map(named, calendar.of("VEVENT"))}

    def rows(self):
        return {uid: (self.moment(e["DTSTART"], self.calendar),
                      self.moment(e["DTEND"], self.calendar), unescape(e["SUMMARY"][1]),
                      e["STATUS"][1] == "CANCELLED") for uid, e in self.shown.items()}

    def taken(self, event):
        return event["STATUS"][1] != "CANCELLED" and event["TRANSP"][1] != "TRANSPARENT"

    def busy(self):
        rows = self.rows()
        return {rows[uid][:2] for uid, e in self.shown.items() if self.taken(e)}


class Newcomer(Client):
    """Who subscribes just now: shows what there is, without a past."""


class Google(Client):
    """Rules: support.google.com/calendar/answer/37118 (files of at most 1 MB) and /answer/99358
    (from URL: "up to 12 hours"; robots.txt has to allow it: andrewbredow.com/2012/10/10, Stack
    Overflow 4687617). adangel.org/2024/12/15: one wrong fold and "it just ignored the whole ical
    resource"; known events are not looked at again without a higher SEQUENCE. That texts alone may
    change without it is our reading: SEQUENCE counts RFC 5546's significant changes."""
    agent = "Google-Calendar-Importer"
    SIZE = 1_000_000
    GATED = ("DTSTART", "DTEND", "STATUS", "SEQUENCE")

    def interval(self):
        return 12 * HOUR

    def fetch(self):
        _, _, robots = self.ask(path="/robots.txt")
        rules = urllib.robotparser.RobotFileParser()
        rules.parse(robots.decode().splitlines())
        if not rules.can_fetch(self.agent, self.url):
            raise Unreadable("robots.txt forbids it")
        super().fetch()

    def read(self, fields, body):
        if len(body) > self.SIZE:
            raise Unreadable(f"{len(body)} bytes")
        if "utf-8" not in fields["Content-Type"].lower():
            raise Unreadable("of no known charset")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as e:
            raise Unreadable(str(e)) from e
        strictly(content_lines(text))
        if any(len(line) > 75 for line in body.split(b"\r\n")):
            raise Unreadable("a line that is not folded")
        return super().read(fields, body)

    def take(self, calendar):
        before = self.shown
        super().take(calendar)
        for uid, event in self.shown.items():
            old = before.get(uid)
            if old and int(event["SEQUENCE"][1]) <= int(old["SEQUENCE"][1]):
                self.shown[uid] = {**event, **{name: old[name] for name in self.GATED}}


class Icsx5(Client):
    """github.com/bitfireAT/icsx5, ProcessEventsTask and CalendarFetcher: sends what validators it
    has, both; an event that it knows is updated when LAST-MODIFIED has grown (or there is none);
    events whose UID is gone are deleted."""
    agent = "ICSx5/2.2.3 (ktor; okhttp) Android/14"

    def fetch(self):
        status, fields, body = self.ask(headers={**self.validators, "Accept-Encoding": "gzip"})
        if status == 304:
            self.unchanged += 1
            return
        if status != 200:
            raise Unreadable(f"HTTP {status}")
        if fields["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        calendar = self.read(fields, body)
        names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        self.validators = {names[k]: fields[k] for k in names if fields[k]}
        self.take(calendar)

    def take(self, calendar):
        before = self.shown
        super().take(calendar)
        for uid, event in self.shown.items():
            old = before.get(uid)
            if old and "LAST-MODIFIED" in event and \
                    event["LAST-MODIFIED"][1] <= old["LAST-MODIFIED"][1]:
                self.shown[uid] = old


def by_vtimezone(time, calendar):
    """[MS-STANOICAL] 2.2.47: of a VTIMEZONE Outlook takes one yearly change to DAYLIGHT and one
    back; a zone that it cannot read so is ignored. The name means nothing to it. Times in no zone
    are its own, here UTC."""
    parameters, value = time
    if parameters.get("VALUE") == "DATE":
        return by_iana_name(time, calendar)
    at, onsets = dt.datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S"), []
    for properties in calendar.of("VTIMEZONE"):
        if value.endswith("Z") or named(properties)["TZID"][1] != parameters.get("TZID"):
            continue
        starts = [i for i, (name, _, _) in enumerate(properties) if name == "BEGIN"]
        for i, end in zip(starts, starts[1:] + [None]):
            part = {name: value for name, _, value in properties[i:end]}
            onset = dt.datetime.strptime(part["DTSTART"], "%Y%m%dT%H%M%S")
            if "RRULE" in part:
                onset = rrulestr(part["RRULE"], dtstart=onset).before(at, inc=True)
            sign, hours, minutes = re.match(r"([+-])(..)(..)", part["TZOFFSETTO"]).groups()
            shift = dt.timedelta(hours=int(hours), minutes=int(minutes))
            onsets.append((onset or dt.datetime.min, -shift if sign == "-" else shift))
    return (at - max(onsets, default=(None, dt.timedelta(0)))[1]).replace(tzinfo=UTC)


class Outlook(Client):
    """[MS-OXCICAL] 2.1.3.1.1.19: local times are resolved by the VTIMEZONE of the file, [MS-STANOICAL]
    2.2.47 how; X-MICROSOFT-CDO-BUSYSTATUS is what is free or busy (2.1.3.1.1.20.31). "Update limit":
    not asked again before X-PUBLISHED-TTL is over. One VCALENDAR a file (note 1). Old versions send
    no Accept-Encoding and show a gzipped answer as an error; a HEAD comes first."""
    agent = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5134; Pro)"
    moment = staticmethod(by_vtimezone)

    def interval(self):
        return duration(self.calendar.properties.get("X-PUBLISHED-TTL", "P1D")) \
            if self.calendar else HOUR

    def fetch(self):
        status, _, _ = self.ask("HEAD")
        if status != 200:
            raise Unreadable(f"HEAD is answered with {status}")
        super().fetch()

    def read(self, fields, body):
        if fields["Content-Encoding"]:
            raise Unreadable(fields["Content-Encoding"])
        if body.count(b"BEGIN:VCALENDAR") != 1:
            raise Unreadable("not one calendar")
        return super().read(fields, body)

    def taken(self, event):
        return event.get("X-MICROSOFT-CDO-BUSYSTATUS", ({}, "BUSY"))[1] != "FREE"


class Nextcloud(Client):
    """github.com/nextcloud/server, apps/dav/lib/CalDAV/WebcalCaching: plain GET by a job of the
    server; REFRESH-INTERVAL, else X-PUBLISHED-TTL, else a day says when again; one line that
    Sabre's reader refuses and the old events stay; VTODOs and VALARMs are stripped."""
    agent = "Nextcloud Webcal Service"
    accept = "text/calendar, application/calendar+json, application/calendar+xml"

    def interval(self):
        said = self.calendar.properties if self.calendar else {}
        return duration(said.get("REFRESH-INTERVAL", said.get("X-PUBLISHED-TTL", "P1D")))

    def read(self, fields, body):
        strictly(content_lines(body.decode("utf-8", "replace")))
        return super().read(fields, body)


class Apple(Client):
    """Subscribes by webcal://, asks as often as its user has set (an hour here), and conditionally by
    date alone (github.com/jsenecal/netbox-notices, issues 68 and 70): a Last-Modified that falls, or
    stays while the bytes change, freezes it."""
    agent = "macOS/14.1 (23B74) CalendarAgent/993"

    def __init__(self, url):
        super().__init__(url.replace("http://", "webcal://"))

    def fetch(self):
        status, fields, body = self.ask(headers=self.validators)
        if status == 304:
            self.unchanged += 1
            return
        if status != 200:
            raise Unreadable(f"HTTP {status}")
        calendar = self.read(fields, body)
        if "X-WR-CALNAME" not in calendar.properties:
            raise Unreadable("a calendar without a name")
        self.validators = {"If-Modified-Since": fields["Last-Modified"]}
        self.take(calendar)


CLIENTS = {"google": Google, "icsx5": Icsx5, "outlook": Outlook, "nextcloud": Nextcloud,
           "apple": Apple}
