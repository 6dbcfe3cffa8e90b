"""feed_history.py -- one random life of a programme, and what its feeds must be at every moment of
it. A life has a duo with everything (an expert, a room, visits to lessons), another one beside it,
names from the wild, people who leave and return, restarts under another address.

    life = History(daemon, rng); life.start(); life.step(); life.hold()

hold() gets every feed and checks: the lint; that it shows what `session list` says; that versions
(SEQUENCE, LAST-MODIFIED, Last-Modified, ETag) grow when, and only when, they must.
"""
import datetime as dt
import re
import subprocess
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import vobject

from harness import (BUILD, MONDAY, UTC, Failed, event, moment, programme, section, timetable,
                     weekly)
from ics_lint import lint, unescape

# what people call themselves, their rooms and their topics, and what they paste
NAMES = ["Bram Bos", "Ægir Þór; van, den \\ Berg", "דוד בן־גוריון", "محمد الأمين", "🐦👩\u200d👩\u200d👧 Vogel",
         "x" * 150, "é🐦" * 40, "Jan\\nPiet", 'Bram "de" Bos', "bel\x07\x1b[31m", "tab\there",
         "del\x7fete", "c1\x85\x9f", "a\u2028b\u2029c", "\u202eomgekeerd\u202c", "=;,:", "e\u0301" * 60,
         "BEGIN:VEVENT", "END:VCALENDAR", "\ufeffmerk", "https://elders.nl/feeds", "nb\u00a0sp\u200b"]
# with two yearly rules (also southern and Irish), with none, and with dates for rules
ZONES = ["Europe/Amsterdam", "Europe/Amsterdam", "Europe/Dublin", "America/St_Johns", "Asia/Kathmandu",
         "Pacific/Auckland", "Asia/Jerusalem", "UTC", "Africa/Casablanca"]
ODD = {"Africa/Casablanca"}
DAY = dt.timedelta(days=1)


def clean(text):
    """As a feed shows it: without control characters."""
    return "".join(c for c in text if not (ord(c) < 32 or 127 <= ord(c) < 160)).strip()


def shown(event):
    """What people see of an event, without its version."""
    return {k: v for k, v in event.items() if k not in ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")}


def is_done(due):
    """A to-do has a STATUS for it, an event a mark."""
    if "DUE" in due:
        return due["STATUS"][1] == "COMPLETED"
    return unescape(due["SUMMARY"][1]).startswith("\u2713 ")


def uid_id(uid):
    return uid.split("@")[0]


class History:
    FEEDS = [("anna", "feed"), ("bram", "busy"), ("bram", "feed"), ("carla", "feed"),
             ("anna-bram", "feed"), ("programme", "feed"), ("anna", "own")]

    def __init__(self, make, rng, zone=None):
        self.rng = rng
        self.zone = zone or rng.choice(ZONES)
        self.words = {"anna": "Anna de Vrieze", "bram": "Bram Bos", "carla": "Carla", "jan": "Jan",
                      "b12": "B1.2", "programme": "Samen leren", "topic": "Herschrijven; module",
                      "lesson": "EN2A Spreken", "place": "D2.02", "reason": "ziek"}
        self.languages = {"bram": "nl", "programme": "nl"}
        self.rhythm = {"reflection": "6w x 1h", "plan_due": "3w"}
        self.own = {"alarm": None, "obligations": "events"}  # options of a link that has some
        self.away, self.renamed = False, None
        self.extra = {}  # exams of anna's, by day
        self.seen, self.cancelled, self.http, self.done = {}, {}, {}, {}
        self.d = make(self.roster(), self.timetables(), conf=self.conf("http://127.0.0.1"),
                      start=False)

    def conf(self, url):
        # one host for ever, whatever the address; a short past, so that a life sees its edge
        return f"[server]\nurl = {url}\n[feeds]\nhost = uid.example.nl\npast = 30d\n"

    def roster(self):
        w, lang = self.words, self.languages
        text = programme(name=w["programme"], zone=self.zone, language=lang["programme"],
                         end="2027-04-30", budget="30h", visits="1 x 1h", intervisie="2 x 1h", **self.rhythm)
        text += section("person", "anna", name=w["anna"], timetable='anna.ics "lesson=^EN"')
        if not self.away:
            text += section("person", "bram", name=w["bram"], language=lang["bram"], timetable="none")
        text += section("person", "carla", name=w["carla"], timetable="none")
        text += section("person", "dirk", name="Dirk", timetable="none")
        text += section("expert", "jan", name=w["jan"], timetable="none")
        text += section("room", "b12", name=w["b12"], timetable="none")
        text += section("duo", "carla-dirk", members="carla dirk")
        if not self.away:
            text += section("duo", "anna-bram", members="anna bram", topic=w["topic"], room="b12",
                            expert="jan 2 x 1h")
        return text

    def timetables(self):
        def pasted(text):  # as an .ics has it: escaped, and what cannot be in a line as \n
            text = re.sub(r"([\\;,])", r"\\\1", clean(text)).replace("a\u2028", "a\\n")
            return text
        lesson = weekly("en", MONDAY, (13, 14), days="TU,TH", tzid=self.zone if self.zone != "UTC"
                        else None, summary="EN " + pasted(self.words["lesson"]))
        lesson = lesson.replace("END:VEVENT", f"LOCATION:{pasted(self.words['place'])}\r\nEND:VEVENT")
        exams = [event(f"x{day}", dt.datetime.fromisoformat(f"{day}T08:00:00+00:00"),
                       dt.datetime.fromisoformat(f"{day}T16:00:00+00:00"), summary="Toets")
                 for day in self.extra]
        return {"anna.ics": timetable(lesson, *exams)}

    def start(self):
        self.d.start()
        self.paths = {feed: self.d.link(feed[1], feed[0]) for feed in self.FEEDS if feed[1] != "own"}
        self.link = self.d.ctl("link", "new", "feed", "anna", "eigen", json=True)
        self.paths["anna", "own"] = urlsplit(self.link["url"]).path

    # ---- steps ----

    def coming(self):
        now = self.d.now()
        return [s for s in self.d.sessions(states=("booked",))
                if moment(s["start"]) > now and s["duo"]]

    def count(self, name):
        self.done[name] = self.done.get(name, 0) + 1

    def try_ctl(self, name, *words):
        try:
            self.d.ctl(*words)
        except Failed as e:
            assert e.status == 75, e  # refused by a rule; never anything worse
        else:
            self.count(name)

    def reload(self, name):
        """Says yes to whatever the reload would cancel. False: the roster is refused."""
        self.d.write("roster.ini", self.roster())
        a = self.d.ask("reload")
        held_back = re.search(r"--accept (\w+)", a.err)
        if held_back:
            self.d.ctl("reload", "--accept", held_back[1])
        elif a.status:
            assert a.status == 78, a.err
            return False
        self.d.ctl("wait")
        self.count(name)
        return True

    def leave_or_return(self):
        """bram and with him the duo; for days only, since links of who left end some day."""
        if not self.away:
            self.away, self.left = True, self.d.now()
            self.reload("leave")
        elif self.rng.random() < 0.4 and self.d.now() - self.left < 15 * DAY:
            self.try_ctl("advance", "clock", "advance", f"{self.rng.randrange(1, 5)}d")
        elif self.rng.random() < 0.4:
            getattr(self, "do_" + self.rng.choice(("rename", "url", "language")))()
        else:
            self.away = False
            self.reload("return")

    def do_book(self):
        self.place("book", "anna-bram")

    def do_move(self):
        sessions = self.coming()
        if sessions:
            one = self.rng.choice(sessions)
            self.place("move", one["id"], one["duo"])

    def place(self, what, id_, duo="anna-bram"):
        at = self.d.now() + dt.timedelta(weeks=self.rng.randrange(1, 12))
        week = at.astimezone(ZoneInfo(self.zone)).strftime("%G-W%V")
        slots = self.d.ctl("slots", duo, "--week", week, json=True)["slots"]
        if slots:
            self.try_ctl(what, "session", what, id_, self.rng.choice(slots)["start"],
                         self.rng.choice(("1h", "90m", "2h")))

    def do_hand(self):
        sessions = self.coming()
        what = self.rng.choice(("cancel", "cancel", "pin", "unpin"))
        if sessions:
            why = [self.words["reason"]] if what == "cancel" and self.rng.random() < 0.5 else []
            self.try_ctl(what, "session", what, self.rng.choice(sessions)["id"], *why)

    def do_past(self):
        past = [s for s in self.d.sessions(states=("booked", "held", "missed"))
                if moment(s["start"]) < self.d.now()]
        if past:
            what = self.rng.choice(("confirm", "missed"))
            self.try_ctl(what, "session", what, self.rng.choice(past)["id"], "zo was het")

    def do_rename(self):
        hidden = {"lesson", "place", "reason"} | ({"bram", "topic"} if self.away else set())
        who = self.rng.choice([w for w in self.words if w not in hidden])  # the roster has it
        old, self.words[who] = self.words[who], self.rng.choice(NAMES)
        if not self.reload("rename"):
            self.count("refused")
            self.words[who] = old
            self.d.write("roster.ini", self.roster())
        elif who in ("anna", "bram") and not self.away:
            self.renamed = clean(self.words[who])

    def do_language(self):
        self.languages[self.rng.choice(list(self.languages))] = self.rng.choice(("nl", "en"))
        self.reload("language")

    def do_rhythm(self):
        self.rhythm = {"reflection": self.rng.choice(("4w x 1h", "6w x 1h", "9w x 1h", "none")),
                       "plan_due": self.rng.choice(("2w", "5w", "2026-11-27", "none"))}
        self.reload("rhythm")

    def do_hand_in(self):
        one = self.rng.choice(self.d.ctl("obligation", "list", json=True)["obligations"])
        words = ["done", one["id"]] if one["state"] == "open" else ["reopen", one["id"], "toch niet"]
        self.try_ctl("hand_in", "obligation", *words)

    def do_link(self):
        """Another alarm, or what is due in another way."""
        self.own = {"alarm": self.rng.choice((None, 0, 15, 90)),
                    "obligations": self.rng.choice(("events", "events", "todos", "none"))}
        alarm = "none" if self.own["alarm"] is None else f"{self.own['alarm']}m"
        self.try_ctl("link", "link", "set", self.link["id"], "--alarm", alarm, "--obligations",
                     self.own["obligations"])

    def do_lesson(self):
        self.words[self.rng.choice(("lesson", "place"))] = self.rng.choice(NAMES)
        self.read_anna("lesson")

    def do_exam(self):
        sessions = self.coming()
        if sessions:
            self.extra[self.rng.choice(sessions)["start"][:10]] = True
            self.read_anna("exam")

    def read_anna(self, name):
        self.d.write("anna.ics", self.timetables()["anna.ics"])
        self.try_ctl(name, "source", "refresh", "anna-1")
        self.d.ctl("wait")

    def do_reason(self):
        self.words["reason"] = clean(self.rng.choice(NAMES))  # no line with controls gets in
        self.do_hand()

    def do_advance(self):
        self.try_ctl("advance", "clock", "advance", f"{self.rng.randrange(1, 9)}d")

    def do_url(self):
        """The address of the server, which stands in every event."""
        url = self.rng.choice(("https://samen.example.nl", "https://elders.example.nl/tandem",
                               "http://127.0.0.1"))
        self.d.stop()
        self.d.write_conf(self.conf(url))
        self.d.start()
        self.d.ctl("wait")
        self.count("url")

    def do_restart(self):
        """Same state, same bytes."""
        self.d.ctl("wait")  # what the last step makes the planner do
        bodies = [self.d.get(self.paths[f]).body for f in self.FEEDS]
        self.d.restart()
        for feed, body in zip(self.FEEDS, bodies):
            now = self.d.get(self.paths[feed]).body
            assert now == body, (feed, set(now.split(b"\r\n")) ^ set(body.split(b"\r\n")))
        self.count("restart")

    STEPS = ("book move move move hand hand hand past rename rename language lesson exam reason "
             "advance advance url restart rhythm hand_in hand_in link").split()

    def step(self):
        self.renamed = None
        if self.away or self.rng.random() < 0.05:
            self.leave_or_return()
            return
        what = self.rng.choice(self.STEPS)
        print(what, end=" ", flush=True)
        getattr(self, "do_" + what)()

    # ---- what must hold ----

    def hold(self):
        now, sessions = self.d.now(), {s["id"]: s for s in self.d.sessions()}
        due = {o["id"]: o for o in self.d.ctl("obligation", "list", json=True)["obligations"]}
        bodies = {}
        for feed in self.FEEDS:
            answer = self.d.get(self.paths[feed])
            assert answer.status == 200, (feed, answer.status)  # also of who left some days ago
            bodies[feed] = answer.body
            self.hold_http(feed, answer)
            events = self.lint(feed, answer.body)
            self.hold_due(feed, answer.body, due, now)
            self.hold_truth(feed[0], events, sessions, now)
            for uid, one in events.items():
                self.hold_event(feed, uid, one, sessions[uid_id(uid)], now)
            for f, uid in self.seen:
                if f == feed and uid not in events and uid.startswith("s"):
                    self.hold_gone(uid, now, sessions[uid_id(uid)])
        if self.renamed:
            assert any(self.renamed in unescape(e["SUMMARY"][1])
                       for feed in (("anna", "feed"), ("bram", "feed"))
                       for e in self.lint(feed, bodies[feed]).values())
        return bodies

    def lint(self, feed, body, obligations=False):
        return lint(body, feed[1] == "busy", self.zone in ODD, obligations,
                    self.own["alarm"] if feed[1] == "own" else None)

    def hold_truth(self, owner, events, sessions, now):
        """What is on is shown, at its time; nothing else is shown as if it were."""
        def concerns(s):
            return owner in ("programme", s["duo"]) or owner in s["attendees"]
        day = now.astimezone(ZoneInfo(self.zone)).replace(hour=0, minute=0, second=0, fold=0)
        first, last = (day.astimezone(UTC) + n * DAY for n in (-30, 400))
        want = {(s["id"], moment(s["start"]), moment(s["end"])) for s in sessions.values()
                if s["state"] in ("booked", "held", "missed") and concerns(s) and
                moment(s["end"]) >= first and moment(s["start"]) <= last}
        got = {(uid_id(uid), self.moment(e["DTSTART"]), self.moment(e["DTEND"]))
               for uid, e in events.items() if e["STATUS"][1] == "CONFIRMED"}
        assert got == want, f"{owner}: shown {got - want}, not shown {want - got}"

    def moment(self, time):
        form = "%Y%m%dT%H%M%S" + "Z" * time[1].endswith("Z")
        zone = UTC if time[1].endswith("Z") else ZoneInfo(self.zone)
        return dt.datetime.strptime(time[1], form).replace(tzinfo=zone).astimezone(UTC)

    def hold_gone(self, uid, now, session):
        """A published event leaves a feed by age only: its own, or its tombstone's."""
        aged = moment(session["end"]) < now - 29 * DAY
        tombstone = self.cancelled.get(uid, now) <= now - 29 * DAY
        assert aged or tombstone, f"{uid} is gone"

    def hold_due(self, feed, body, due, now):
        """What is due is shown as `obligation list` has it, and its versions grow when they must."""
        events = self.lint(feed, body, obligations=True)
        way = self.own["obligations"] if feed[1] == "own" else "events"
        if way == "none":  # what it shows when they come back need not go on from what it showed
            self.seen = {k: v for k, v in self.seen.items() if k[0] != feed or k[1][0] != "o"}
        assert all(("DUE" in one) == (way == "todos") and way != "none" for one in events.values())
        for uid, one in events.items():
            stored, old = due[uid_id(uid)], self.seen.get((feed, uid))
            assert one.get("DUE", one.get("DTSTART"))[1] == stored["due"].replace("-", "")
            assert (one["STATUS"][1] == "CANCELLED") == (stored["state"] == "cancelled")
            assert is_done(one) == (stored["state"] == "done")
            assert int(one["SEQUENCE"][1]) == stored["sequence"]
            if old:
                self.hold_due_version(uid, one, old)
            if stored["state"] == "cancelled":
                self.cancelled.setdefault(uid, now)
            else:
                self.cancelled.pop(uid, None)  # it may be asked for again
            self.seen[feed, uid] = one
        for f, uid in self.seen:
            if f != feed or uid in events or not uid.startswith("o") or way == "none":
                continue
            stored = due[uid_id(uid)]
            aged = (stored["state"] == "done" and
                    dt.date.fromisoformat(stored["due"]) < (now - 29 * DAY).date())
            assert aged or self.cancelled.get(uid, now) <= now - 29 * DAY, f"{uid} is gone"

    @staticmethod
    def hold_due_version(uid, one, old):
        number = int(one["SEQUENCE"][1]) - int(old["SEQUENCE"][1])
        days = ("DUE",) if "DUE" in one else ("DTSTART", "DTEND")
        cancelled = [e["STATUS"][1] == "CANCELLED" for e in (one, old)]
        if ("DUE" in one) != ("DUE" in old):
            assert number >= 0  # the link shows it otherwise
        elif any(one[k] != old[k] for k in days) or cancelled[0] != cancelled[1] or \
                is_done(one) != is_done(old):
            assert number >= 1, f"{uid} changed under the same SEQUENCE"
        else:
            assert number == 0, f"SEQUENCE of {uid} grew for nothing"
        assert one["LAST-MODIFIED"][1] >= old["LAST-MODIFIED"][1]
        if shown(one) != shown(old):
            assert one["LAST-MODIFIED"][1] > old["LAST-MODIFIED"][1], f"{shown(old)} -> {shown(one)}"
        assert one["CREATED"] == old["CREATED"]

    def hold_http(self, feed, answer):
        old = self.http.get(feed)
        modified = parsedate_to_datetime(answer["Last-Modified"])
        if old:
            assert modified >= old[1], "Last-Modified fell"
            assert (answer["ETag"] == old[0]) == (answer.body == old[2])
            # what is due stands in the other feed of the same owner, and is newer there
            assert modified > old[1] if answer.body != old[2] else \
                modified == old[1] or feed[1] in ("busy", "own"), \
                f"{feed}: {old[1]} -> {modified}, {len(old[2])} -> {len(answer.body)} bytes"
        self.http[feed] = (answer["ETag"], modified, answer.body)

    def hold_event(self, feed, uid, event, session, now):
        old, place_was, who_was = self.seen.get((feed, uid), (None, None, None))
        place = event.get("LOCATION") if session["kind"] == "visit" else session["room"]
        if old:
            number = int(event["SEQUENCE"][1]) - int(old["SEQUENCE"][1])
            assert number >= 0, f"SEQUENCE of {uid} fell"
            assert event["LAST-MODIFIED"][1] >= old["LAST-MODIFIED"][1]
            if any(event[k] != old[k] for k in ("DTSTART", "DTEND", "STATUS")) or \
                    (place and place_was and place != place_was):
                assert number >= 1, f"{uid} changed under the same SEQUENCE"
            elif session["attendees"] == who_was and \
                    (feed[1] == "feed" or session["kind"] != "visit"):  # else it is not shown here
                assert number == 0, f"SEQUENCE of {uid} grew for nothing"
            if shown(event) != shown(old):
                assert event["LAST-MODIFIED"][1] > old["LAST-MODIFIED"][1], \
                    f"{uid}: {shown(old)} -> {shown(event)}"
            if old["STATUS"][1] == "CANCELLED" and feed[0] == "programme":
                assert event["STATUS"][1] == "CANCELLED", f"{uid} rose from the dead"
            assert event["CREATED"] == old["CREATED"]
        if event["STATUS"][1] == "CANCELLED":
            self.cancelled.setdefault(uid, now)
        self.seen[feed, uid] = event, place, session["attendees"]

    def hold_by_others(self, bodies):
        """libical's restrictions and vobject's table have nothing against them either."""
        paths = []
        for (owner, kind), body in bodies.items():
            paths.append(self.d.root / f"{owner}-{kind}.ics")
            paths[-1].write_bytes(body)
            for calendar in vobject.readComponents(body.decode()):
                assert calendar.validate(raiseException=True)
        done = subprocess.run([BUILD / "tests" / "ics_check", *paths], capture_output=True)
        assert done.returncode == 0, done.stdout.decode()
