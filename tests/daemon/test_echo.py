"""tandemd does not flee from itself (1-domain, rule 10): a year in which every booked session comes
back in both timetables, in each of the ways in which that happens, moves nothing."""
import datetime as dt
import re

import pytest

from harness import (MONDAY, as_arg, event, local, moment, programme, section, timetable, weekly)

PEOPLE = ("anna", "bram")
ROSTER = (
    programme(closed="2026-12-21..2027-01-03 Kerstvakantie") +
    section("person", "anna", name="Anna", works="mon-thu 08:30-17:00",
            timetable="anna.ics horizon=open own=^Duo") +
    section("person", "bram", name="Bram", timetable="bram.ics horizon=open own=^Duo") +
    section("duo", "ab", members="anna bram", topic="Module"))
LESSONS = {"anna": weekly("les-a", MONDAY, (9, 12), "MO,TU,WE"),
           "bram": weekly("les-b", MONDAY, (13, 16), "TU,TH")}


def timetables(extra=()):
    return {f"{p}.ics": timetable(LESSONS[p], *extra) for p in PEOPLE}


@pytest.fixture
def d(daemon):
    return daemon(ROSTER, timetables())


def events_of(feed):
    """The VEVENTs of a feed, as they stand there."""
    return re.findall(r"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", feed.decode(), re.S)


def booked(d):
    return d.sessions("ab", states=("booked",))


def offer(d, extra, expect_state="fresh"):
    """Both timetables get more events, and are read."""
    for path, text in timetables(extra).items():
        d.write(path, text)
    for p in PEOPLE:
        d.ctl("source", "refresh", f"{p}-1")
    d.ctl("wait")
    assert {s["state"] for s in d.ctl("source", "list", json=True)["sources"]} == {expect_state}


def accepted(text):
    """What an invitation looks like once it was accepted: its UID, other words around it."""
    text = re.sub(r"SUMMARY[^:]*:", "SUMMARY:Accepted: ", text)
    return text.replace("BEGIN:VEVENT\r\n", "BEGIN:VEVENT\r\nTRANSP:OPAQUE\r\nSEQUENCE:99\r\n"
                        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\r\n"
                        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n")


def typed_in(session, title):
    return event("typed-" + session["id"], moment(session["start"]), moment(session["end"]),
                 summary=title)


def without_stamps(feed):
    return re.sub(rb"(DTSTAMP|LAST-MODIFIED):[^\r]*", b"", feed)


WAYS = {
    "feed": lambda d, s: events_of(d.feed("anna")),
    "invitation": lambda d, s: [accepted(e) for e in events_of(d.feed("anna"))],
    "own": lambda d, s: [typed_in(x, "Duo met collega") for x in s],
    "foreign": lambda d, s: [typed_in(x, "Overleg") for x in s],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_year_of_echoes_moves_nothing(d, way):
    before, feeds = d.sessions(), {p: without_stamps(d.feed(p)) for p in PEOPLE}
    assert len(booked(d)) > 20
    echoes = WAYS[way](d, booked(d))
    assert len(echoes) >= 20
    offer(d, echoes)
    after = d.sessions()
    for s in before + after:
        known = s.pop("echoes", [])
        assert known == [] or way == "foreign"
    assert after == before
    assert {p: without_stamps(d.feed(p)) for p in PEOPLE} == feeds
    assert "breaks=0" in d.log() and not re.search(r"breaks=[1-9]", d.log())
    d.restart()
    assert [s["start"] for s in d.sessions()] == [s["start"] for s in before]
    d.advance("14d")
    kept = {s["id"]: s for s in d.sessions()}
    for s in before:
        assert (kept[s["id"]]["start"], kept[s["id"]]["end"]) == (s["start"], s["end"])
        assert kept[s["id"]]["state"] in ("booked", "held")


@pytest.mark.parametrize("way", ["feed", "invitation"])
def test_other_methods_change_nothing(d, way):
    before = [(s["id"], s["start"]) for s in d.sessions()]
    for method in ("REPLY", "REQUEST"):
        for p in PEOPLE:
            text = timetable(LESSONS[p], *WAYS[way](d, booked(d)))
            d.write(f"{p}.ics", text.replace("VERSION:2.0\r\n", f"VERSION:2.0\r\nMETHOD:{method}\r\n"))
            d.ctl("source", "refresh", f"{p}-1")
        d.ctl("wait")
        assert [(s["id"], s["start"]) for s in d.sessions()] == before


def test_without_the_key_own_a_title_means_nothing(d):
    """The control: what is not exactly a session's time, and matches nothing, is busy."""
    s = booked(d)[3]
    late = dict(s, end=s["end"].replace(":00Z", ":01Z"))
    offer(d, [typed_in(late, "Overleg")])
    moved = d.session(s["id"])
    assert (moved["start"], moved["end"]) != (s["start"], s["end"])
    diff = next(x for x in d.ctl("source", "list", json=True)["sources"] if x["id"] == "anna-1")
    assert diff["diff"]["breaks"] == [s["id"]]
    assert f"in the way of {s['id']}" in d.ctl("source", "diff", "anna-1")


def test_what_is_probably_a_session_is_said(d):
    s = booked(d)[2]
    offer(d, [typed_in(s, "Overleg")])
    sentence = f"anna-1 has an event at exactly the time of {s['id']}: probably that session"
    assert d.session(s["id"])["echoes"] == ["anna-1", "bram-1"]
    assert sentence in d.ctl("session", "list", "ab")
    assert sentence in d.ctl("source", "list")
    day = local(s["start"]).date().isoformat()
    assert sentence in d.ctl("explain", "ab", day)
    assert sentence in d.ctl("explain", "ab", day, json=True)["reasons"]
    sources = d.ctl("source", "list", json=True)["sources"]
    assert [x["echoes"] for x in sources] == [[s["id"]], [s["id"]]]
    # moved elsewhere by hand, what is left behind is an event like any other
    d.ctl("session", "move", s["id"], as_arg(moment(s["start"]) + dt.timedelta(days=7)))
    assert "echoes" not in d.session(s["id"])
    busy = d.ctl("session", "book", "ab", as_arg(moment(s["start"])), "1h", expect=75)
    assert "anna is busy" in busy.err


def test_an_echo_is_no_habit(daemon):
    """Sessions that came back are not taken for lessons that will come again behind the horizon."""
    d = daemon(ROSTER.replace("horizon=open", "horizon=6w"), timetables())
    plan = [(s["start"], s["state"]) for s in d.sessions()]
    assert {state for _, state in plan} == {"booked", "provisional"}
    offer(d, [typed_in(s, "Overleg") for s in booked(d)])
    assert [(s["start"], s["state"]) for s in d.sessions()] == plan
