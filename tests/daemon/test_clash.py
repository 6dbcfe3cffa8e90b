"""Inside the freeze window nothing moves by itself: what cannot be as it stands is told, with the
best other places. And planning again costs what has changed, not the programme."""
import datetime as dt

import pytest
from harness import MONDAY, event, local, moment, pairs_roster, timetable, weekly

CLOCK = "2026-09-21T08:00"


@pytest.fixture
def d(daemon):
    d = daemon(clock=CLOCK)
    d.ctl("wait")
    return d


def test_a_lesson_that_comes_inside_the_freeze_is_reported_not_fled(daemon):
    """Two days ahead nothing moves by itself: a clash is counted, told, and has alternatives."""
    d = daemon(clock=CLOCK)
    d.ctl("wait")
    s = next(s for s in d.sessions("anna-bram", states=("booked",)))
    d.advance(f"{int((moment(s['start']) - d.now()).total_seconds()) // 3600 - 30}h")
    before = d.session(s["id"])
    assert before["state"] == "booked"
    assert d.ctl("status", json=True)["clashes"] == 0
    assert d.ctl("session", "list", json=True)["clashes"] == []
    start = local(before["start"]).replace(tzinfo=None)
    d.write("anna.ics", timetable(
        weekly("les", MONDAY, (9, 12)),
        event("toets", start - dt.timedelta(minutes=20), start + dt.timedelta(minutes=70))))
    d.ctl("source", "refresh", "anna-1")
    d.ctl("wait")
    now = d.session(s["id"])
    assert (now["start"], now["end"], now["sequence"]) == \
        (before["start"], before["end"], before["sequence"]), "it fled inside the freeze"
    assert d.ctl("status", json=True)["clashes"] == 1
    assert "\nclashes 1\n" in d.ctl("status")
    clash, = d.ctl("session", "list", json=True)["clashes"]
    assert clash["session"] == s["id"] and clash["person"] == "anna"
    assert clash["why"].startswith("anna is busy ")
    source = next(x for x in d.ctl("source", "list", json=True)["sources"] if x["id"] == "anna-1")
    assert source["diff"]["breaks"] == [s["id"]]
    places = clash["alternatives"]
    assert len(places) == 3 and [p["cost"] for p in places] == sorted(p["cost"] for p in places)
    assert len({local(p["start"]).date() for p in places}) == 3
    for p in places:  # each of them can be had: that is what the member will press
        assert moment(p["end"]) - moment(p["start"]) == moment(s["end"]) - moment(s["start"])
        at = local(p["start"]).strftime("%Y-%m-%dT%H:%M")
        d.ctl("session", "move", s["id"], at, dry_run=True)
        page = d.get(d.link("me", "bram")).body.decode()
        assert p["start"] in page
    line = next(x for x in d.ctl("session", "list").splitlines() if "cannot be" in x)
    assert line.startswith(f"# {s['id']} cannot be: anna is busy ") and line.count("(cost ") == 3
    day = str(local(before["start"]).date())
    assert f"{s['id']} cannot be: anna is busy" in d.ctl("explain", "anna-bram", day)
    anna, bram = (d.get(d.link("me", who)).body.decode() for who in ("anna", "bram"))
    assert "jouw lesrooster" in anna and "jouw lesrooster" not in bram and "een ander" in bram
    d.ctl("session", "move", s["id"], local(places[0]["start"]).strftime("%Y-%m-%dT%H:%M"))
    d.ctl("wait")
    assert d.ctl("status", json=True)["clashes"] == 0
    assert 'class="clash"' not in d.get(d.link("me", "bram")).body.decode()


def test_an_absence_inside_the_freeze_is_a_clash(d):
    s = d.sessions("anna-bram", states=("booked",))[0]
    d.advance(f"{int((moment(s['start']) - d.now()).total_seconds()) // 3600 - 20}h")
    day = local(s["start"]).date()
    entry = d.ctl("absent", "anna", str(day), "ziek", json=True)
    assert entry["sessions"] == [s["id"]]
    d.ctl("wait")
    now = d.session(s["id"])
    assert now["state"] == "booked" and now["start"] == s["start"]
    clash, = d.ctl("session", "list", json=True)["clashes"]
    assert clash["why"] == f"anna is absent {day}" and len(clash["alternatives"]) == 3
    assert "ziek" not in d.get(d.link("me", "bram")).body.decode()
    assert "afwezig" in d.get(d.link("me", "anna")).body.decode()
    d.ctl("absent", "remove", entry["id"])
    assert d.ctl("status", json=True)["clashes"] == 0


def test_only_the_duos_of_who_changed_are_planned_again(daemon):
    n = 12
    roster = pairs_roster(n).replace("name = Person 1\ntimetable = none",
                                     "name = Person 1\ntimetable = p1.ics")
    d = daemon(roster=roster, timetables={"p1.ics": timetable(weekly("les", MONDAY, (9, 12)))},
               clock=CLOCK)
    d.ctl("wait")

    def solved():
        return d.ctl("status", json=True)["duos"]["solved"]
    at = solved()
    assert at >= n
    d.write("p1.ics", timetable(weekly("les", MONDAY, (9, 13)),
                                event("x", dt.datetime(2026, 10, 6, 13), dt.datetime(2026, 10, 6, 17))))
    d.ctl("source", "refresh", "p1-1")
    d.ctl("wait")
    assert solved() == at + 1, "an import of one person's timetable plans her own duo"
    d.ctl("source", "refresh", "p1-1")  # nothing new
    d.ctl("wait")
    assert solved() == at + 1
    d.ctl("absent", "p5", "2026-10-12..2026-10-16")
    d.ctl("wait")
    assert solved() == at + 2
    d.ctl("hours", "add", "p7", "30m", "2026-09-20", "lezen")
    d.ctl("wait")
    assert solved() == at + 3
