"""Moments of everybody: three intervisies and an evaluation, found, shown, kept, moved, counted.

Five duos of ten people with lessons on whole days, so that there is no day on which all ten are
free; who can come is computed here once more."""
import datetime as dt

import pytest

from harness import (AMSTERDAM, EASY_ROSTER, EASY_TIMETABLES, MONDAY, as_arg, event, local, minutes,
                     moment, pairs_roster, programme, section, timetable, weekly)
from living import assert_whole
from model import Person, overlaps
from ics_lint import lint

DAYS = {"p0": "MO,TU", "p1": "TU,WE", "p2": "WE,TH", "p3": "TH,FR", "p4": "MO,FR", "p5": "MO,TU,WE",
        "p6": "MO", "p7": "TU", "p8": "MO,TU", "p9": "WE"}
PEOPLE = sorted(DAYS)


def lessons(person, *more):
    return timetable(weekly("les", MONDAY, (8, 17), days=DAYS[person]), *more)


def ten(**keys):
    text = programme(**keys)
    for p in PEOPLE:
        text += section("person", p, name=f"Naam {p.upper()}", timetable=f"{p}.ics")
    for i in range(0, 10, 2):
        text += section("duo", f"d{i}", members=f"p{i} p{i + 1}", topic="x")
    return text, {f"{p}.ics": lessons(p) for p in PEOPLE}


@pytest.fixture
def d(daemon):
    return daemon(*ten())


def moments(d, *states):
    return d.sessions("programme", states=states or ("booked", "held", "provisional"))


def who_can(start, end):
    """Of the ten, by their lessons."""
    buffer = dt.timedelta(minutes=10)
    out = []
    for p in PEOPLE:
        busy = Person(p, timetables=[lessons(p)]).busy(start.date(), end.date() + dt.timedelta(1))
        if Person(p).works_at(start, end) and not overlaps(
                busy, start - buffer, end + buffer):
            out.append(p)
    return out


def best_attendance():
    """The most of the ten that are free together for two hours in a week."""
    most = 0
    for day in range(5):
        for hour in range(8, 16):
            start = dt.datetime.combine(MONDAY + dt.timedelta(days=14 + day), dt.time(hour, 30),
                                        AMSTERDAM)
            most = max(most, len(who_can(start, start + dt.timedelta(hours=2))))
    return most


def test_three_and_one_are_booked_where_most_can_come(d):
    got = moments(d)
    assert [s["kind"] for s in got] == ["intervisie"] * 3 + ["evaluation"]
    assert {s["state"] for s in got} == {"booked"} and {s["duo"] for s in got} == {""}
    assert [minutes(s) for s in got] == [120, 120, 120, 60]
    most = best_attendance()
    assert most == 8  # Thursday: p2 and p3 teach; Friday: p3 and p4
    for s in got:
        assert s["attendees"] == who_can(moment(s["start"]), moment(s["end"])), s
        assert len(s["attendees"]) == most
    start, end = dt.date(2026, 8, 31), dt.date(2027, 7, 9)
    part = ((end - start).days + 1) / 3
    for k, s in enumerate(got[:3]):
        day = (local(s["start"]).date() - start).days
        assert part * k <= day < part * (k + 1)
        assert abs(day - part * (k + 0.5)) < 12, "far from the middle of its part"
    assert (end - local(got[3]["start"]).date()).days < 7
    assert_whole(d.root / "db")


def test_feeds_show_them_to_who_attends_and_to_the_programme(d):
    got = moments(d)
    for p in PEOPLE:
        events = lint(d.feed(p))
        shown = {u.split("@")[0] for u in events}
        for s in got:
            assert (s["id"] in shown) == (p in s["attendees"])
    events = {u.split("@")[0]: e for u, e in lint(d.feed("programme")).items()}
    for s in got:
        e = events[s["id"]]
        assert e["SUMMARY"][1] == ("Intervisie" if s["kind"] == "intervisie" else "Evaluatie")
        assert "Naam " + s["attendees"][0].upper() in e["DESCRIPTION"][1]
        assert e["STATUS"][1] == "CONFIRMED"
    assert not {s["id"] for s in got} & {u.split("@")[0] for u in lint(d.feed("d0"))}
    who = got[0]["attendees"][0]
    busy = lint(d.feed(who, "busy"), True)
    assert got[0]["id"] in {u.split("@")[0] for u in busy}
    assert "Naam " + got[0]["attendees"][1].upper() not in d.feed(who, "busy").decode()


def test_who_is_missing_is_named_with_the_reason_and_the_next_best(d):
    s = moments(d)[0]
    day = local(s["start"]).date().isoformat()
    missing = [p for p in PEOPLE if p not in s["attendees"]]
    assert missing
    for words in (("programme", day), ("d0", day)):
        text = d.ctl("explain", *words)
        assert f"intervisie 1 of 3: {s['id']}, booked, {day}" in text
        assert f"with 8 of 10" in text and "next best" in text
        for p in missing:
            assert f"missing: {p} is busy {day} 08:00-17:00" in text
    m = d.ctl("plan", "programme", json=True)["moments"]
    assert [x["session"] for x in m] == [x["id"] for x in moments(d)]
    assert [x["person"] for x in m[0]["missing"]] == missing
    assert {x["why"] for x in m[0]["missing"]} == {"busy"} and len(m[0]["next"]) == 3
    assert all(x["attend"] <= len(s["attendees"]) for x in m[0]["next"])
    d.ctl("absent", s["attendees"][0], f"{day}..{day}", "bruiloft van zus")
    d.ctl("wait")
    again = d.session(s["id"])
    assert (again["start"], again["state"]) == (s["start"], "booked")
    assert again["attendees"] == s["attendees"][1:]
    text = d.ctl("explain", "programme", day)
    assert f"missing: {s['attendees'][0]} is absent {day}" in text and "bruiloft" not in text


def status(d, who, session, kind="feed"):
    """What that feed says of it; None when it does not stand there."""
    text = d.feed(who, kind)
    if kind == "feed":
        lint(text)
    for uid, e in lint(text, kind == "busy").items():
        if uid.startswith(session["id"] + "@"):
            assert e["DTSTAMP"][1] == e["LAST-MODIFIED"][1]
            return e["STATUS"][1], e["SEQUENCE"][1]
    return None


def test_who_is_away_has_a_tombstone_until_she_comes_back(d):
    s = moments(d)[0]
    who, other = s["attendees"][:2]
    day = local(s["start"]).date().isoformat()
    free = d.link("feed", who).replace(".ics", ".ifb")
    at = moment(s["start"]).astimezone(dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ/")
    assert at in d.get(free).text
    d.ctl("absent", who, f"{day}..{day}")
    d.ctl("wait")
    assert status(d, who, s) == ("CANCELLED", "1") and status(d, other, s) == ("CONFIRMED", "1")
    text = d.feed(who)
    assert b"VERVALLEN: Intervisie" in text
    assert d.feed(who) == text
    d.restart()
    assert d.feed(who) == text, "a restart changed its bytes"
    assert status(d, who, s, "busy") == ("CANCELLED", "1")
    assert at not in d.get(free).text
    d.ctl("absent", "remove", 1)
    d.ctl("wait")
    assert d.session(s["id"])["attendees"] == s["attendees"]
    assert status(d, who, s) == ("CONFIRMED", "2") and status(d, other, s) == ("CONFIRMED", "2")
    # away again: the tombstone goes when that of a cancelled one would
    d.ctl("absent", who, f"{day}..{day}")
    d.ctl("wait")
    d.ctl("clock", "advance", "29d")
    assert status(d, who, s) == ("CANCELLED", "3")
    d.ctl("clock", "advance", "3d")
    assert status(d, who, s) is None and status(d, other, s) is not None
    assert_whole(d.root / "db")


def test_one_lesson_keeps_it_and_many_move_it(d):
    s = moments(d)[1]
    at = dt.datetime.combine(local(s["start"]).date(), dt.time())
    clash = event("extra", at + dt.timedelta(hours=8), at + dt.timedelta(hours=17))
    feed = lint(d.feed(s["attendees"][0]))
    assert any(u.startswith(s["id"] + "@") for u in feed)

    def teach(p):
        d.write(f"{p}.ics", lessons(p, clash))
        d.ctl("source", "refresh", f"{p}-1")
        d.ctl("wait")
        return d.session(s["id"])
    first = teach(s["attendees"][0])
    assert (first["start"], first["sequence"]) == (s["start"], s["sequence"] + 1)
    assert first["attendees"] == s["attendees"][1:]
    # nothing is lost: who cannot come is told so, and nobody else
    for kind in ("feed", "busy"):
        assert status(d, s["attendees"][0], s, kind) == ("CANCELLED", "1")
        assert status(d, s["attendees"][1], s, kind) == ("CONFIRMED", "1")
    assert status(d, "programme", s) == ("CONFIRMED", "1")
    # two more elsewhere are worth (8 - 6) * 50 * 8 > 120 * 6
    second = teach(s["attendees"][1])
    assert second["id"] == s["id"] and second["start"] != s["start"]
    assert second["sequence"] == s["sequence"] + 2 and second["state"] == "booked"
    assert len(second["attendees"]) == 8
    # that day she can: the same event, confirmed again
    for p in second["attendees"]:
        assert status(d, p, s) == ("CONFIRMED", "2")
    others = [x for x in moments(d) if x["id"] != s["id"]]
    assert [x["sequence"] for x in others] == [0, 0, 0]
    assert_whole(d.root / "db")
    assert any("session attend " + s["id"] in line and "8 attend" in line
               for line in d.ctl("audit").splitlines())


def test_work_makes_room_and_stands_around_it(d):
    got = [s for s in d.sessions(states=("booked", "provisional"))]
    for p in PEOPLE:
        spans = sorted((s["start"], s["end"]) for s in got if p in s["attendees"])
        assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:])), p
    # a fourth: what is booked where it comes gives way in the same change
    before = {s["id"]: s for s in got}
    d.edit_roster("name = Samen leren", "name = Samen leren\nintervisie = 4 x 2h")
    d.ctl("reload")
    d.ctl("wait")
    after = moments(d)
    assert [s["kind"] for s in after] == ["intervisie"] * 4 + ["evaluation"]
    assert moments(d, "cancelled") == []
    kept = [s for s in after if s["id"] in before]
    assert len(kept) == 4 and all(s["start"] == before[s["id"]]["start"] for s in kept)
    assert_whole(d.root / "db")
    for p in PEOPLE:
        spans = sorted((s["start"], s["end"]) for s in d.sessions(p, states=("booked",)))
        assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:])), p


def test_fewer_are_cancelled_and_none_can_be_asked(d):
    before = moments(d)
    d.edit_roster("name = Samen leren", "name = Samen leren\nintervisie = 1 x 2h\nevaluation = none")
    d.ctl("reload")
    d.ctl("wait")
    (left,) = moments(d)
    assert left["id"] == before[1]["id"] and left["start"] == before[1]["start"]
    gone = moments(d, "cancelled")
    assert {s["id"] for s in gone} == {before[0]["id"], before[2]["id"], before[3]["id"]}
    assert all(s["sequence"] == 1 for s in gone)
    events = {u.split("@")[0]: e["STATUS"][1] for u, e in lint(d.feed("programme")).items()}
    assert all(events[s["id"]] == "CANCELLED" for s in gone)
    # their hours went back to work, but for what the one still takes
    for row in d.ctl("report", json=True)["rows"]:
        assert row["remaining_min"] >= 0 and row["budget_min"] == 4500


def test_a_person_who_leaves_is_no_attendee_any_more(d):
    s = next(s for s in moments(d) if "p9" in s["attendees"])
    text = d.roster().replace("[person p9]\nname = Naam P9\ntimetable = p9.ics\n\n", "")
    d.write("roster.ini", text.replace("members = p8 p9", "members = p8 p0"))
    answer = d.ask("reload")
    if answer.status == 78:
        d.ctl("reload", "--accept", answer.err.split("--accept ")[1].split("`")[0])
    d.ctl("wait")
    after = d.session(s["id"])
    assert after["state"] == "booked" and after["attendees"] == s["attendees"][:-1]
    assert "p9" not in {p for x in d.sessions(states=("booked",)) for p in x["attendees"]}
    events = {u.split("@")[0]: e["STATUS"][1] for u, e in lint(d.feed("p9")).items()}
    assert events[s["id"]] == "CANCELLED" and set(events.values()) == {"CANCELLED"}
    assert_whole(d.root / "db")


def test_by_hand(d):
    first, second, third, last = moments(d)
    # where nearly nobody can come it is refused, and somebody is named
    evening = local(first["start"]).replace(hour=19, minute=0)
    answer = d.ctl("session", "move", first["id"], as_arg(evening), expect=75)
    assert "0 of 10 can come then: p0 works" in answer.err
    # elsewhere it is pinned; who can come is found anew, and booked work makes room
    at = local(first["start"]) + dt.timedelta(days=7, hours=1)
    moved = d.ctl("session", "move", first["id"], as_arg(at), json=True)
    assert moved["pinned"] and moment(moved["start"]) == at and moved["sequence"] == 1
    assert moved["attendees"] == who_can(at, at + dt.timedelta(hours=2))
    d.ctl("wait")
    assert d.session(first["id"])["start"] == moved["start"]
    assert_whole(d.root / "db")
    assert d.ctl("session", "pin", second["id"], json=True)["pinned"]
    assert not d.ctl("session", "unpin", second["id"], json=True)["pinned"]
    # called off: another day of its part takes its place, under another number
    d.ctl("session", "cancel", second["id"], "storm")
    d.ctl("wait")
    assert d.session(second["id"])["state"] == "cancelled"
    (new,) = [s for s in moments(d) if s["id"] not in (first["id"], third["id"], last["id"])]
    assert new["kind"] == "intervisie" and new["state"] == "booked"
    assert local(new["start"]).date() != local(second["start"]).date()
    d.ctl("session", "confirm", third["id"], expect=75)  # it has not begun


def test_hours_and_the_report_add_up(d):
    first = moments(d)[0]
    until = local(first["end"]) + dt.timedelta(hours=1) - d.now()
    d.advance(f"{int(until.total_seconds()) // 60}m")
    d.ctl("session", "confirm", first["id"])
    assert d.session(first["id"])["state"] == "held"
    d.advance("120d")
    second = moments(d)[1]
    assert second["state"] == "held" and second["assumed"]
    held = {p: 0 for p in PEOPLE}
    planned = dict(held)
    assumed = dict(held)
    for s in d.sessions():
        for p in s["attendees"]:
            held[p] += minutes(s) * (s["state"] == "held")
            assumed[p] += minutes(s) * s["assumed"]
            planned[p] += minutes(s) * (s["state"] in ("booked", "provisional"))
    for row in d.ctl("report", json=True)["rows"]:
        p = row["person"]
        assert row["held_min"] == held[p] and row["assumed_min"] == assumed[p]
        assert row["booked_min"] + row["provisional_min"] == planned[p]
        assert held[p] + planned[p] <= 4500
    # it was not: the hours go back, the session stays as missed
    d.ctl("session", "missed", second["id"])
    d.ctl("wait")
    for row in d.ctl("report", json=True)["rows"]:
        less = minutes(second) if row["person"] in second["attendees"] else 0
        assert row["held_min"] == held[row["person"]] - less
    assert_whole(d.root / "db")


def test_a_moment_that_both_attend_is_a_beat_of_the_duos_rhythm(daemon):
    d = daemon(EASY_ROSTER, EASY_TIMETABLES)
    days = {local(s["start"]).date() for s in moments(d)}
    assert not days & {local(s["start"]).date() for s in d.sessions("anna-bram")}
    plan = d.ctl("plan", "anna-bram", json=True)
    fixed = {s["start"] for s in plan["sessions"] if s["fixed"]}
    assert fixed == {s["start"] for s in moments(d)}
    assert plan["reserve"] == 9 * 60 + 30  # reflections, visits, a talk


def test_unknown_time_waits_and_is_booked_as_the_horizon_rolls(daemon):
    def export(weeks):
        return timetable(*(event(f"w{w}", dt.datetime(2026, 8, 31, 9) + dt.timedelta(weeks=w),
                                 dt.datetime(2026, 8, 31, 12) + dt.timedelta(weeks=w))
                           for w in range(weeks)))
    roster = EASY_ROSTER.replace("timetable = none", "timetable = bram.ics")
    d = daemon(roster, {**EASY_TIMETABLES, "bram.ics": export(12)})
    assert [s["state"] for s in moments(d)] == ["booked"] + ["provisional"] * 3
    shown = {u.split("@")[0] for u in lint(d.feed("anna"))}
    assert [s["id"] in shown for s in moments(d)] == [True, False, False, False]
    text = d.ctl("plan", "programme")
    assert "intervisie 2 of 3: provisional" in text and "(not yet known of all)" in text
    d.write("bram.ics", export(46))
    d.ctl("source", "refresh", "bram-1")
    d.ctl("wait")
    assert [s["state"] for s in moments(d)] == ["booked"] * 4


def test_who_never_loaded_is_missing_as_unknown_and_joins_later(daemon):
    d = daemon(EASY_ROSTER + section("person", "cees", name="Cees", timetable="cees.ics") +
               section("person", "dirk", name="Dirk", timetable="none") +
               section("duo", "cd", members="cees dirk", topic="y"), EASY_TIMETABLES)
    for s in moments(d):
        assert s["state"] == "booked" and s["attendees"] == ["anna", "bram", "dirk"]
    m = d.ctl("plan", "programme", json=True)["moments"]
    assert [(x["person"], x["why"]) for x in m[0]["missing"]] == [("cees", "unknown")]
    before = [(s["id"], s["start"]) for s in moments(d)]
    d.write("cees.ics", timetable(weekly("les", MONDAY, (8, 17), days="FR")))
    d.ctl("source", "refresh", "cees-1")
    d.ctl("wait")
    assert [(s["id"], s["start"]) for s in moments(d)] == before
    for s in moments(d):
        assert ("cees" in s["attendees"]) == (local(s["start"]).weekday() != 4)


def state(d):
    return [(s["id"], s["kind"], s["state"], s["start"], s["end"], s["attendees"], s["sequence"])
            for s in d.sessions()]


def test_kill_9_and_restart_change_nothing(d):
    before, feed = state(d), d.feed("programme")
    d.kill9()
    d.start()
    assert state(d) == before and d.feed("programme") == feed
    d.restart()
    d.advance("2d")
    assert [s[:4] for s in state(d) if s[1] != "work"] == [s[:4] for s in before if s[1] != "work"]


def test_the_same_input_gives_the_same_moments(daemon):
    texts = ten()
    assert state(daemon(*texts)) == state(daemon(*texts))


def test_nobody_to_meet(daemon):
    d = daemon(programme() + section("person", "anna", name="Anna", timetable="none"), {})
    assert moments(d) == [] and "none, there are not two people" in d.ctl("plan", "programme")
    d = daemon(pairs_roster(1, start="2026-08-31", end="2026-08-31"), {})
    text = d.ctl("plan", "programme")  # one day, inside the freeze window
    assert moments(d) == [] and "intervisie 1 of 3: none" in text


def test_member_page_shows_them(d):
    s = moments(d)[0]
    page = d.get(d.link("me", s["attendees"][0])).text
    assert "ntervisie" in page and "Naam " + s["attendees"][1].upper() in page


def test_where_there_is_only_booked_time_work_gives_way_in_one_change(daemon):
    """Anna is free on Thursday afternoons only, and every one of them is booked: a moment that is
    placed again takes one, and what was there goes, at once and without a second try."""
    week = timetable(weekly("les", MONDAY, (8, 17), days="MO,TU,WE,FR"),
                     weekly("do", MONDAY + dt.timedelta(days=3), (8, 13), days="TH"))
    roster = EASY_ROSTER.replace("closed =", "intervisie = 1 x 2h\nevaluation = none\nclosed =")
    d = daemon(roster.replace("works = mon-thu", "works = mon-fri"), {"anna.ics": week})
    (first,) = moments(d)
    work = {local(s["start"]).date(): s for s in d.sessions("anna-bram", states=("booked",))}
    assert all(day.weekday() == 3 for day in work) and len(work) > 20
    d.ctl("session", "cancel", first["id"])
    d.ctl("wait")
    (second,) = moments(d)
    day = local(second["start"]).date()
    assert day in work, "it found a free afternoon: the test would prove nothing"
    was = work[day]
    now = d.session(was["id"])
    assert now["sequence"] > was["sequence"]
    assert now["state"] == "cancelled" or local(now["start"]).date() != day
    assert "outcome=again" not in d.log() and " again=" not in d.log()
    assert_whole(d.root / "db")
