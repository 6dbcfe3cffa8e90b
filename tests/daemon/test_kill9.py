"""kill -9 between the request and the answer of running changes: what was acknowledged is there,
what was not is there whole or not at all, and nobody's feed goes back in time.

Each round sends one to three changes over raw control connections, waits a random part of the time
that such changes take, looks for answers, and kills. Only a kill that left at least one request
without an answer counts."""
import datetime as dt
import random
import shutil
import time

from harness import Daemon
from living import (AMSTERDAM, LONG, Control, Programme, assert_whole, feed_paths, get,
                    open_store, seed, stored_entries, stored_obligations, stored_sessions, utc)

KILLS = 1000 if LONG else 100
DAY = 86400


class Request:
    """One change under way: its words, what came of it, and how to tell."""

    def __init__(self, kind, words, check, **known):
        self.kind, self.words, self.check = kind, words, check
        self.known = known
        self.answer = None
        self.control = None

    @property
    def acked(self):
        return self.answer is not None and self.answer[0]


class Seen:
    """Everything that outsiders can see of a daemon at rest, and its store."""

    def __init__(self, d, control):
        control.ask("wait")
        self.now = control.json("clock")["now"]
        self.roster = control.json("status")["roster"]["hash"]
        self.sessions = stored_sessions(d.root / "db")
        self.due = stored_obligations(d.root / "db")
        self.entries = stored_entries(d.root / "db")
        self.paths = feed_paths(control)
        self.feeds = {key: get(d.port, path) for key, path in self.paths.items()}
        for key, feed in self.feeds.items():
            assert feed.status == 200, (key, feed.status, feed.body)

    @property
    def at(self):
        return int(dt.datetime.strptime(self.now, "%Y-%m-%dT%H:%M:%S%z").timestamp())

    def day(self):
        return dt.datetime.fromtimestamp(self.at, AMSTERDAM).date()

    def rows_of(self, owner):
        return {n: s for n, s in self.sessions.items() if s["sequence"] >= 0 and (
            owner == "programme" or owner == s["duo"] or owner in s["attendees"] or owner in s["left"])}

    def due_of(self, owner):
        return {n: o for n, o in self.due.items()
                if owner in ("programme", o["duo"], o["a"], o["b"])}


class Campaign:
    def __init__(self, d, programme, rng):
        self.d, self.programme, self.rng = d, programme, rng
        self.kills = self.rounds = self.number = 0
        self.of_kind = {}
        self.lost_answer = {}  # kinds whose unanswered change was there all the same
        self.took = {}         # kind: seconds that it takes, as seen
        self.acked = []        # requests whose mark must be there for ever
        self.connect()

    def connect(self):
        self.control = Control(self.d.socket)

    # ---- requests ----

    def future(self, duo=None, slack=0):
        at = self.seen.at
        return [(n, s) for n, s in self.seen.sessions.items()
                if s["state"] == "booked" and s["start"] > at + slack
                and (duo is None or s["duo"] == duo)]

    def slot(self, duo):
        """A free start of that duo in one of the coming weeks."""
        week = self.seen.day() + dt.timedelta(days=7 * self.rng.randrange(1, 9))
        year, number, _ = week.isocalendar()
        slots = self.control.json("slots", duo, "--week", f"{year}-W{number:02d}")["slots"]
        return self.rng.choice(slots)["start"] if slots else None

    def duo(self):
        return "-".join(self.rng.choice(self.programme.duos))

    def person(self):
        return self.rng.choice(self.programme.persons)

    def mark(self):
        self.number += 1
        return f"mark {self.number}"

    def book(self):
        duo = self.duo()
        start = self.slot(duo)
        if not start:
            return None
        at = int(dt.datetime.strptime(start, "%Y-%m-%dT%H:%M:%S%z").timestamp())
        minutes = self.rng.choice((60, 75, 90))

        def check(r, seen):
            there = [n for n, s in seen.sessions.items() if s["duo"] == duo and s["pinned"]
                     and s["start"] == at and s["end"] == at + 60 * minutes
                     and s["state"] != "provisional" and n not in r.known["before"]]
            return bool(there)
        return Request("book", ["session", "book", duo, start, f"{minutes}m"], check,
                       before=set(self.seen.sessions))

    def move(self):
        duo = self.duo()
        mine = self.future(duo)
        start = self.slot(duo)
        if not mine or not start:
            return None
        number, was = self.rng.choice(mine)
        at = int(dt.datetime.strptime(start, "%Y-%m-%dT%H:%M:%S%z").timestamp())

        def check(r, seen):
            s = seen.sessions[number]
            if (s["start"], s["end"], s["pinned"]) != (at, at + was["end"] - was["start"], 1):
                return False
            assert s["sequence"] > was["sequence"] or at == was["start"]
            assert s["modified"] > was["modified"]
            return True
        return Request("move", ["session", "move", f"s{number}", start], check)

    def cancel(self):
        mine = self.future()
        if not mine:
            return None
        number, was = self.rng.choice(mine)
        text = self.mark()

        def check(r, seen):
            s = seen.sessions[number]
            if s["state"] != "cancelled" or s["reason"] != text:
                return False
            assert s["sequence"] == was["sequence"] + 1 and s["modified"] > was["modified"]
            return True
        return Request("cancel", ["session", "cancel", f"s{number}", text], check)

    def speak(self):
        past = [(n, s) for n, s in self.seen.sessions.items() if s["start"] <= self.seen.at
                and s["state"] in ("booked", "held", "missed")]
        if not past:
            return None
        number, _ = self.rng.choice(past)
        verb, state = self.rng.choice((("confirm", "held"), ("missed", "missed")))
        text = self.mark()

        def check(r, seen):
            s = seen.sessions[number]
            return s["state"] == state and s["reason"] == text
        return Request(verb, ["session", verb, f"s{number}", text], check)

    def hours(self):
        person, text = self.person(), self.mark()
        minutes = self.rng.randrange(1, 9)

        def check(r, seen):
            there = [e for e in seen.entries if e["text"] == text]
            assert len(there) <= 1
            if there:
                assert (there[0]["person"], there[0]["minutes"]) == (person, minutes)
            return bool(there)
        words = ["hours", "add", person, f"{minutes}m", str(self.seen.day()), text]
        return Request("hours", words, check)

    def link(self):
        owner, label = self.person(), self.mark()
        kind = self.rng.choice(("feed", "busy"))

        def check(r, seen):
            return (owner, kind, label) in seen.paths
        return Request("link", ["link", "new", kind, owner, label], check)

    def hand_in(self):
        """Handed in, or opened again with a reason that nobody else gives."""
        number, was = self.rng.choice(sorted(self.seen.due.items()))
        text = self.mark()
        done = was["state"] == "open"

        def check(r, seen):
            o = seen.due[number]
            if o["state"] != ("done" if done else "open") or (not done and o["reason"] != text):
                return False
            assert o["sequence"] > was["sequence"] and o["modified"] > was["modified"]
            return True
        words = ["done", f"o{number}"] if done else ["reopen", f"o{number}", text]
        return Request("hand_in", ["obligation", *words], check)

    def reload(self):
        """Another topic, and another day on which plans are due: that plans nobody again."""
        duo = self.duo()
        self.programme.topics[duo] = self.mark()
        weeks = self.rng.randrange(3, 9)
        self.d.write("roster.ini", self.programme.roster().replace(
            "[programme]\n", f"[programme]\nplan_due = {weeks}w\n"))

        def check(r, seen):
            # the start takes the roster on disk too: without an answer there is nothing to tell
            if r.acked:
                assert seen.roster == r.answer[1].split()[-1]
            return r.acked
        return Request("reload", ["reload"], check)

    def refresh(self):
        """A lesson on top of a session that comes: the session has to go elsewhere."""
        mine = self.future(slack=4 * DAY)
        if not mine:
            return None
        number, s = self.rng.choice(mine)
        person = self.rng.choice(s["attendees"])
        start = dt.datetime.fromtimestamp(s["start"], AMSTERDAM).replace(tzinfo=None)
        week = [e for e in self.programme.weeks[person] if not e[0].startswith("extra")]
        extra = [e for e in self.programme.weeks[person] if e[0].startswith("extra")][-2:]
        self.number += 1
        extra.append((f"extra{self.number}", start, 45, 1))
        self.programme.weeks[person] = week + extra
        self.d.write(f"{person}.ics", self.programme.timetable(person))

        def check(r, seen):
            for n, is_ in seen.sessions.items():
                if person in is_["attendees"] and is_["state"] == "booked" and \
                        is_["start"] >= seen.at + 2 * DAY:
                    for _, at, length, _ in extra:
                        assert not (is_["start"] < utc(at) + 60 * length and
                                    utc(at) < is_["end"]), (r.words, n, is_, at)
            return True
        return Request("refresh", ["source", "refresh", f"{person}-1"], check)

    def advance(self):
        seconds = self.rng.choice((600, 7 * 3600, DAY, 3 * DAY + 3600))
        before = self.seen.at

        def check(r, seen):
            assert before <= seen.at <= before + seconds, "the clock went astray"
            return seen.at == before + seconds
        return Request("advance", ["clock", "advance", f"{seconds // 60}m"], check)

    def requests(self):
        """One to three changes that do not touch the same thing."""
        makers = [self.book, self.move, self.cancel, self.speak, self.hours, self.link,
                  self.hand_in, self.reload, self.refresh, self.advance]
        n = self.rng.choice((1, 1, 2, 3))
        chosen = [maker() for maker in self.rng.sample(makers, n)]
        return [r for r in chosen if r]

    # ---- a train: many changes sent at once over one connection, done one after the other ----

    def train(self):
        control = Control(self.d.socket)
        requests = [self.hours() for _ in range(12)]
        control.sock.sendall("".join(control.line(*r.words) for r in requests).encode())
        end = time.monotonic() + self.rng.uniform(0, 1.2) * self.took.get("train", 0.02)
        begin = time.monotonic()
        while time.monotonic() < end:
            pass
        self.d.kill9()
        for r in requests:
            r.answer = control.poll()
            if not r.answer:
                break
        acked = [r for r in requests if r.acked]
        if len(acked) < len(requests):
            self.kills += 1
            self.of_kind["train"] = self.of_kind.get("train", 0) + 1
        else:
            self.took["train"] = (time.monotonic() - begin) * 0.8
        if len(acked) < 3:
            self.took["train"] = self.took.get("train", 0.02) * 1.3
        control.close()
        self.look_at_the_dead()
        self.d.start()
        self.connect()
        before, self.seen = self.seen, Seen(self.d, self.control)
        there = [r.check(r, self.seen) for r in requests]
        assert all(there[:len(acked)]), "acknowledged and gone"
        assert not any(there[len(acked) + 1:]), "done before its turn"
        self.lost_answer["train"] = self.lost_answer.get("train", 0) + sum(there[len(acked):])
        self.acked += acked
        self.compare(before, self.seen)
        self.look_at_audit(self.seen)

    # ---- a round ----

    def round(self):
        self.rounds += 1
        if self.rounds % 6 == 0:
            self.train()
            return
        requests = self.requests()
        if not requests:
            return
        for r in requests:
            r.control = Control(self.d.socket)
        patience = max(self.took.get(r.kind, 0.01) for r in requests)
        begin = time.monotonic()
        for r in requests:
            r.control.send(*r.words)
        wait = self.rng.uniform(0, 1.2) * patience
        while time.monotonic() - begin < wait:
            pass  # sleeping is too coarse
        for r in requests:
            r.answer = r.control.poll()
            if r.answer:
                self.note_time(r, time.monotonic() - begin)
        if all(r.answer for r in requests):
            self.settle(requests, None)
            return
        self.d.kill9()
        for r in requests:
            r.answer = r.answer or r.control.poll()
        counts = any(r.answer is None for r in requests)
        self.kills += counts
        for r in requests:
            if counts and r.answer is None:
                self.of_kind[r.kind] = self.of_kind.get(r.kind, 0) + 1
        self.look_at_the_dead()
        self.d.start()
        self.connect()
        self.settle(requests, counts)

    def note_time(self, r, seconds):
        old = self.took.get(r.kind, seconds)
        self.took[r.kind] = 0.8 * old + 0.2 * seconds

    def look_at_the_dead(self):
        """On a copy: looking at the file itself would recover it, which is the daemon's work."""
        aside = self.d.root / "dead"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        for name in ("db", "db-wal"):
            if (self.d.root / name).exists():
                shutil.copy(self.d.root / name, aside / name)
        assert_whole(aside / "db")

    def settle(self, requests, killed):
        before = self.seen
        self.seen = after = Seen(self.d, self.control)
        assert "whole" in self.control.ask("check")
        many = len(requests) > 1
        for r in requests:
            there = r.check(r, after) if not many or r.acked or r.kind in ("hours", "link") \
                else None
            if r.acked and not (many and r.kind in ("book", "move", "speak")):
                assert there, f"acknowledged and gone: {r.words} -> {r.answer}"
            elif r.answer is None and there:
                self.lost_answer[r.kind] = self.lost_answer.get(r.kind, 0) + 1
            if r.acked and r.kind in ("hours", "link"):
                self.acked.append(r)
            r.control.close()
        for r in self.acked:
            assert r.check(r, after), f"acknowledged long ago and gone: {r.words}"
        self.compare(before, after)
        self.look_at_audit(after)

    def compare(self, before, after):
        for n, was in before.sessions.items():
            if n not in after.sessions:
                assert was["sequence"] < 0, f"s{n} was published and is gone"
                continue
            is_ = after.sessions[n]
            assert is_["sequence"] >= was["sequence"] and is_["modified"] >= was["modified"]
            if (is_["start"], is_["end"]) != (was["start"], was["end"]) and was["sequence"] >= 0:
                assert is_["sequence"] > was["sequence"], f"s{n} moved, SEQUENCE did not grow"
            if is_["state"] == "held" and is_["assumed"]:
                assert is_["end"] + 3 * DAY <= after.at, f"s{n} is held before its time"
        for n, was in before.due.items():
            is_ = after.due[n]  # never deleted
            assert is_["sequence"] >= was["sequence"] and is_["modified"] >= was["modified"]
            if (is_["due"], is_["state"]) != (was["due"], was["state"]):
                assert is_["sequence"] > was["sequence"], f"o{n} changed, SEQUENCE did not grow"
        assert before.entries == after.entries[:len(before.entries)], "the ledger lost a line"
        for key, was in before.feeds.items():
            self.compare_feeds(key, was, after.feeds[key], before, after)

    def compare_feeds(self, key, was, is_, before, after):
        if before.rows_of(key[0]) == after.rows_of(key[0]) and before.day() == after.day() and \
                before.due_of(key[0]) == after.due_of(key[0]):
            assert was.key() == is_.key(), f"{key}: nothing changed, but the feed did"
            return
        old, new = was.all_events(), is_.all_events()
        for uid in old.keys() & new.keys():
            assert int(old[uid]["SEQUENCE"]) <= int(new[uid]["SEQUENCE"])
            assert old[uid]["LAST-MODIFIED"] <= new[uid]["LAST-MODIFIED"]
            if old[uid]["LAST-MODIFIED"] == new[uid]["LAST-MODIFIED"]:
                assert old[uid]["bytes"] == new[uid]["bytes"], f"{key}: {uid} changed in silence"

    def look_at_audit(self, after):
        """What was done by hand is in the audit log exactly once, with it or not at all."""
        db = open_store(self.d.root / "db")
        told = [w for (w,) in db.execute("SELECT what FROM audit WHERE what LIKE 'session book s%'"
                                         " AND way = 'control'")]
        entries = [w for (w,) in db.execute("SELECT what FROM audit WHERE what LIKE 'hours entry%'")]
        db.close()
        assert len(told) == len(set(told))
        solo = [e for e in after.entries if e["session"] is None]
        assert len(entries) == len(solo)

    def quiet_kill(self):
        """Nothing under way: nothing may differ."""
        before = self.seen
        self.d.kill9()
        self.d.start()
        self.connect()
        self.seen = after = Seen(self.d, self.control)
        changed = {n: (s, after.sessions.get(n)) for n, s in before.sessions.items()
                   if s != after.sessions.get(n)}
        assert before.sessions == after.sessions, f"at {before.now} a restart changed {changed}"
        for key, was in before.feeds.items():
            is_ = after.feeds[key]
            assert was.body.decode().splitlines() == is_.body.decode().splitlines(), key
            assert was.key() == is_.key(), key
        assert before.entries == after.entries and before.due == after.due
        assert (before.now, before.roster) == (after.now, after.roster)

    def live(self):
        self.seen = Seen(self.d, self.control)
        while self.kills < KILLS:
            self.round()
            if self.rounds % 25 == 0:
                self.quiet_kill()
        self.quiet_kill()


def test_kill9_between_request_and_answer():
    rng = random.Random(seed())
    programme = Programme(rng, duos=3, share=0.45)
    d = Daemon(roster=programme.roster(), timetables=programme.timetables())
    failed = True
    try:
        d.start()
        d.advance("9d")
        campaign = Campaign(d, programme, rng)
        campaign.live()
        failed = False
    finally:
        if not failed:
            print(f"{campaign.kills} kills with a request under way in {campaign.rounds} rounds: "
                  f"{campaign.of_kind}; done though not answered: {campaign.lost_answer}; "
                  f"{len(campaign.acked)} acknowledged hours and links found again each time")
        d.close(failed)
