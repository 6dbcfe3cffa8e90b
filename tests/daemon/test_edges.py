"""Programmes at the edge, on the real daemon: what cannot be planned is a sentence, never a fault."""
import datetime as dt
import time

import pytest
from harness import (MONDAY, SLOW, local, minutes, pairs_roster, programme, section, timetable,
                     weekly)

CLOCK = "2026-09-21T08:00"


def pair(works=("", ""), **keys):
    text = programme(**keys)
    for name, hours in zip(("anna", "bram"), works):
        more = {"works": hours} if hours else {}
        text += section("person", name, name=name, timetable="none", **more)
    return text + section("duo", "anna-bram", members="anna bram")


def work(d, *states):
    """The duo's own sessions; moments of the whole programme are another matter."""
    return [s for s in d.sessions(states=states or None) if s["kind"] == "work"]


def everything_answers(d, day="2026-09-24"):
    for words in (("status",), ("plan", "anna-bram"), ("slots", "anna-bram"), ("report",),
                  ("explain", "anna-bram", day), ("session", "list"), ("source", "list")):
        d.ctl(*words)
        d.ctl(*words, json=True)
    for kind, owner in (("me", "anna"), ("feed", "anna"), ("report", "programme")):
        assert d.get(d.link(kind, owner)).status == 200, (kind, owner)


def test_a_duo_without_any_shared_time(daemon):
    d = daemon(roster=pair(("mon-wed 08:30-17:00", "thu-fri 08:30-17:00")), clock=CLOCK)
    assert d.sessions() == []
    assert "share no 60 minutes" in d.ctl("plan", "anna-bram")
    everything_answers(d)
    d.advance("30d")
    assert d.sessions() == []


def test_twenty_minutes_of_budget_left(daemon):
    d = daemon(roster=pair(), clock=CLOCK)
    plan = d.ctl("plan", "anna-bram", json=True)
    left = plan["placed_min"] + plan["unplaced_min"] - 20
    while left:  # all but twenty minutes is spent on her own
        d.ctl("hours", "add", "anna", f"{min(left, 1440)}m", "2026-09-20", "lezen")
        left -= min(left, 1440)
    d.ctl("wait")
    assert work(d, "provisional", "booked") == []
    assert "20m of 20m could not be placed: that is less than the shortest session" in \
        d.ctl("plan", "anna-bram")
    s = d.ctl("session", "book", "anna-bram", "2026-09-29T10:00", "20m", json=True)
    assert minutes(s) == 20  # by hand they can be had
    a = d.ctl("session", "book", "anna-bram", "2026-10-06T10:00", "20m", expect=75)
    assert "has 0 minutes left" in a.err
    everything_answers(d)


def test_a_programme_of_one_day(daemon):
    d = daemon(roster=pair(start="2026-09-24", end="2026-09-24"), clock=CLOCK)
    everything_answers(d)
    assert all(local(s["start"]).date() == dt.date(2026, 9, 24) for s in d.sessions())
    d.advance("10d")
    assert d.sessions(states=("booked", "provisional")) == []
    everything_answers(d)


def test_all_days_closed(daemon):
    d = daemon(roster=pair(closed="2026-08-01..2027-08-01 Verbouwing"), clock=CLOCK)
    assert d.sessions() == []
    assert "no open days" in d.ctl("plan", "anna-bram")
    a = d.ctl("session", "book", "anna-bram", "2026-09-29T10:00", "2h", expect=75)
    assert "is closed (Verbouwing)" in a.err
    everything_answers(d)
    d.advance("3d")


def test_days_that_close_later_move_what_stands_there(daemon):
    d = daemon(roster=pair(), clock=CLOCK)
    s = next(s for s in work(d, "booked")
             if local(s["start"]).date() > dt.date(2026, 10, 5))
    d.ctl("session", "pin", s["id"])
    day = local(s["start"]).date()
    d.edit_roster("[person anna]", f"[person anna]\nabsent = {day}")
    d.ctl("reload")
    d.ctl("wait")
    assert local(d.session(s["id"])["start"]).date() != day


def test_nights_are_two_lines(daemon):
    d = daemon(roster=pair(("mon-fri 22:00-06:00", "")), clock=CLOCK, start=False)
    with pytest.raises(AssertionError, match="a night is two lines, one to 24:00"):
        d.start()
    hours = ["mon-fri 22:00-24:00", "tue-sat 00:00-06:00"]
    d.write("roster.ini", pair((hours, hours)))
    d.start()
    sessions = work(d, "booked")
    assert sum(map(minutes, sessions)) > 2000
    for s in sessions:
        start, end = local(s["start"]), local(s["end"])
        assert start.hour >= 22 or end.hour < 6 or (end.hour, end.minute) == (6, 0)
        assert start.date() == (end - dt.timedelta(minutes=1)).date()
    d.ctl("session", "book", "anna-bram", "2026-09-29T22:30", "90m")
    a = d.ctl("session", "book", "anna-bram", "2026-10-01T23:00", "2h", expect=75)
    assert "does not lie within one day" in a.err


def test_a_member_in_another_zone(daemon):
    text = pair(("", "mon-fri 09:00-17:00")).replace("name = bram",
                                                     "name = bram\nzone = America/New_York")
    d = daemon(roster=text, clock=CLOCK)
    sessions = work(d, "booked")
    assert sessions and all(local(s["start"]).hour >= 14 for s in sessions)
    assert "America/New_York" in d.get(d.link("me", "bram")).body.decode()


def test_hours_that_the_clock_jumps_over(daemon):
    all_day = "mon-sun 00:00-24:00"
    d = daemon(roster=pair((all_day, all_day), days="mon-sun"), clock="2026-10-19T08:00")
    a = d.ctl("session", "book", "anna-bram", "2027-03-28T02:30", "2h", expect=64)
    assert "does not exist in Europe/Amsterdam" in a.err
    for s in d.sessions("anna-bram", "--from", "2026-10-24", "--to", "2026-10-27"):
        if s["state"] == "booked":
            d.ctl("session", "cancel", s["id"])
    s = d.ctl("session", "book", "anna-bram", "2026-10-25T01:30", "3h", json=True)
    assert minutes(s) == 180  # three hours that lie between 01:30 and 03:30 on the wall
    assert local(s["end"]).strftime("%H:%M") == "03:30"


def test_lengths_by_hand_are_told_when_odd(daemon):
    d = daemon(roster=pair(), clock=CLOCK)
    s = d.ctl("session", "book", "anna-bram", "2026-10-07T09:00", "4h", json=True)
    assert s["warnings"] == ["4h is outside the programme's sessions of 1h to 3h; it stands as it "
                             "was asked"]
    out = d.ctl("session", "move", s["id"], "2026-10-08T09:00", "30m")
    assert out.splitlines()[1].startswith("# 30m is outside")
    assert d.ctl("session", "move", s["id"], "2026-10-09T09:00", "2h", json=True)["warnings"] == []
    assert "at least 15 minutes" in d.ctl("session", "book", "anna-bram", "2026-10-14T09:00",
                                          "10m", expect=64).err


def one_timetable(daemon, n):
    """2 n people in n duos who see the same free time: what they have, and how long it took."""
    text = pairs_roster(n).replace("timetable = none", "timetable = source:school")
    text += section("source", "school", path="school.ics")
    files = {"school.ics": timetable(weekly("les", MONDAY, (9, 12)), weekly(
        "les2", MONDAY, (13, 15), days="TH,FR"))}
    began = time.monotonic()
    d = daemon(roster=text, timetables=files, clock=CLOCK, start=False)
    d.start(wait=False)
    d.ctl("wait", timeout=300)
    seconds = time.monotonic() - began
    out = d.ctl("session", "list", timeout=300)
    d.close()
    return out, seconds


def test_a_thousand_people_with_one_timetable(daemon):
    n = 500
    out, seconds = one_timetable(daemon, n)
    print(f"{n} duos planned and booked {seconds:.1f} s after the start, "
          f"{out.count(chr(10))} sessions")
    assert out.count("\n") > 20 * n
    assert seconds < 60 * SLOW
    per_duo = {}
    for line in out.splitlines():
        _, duo, _, state, start, end, *_ = line.split("\t")
        if duo:
            per_duo.setdefault(duo, []).append((state, start, end))
    assert len(per_duo) == n
    assert len(set(map(str, per_duo.values()))) == 1, "who has the same time has the same plan"


def test_equal_people_are_planned_the_same_way_again(daemon):
    assert one_timetable(daemon, 60)[0] == one_timetable(daemon, 60)[0]
