"""Sessions that need somebody besides the two members: experts, the steering group, rooms."""
import datetime as dt
import re

import pytest

from harness import (MONDAY, as_arg, event, local, minutes, moment, programme, section, timetable,
                     weekly)

# jan can be asked on Tuesdays and Thursdays; his own lessons take the Tuesday mornings
JAN = timetable(weekly("jan-les", MONDAY + dt.timedelta(1), (9, 12), days="TU"))
TIMETABLES = {
    "anna.ics": timetable(weekly("les", MONDAY, (9, 12))),
    "carla.ics": timetable(weekly("les-c", MONDAY, (13, 16), days="MO,TH")),
    "jan.ics": JAN,
    "karin.ics": timetable(weekly("mt", MONDAY, (9, 15), days="MO,TU,WE,FR")),
}
JAN_SECTION = section("expert", "jan", name="Jan Expert", works="tue,thu 09:00-17:00",
                      timetable="jan.ics horizon=open", rate="95 EUR")


def roster(expert="expert = jan 3 x 2h\n", sections=JAN_SECTION, more_duo="", **keys):
    people = {"anna": "anna.ics horizon=open", "bram": "none", "carla": "carla.ics horizon=open",
              "dirk": "none"}
    text = programme(expert_budget="500 EUR", **keys)
    for name, where in people.items():
        text += section("person", name, name=name.title() + " A", timetable=where)
    text += section("person", "karin", name="Karin Stuur", timetable="karin.ics horizon=open")
    for a, b in (("anna", "bram"), ("carla", "dirk")):
        text += section("duo", f"{a}-{b}", members=f"{a} {b}").rstrip("\n") + "\n" + expert
        text += more_duo + "\n"
    return text + sections


@pytest.fixture
def party(daemon):
    def make(text=None, timetables=None, **kw):
        return daemon(roster=text or roster(), timetables=timetables or TIMETABLES, **kw)
    return make


def of_kind(d, kind, *words, states=("booked", "provisional", "held")):
    return [s for s in d.sessions(*words, states=states) if s["kind"] == kind]


def overlap(a, b):
    return moment(a["start"]) < moment(b["end"]) and moment(b["start"]) < moment(a["end"])


def span(session):
    return local(session["start"]), local(session["end"])


def days_apart(sessions):
    days = [local(s["start"]).date() for s in sessions]
    return [(b - a).days for a, b in zip(days, days[1:])]


def fields(feed, uid):
    """The properties of one event of a feed, unfolded."""
    text = feed.decode().replace("\r\n ", "")
    block = next(b for b in text.split("BEGIN:VEVENT")[1:] if f"UID:{uid}@" in b)
    return dict(line.split(":", 1) for line in block.split("\r\n") if ":" in line)


# ---- experts ----

def test_an_expert_is_where_all_three_can_be_and_never_twice(party):
    d = party()
    sessions = of_kind(d, "expert")
    assert len(sessions) == 6 and {s["state"] for s in sessions} == {"booked"}
    for s in sessions:
        start, end = span(s)
        assert minutes(s) == 120 and s["with"] == ["jan"] and s["room"] is None
        assert s["attendees"] == sorted(s["duo"].split("-"))
        assert start.weekday() in (1, 3) and start.hour >= 9 and end.hour <= 17
        if start.weekday() == 1:  # his lessons and ten minutes
            assert (start.hour, start.minute) >= (12, 10)
        if start.weekday() == 3 and "carla" in s["attendees"]:
            assert (end.hour, end.minute) <= (12, 50)
    for i, a in enumerate(sessions):
        assert not any(overlap(a, b) for b in sessions[:i]), "jan is in two places"
    # work keeps away from them
    everything = d.sessions(states=("booked", "provisional"))
    for s in sessions:
        same_day = [o for o in everything if o["duo"] == s["duo"] and o["id"] != s["id"] and
                    local(o["start"]).date() == local(s["start"]).date()]
        assert same_day == []


def test_they_are_spread_over_what_follows_the_first_sixth(party):
    d = party()
    first, last = MONDAY, dt.date(2027, 7, 9)
    for duo in ("anna-bram", "carla-dirk"):
        sessions = of_kind(d, "expert", duo)
        days = [local(s["start"]).date() for s in sessions]
        assert days[0] >= first + (last - first) / 6 - dt.timedelta(3)
        assert days[-1] <= last - dt.timedelta(30)
        apart = days_apart(sessions)
        assert max(apart) - min(apart) <= 21, apart


def test_his_timetable_changes_and_only_what_must_moves(party):
    d = party()
    before = {s["id"]: s for s in d.sessions(states=("booked",))}
    hit = of_kind(d, "expert", "anna-bram")[1]
    start, end = span(hit)
    naive = start.replace(tzinfo=None)
    d.write("jan.ics", timetable(
        weekly("jan-les", MONDAY + dt.timedelta(1), (9, 12), days="TU"),
        # not exactly its time: that would be the session itself, typed in
        event("studiedag", naive, end.replace(tzinfo=None) + dt.timedelta(minutes=30))))
    d.ctl("source", "refresh", "jan-1")
    d.ctl("wait")
    after = {s["id"]: s for s in d.sessions(states=("booked",))}
    moved = after[hit["id"]]  # the same number: the same UID
    assert moved["start"] != hit["start"] and moved["sequence"] == hit["sequence"] + 1
    assert abs((span(moved)[0].date() - start.date()).days) <= 14
    others = [s for s in of_kind(d, "expert") if s["id"] != hit["id"]]
    assert [s["start"] for s in others] == [before[s["id"]]["start"] for s in others]
    assert not any(overlap(moved, s) for s in others)
    assert fields(d.feed("anna"), hit["id"])["SEQUENCE"] == str(moved["sequence"])


def test_a_failing_source_of_his_changes_nothing(party):
    d = party()
    before = d.sessions()
    d.write("jan.ics", b"BEGIN:VCALENDAR\r\nthis is not one\r\n")
    assert d.ask("source", "refresh", "jan-1").status in (0, 65)
    d.ctl("wait")
    states = {s["id"]: s["state"] for s in d.ctl("source", "list", json=True)["sources"]}
    assert states["jan-1"] == "failed"
    assert d.sessions() == before
    listed = {s["id"]: s["person"] for s in d.ctl("source", "list", json=True)["sources"]}
    assert listed["jan-1"] == "jan"


def test_behind_his_horizon_it_is_provisional_and_booked_as_it_rolls(party):
    text = roster(sections=JAN_SECTION.replace("horizon=open", "horizon=90d"))
    d = party(text)
    sessions = of_kind(d, "expert", "anna-bram")
    limit = d.now() + dt.timedelta(days=90)
    assert len(sessions) == 3
    for s in sessions:
        assert (s["state"] == "provisional") == (moment(s["end"]) > limit), s
    assert "provisional" in {s["state"] for s in sessions}
    for _ in range(9):
        d.advance("21d")
        for s in of_kind(d, "expert", "anna-bram"):
            if s["state"] == "provisional":
                assert moment(s["end"]) > d.now() + dt.timedelta(days=85)
    done = of_kind(d, "expert", "anna-bram")
    assert len(done) == 3
    assert sum(s["state"] in ("held", "booked") for s in done) >= 2


def test_the_expert_leaves_the_roster_and_his_sessions_say_why(party):
    d = party()
    gone = {s["id"] for s in of_kind(d, "expert")}
    d.write("roster.ini", roster(expert="", sections=""))
    shown = d.ask("reload")
    if shown.status != 0:  # held back: many sessions go
        hash_ = d.ask("reload", json=True, dry_run=True)
        accept = re.search(r"--accept (\w+)", shown.err + shown.out)[1]
        d.ctl("reload", "--accept", accept)
    d.ctl("wait")
    sessions = {s["id"]: s for s in d.sessions()}
    for id_ in gone:
        assert sessions[id_]["state"] == "cancelled"
        assert sessions[id_]["reason"] == "jan doet niet meer mee"
    event_ = fields(d.feed("anna"), sorted(gone & {s["id"] for s in d.sessions("anna")})[0])
    assert event_["STATUS"] == "CANCELLED" and "doet niet meer mee" in event_["DESCRIPTION"]


def test_fewer_are_asked_for_and_the_rest_goes(party):
    d = party()
    before = of_kind(d, "expert", "anna-bram")
    d.edit_roster("jan 3 x 2h", "jan 2 x 2h")
    d.ctl("reload")
    d.ctl("wait")
    after = of_kind(d, "expert", "anna-bram")
    assert len(after) == 2
    assert {s["id"] for s in after} < {s["id"] for s in before}
    cancelled = [s for s in of_kind(d, "expert", "anna-bram", states=("cancelled",))]
    assert len(cancelled) == 1
    assert max(days_apart(after)) > 60  # they spread over the year again


def test_hours_are_spent_by_the_members_and_add_up(party):
    d = party()
    first = of_kind(d, "expert", "anna-bram")[0]
    while moment(first["end"]) + dt.timedelta(days=4) > d.now():
        d.advance("28d")
    first = d.session(first["id"])
    assert first["state"] == "held"
    for row in d.ctl("report", json=True)["rows"]:
        who, duo = row["person"], row["duo"]
        mine = [s for s in d.sessions(who) if s["duo"] in (duo, "")]  # "": of everybody
        held = sum(minutes(s) for s in mine if s["state"] == "held")
        booked = sum(minutes(s) for s in mine if s["state"] == "booked")
        provisional = sum(minutes(s) for s in mine if s["state"] == "provisional")
        assert row["held_min"] == held and row["booked_min"] == booked
        assert held + booked + provisional <= row["budget_min"]


# ---- the steering group ----

def test_the_talk_is_early_and_the_steering_person_in_one_place(party):
    d = party(roster(steering_group="karin"))
    talks = of_kind(d, "steering")
    assert [t["duo"] for t in sorted(talks, key=lambda t: t["duo"])] == ["anna-bram", "carla-dirk"]
    for t in talks:
        start, end = span(t)
        assert t["attendees"] == sorted(t["duo"].split("-") + ["karin"])
        assert minutes(t) == 30 and t["state"] == "booked"
        assert start.date() < MONDAY + dt.timedelta(days=60)
        if start.weekday() != 3:  # her meetings, and ten minutes
            assert (start.hour, start.minute) >= (15, 10)
    assert not overlap(*talks)
    assert {s["id"] for s in d.sessions("karin")} == {t["id"] for t in talks}
    feed = d.feed("karin")
    for t in talks:
        f = fields(feed, t["id"])
        assert f["SUMMARY"].startswith("Stuurgroep met") and "Karin" not in f["SUMMARY"]
        assert "Karin Stuur" in fields(d.feed(t["duo"].split("-")[0]), t["id"])["SUMMARY"]
    # nobody asked for talks without a group
    assert len(of_kind(d, "expert")) == 6


def test_her_timetable_moves_the_talk_and_hours_are_hers_too(party):
    d = party(roster(steering_group="karin"))
    talk = of_kind(d, "steering", "anna-bram")[0]
    start, end = span(talk)
    d.write("karin.ics", timetable(
        weekly("mt", MONDAY, (9, 15), days="MO,TU,WE,FR"),
        event("extra", start.replace(tzinfo=None),
              end.replace(tzinfo=None) + dt.timedelta(minutes=30))))
    d.ctl("source", "refresh", "karin-1")
    d.ctl("wait")
    moved = d.session(talk["id"])
    assert moved["state"] == "booked" and moved["start"] != talk["start"]
    assert not overlap(*of_kind(d, "steering"))
    while moment(moved["end"]) + dt.timedelta(days=4) > d.now():
        d.advance("14d")
    held = of_kind(d, "steering", "anna-bram")
    assert [s["state"] for s in held] == ["held"] and held[0]["id"] == talk["id"]


def test_the_group_changes_and_the_talk_stays_where_it_is(party):
    d = party(roster(steering_group="karin"))
    talk = of_kind(d, "steering", "anna-bram")[0]
    d.edit_roster("steering_group = karin", "steering_group = karin dirk")
    d.ctl("reload")
    d.ctl("wait")
    now = d.session(talk["id"])
    assert now["attendees"] == ["anna", "bram", "dirk", "karin"]
    assert now["state"] == "booked"
    assert of_kind(d, "steering", "carla-dirk")[0]["attendees"] == ["carla", "dirk", "karin"]


def test_without_a_group_no_talk_is_planned(party):
    d = party()
    assert of_kind(d, "steering") == []


# ---- by hand ----

def test_slots_with_others_are_ranked_and_say_who_is_in_the_way(party):
    d = party()
    week = "2026-W48"
    found = d.ctl("slots", "anna-bram", "--with", "jan", "--week", week, json=True)
    slots = found["slots"]
    assert slots and all(set(s) >= {"start", "end", "cost", "parts", "provisional", "reasons"}
                         for s in slots)
    days = {}
    for s in slots:
        start, end = span(s)
        assert start.weekday() in (1, 3) and (end - start).seconds == 7200
        assert s["cost"] == sum(s["parts"].values())
        days.setdefault(start.date(), []).append((s["cost"], s["start"]))
    for ranked in days.values():
        assert ranked == sorted(ranked)
    said = "\n".join(found["reasons"])
    assert "jan is busy 2026-11-24 09:00-12:00" in said
    assert "2026-11-25: jan cannot be asked that day" in said
    assert "anna is busy 2026-11-24 09:00-12:00" in said
    text = d.ctl("slots", "anna-bram", "--with", "jan", "--with", "karin", "--length", "1h",
                 "--week", week)
    lines = [l.split("\t") for l in text.splitlines() if not l.startswith("#")]
    assert lines and all(dt.datetime.fromisoformat(l[0]).weekday() in (1, 3) for l in lines)
    assert "karin is busy" in text
    a = d.ctl("slots", "anna-bram", "--with", "jam", expect=66)
    assert "did you mean jan?" in a.err


def test_a_session_with_him_by_hand_asks_all_of_them(party):
    d = party(roster(expert=""))
    assert of_kind(d, "expert") == []
    slot = d.ctl("slots", "anna-bram", "--with", "jan", "--week", "2026-W48",
                 json=True)["slots"][0]
    at = as_arg(moment(slot["start"]))
    s = d.ctl("session", "book", "anna-bram", at, "2h", "--with", "jan", json=True)
    assert s["kind"] == "expert" and s["with"] == ["jan"] and s["pinned"]
    a = d.ctl("session", "book", "carla-dirk", at, "2h", "--with", "jan", expect=75)
    assert "jan is busy" in a.err
    a = d.ctl("session", "book", "anna-bram", "2026-11-23T13:00", "2h", "--with", "jan", expect=75)
    assert "jan works not at all on mon" in a.err
    a = d.ctl("session", "move", s["id"], "2026-11-24T10:00", expect=75)
    assert "is busy" in a.err
    moved = d.ctl("session", "move", s["id"], "2026-12-03T13:00", json=True)
    assert moved["with"] == ["jan"] and moved["id"] == s["id"]
    d.ctl("wait")
    assert d.session(s["id"])["start"] == moved["start"]  # what a person chose stays
    assert len(of_kind(d, "expert")) == 1


def test_what_cannot_be_booked_is_refused_with_a_sentence(party):
    d = party()
    book = ("session", "book", "anna-bram", "2026-12-03T13:00", "1h")
    for more, status, sentence in (
            (("--with", "nobody"), 66, "no expert, room or person nobody"),
            (("--kind", "feest"), 64, "no kind of session"),
            (("--kind", "solo"), 64, "--kind is work, expert, steering or evaluation"),
            (("--kind", "expert"), 64, "needs --with EXPERT"),
            (("--kind", "work", "--with", "jan"), 64, "of kind expert"),
            (("--with", "karin"), 64, "only the two members come"),
            (("--with",), 64, "--with needs a value")):
        a = d.ctl(*book, *more, expect=status)
        assert sentence in a.err, (more, a.err)


def test_one_more_by_hand_and_the_planner_makes_room(party):
    d = party()
    before = of_kind(d, "expert", "anna-bram")
    slot = [s for s in d.ctl("slots", "anna-bram", "--with", "jan", "--week", "2027-W09",
                             json=True)["slots"] if not s["provisional"]][0]
    mine = d.ctl("session", "book", "anna-bram", as_arg(moment(slot["start"])), "2h", "--with",
                 "jan", json=True)
    d.ctl("wait")
    after = of_kind(d, "expert", "anna-bram")
    assert len(after) == 3 and mine["id"] in {s["id"] for s in after}
    assert len({s["id"] for s in after} & {s["id"] for s in before}) == 2
    d.ctl("session", "cancel", mine["id"], "griep")
    d.ctl("wait")
    again = of_kind(d, "expert", "anna-bram")
    assert len(again) == 3
    assert local(mine["start"]).date() not in {local(s["start"]).date() for s in again}


def test_a_talk_by_hand_brings_the_group(party):
    d = party(roster(steering_group="karin"))
    d.ctl("session", "cancel", of_kind(d, "steering", "anna-bram")[0]["id"])
    s = d.ctl("session", "book", "anna-bram", "2026-11-26T15:30", "30m", "--kind", "steering",
              json=True)
    assert s["attendees"] == ["anna", "bram", "karin"]
    a = d.ctl("session", "book", "carla-dirk", "2026-11-26T15:30", "30m", "--kind", "evaluation",
              "--with", "karin", expect=75)
    assert "is busy" in a.err
    d.ctl("wait")
    assert [t["id"] for t in of_kind(d, "steering", "anna-bram")] == [s["id"]]


# ---- rooms ----

def test_a_room_of_one_holds_one(party):
    rooms = section("room", "b12", name="B1.2", timetable="none")
    d = party(roster(expert="", sections=rooms))
    at, later = "2026-11-26T09:00", "2026-11-26T11:00"
    s = d.ctl("session", "book", "anna-bram", at, "1h", "--with", "b12", json=True)
    assert s["kind"] == "work" and s["room"] == "b12" and s["with"] == []
    a = d.ctl("session", "book", "carla-dirk", at, "1h", "--with", "b12", expect=75)
    assert "b12 is busy 2026-11-26 09:00-10:00" in a.err
    other = d.ctl("session", "book", "carla-dirk", later, "1h", "--with", "b12", json=True)
    a = d.ctl("session", "move", other["id"], at, expect=75)
    assert "b12 is busy" in a.err
    assert fields(d.feed("anna"), s["id"])["LOCATION"] == "B1.2"
    assert "LOCATION" not in d.feed("anna", "busy").decode()
    assert "\troom b12" in d.ctl("session", "list", "anna-bram", "--from", "2026-11-26", "--to",
                                 "2026-11-26")
    d.edit_roster("name = B1.2", "name = B1.2\ncapacity = 2")
    d.ctl("reload")
    d.ctl("session", "move", other["id"], at)
    assert d.session(other["id"])["start"] == s["start"]


def test_a_room_shared_by_two_duos_is_never_full(party):
    rooms = section("room", "b12", name="B1.2", timetable="none", works="tue,thu 08:00-18:00")
    d = party(roster(expert="", sections=rooms, more_duo="room = b12"))
    work = of_kind(d, "work", states=("booked",))
    assert {s["duo"] for s in work} == {"anna-bram", "carla-dirk"} and len(work) > 20
    for i, s in enumerate(work):
        assert s["room"] == "b12" and span(s)[0].weekday() in (1, 3)
        assert not any(overlap(s, o) for o in work[:i]), "two sessions in a room for one"


def test_another_room_is_another_version_and_another_name_of_it_is_not(party):
    rooms = (section("room", "b12", name="B1.2", timetable="b12.ics horizon=open") +
             section("room", "c3", name="C3", timetable="none"))
    cleaning = weekly("schoon", MONDAY, (6, 7), days="FR")
    text = roster(expert="", sections=rooms, more_duo="room = b12 c3")
    d = party(text.replace(text[text.index("[duo carla"):text.index("[room b12")], ""),
              {**TIMETABLES, "b12.ics": timetable(cleaning)})
    s = next(s for s in of_kind(d, "work", "anna-bram", states=("booked",))
             if s["room"] == "b12" and moment(s["start"]) > d.now() + dt.timedelta(days=7))
    start, end = (at.replace(tzinfo=None) for at in span(s))
    d.write("b12.ics", timetable(cleaning, event("verbouwing", start, end)))
    d.ctl("source", "refresh", "b12-1")
    d.ctl("wait")
    f = fields(d.feed("anna"), s["id"])
    assert d.session(s["id"])["start"] == s["start"] and d.session(s["id"])["room"] == "c3"
    assert f["LOCATION"] == "C3" and f["SEQUENCE"] == str(s["sequence"] + 1)
    d.edit_roster("name = C3", "name = C3 (kelder)")
    d.ctl("reload")
    later = fields(d.feed("anna"), s["id"])
    assert later["LOCATION"] == "C3 (kelder)" and later["SEQUENCE"] == f["SEQUENCE"]
    assert later["LAST-MODIFIED"] > f["LAST-MODIFIED"]


# ---- what people read ----

def test_feeds_name_the_expert(party):
    d = party()
    s = of_kind(d, "expert", "anna-bram")[0]
    f = fields(d.feed("anna"), s["id"])
    assert f["SUMMARY"] == "Expertsessie met Bram A\\, Jan Expert"
    assert f["CATEGORIES"] == "Expertsessie"
    d.edit_roster("name = Jan Expert", "name = Jan Kenner")
    was = f["LAST-MODIFIED"]
    d.ctl("reload")
    f = fields(d.feed("anna"), s["id"])
    assert f["SUMMARY"] == "Expertsessie met Bram A\\, Jan Kenner"
    assert f["LAST-MODIFIED"] > was and f["SEQUENCE"] == "0"


def test_all_that_names_somebody_is_a_new_version_under_another_name(party):
    """Of a talk that she only joins; of what is over, called off, or left behind by a duo."""
    text = roster(steering_group="karin")
    d = party(text)
    talk = of_kind(d, "steering", "anna-bram")[0]
    with_jan = of_kind(d, "expert", "anna-bram")
    for s in with_jan:  # nothing that is still to come has jan in it
        d.ctl("session", "cancel", s["id"])
    d.ctl("session", "cancel", of_kind(d, "expert", "carla-dirk")[0]["id"])

    def renamed(old, new, *seen):
        """The events are there before and after; they are newer, and no other version."""
        was = [fields(d.feed(owner), id_) for owner, id_ in seen]
        d.edit_roster(f"name = {old}", f"name = {new}")
        d.ctl("reload")
        for (owner, id_), before in zip(seen, was):
            after = fields(d.feed(owner), id_)
            assert old in before["SUMMARY"] and new in after["SUMMARY"], after
            assert after["LAST-MODIFIED"] > before["LAST-MODIFIED"], owner
            assert after["SEQUENCE"] == before["SEQUENCE"]

    renamed("Karin Stuur", "Karin van Dam", ("anna", talk["id"]), ("anna-bram", talk["id"]))
    renamed("Jan Expert", "Jan Kenner", *(("anna", s["id"]) for s in with_jan))
    left = text.replace(text[text.index("[duo anna-bram]"):text.index("[duo carla")], "")
    for old, new in (("Karin Stuur", "Karin van Dam"), ("Jan Expert", "Jan Kenner")):
        left = left.replace(old, new)
    d.write("roster.ini", left)
    a = d.ask("reload")
    if a.status:
        d.ctl("reload", "--accept", re.search(r"--accept (\w+)", a.err)[1])
    d.ctl("wait")
    renamed("Jan Kenner", "Jan Weet", *(("anna", s["id"]) for s in with_jan))
    renamed("Karin van Dam", "Karin Stuur", ("anna", talk["id"]))


# ---- what is told ----

def test_near_by_it_stays_and_the_clash_is_told(party):
    d = party()
    s = of_kind(d, "expert", "anna-bram")[0]
    start, end = span(s)
    while moment(s["start"]) - d.now() > dt.timedelta(days=1, hours=12):
        d.advance("12h")
    d.write("jan.ics", timetable(
        weekly("jan-les", MONDAY + dt.timedelta(1), (9, 12), days="TU"),
        event("ziek", start.replace(tzinfo=None),
              end.replace(tzinfo=None) + dt.timedelta(minutes=30))))
    d.ctl("source", "refresh", "jan-1")
    d.ctl("wait")
    listed = d.ctl("session", "list", json=True)
    assert d.session(s["id"])["start"] == s["start"]  # inside the freeze window
    clash = [c for c in listed["clashes"] if c["session"] == s["id"]]
    assert clash and clash[0]["person"] == "jan" and "jan is busy" in clash[0]["why"]
    diff = next(x for x in d.ctl("source", "list", json=True)["sources"] if x["id"] == "jan-1")
    assert s["id"] in str(diff)


def test_plan_says_what_found_no_time_and_who_is_in_the_way(party):
    text = roster(sections=JAN_SECTION.replace("tue,thu 09:00-17:00", "tue 09:00-11:00"))
    d = party(text)
    assert of_kind(d, "expert") == []
    reasons = "\n".join(d.ctl("plan", "anna-bram", json=True)["reasons"])
    assert "expert with jan: 3 of 3 found no time of 2h that all share" in reasons
    assert "only jan is in the way" in reasons
    assert "expert with jan" in d.ctl("plan", "anna-bram")


def test_one_booked_by_hand_follows_his_timetable_too(party):
    """The roster asks for no session with jan: what a person booked stays while it is possible."""
    d = party(roster(expert=""))
    s = d.ctl("session", "book", "anna-bram", "2026-12-03T13:00", "2h", "--with", "jan", json=True)
    d.edit_roster("name = Jan Expert", "name = Jan Kenner")
    d.ctl("reload")
    assert "Jan Kenner" in fields(d.feed("anna"), s["id"])["SUMMARY"]
    d.write("jan.ics", timetable(weekly("jan-les", MONDAY + dt.timedelta(1), (9, 12), days="TU"),
                                 event("weg", dt.datetime(2026, 12, 3, 9),
                                       dt.datetime(2026, 12, 3, 17))))
    d.ctl("source", "refresh", "jan-1")
    d.ctl("wait")
    moved = d.session(s["id"])
    assert moved["state"] == "booked" and moved["pinned"] and moved["start"] != s["start"]
    assert abs((span(moved)[0].date() - dt.date(2026, 12, 3)).days) <= 28
    d.advance("1d")
    assert d.session(s["id"])["start"] == moved["start"]
    d.write("roster.ini", roster(expert="", sections=""))
    d.ctl("reload")
    gone = d.session(s["id"])
    assert gone["state"] == "cancelled" and gone["reason"] == "jan doet niet meer mee"


def test_the_page_names_who_comes(party):
    d = party()
    page = d.get(d.link("me", "anna")).text
    assert "Jan Expert" in page


def test_the_year_shows_them_by_kind(party):
    d = party(roster(steering_group="karin"))
    plan = d.ctl("plan", "anna-bram", json=True)
    kinds = {s["start"]: s["kind"] for s in plan["sessions"]}
    for s in of_kind(d, "expert", "anna-bram") + of_kind(d, "steering", "anna-bram"):
        assert kinds[s["start"]] == s["kind"]
    day = local(of_kind(d, "expert", "anna-bram")[0]["start"]).date()
    assert "stands, and work is planned around it" in d.ctl("explain", "anna-bram", day)
