"""The demo's whole year, lived through in steps with a moved clock, while timetables change, fail
and are half lost on the way. After every step: what the ledger says is what was held, no budget is
exceeded, nothing moved by itself inside the freeze, no word of a person was overruled, feeds kept
their rules."""
import datetime as dt
import random
import re
import shutil

from harness import REPO, Daemon, as_arg
from living import (AMSTERDAM, Control, assert_whole, feed_paths, get, seed, stored_entries,
                    stored_sessions)

DEMO = REPO / "conf" / "demo"
DAY = 86400
FREEZE = 2 * DAY
END = dt.date(2027, 7, 20)
# The year's incidents: on the first step at or after that day.
INCIDENTS = [
    (dt.date(2026, 10, 5), "cancelled"), (dt.date(2026, 10, 26), "broken"),
    (dt.date(2026, 11, 9), "mended"), (dt.date(2026, 11, 30), "halved"),
    (dt.date(2026, 12, 7), "accepted"), (dt.date(2027, 1, 11), "new lesson"),
    (dt.date(2027, 2, 1), "halved"), (dt.date(2027, 2, 8), "mended"),
    (dt.date(2027, 3, 8), "new lesson"), (dt.date(2027, 4, 5), "gone"),
    (dt.date(2027, 4, 19), "mended"), (dt.date(2027, 5, 17), "new lesson"),
]


class Year:
    def __init__(self, d, rng):
        self.d, self.rng = d, rng
        self.control = Control(d.socket, timeout=120)
        self.paths = feed_paths(self.control)
        self.budgets = {}
        self.spoken = {}  # session: state that a person gave it
        self.hand = {}    # session: (start, end) that a person chose
        self.uids = {}    # feed: {uid: (sequence, last-modified)}
        self.left = set()  # (session, person) who had it and cannot come any more
        self.times = {}   # uid: what it first was, so that none is given again
        self.modified = {}
        self.became_booked = self.moved = self.steps = 0
        self.incidents = list(INCIDENTS)
        self.first_export, self.rolled_at = None, 0
        self.original, self.damaged = {}, set()
        self.before = None
        self.now = None

    def clock(self):
        text = self.control.json("clock")["now"]
        return int(dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())

    def day(self):
        return dt.datetime.fromtimestamp(self.now, AMSTERDAM).date()

    def look(self):
        self.control.ask("wait")
        self.now = self.clock()
        sessions = stored_sessions(self.d.root / "db")
        entries = stored_entries(self.d.root / "db")
        assert_whole(self.d.root / "db")
        self.ledger(sessions, entries)
        self.compare(self.before, sessions)
        self.words(sessions)
        self.feeds(sessions)
        self.before, self.before_at = sessions, self.now

    # ---- hours ----

    def ledger(self, sessions, entries):
        spent, planned = {}, {}
        for e in entries:
            spent[e["person"]] = spent.get(e["person"], 0) + e["minutes"]
        held, solo = {}, {}
        for e in entries:
            if e["session"] is None:
                solo[e["person"]] = solo.get(e["person"], 0) + e["minutes"]
        for n, s in sessions.items():
            minutes = (s["end"] - s["start"]) // 60
            for person in s["attendees"]:
                if s["state"] == "held":
                    held[person] = held.get(person, 0) + minutes
                elif s["state"] in ("booked", "provisional"):
                    planned[person] = planned.get(person, 0) + minutes
        for row in self.control.json("report")["rows"]:
            person = row["person"]
            if person not in self.budgets:
                self.budgets[person] = row["budget_min"]
            assert row["held_min"] == held.get(person, 0) + solo.get(person, 0), row
            assert row["booked_min"] + row["provisional_min"] == planned.get(person, 0), row
        for person, budget in self.budgets.items():
            assert spent.get(person, 0) == held.get(person, 0) + solo.get(person, 0)
            assert spent.get(person, 0) + planned.get(person, 0) <= budget, \
                f"{person}: {spent.get(person, 0)} + {planned.get(person, 0)} of {budget}"
        self.held = held

    # ---- sessions from step to step ----

    def compare(self, before, sessions):
        if before is None:
            return
        for n, was in before.items():
            if n not in sessions:
                assert was["sequence"] < 0, f"s{n} was published and is gone"
                continue
            s = sessions[n]
            same_place = (s["start"], s["end"]) == (was["start"], was["end"])
            assert s["sequence"] >= was["sequence"] and s["modified"] >= was["modified"]
            if was["sequence"] < 0 and s["state"] != "provisional":
                self.became_booked += 1
            if was["state"] != "booked":
                assert was["state"] == "provisional" or same_place, f"s{n} is over and moved"
                continue
            if not same_place:
                self.moved += 1
                assert s["sequence"] > was["sequence"]
                # when it moved is not seen; that it had been frozen at the last look is
                assert was["start"] >= self.before_at + FREEZE, f"s{n} moved inside the freeze"
                assert s["start"] >= self.before_at + FREEZE, f"s{n} came into the freeze"
            if s["state"] == "cancelled" and n not in self.spoken:
                assert was["start"] >= self.before_at + FREEZE, f"s{n} went inside the freeze"
        for n, s in sessions.items():
            if n not in before and s["state"] != "provisional" and n not in self.hand:
                assert s["start"] >= self.before_at + FREEZE, f"s{n} was put inside the freeze"

    def words(self, sessions):
        for n, state in self.spoken.items():
            assert sessions[n]["state"] == state, f"s{n} was {state} by a person's word"
        for n, place in self.hand.items():
            s = sessions[n]
            assert (s["start"], s["end"]) == place or s["sequence"] > 0
        for n, s in sessions.items():
            if s["state"] == "booked":
                assert s["end"] + 3 * DAY > self.now, f"s{n} is past and still open"
            if s["state"] == "held" and s["assumed"]:
                assert s["end"] + 3 * DAY <= self.now, f"s{n} is held before its time"

    # ---- feeds ----

    def feeds(self, sessions):
        for key, path in self.paths.items():
            feed = get(self.d.port, path)
            assert feed.status == 200
            at = dt.datetime.strptime(feed.modified, "%a, %d %b %Y %H:%M:%S GMT")
            was = self.modified.get(key)
            if was:
                assert at > was[0] if feed.body != was[1] else at == was[0], key
            self.modified[key] = (at, feed.body)
            known = self.uids.setdefault(key, {})
            events = feed.events()
            for uid, e in events.items():
                number = int(re.fullmatch(r"s(\d+)@.*", uid)[1])
                s = sessions[number]
                assert int(e["SEQUENCE"]) == s["sequence"]
                assert e["DTSTAMP"] == e["LAST-MODIFIED"]
                assert s["state"] != "provisional"
                off = s["state"] == "cancelled" or key[0] in s["left"]
                assert (e["STATUS"] == "CANCELLED") == off, f"{key} {uid}"
                new = (int(e["SEQUENCE"]), e["LAST-MODIFIED"])
                old = known.get(uid, (0, ""))
                assert new[0] >= old[0] and new[1] >= old[1], f"{key} {uid}: {old} -> {new}"
                known[uid] = new
                first = self.times.setdefault(uid, (s["duo"], s["created"]))
                assert first == (s["duo"], s["created"]), f"{uid} was given twice"
            gone = known.keys() - events.keys()
            for uid in gone:
                s = sessions[int(re.fullmatch(r"s(\d+)@.*", uid)[1])]
                tombstone = s["left"].get(key[0]) or s["cancelled"] or self.now
                assert s["end"] < self.now - 59 * DAY or tombstone < self.now - 29 * DAY, \
                    f"{uid} has left {key}"
            self.left |= {(n, p) for n, s in sessions.items() for p in s["left"]}

    # ---- what people do ----

    def people(self):
        """Now and then somebody speaks about a past session, moves one that comes, logs hours."""
        past = [n for n, s in self.before.items() if s["state"] in ("booked", "held")
                and s["start"] <= self.now and n not in self.spoken]
        if past and self.rng.random() < 0.3:
            n = self.rng.choice(past)
            verb, state = self.rng.choice((("confirm", "held"), ("missed", "missed")))
            self.control.ask("session", verb, f"s{n}")
            self.spoken[n] = state
        coming = [n for n, s in self.before.items() if s["state"] == "booked"
                  and s["start"] > self.now + FREEZE and n not in self.spoken]
        if coming and self.rng.random() < 0.2:
            self.move(self.rng.choice(coming))
        if coming and self.rng.random() < 0.1:
            n = self.rng.choice(coming)
            if n not in self.hand:
                self.control.ask("session", "cancel", f"s{n}", "ziek")
                self.spoken[n] = "cancelled"
        if self.rng.random() < 0.2:
            person = self.rng.choice(sorted(self.budgets))
            self.control.ask("hours", "add", person, "30m", str(self.day()), "voorbereiding")
        self.before_at = self.now

    def move(self, n):
        duo = self.before[n]["duo"]
        if duo is None:  # of everybody: a day later, if two can come then
            self.try_move(n, dt.datetime.fromtimestamp(self.before[n]["start"] + DAY, AMSTERDAM))
            return
        year, week, _ = (self.day() + dt.timedelta(days=14)).isocalendar()
        slots = self.control.json("slots", duo, "--week", f"{year}-W{week:02d}")["slots"]
        if not slots:
            return
        self.try_move(n, dt.datetime.strptime(self.rng.choice(slots)["start"],
                                              "%Y-%m-%dT%H:%M:%S%z"))

    def try_move(self, n, at):
        self.control.send("--json", "session", "move", f"s{n}", as_arg(at))
        ok, _, sentence = self.control.receive()
        if ok:
            s = stored_sessions(self.d.root / "db")[n]
            self.hand[n] = (s["start"], s["end"])
        else:
            assert sentence.startswith("err conflict"), sentence

    # ---- what schools do ----

    def incident(self, what):
        name = self.rng.choice([n for n in ("marloes", "femke", "gerard", "yasmina", "dirk")
                                if n not in self.damaged])
        if what == "mended":
            for other, text in self.original.items():
                self.d.write(f"timetables/{other}.ics", text)
            self.original.clear()
            return
        path = self.d.root / "timetables" / f"{name}.ics"
        text = path.read_text()
        events = re.findall(r"BEGIN:VEVENT.*?END:VEVENT\r?\n", text, re.S)
        if what in ("broken", "halved", "gone"):
            self.original[name] = text
            self.damaged.add(name)  # what has few lessons left cannot lose many
        if what == "broken":
            text = "<html><body>Onderhoud</body></html>"
        elif what == "halved":
            for e in events[len(events) // 10:]:
                text = text.replace(e, "", 1)
        elif what == "cancelled":
            text = text.replace(self.rng.choice(events), "", 1)
        elif what == "new lesson":
            text = text.replace("BEGIN:VEVENT", self.lesson() + "BEGIN:VEVENT", 1)
        if what == "gone":
            path.unlink()
        elif what == "accepted":
            for s in self.control.json("source", "list")["sources"]:
                if s["state"] == "quarantined":
                    self.control.ask("source", "accept", s["id"])
        else:
            self.d.write(f"timetables/{name}.ics", text)
        self.expect = {"broken": (name, "failed"), "gone": (name, "failed"),
                       "halved": (name, "quarantined")}.get(what)

    def roll(self):
        """Ruben's school shows twelve weeks: every fortnight the export has moved on. Its lessons
        are those of the demo's file, again and again."""
        path = self.d.root / "timetables" / "ruben.ics"
        if self.first_export is None:
            self.first_export = path.read_text()
        if (self.now - self.rolled_at) < 14 * DAY:
            return
        self.rolled_at = self.now
        head, *events = re.split(r"(?=BEGIN:VEVENT)", self.first_export)
        events[-1], end = re.match(r"(.*END:VEVENT\r?\n)(.*)", events[-1], re.S).groups()
        out = []
        for weeks in range(0, 60, 12):
            for event in events:
                text = re.sub(r"(DT(?:START|END):)(\d{8})", lambda m: m[1] + (
                    dt.datetime.strptime(m[2], "%Y%m%d") + dt.timedelta(weeks=weeks)
                ).strftime("%Y%m%d"), event)
                text = re.sub(r"(?m)^UID:", f"UID:{weeks}-" if weeks else "UID:", text)
                day = dt.datetime.strptime(re.search(r"DTSTART:(\d{8})", text)[1], "%Y%m%d").date()
                if -14 <= (day - self.day()).days < 84:
                    out.append(text)
        self.d.write("timetables/ruben.ics", head + "".join(out) + end)

    def lesson(self):
        day = self.day() + dt.timedelta(days=10)
        return (f"BEGIN:VEVENT\r\nUID:extra-{day}@school.example\r\nDTSTAMP:20260801T000000Z\r\n"
                f"DTSTART:{day:%Y%m%d}T100000Z\r\nDTEND:{day:%Y%m%d}T130000Z\r\n"
                "RRULE:FREQ=WEEKLY;COUNT=8\r\nSUMMARY:Extra les\r\nEND:VEVENT\r\n")

    def sources(self):
        if not self.expect:
            return
        name, state = self.expect
        s = next(s for s in self.control.json("source", "list")["sources"]
                 if s["person"] == name)
        assert s["state"] == state and s["error"], s
        self.expect = None
        self.seen_states.add(state)

    def live(self):
        self.expect = None
        self.seen_states = set()
        self.before_at = None
        self.look()
        while self.day() < END:
            self.people()
            self.roll()
            while self.incidents and self.incidents[0][0] <= self.day():
                self.incident(self.incidents.pop(0)[1])
            days = self.rng.choice((1, 2, 3, 4, 7))
            self.control.ask("clock", "advance", f"{days}d")
            self.steps += 1
            self.look()
            self.sources()
        self.finish()

    def finish(self):
        assert {"failed", "quarantined"} <= self.seen_states
        assert self.became_booked > 20, "few provisional sessions were ever booked"
        open_ = [n for n, s in self.before.items() if s["state"] in ("booked", "provisional")]
        assert open_ == [], "the year is over and sessions are still to come"
        report = self.control.json("report")["rows"]
        print(f"{self.steps} steps, {len(self.times)} events shown, {self.moved} moves, "
              f"{self.became_booked} provisional ones booked, {len(self.spoken)} spoken about, "
              f"{len(self.left)} times somebody left one")
        for row in report:
            print(f"{row['duo']:16} {row['person']:9} held {row['held_min'] / 60:5.1f} of "
                  f"{row['budget_min'] / 60:4.1f} h, longest gap {row['gap_longest']} open days")
            assert row["held_min"] > 0 and row["gap_longest"] is not None
        easy = [r["held_min"] / r["budget_min"] for r in report if r["duo"] == "gerard-naima"]
        assert max(easy) > 0.7, "a duo with time enough used little of it"


def test_a_whole_year():
    rng = random.Random(seed())
    d = Daemon(roster=(DEMO / "roster.ini").read_text())
    failed = True
    try:
        shutil.copy(DEMO / "holidays.ics", d.root)
        shutil.copytree(DEMO / "timetables", d.root / "timetables")
        d.start()
        Year(d, rng).live()
        failed = False
    finally:
        d.close(failed)
