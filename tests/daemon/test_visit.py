"""Lesson visits: both ways, for who is free, with the way there; they follow their lesson, and what
a lesson is called is known only while the roster asks for it."""
import datetime as dt
import os

from harness import (AMSTERDAM, EASY_ROSTER, MONDAY, event, local, minutes, moment, programme, section,
                     timetable, weekly)

# anna teaches on Tuesday and Thursday, bram on Monday and Wednesday; the dentist is nobody's business
ANNA = [("a1", 1, (10, 11), "EN2A Spreken", "D2.02"), ("a2", 3, (14, 15), "EN3B Lezen", "D1.07")]
BRAM = [("b1", 0, (10, 11), "WI1A Breuken", "A0.01"), ("b2", 2, (13, 14), "WI4C Kansen", "A0.02")]


def lessons(rows, *more, skip=()):
    return timetable(*(weekly(uid, MONDAY + dt.timedelta(days=day), hours,
                              days=["MO", "TU", "WE", "TH", "FR"][day], summary=title)
                       .replace("END:VEVENT", f"LOCATION:{place}\r\nEND:VEVENT")
                       for uid, day, hours, title, place in rows if uid not in skip),
                     event("privé", dt.datetime(2026, 9, 4, 9), dt.datetime(2026, 9, 4, 10),
                           "LOCATION:Kerkstraat 12", summary="Tandarts Jansen"), *more)


TIMETABLES = {"anna.ics": lessons(ANNA), "bram.ics": lessons(BRAM)}


def roster(anna="lesson=^EN", bram="lesson=^WI", **keys):
    def line(name, policy):
        return f'{name}.ics "{policy}"' if policy else f"{name}.ics"
    return (programme(**keys) +
            section("person", "anna", name="Anna de Vrieze", timetable=line("anna", anna)) +
            section("person", "bram", name="Bram Bos", timetable=line("bram", bram)) +
            section("duo", "anna-bram", members="anna bram", topic="Kijken bij elkaar"))


def visits(d, visitor=None, states=("booked",)):
    return [s for s in d.sessions(states=states) if s["kind"] == "visit" and
            (visitor is None or s["attendees"] == [visitor])]


def start(daemon, **keys):
    d = daemon(roster(**keys), TIMETABLES)
    return d


def text(d, owner):
    return d.feed(owner).decode().replace("\r\n ", "")


def summaries(d, owner):
    return [line[8:] for line in text(d, owner).split("\r\n") if line.startswith("SUMMARY:")]


def at(session):
    return local(session["start"]).strftime("%a %H:%M")


def test_both_visit_each_other_twice_spread_over_the_year(daemon):
    d = start(daemon)
    for visitor, times in (("anna", {"Mon 10:00", "Wed 13:00"}), ("bram", {"Tue 10:00", "Thu 14:00"})):
        own = visits(d, visitor)
        assert len(own) == 2
        assert {at(s) for s in own} == times  # not the same lesson twice
        first, second = (moment(s["start"]).date() for s in own)
        # the middle of each half of 2026-08-31..2027-07-09
        assert abs((first - dt.date(2026, 11, 16)).days) < 14
        assert abs((second - dt.date(2027, 4, 21)).days) < 14
    days = [local(s["start"]).date() for s in d.sessions(states=["booked"])]
    assert len(days) == len(set(days))  # a visit ends a gap like any session: no second one that day


def test_hours_are_the_visitor_s_alone(daemon):
    d = start(daemon)
    one = visits(d, "anna")[0]
    days = (moment(one["end"]) - d.now()).days + 5
    d.advance(f"{days}d")
    held = {s["id"]: s for s in d.sessions(states=["held"])}
    assert one["id"] in held
    both = sum(minutes(s) for s in held.values() if s["attendees"] == ["anna", "bram"])
    own = {p: sum(minutes(s) for s in held.values() if s["attendees"] == [p]) for p in ("anna", "bram")}
    rows = {r["person"]: r for r in d.ctl("report", json=True)["rows"]}
    assert own["anna"] >= 60
    for person in ("anna", "bram"):
        assert rows[person]["held_min"] == both + own[person]
        assert rows[person]["held_min"] + rows[person]["booked_min"] + \
            rows[person]["provisional_min"] <= 4500


def test_the_way_there_and_back_has_to_be_free(daemon):
    # bram teaches on Tuesday from 11:20: twenty minutes after anna's lesson
    more = weekly("b3", MONDAY + dt.timedelta(days=1), (11, 12), days="TU", summary="Overleg") \
        .replace("T110000", "T112000")
    tables = dict(TIMETABLES, **{"bram.ics": lessons(BRAM, more)})
    d = daemon(roster(travel="20m"), tables)
    assert {at(s) for s in visits(d, "bram")} == {"Tue 10:00", "Thu 14:00"}
    d.edit_roster("travel = 20m", "travel = 25m")
    d.ctl("reload")
    d.ctl("wait")
    assert {at(s) for s in visits(d, "bram")} == {"Thu 14:00"}
    assert len(visits(d, "anna")) == 2
    listing = d.ctl("slots", "anna-bram", "--visits", json=True)
    tuesdays = [v for v in listing["visits"] if at(v) == "Tue 10:00"]
    assert tuesdays and not any(v["fits"] for v in tuesdays)
    assert all("bram is busy" in v["reason"] for v in tuesdays)


def test_a_visit_moves_with_its_lesson(daemon):
    d = start(daemon)
    was = visits(d, "bram")[0]
    day = local(was["start"])
    plain = day.replace(tzinfo=None)
    uid, hours = ("a1", "T100000") if at(was) == "Tue 10:00" else ("a2", "T140000")
    title, place = ("EN2A Spreken", "D2.02") if uid == "a1" else ("EN3B Lezen", "D1.07")
    # that week the lesson is a day later, at nine
    moved = event(uid, plain.replace(hour=9) + dt.timedelta(days=1),
                  plain.replace(hour=10) + dt.timedelta(days=1),
                  f"RECURRENCE-ID;TZID=Europe/Amsterdam:{plain:%Y%m%d}{hours}", f"LOCATION:{place}",
                  summary=title)
    d.write("anna.ics", lessons(ANNA, moved))
    d.ctl("source", "refresh", "anna-1")
    d.ctl("wait")
    now = d.session(was["id"])
    assert now["state"] == "booked"
    assert local(now["start"]).replace(tzinfo=None) == plain.replace(hour=9) + dt.timedelta(days=1)
    assert now["sequence"] == was["sequence"] + 1
    assert "no longer in the timetable of anna then" in now["reason"]
    # bram has no time then: another lesson takes its place, under the same UID
    busy = event("b9", plain.replace(hour=9) + dt.timedelta(days=1),
                 plain.replace(hour=10) + dt.timedelta(days=1), summary="Examen")
    d.write("bram.ics", lessons(BRAM, busy))
    d.ctl("source", "refresh", "bram-1")
    d.ctl("wait")
    again = d.session(was["id"])
    assert again["state"] == "booked" and again["sequence"] == was["sequence"] + 2
    assert at(again) in ("Tue 10:00", "Thu 14:00")
    assert len(visits(d, "bram")) == 2


def test_visits_without_lessons_are_cancelled_with_a_reason(daemon):
    d = start(daemon)
    was = visits(d, "bram")
    d.write("anna.ics", lessons(ANNA, skip=("a1", "a2")) .replace(
        "END:VCALENDAR", weekly("andere", MONDAY, (8, 9), days="MO,TU,WE,TH,FR", summary="Overleg") +
        "END:VCALENDAR"))
    d.ctl("source", "refresh", "anna-1")
    if d.ctl("source", "list", json=True)["sources"][0]["state"] == "quarantined":
        d.ctl("source", "accept", "anna-1")
    d.ctl("wait")
    assert visits(d, "bram") == [] and len(visits(d, "anna")) == 2
    for s in was:
        now = d.session(s["id"])
        assert now["state"] == "cancelled"
        assert now["reason"] == "the lesson is no longer in the timetable of anna then"
    assert sum(line.startswith("VERVALLEN: Lesbezoek bij Anna de Vrieze") for line in summaries(d, "bram")) == 2
    listing = d.ctl("slots", "anna-bram", "--visits", json=True)
    assert [v for v in listing["visits"] if v["host"] == "anna"] == []
    assert any("no coming lesson of anna is one to visit" in r for r in listing["reasons"])


def test_feeds_name_the_lesson_and_nothing_else(daemon):
    d = start(daemon)
    assert any(s in ("Lesbezoek bij Bram Bos: WI1A Breuken", "Lesbezoek bij Bram Bos: WI4C Kansen")
               for s in summaries(d, "anna"))
    assert "LOCATION:A0.01" in text(d, "anna") or "LOCATION:A0.02" in text(d, "anna")
    assert not any("Lesbezoek bij Anna" in s for s in summaries(d, "anna"))  # the host is no attendee
    assert any("Lesbezoek – Bram Bos bij Anna de Vrieze: EN" in s for s in summaries(d, "anna-bram"))
    for owner in ("anna", "bram", "anna-bram", "programme"):
        assert "Tandarts" not in text(d, owner) and "Kerkstraat" not in text(d, owner)
    busy = d.feed("anna", kind="busy").decode()
    assert "WI1A" not in busy and "A0.0" not in busy and "Bram" not in busy
    # a lesson that is called otherwise: the same visit, with a younger LAST-MODIFIED
    before, was = visits(d, "anna"), text(d, "anna")
    d.advance("1h")
    d.write("bram.ics", TIMETABLES["bram.ics"].replace("Breuken", "Procenten").replace("Kansen", "Kansspelen"))
    d.ctl("source", "refresh", "bram-1")
    d.ctl("wait")
    now = text(d, "anna")
    assert "Procenten" in now and "Breuken" not in now
    assert [(s["id"], s["start"], s["sequence"]) for s in visits(d, "anna")] == \
        [(s["id"], s["start"], s["sequence"]) for s in before]

    def stamp(feed, id_):
        part = next(p for p in feed.split("BEGIN:VEVENT") if f"UID:{id_}@" in p)
        return next(line for line in part.split("\r\n") if line.startswith("LAST-MODIFIED"))
    assert all(stamp(now, s["id"]) > stamp(was, s["id"]) for s in before)
    # a lesson that is given elsewhere: another version, for clients that look at SEQUENCE alone
    d.write("bram.ics", TIMETABLES["bram.ics"].replace("Breuken", "Procenten")
            .replace("Kansen", "Kansspelen").replace("A0.0", "C9.0"))
    d.ctl("source", "refresh", "bram-1")
    d.ctl("wait")
    assert "C9.0" in text(d, "anna") and "A0.0" not in text(d, "anna")
    assert [(s["id"], s["start"], s["sequence"]) for s in visits(d, "anna")] == \
        [(s["id"], s["start"], s["sequence"] + 1) for s in before]
    assert all(stamp(text(d, "anna"), s["id"]) > stamp(now, s["id"]) for s in before)


def on_disk(d, what):
    return [f.name for f in d.root.iterdir() if f.name.startswith("db") and
            what.encode() in f.read_bytes()]


def test_without_the_policy_nothing_is_kept(daemon):
    d = start(daemon, anna=None, bram=None)
    assert visits(d) == []
    d.stop()
    for what in ("Spreken", "Kansen", "D2.02", "Tandarts", "Kerkstraat"):
        assert on_disk(d, what) == []


def test_taking_the_policy_out_cancels_and_forgets(daemon):
    d = start(daemon)
    assert on_disk(d, "EN2A Spreken") and not on_disk(d, "Tandarts") and not on_disk(d, "Kerkstraat")
    was = visits(d, "bram")
    d.edit_roster('anna.ics "lesson=^EN"', "anna.ics")
    d.ctl("reload")
    d.ctl("wait")
    assert visits(d, "bram") == [] and len(visits(d, "anna")) == 2
    for s in was:
        now = d.session(s["id"])
        assert now["state"] == "cancelled"
        assert now["reason"] == "no timetable of anna names lessons to visit any more"
    for what in ("EN2A", "EN3B", "Spreken", "D2.02"):
        assert on_disk(d, what) == []  # while it runs, the log too
        assert what not in text(d, "bram") and what not in text(d, "anna-bram")
    assert on_disk(d, "WI1A Breuken")  # of bram it is still asked for
    listing = d.ctl("slots", "anna-bram", "--visits", json=True)
    assert {v["host"] for v in listing["visits"]} == {"bram"}
    assert any("no timetable of anna has a lesson pattern" in r for r in listing["reasons"])


def test_it_is_forgotten_even_when_the_file_is_gone(daemon):
    d = start(daemon)
    (d.root / "anna.ics").unlink()
    d.edit_roster('anna.ics "lesson=^EN"', "anna.ics")
    d.ctl("reload")
    d.ctl("wait")
    assert visits(d, "bram") == []
    assert on_disk(d, "EN2A") == []


def test_a_restart_changes_nothing(daemon):
    d = start(daemon)
    before, feed = d.sessions(), d.feed("bram")
    d.restart()
    assert d.sessions() == before
    assert d.feed("bram") == feed
    assert "EN2A" in d.feed("bram").decode()


def test_behind_the_horizon_visits_are_provisional(daemon):
    d = daemon(roster(anna="lesson=^EN horizon=10w".split()[0] + '" "horizon=10w'), TIMETABLES)
    booked, provisional = visits(d, "bram"), visits(d, "bram", states=["provisional"])
    assert len(provisional) == 2 - len(booked) >= 1
    ids = {s["id"] for s in booked + provisional}
    d.advance("70d")
    d.ctl("wait")
    now = visits(d, "bram", states=["booked", "held", "provisional"])
    assert {s["id"] for s in now} == ids
    assert sum(s["state"] != "provisional" for s in now) >= 1
    assert all(s["sequence"] == -1 for s in now if s["state"] == "provisional")
    d.advance("130d")
    d.ctl("wait")
    now = visits(d, "bram", states=["booked", "held", "provisional"])
    assert {s["id"] for s in now} == ids and all(s["state"] != "provisional" for s in now)


def test_by_hand_a_visit_is_moved_onto_a_lesson_only(daemon):
    d = start(daemon)
    one = visits(d, "bram")[0]
    week = (local(one["start"]) + dt.timedelta(days=7)).strftime("%Y-%m-%d")
    a = d.ctl("session", "move", one["id"], f"{week}T16:00", expect=75)
    assert "anna has none to visit just then" in a.err
    a = d.ctl("session", "move", one["id"], f"{week}T{local(one['start']):%H:%M}", "3h", expect=75)
    d.ctl("session", "move", one["id"], f"{week}T{local(one['start']):%H:%M}")
    now = d.session(one["id"])
    assert now["pinned"] and now["kind"] == "visit" and now["attendees"] == ["bram"]
    assert minutes(now) == 60 and local(now["start"]).strftime("%Y-%m-%d") == week
    d.ctl("wait")
    assert d.session(one["id"]) == now and len(visits(d, "bram")) == 2
    # cancelled: another one comes, on another day
    d.ctl("session", "cancel", one["id"], "ziek")
    d.ctl("wait")
    rest = visits(d, "bram")
    assert len(rest) == 2 and one["id"] not in {s["id"] for s in rest}
    assert week not in {local(s["start"]).strftime("%Y-%m-%d") for s in rest}


def test_fewer_visits_and_other_lengths_are_taken_at_a_reload(daemon):
    d = start(daemon, visits="2 x 1h")
    was = visits(d)
    assert len(was) == 4
    d.edit_roster("visits = 2 x 1h", "visits = 1 x 1h")
    a = d.ctl("reload", "--dry-run")
    assert "2 to cancel" in a
    d.ask("reload")
    d.ctl("wait")
    assert len(visits(d, "anna")) == len(visits(d, "bram")) == 1
    d.edit_roster("visits = 1 x 1h", "visits = none")
    d.ctl("reload")
    d.ctl("wait")
    assert visits(d) == []
    gone = [d.session(s["id"]) for s in was]
    assert {s["reason"] for s in gone} == {"the programme asks for fewer visits by now"}


def test_inside_the_freeze_a_visit_stands_and_is_told(daemon):
    d = start(daemon)
    one = visits(d, "bram")[0]
    d.advance(f"{(moment(one['start']) - d.now()).days - 1}d")
    day = local(one["start"]).replace(tzinfo=None)
    uid = "a1" if at(one) == "Tue 10:00" else "a2"
    gone = event(uid, day, day + dt.timedelta(hours=1), "STATUS:CANCELLED",
                 f"RECURRENCE-ID;TZID=Europe/Amsterdam:{day:%Y%m%dT%H%M%S}", summary="EN ziek")
    d.write("anna.ics", lessons(ANNA, gone))
    d.ctl("source", "refresh", "anna-1")
    d.ctl("wait")
    assert d.session(one["id"])["start"] == one["start"]
    assert d.session(one["id"])["state"] == "booked"
    (clash,) = d.ctl("session", "list", json=True)["clashes"]
    assert clash["session"] == one["id"]
    assert clash["why"] == "the lesson is not in the timetable of anna any more"
    assert len(clash["alternatives"]) == 3
    there = clash["alternatives"][0]["start"]
    d.ctl("session", "move", one["id"], there)
    assert d.session(one["id"])["start"] == there
    assert d.ctl("session", "list", json=True)["clashes"] == []


def test_pages_name_the_host_and_the_lesson(daemon):
    d = start(daemon)
    page = d.get(d.link("me", "anna")).text
    assert "Bram Bos (WI1A Breuken, A0.01)" in page or "Bram Bos (WI4C Kansen, A0.02)" in page
    assert "Tandarts" not in page
    report = d.get(d.link("report", "programme")).text
    assert "WI1A" not in report and "WI4C" not in report


def test_two_visitors_may_sit_in_one_lesson(daemon):
    text_ = (roster() + section("person", "cato", name="Cato", timetable="none") +
             section("duo", "anna-cato", members="anna cato", topic="Ook kijken"))
    d = daemon(text_, TIMETABLES)
    assert len(visits(d, "bram")) == len(visits(d, "cato")) == 2
    one = visits(d, "cato")[0]
    other = visits(d, "bram")[0]
    d.ctl("session", "move", one["id"], local(other["start"]).strftime("%Y-%m-%dT%H:%M"))
    assert d.session(one["id"])["start"] == other["start"] == d.session(other["id"])["start"]
    d.ctl("wait")
    assert d.session(other["id"])["state"] == "booked"


def test_absent_hosts_are_not_visited(daemon):
    d = start(daemon)
    one = visits(d, "bram")[0]
    day = local(one["start"]).strftime("%Y-%m-%d")
    d.ctl("absent", "anna", f"{day}..{day}")
    d.ctl("wait")
    now = d.session(one["id"])
    assert now["state"] == "booked" and local(now["start"]).strftime("%Y-%m-%d") != day
    assert "anna is absent" in now["reason"]


def test_what_if_looks_for_other_visits_as_a_reload_does(daemon):
    """A week without anna: the visit of that week is supposed to be elsewhere, and it will be."""
    d = start(daemon)
    first = moment(visits(d, "anna")[0]["start"]).date()
    monday = first - dt.timedelta(days=first.weekday())
    away = f"absent {monday}..{monday + dt.timedelta(days=4)}"

    def of(plan):
        return [(s["start"], s["end"]) for s in plan["sessions"] if s["kind"] == "visit"]
    was = of(d.ctl("plan", "anna-bram", json=True))
    supposed = d.ctl("plan", "anna-bram", "--what-if", f"anna {away}", json=True)
    d.edit_roster("name = Anna de Vrieze", f"name = Anna de Vrieze\n{away.replace(' ', ' = ')}")
    d.ctl("reload")
    d.ctl("wait")
    is_ = d.ctl("plan", "anna-bram", json=True)
    assert of(supposed) == of(is_) != was
    assert supposed["placed_min"] == is_["placed_min"]
    assert supposed["longest_gap"] == is_["longest_gap"]


def test_a_duo_without_lessons_is_as_before(daemon):
    d = daemon(EASY_ROSTER, {"anna.ics": timetable(weekly("les", MONDAY, (9, 12)))})
    assert visits(d) == []
    a = d.ctl("slots", "anna-bram", "--visits")
    assert a.count("# no timetable of") == 2
    assert AMSTERDAM is not None


class School:
    """Four teachers whose lessons change from day to day; what they teach is known here exactly."""
    PEOPLE = ("anna", "bram", "cato", "dirk")
    DUOS = (("anna", "bram"), ("anna", "cato"), ("cato", "dirk"))

    def __init__(self, rng):
        self.rng = rng
        self.table = {p: {} for p in self.PEOPLE}  # start -> (minutes, title)
        for p in self.PEOPLE:
            for day, hour in {(rng.randrange(5), rng.choice((9, 10, 11, 13, 14, 15))) for _ in range(6)}:
                for week in range(44):
                    at = dt.datetime.combine(MONDAY, dt.time(hour)) + dt.timedelta(days=day + 7 * week)
                    self.table[p][at] = (rng.choice((50, 100)) if hour != 11 else 50,
                                         f"{rng.choice(('EN', 'NT'))}{day}{hour}")

    def text(self, p):
        rows = sorted(self.table[p].items())
        return timetable(*(event(f"{p}-{at:%m%d%H%M}", at, at + dt.timedelta(minutes=n),
                                 "LOCATION:Lokaal", summary=title) for at, (n, title) in rows))

    def change(self, p, now):
        """A lesson moves, goes, comes, or gets another name."""
        coming = [at for at in self.table[p] if at > now]
        what = self.rng.randrange(4)
        if not coming:
            return
        at = self.rng.choice(sorted(coming)[:60])
        n, title = self.table[p][at]
        to = at + dt.timedelta(days=self.rng.choice((-2, -1, 1, 2)), hours=self.rng.choice((-1, 0, 1)))
        free = all(abs(to - other) >= dt.timedelta(minutes=110) for other in self.table[p] if other != at)
        if what < 2 and free and to.weekday() < 5:
            del self.table[p][at]
            self.table[p][to] = (n, title)
        elif what == 2:
            del self.table[p][at]
        else:
            self.table[p][at] = (n, "EN-nieuw")

    def roster(self):
        return (programme(budget="40h") +
                "".join(section("person", p, name=p, timetable=f'{p}.ics "lesson=^EN"')
                        for p in self.PEOPLE) +
                "".join(section("duo", "-".join(two), members=" ".join(two), topic="x") for two in self.DUOS))


def check_school(d, school):
    now, spans = d.now(), {p: [] for p in school.PEOPLE}
    had = {}
    for s in d.sessions(states=("booked", "held", "provisional")):
        start_, end_ = (local(s[k]).replace(tzinfo=None) for k in ("start", "end"))
        for p in s["attendees"]:
            spans[p].append((start_, end_))
        if s["kind"] != "visit":
            continue
        (visitor,) = s["attendees"]
        (host,) = set(s["duo"].split("-")) - {visitor}
        had[s["duo"], visitor] = had.get((s["duo"], visitor), 0) + 1
        if s["state"] != "booked" or moment(s["start"]) < now + dt.timedelta(days=2):
            continue
        n, title = school.table[host].get(start_, (0, ""))
        assert (start_ + dt.timedelta(minutes=n), title[:2]) == (end_, "EN"), s
        for at_, (n, _) in school.table[visitor].items():
            assert at_ >= end_ + dt.timedelta(minutes=10) or \
                at_ + dt.timedelta(minutes=n) <= start_ - dt.timedelta(minutes=10), (s, at_)
    assert all(n <= 2 for n in had.values()), had
    for p, own in spans.items():
        own.sort()
        assert all(a[1] <= b[0] for a, b in zip(own, own[1:])), p
    for row in d.ctl("report", json=True)["rows"]:
        assert row["held_min"] + row["booked_min"] + row["provisional_min"] <= row["budget_min"], row
    return sum(had.values())


def test_through_a_year_of_changes(daemon, rng):
    school = School(rng)
    d = daemon(school.roster(), {f"{p}.ics": school.text(p) for p in school.PEOPLE})
    seen, steps = 0, int(os.environ.get("TANDEM_STEPS", "12"))
    for _ in range(steps):
        seen += check_school(d, school)
        frozen = {s["id"]: (s["start"], s["state"]) for s in visits(d)
                  if moment(s["start"]) < d.now() + dt.timedelta(days=2)}
        for p in rng.sample(school.PEOPLE, 2):
            school.change(p, local(d.now()).replace(tzinfo=None))
            d.write(f"{p}.ics", school.text(p))
            d.ctl("source", "refresh", f"{p}-1")
        d.ctl("wait")
        after = {s["id"]: (s["start"], s["state"]) for s in d.sessions()}
        assert all(after[id_] == frozen[id_] for id_ in frozen)
        check_school(d, school)
        d.advance(f"{rng.randrange(1, 15)}d")
    assert seen > steps  # there were visits to look at
    d.restart()
    check_school(d, school)
