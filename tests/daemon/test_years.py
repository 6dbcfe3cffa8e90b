"""Simulated years of made-up programmes, day by day on the real daemon: lessons move, appear and
vanish, sources fail, horizons roll, people fall ill and come back, members move, pin, cancel and
confirm sessions, hours are logged. What must hold is looked at in the store after every step, by a
model that knows nothing but the lessons it wrote itself.

A few short years in `make check`; TANDEM_LONG=1 (make check-long) lives 200 whole ones. Each prints
its seed, its longest gap and the share of sessions that stayed where they were booked first;
TANDEM_SEED=N lives that one again, TANDEM_YEARS=N lives so many."""
import datetime as dt
import json
import os
import random
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

from harness import Daemon
from living import (AMSTERDAM, LONG, Control, assert_whole, feed_paths, get, stored_entries,
                    stored_sessions)

DAY, MIN = 86400, 60
FREEZE, CONFIRM, BUFFER = 2 * DAY, 3 * DAY, 10 * MIN
START, WEEKS = dt.date(2026, 8, 31), 44 if LONG else 14
CLOSED = [(dt.date(2026, 10, 19), dt.date(2026, 10, 23)),
          (dt.date(2026, 12, 21), dt.date(2027, 1, 3)),
          (dt.date(2027, 3, 1), dt.date(2027, 3, 5))]
HOURS = [dt.time(8, 30), dt.time(10, 0), dt.time(11, 30), dt.time(13, 30), dt.time(15, 0)]
END = START + dt.timedelta(days=7 * WEEKS - 3)


def at(day, time):
    return int(dt.datetime.combine(day, time, AMSTERDAM).timestamp())


def day_of(moment):
    return dt.datetime.fromtimestamp(moment, AMSTERDAM).date()


def text(moment):
    return dt.datetime.fromtimestamp(moment, AMSTERDAM).strftime("%Y-%m-%dT%H:%M")


class Person:
    """Lessons as the school has them, as the file has them, and as the daemon knows them."""

    def __init__(self, name, rng):
        self.name, self.rng, self.next = name, rng, 0
        self.ahead = rng.choice((None, None, 35, 63))  # days that its school publishes
        self.share = rng.uniform(0.3, 0.5)
        self.school, self.known, self.absent, self.broken = {}, {}, [], 0
        for week in range(0, WEEKS, 10):  # a new timetable every ten weeks
            places = [(d, h) for d in range(5) for h in HOURS if rng.random() < self.share]
            for w in range(week, min(week + 10, WEEKS)):
                for d, h in places:
                    if rng.random() > 0.03:
                        self.add(START + dt.timedelta(days=7 * w + d), h)

    def add(self, day, hour):
        start = at(day, hour)
        self.school[self.next] = (start, start + 80 * MIN)
        self.next += 1

    def file(self, now):
        """The timetable as it is published now; remembers what the daemon will know by it."""
        out = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//years//EN"]
        shown = {k: v for k, v in self.school.items()
                 if self.ahead is None or v[0] < now + (self.ahead + 7) * DAY}
        for uid, (start, end) in shown.items():
            a, b = (dt.datetime.fromtimestamp(x, dt.timezone.utc) for x in (start, end))
            out += ["BEGIN:VEVENT", f"UID:{uid}@{self.name}", "DTSTAMP:20260801T000000Z",
                    f"DTSTART:{a:%Y%m%dT%H%M%SZ}", f"DTEND:{b:%Y%m%dT%H%M%SZ}", "END:VEVENT"]
        self.known = {}
        for start, end in shown.values():
            self.known.setdefault(day_of(start), []).append((start, end))
        return "\r\n".join(out + ["END:VCALENDAR", ""])

    def busy(self, start, end, margin=0):
        """What the daemon knows to be in the way of [start, end)."""
        return any(s < end + margin and start - margin < e
                   for s, e in self.known.get(day_of(start), ())) or self.is_absent(start)

    def is_absent(self, moment):
        return any(first <= day_of(moment) <= last for _, first, last in self.absent)


class Year:
    def __init__(self, seed):
        self.seed, self.rng = seed, random.Random(seed)
        rng = self.rng
        n = rng.choice((2, 3, 4))
        names = [f"p{i}" for i in range(2 * n - rng.choice((0, 0, 1)))]  # one may be in two duos
        self.people = {p: Person(p, rng) for p in names}
        self.duos = [(names[2 * i % len(names)], names[(2 * i + 1) % len(names)])
                     for i in range(n)]
        self.expert = rng.random() < 0.4  # asks for two sessions with each duo
        self.room = rng.random() < 0.3  # one for all: a session at a time
        self.spoken, self.first, self.told = {}, {}, set()
        self.before, self.entries, self.clashes = {}, [], 0
        self.experts = self.moved = self.chose = self.cancelled = self.seen_clashes = self.ill = self.failures = 0

    def roster(self):
        out = ["[programme]", "name = Jaar", f"start = {START}", f"end = {END}",
               f"budget = {WEEKS * 100 // 60}h"]
        out += [f"closed = {a}..{b}" for a, b in CLOSED if b <= END]
        for name, p in self.people.items():
            more = f" horizon={p.ahead}d" if p.ahead else " horizon=open"
            out += ["", f"[person {name}]", f"name = {name}", f"timetable = {name}.ics{more}"]
        for a, b in self.duos:
            out += ["", f"[duo {a}-{b}]", f"members = {a} {b}"]
            out += ["expert = jan 2 x 2h"] * self.expert + ["room = zaal"] * self.room
        if self.expert:
            out += ["", "[expert jan]", "name = Jan", "timetable = none",
                    "works = tue,thu 09:00-17:00"]
        if self.room:
            out += ["", "[room zaal]", "name = Zaal", "timetable = none"]
        return "\n".join(out) + "\n"

    # ---- what must hold ----

    def fail(self, why):
        raise AssertionError(f"year {self.seed}, {text(self.now)}: {why} "
                             f"(rerun with TANDEM_SEED={self.seed})")

    def hold(self, what, why):
        if not what:
            self.fail(why)

    def look(self, by_hand=()):
        """After every step: @by_hand are the sessions that a person has just spoken of."""
        self.control.ask("wait")
        sessions = stored_sessions(self.d.root / "db")
        entries = stored_entries(self.d.root / "db")
        self.horizons = None
        for n, was in self.before.items():
            self.compare(n, was, sessions.get(n), n in by_hand)
        for n, s in sessions.items():
            if n not in self.before and s["state"] != "provisional":
                self.placed(n, s, n in by_hand)
            if s["state"] == "booked":
                self.hold(s["end"] + CONFIRM > self.now, f"s{n} is past and still open")
                self.first.setdefault(n, (s["start"], s["end"]))
        self.hold(entries[:len(self.entries)] == self.entries, "an entry of the ledger changed")
        self.budgets(sessions, entries)
        self.never_twice(sessions)
        self.count_clashes(sessions)
        self.before, self.entries = sessions, entries

    def read_horizons(self):
        out = {}
        for s in self.control.json("source", "list")["sources"]:
            h = s["horizon"] and int(dt.datetime.strptime(
                s["horizon"], "%Y-%m-%dT%H:%M:%S%z").timestamp())
            out[s["person"]] = h or 1 << 40
        return out

    def compare(self, n, was, s, by_hand):
        if s is None:
            self.hold(was["sequence"] < 0, f"s{n} was published and is gone")
            return
        place, old = (s["start"], s["end"]), (was["start"], was["end"])
        self.hold(s["sequence"] >= was["sequence"], f"the sequence of s{n} fell")
        self.hold(s["modified"] >= was["modified"], f"s{n} became older")
        if was["state"] in ("held", "missed", "cancelled"):
            self.hold(place == old, f"s{n} is over and moved")
        if was["state"] == "cancelled":
            self.hold(s["state"] == "cancelled", f"s{n} came back")
        if was["state"] == "booked" and not by_hand and s["state"] in ("booked", "cancelled") and \
                (place != old or s["state"] == "cancelled"):
            self.hold(s["sequence"] > was["sequence"], f"s{n} changed and its sequence did not")
            # LAST-MODIFIED says when; it may be some seconds ahead of the clock
            self.hold(was["start"] > s["modified"] + FREEZE - MIN, f"s{n} fled inside the freeze")
            self.moved += place != old
            self.chose += place != old and not any(
                self.people[p].busy(was["start"], was["end"], BUFFER) for p in was["attendees"])
            self.cancelled += s["state"] == "cancelled"
            self.hold(not was["pinned"] or self.impossible(was),
                      f"s{n} was pinned, possible, and moved")
        if n in self.spoken:
            self.hold(s["state"] == self.spoken[n], f"s{n} was {self.spoken[n]} by a word")
        if was["state"] == "provisional" and s["state"] == "booked" or \
                (s["state"] == "booked" and place != old):
            self.placed(n, s, by_hand)

    def impossible(self, s):
        """Now, or when it moved on the way here: the lessons are those of this step."""
        return any(self.people[p].busy(s["start"], s["end"]) for p in s["attendees"])

    def placed(self, n, s, by_hand):
        """Where a session has just been put, by what is known now."""
        self.hold(s["state"] != "held" or by_hand, f"s{n} was held before it was booked")
        day = day_of(s["start"])
        if not by_hand:
            self.hold(s["start"] > s["modified"] + FREEZE - MIN,
                      f"s{n} was put inside the freeze")
        self.hold(START <= day <= END and day.weekday() < 5 and
                  not any(a <= day <= b for a, b in CLOSED), f"s{n} is on {day}")
        self.hold(at(day, dt.time(8, 30)) <= s["start"] and s["end"] <= at(day, dt.time(17)),
                  f"s{n} lies outside working hours")
        if s["expert"]:
            self.experts += 1
            self.hold(day.weekday() in (1, 3), f"s{n} is on a day on which jan does not work")
        for p in s["attendees"]:
            self.hold(not self.people[p].busy(s["start"], s["end"], BUFFER),
                      f"s{n} was put on time of {p} that is taken")
            self.horizons = self.horizons or self.read_horizons()
            self.hold(s["end"] <= self.horizons[p], f"s{n} was booked on unknown time of {p}")

    def budgets(self, sessions, entries):
        spent, held = {}, {}
        for e in entries:
            spent[e["person"]] = spent.get(e["person"], 0) + e["minutes"]
            if e["session"] is None:
                held[e["person"]] = held.get(e["person"], 0) + e["minutes"]
        planned = {}
        for s in sessions.values():
            into = {"held": held, "booked": planned, "provisional": planned}.get(s["state"])
            for p in s["attendees"] if into is not None else ():
                into[p] = into.get(p, 0) + (s["end"] - s["start"]) // 60
        budget = WEEKS * 100 // 60 * 60
        for p in self.people:
            self.hold(spent.get(p, 0) == held.get(p, 0), f"hours of {p} were lost or made up")
            # somebody may log more than there is, the planner never plans what is not
            if planned.get(p, 0):
                self.hold(spent.get(p, 0) + planned[p] <= budget, f"{p} is over the budget")

    def never_twice(self, sessions):
        taken = {}
        for n, s in sessions.items():
            if s["state"] in ("booked", "held"):
                for p in s["attendees"] + [x for x in (s["expert"], s["room"]) if x]:
                    taken.setdefault(p, []).append((s["start"], s["end"], n))
        for p, v in taken.items():
            v.sort()
            for x, y in zip(v, v[1:]):
                self.hold(x[1] <= y[0], f"{p} is in s{x[2]} and s{y[2]} at once")

    def count_clashes(self, sessions):
        """What cannot be as it stands is reported, and nothing else is."""
        mine = {n for n, s in sessions.items() if s["state"] == "booked" and s["end"] > self.now
                and self.impossible(s)}
        told = self.control.json("status")["clashes"]
        self.hold(told == len(mine), f"{told} clashes are told, there are {sorted(mine)}")
        self.seen_clashes += len(mine - self.told)
        for n in mine:  # far from now they would have moved
            self.hold(sessions[n]["start"] < self.now + FREEZE or sessions[n]["kind"] != "work",
                      f"s{n} clashes and was not moved")
        self.told |= mine
        self.clashes = mine

    def feeds(self):
        midnight = at(day_of(self.now), dt.time())
        sessions = stored_sessions(self.d.root / "db")
        assert_whole(self.d.root / "db")
        for (owner, _, _), path in self.paths.items():
            shown = {int(uid[1:].split("@")[0]) for uid in get(self.d.port, path).events()}
            due = {n for n, s in sessions.items() if s["sequence"] >= 0
                   and s["end"] >= midnight - 60 * DAY and s["start"] <= midnight + 400 * DAY
                   and self.shows(owner, s, midnight - 30 * DAY)}
            self.hold(shown == due, f"{owner}'s feed lacks {due - shown}, has {shown - due}")

    @staticmethod
    def shows(owner, s, tombstones_after):
        """Whether that feed has it: as it is, or as a tombstone of late."""
        if owner in s["attendees"] or owner in (s["duo"], "programme"):
            return s["state"] != "cancelled" or s["cancelled"] > tombstones_after
        return s["left"].get(owner, 0) > tombstones_after

    # ---- what happens ----

    def chance(self, p):
        return self.rng.random() < p

    def schools(self):
        """Whether anything was published anew."""
        any_ = False
        for p in self.people.values():
            changed = p.ahead is not None and day_of(self.now).weekday() == 0
            if p.broken:
                p.broken -= 1
                if p.broken:
                    continue
                changed = True
            elif self.chance(0.01):
                p.broken = self.rng.randint(1, 6)
                self.failures += 1
                if self.chance(0.5):
                    self.d.write(f"{p.name}.ics", "<html>onderhoud</html>")
                else:
                    (self.d.root / f"{p.name}.ics").unlink()
                self.refresh(p)
                any_ = True
                continue
            coming = [k for k, v in p.school.items()
                      if self.now < v[0] < self.now + 30 * DAY]
            if coming and self.chance(0.06):  # moves, sometimes onto a session
                k = self.rng.choice(coming)
                p.school[k] = self.somewhere(p)
                changed = True
            if self.chance(0.03):
                p.school[p.next] = self.somewhere(p)
                p.next += 1
                changed = True
            if coming and self.chance(0.04):
                p.school.pop(self.rng.choice(coming), None)
                changed = True
            if changed:
                self.d.write(f"{p.name}.ics", p.file(self.now))
                self.refresh(p)
                any_ = True
        return any_

    def somewhere(self, p):
        """A lesson in the weeks to come; one in three lies on a booked session of theirs."""
        own = [s for s in self.before.values() if s["state"] == "booked"
               and p.name in s["attendees"] and self.now + DAY / 2 < s["start"] < self.now + 40 * DAY]
        if own and self.chance(0.33):
            # not exactly on it: that would be taken for the session itself
            start = self.rng.choice(own)["start"] - 15 * MIN
        else:
            day = day_of(self.now) + dt.timedelta(days=self.rng.randint(1, 28))
            start = at(day, self.rng.choice(HOURS))
        return start, start + 80 * MIN

    def refresh(self, p):
        self.control.send("source", "refresh", f"{p.name}-1")
        self.control.receive()

    def people_do(self):
        """One thing at most a day; the sessions that it was about, or None: nothing."""
        today = day_of(self.now)
        p = self.people[self.rng.choice(sorted(self.people))]
        if self.chance(0.06):  # ill, or away later
            first = today + dt.timedelta(days=self.rng.choice((0, 0, 1, 7, 20)))
            last = first + dt.timedelta(days=self.rng.choice((0, 1, 4)))
            ok, data, _ = self.say("--json", "absent", p.name, f"{first}..{last}")
            if ok:
                entry = json.loads(data)["id"]
                p.absent.append((entry, first, last))
                self.ill += 1
            return ()
        if p.absent and self.chance(0.05):
            entry, _, last = p.absent.pop()
            self.control.ask("absent", "remove", str(entry))
            return ()
        if self.chance(0.08):
            self.control.ask("hours", "add", p.name, "30m", str(today), "lezen")
            return ()
        past = [n for n, s in self.before.items() if s["state"] in ("booked", "held")
                and s["start"] <= self.now and n not in self.spoken]
        if past and self.chance(0.15):
            n = self.rng.choice(sorted(past))
            verb, state = self.rng.choice((("confirm", "held"), ("missed", "missed")))
            self.control.ask("session", verb, f"s{n}")
            self.spoken[n] = state
            return (n,)
        coming = sorted(n for n, s in self.before.items() if s["state"] == "booked"
                        and s["start"] > self.now and s["duo"])
        if coming and self.chance(0.15):
            return self.speak(self.rng.choice(coming))
        return self.solve_clash()

    def say(self, *words):
        self.control.send(*words)
        return self.control.receive()

    def speak(self, n):
        verb = self.rng.choice(("pin", "unpin", "cancel", "move", "move"))
        if verb == "move":
            return self.move(n)
        ok, _, why = self.say("session", verb, f"s{n}")
        self.hold(ok, f"{verb} s{n}: {why}")
        if verb == "cancel":
            self.spoken[n] = "cancelled"
        return (n,)

    def move(self, n):
        if self.before[n]["duo"] is None:  # of everybody: a day later, when two can come then
            return self.move_to(n, self.before[n]["start"] + 86400)
        year, week, _ = (day_of(self.now) + dt.timedelta(days=self.rng.choice((1, 7, 14)))
                         ).isocalendar()
        slots = self.control.json("slots", self.before[n]["duo"], "--week",
                                  f"{year}-W{week:02d}")["slots"]
        slots = [s for s in slots if not s["provisional"]]
        if not slots:
            return ()
        start = dt.datetime.strptime(self.rng.choice(slots)["start"], "%Y-%m-%dT%H:%M:%S%z")
        return self.move_to(n, int(start.timestamp()))

    def move_to(self, n, at):
        ok, _, why = self.say("session", "move", f"s{n}", text(at))
        self.hold(ok or why.startswith("err conflict"), why)
        return (n,) if ok else ()

    def solve_clash(self):
        """A member presses one of the three places that are offered."""
        if not self.clashes or not self.chance(0.6):
            return None
        clash = self.rng.choice(self.control.json("session", "list")["clashes"])
        if not clash["alternatives"]:
            return ()
        n = int(clash["session"][1:])
        place = self.rng.choice(clash["alternatives"])
        start = dt.datetime.strptime(place["start"], "%Y-%m-%dT%H:%M:%S%z")
        minutes = (dt.datetime.strptime(place["end"], "%Y-%m-%dT%H:%M:%S%z") - start).seconds // 60
        ok, _, why = self.say("session", "move", f"s{n}", text(int(start.timestamp())),
                              f"{minutes}m")
        self.hold(ok, f"s{n} cannot go where it was offered to: {why}")
        return (n,)

    # ---- the year ----

    def live(self):
        self.now = at(START - dt.timedelta(days=6), dt.time(6))
        files = {f"{p.name}.ics": p.file(self.now) for p in self.people.values()}
        # in memory: what a power cut would leave is another test's question
        root = tempfile.mkdtemp(prefix="td", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.d = Daemon(roster=self.roster(), timetables=files, clock=text(self.now), root=root)
        failed = True
        try:
            self.d.start()
            self.control = Control(self.d.socket, timeout=60)
            self.paths = feed_paths(self.control)
            # the first plan is made at once: there is no time before it that it must leave alone
            self.look(by_hand=())
            while day_of(self.now) <= END + dt.timedelta(days=4):
                self.a_day()
            failed = False
            return self.result()
        finally:
            self.d.close(failed)
            shutil.rmtree(root, ignore_errors=True)

    def a_day(self):
        self.control.ask("clock", "advance", "1d")
        self.now += DAY
        self.look()
        if self.schools():
            self.look()
        about = self.people_do()
        if about is not None:
            self.look(by_hand=about)
        if day_of(self.now).weekday() == 6:
            self.feeds()

    def result(self):
        rows = self.control.json("report")["rows"]
        gap = max(r["gap_longest"] or 0 for r in rows)
        open_ = [n for n, s in self.before.items() if s["state"] in ("booked", "provisional")]
        self.hold(open_ == [], f"the year is over and {open_} are still to come")
        mine = [n for n in self.first if n not in self.spoken]
        kept = sum((self.before[n]["start"], self.before[n]["end"]) == self.first[n]
                   and self.before[n]["state"] != "cancelled" for n in mine)
        held = sum(r["held_min"] for r in rows) / sum(r["budget_min"] for r in rows)
        return {"seed": self.seed, "gap": gap, "sessions": len(self.first), "kept": kept,
                "of": len(mine), "moved": self.moved, "experts": self.experts, "chose": self.chose, "cancelled": self.cancelled,
                "clashes": self.seen_clashes, "ill": self.ill, "failures": self.failures,
                "held": held}


def live(seed):
    r = Year(seed).live()
    print(f"year {seed}: longest gap {r['gap']} open days, {r['kept']} of {r['of']} sessions kept "
          f"their first place ({100 * r['kept'] // max(r['of'], 1)} %), "
          f"{r['moved']} moves ({r['chose']} because it pays), "
          f"{r['cancelled']} cancelled, {r['clashes']} clashes told, {r['ill']} absences, "
          f"{r['failures']} failures, {r['experts']} expert sessions placed, "
          f"{100 * r['held']:.0f} % of the hours held", flush=True)
    return r


def test_simulated_years():
    if os.environ.get("TANDEM_SEED"):
        live(int(os.environ["TANDEM_SEED"]))
        return
    first = random.SystemRandom().randrange(1 << 30)
    n = int(os.environ.get("TANDEM_YEARS") or (200 if LONG else 4))
    with ThreadPoolExecutor(2) as pool:
        years = list(pool.map(live, range(first, first + n)))
    kept = sum(r["kept"] for r in years) / sum(r["of"] for r in years)
    print(f"{len(years)} years: longest gap {max(r['gap'] for r in years)}, "
          f"{100 * kept:.1f} % kept, {sum(r['clashes'] for r in years)} clashes told")
    assert kept > 0.25
    assert sum(r["moved"] for r in years) and sum(r["ill"] for r in years)
