"""Work sessions of duos that share people or rooms are planned together."""
import datetime as dt
import itertools

from harness import (MONDAY, as_arg, event, local, moment, programme, section, timetable,
                     weekly)

BUFFER = dt.timedelta(minutes=10)
HORIZON = " horizon=open"
# bo and cas are in two duos each; what three of them share is little
TIMETABLES = {
    "ann.ics": timetable(weekly("a", MONDAY, (8, 13), days="MO,TU,WE,TH")),
    "bo.ics": timetable(weekly("b1", MONDAY, (8, 12), days="MO,WE,FR"),
                        weekly("b2", MONDAY + dt.timedelta(1), (13, 17), days="TU,TH")),
    "cas.ics": timetable(weekly("c", MONDAY, (9, 14), days="MO,TU,TH,FR")),
    "dee.ics": timetable(weekly("d", MONDAY, (10, 16), days="MO,WE,TH")),
    "eve.ics": timetable(weekly("e", MONDAY, (8, 12), days="TU,WE")),
    "b12.ics": timetable(weekly("r", MONDAY, (8, 14), days="MO,TU,WE,TH,FR")),
}
CHAIN = (("ann", "bo"), ("bo", "cas"), ("cas", "dee"))


def roster(duos=CHAIN, room="", sections="", **keys):
    text = programme(**keys)
    people = sorted({p for duo in duos for p in duo})
    for p in people:
        text += section("person", p, name=p.title(), timetable=f"{p}.ics{HORIZON}")
    for a, b in duos:
        text += section("duo", f"{a}-{b}", members=f"{a} {b}", **({"room": room} if room else {}))
    return text + sections


def of_duos(d, duos=CHAIN):
    return {f"{a}-{b}": [s for s in d.sessions(f"{a}-{b}", states=("booked", "provisional"))
                         if s["kind"] == "work"] for a, b in duos}


def together(a, b, apart=dt.timedelta(0)):
    return moment(a["start"]) < moment(b["end"]) + apart and \
        moment(b["start"]) < moment(a["end"]) + apart


def component(d, duo):
    return d.ctl("plan", duo, json=True)["component"]


def plain(d, duos=CHAIN):
    return {duo: [(s["start"], s["end"], s["room"]) for s in sessions]
            for duo, sessions in of_duos(d, duos).items()}


def test_nobody_is_in_two_sessions_and_the_bound_is_told(daemon):
    d = daemon(roster=roster(), timetables=TIMETABLES)
    d.ctl("wait")
    sessions = of_duos(d)
    assert all(len(v) > 5 for v in sessions.values())
    for (a, first), (b, second) in itertools.combinations(sessions.items(), 2):
        if set(a.split("-")) & set(b.split("-")):
            assert not any(together(x, y, BUFFER) for x in first for y in second)
    figures = [component(d, duo) for duo in sessions]
    assert len({(f["duos"], f["cost"], f["bound"]) for f in figures}) == 1
    assert figures[0]["duos"] == 3
    assert 0 < figures[0]["bound"] <= figures[0]["cost"] <= figures[0]["bound"] * 1.05
    # what stands is the joint plan: what all of them cost one by one is what they cost together
    plans = [d.ctl("plan", duo, json=True) for duo in sessions]
    assert sum(p["cost"] for p in plans) == figures[0]["cost"]
    assert all(p["bound"] == p["cost"] for p in plans)
    assert "3 duos share people or rooms: together cost" in d.ctl("plan", "bo-cas")


def test_a_duo_that_shares_nobody_is_in_no_component(daemon):
    d = daemon(roster=roster(CHAIN[:1] + (("cas", "dee"),)), timetables=TIMETABLES)
    d.ctl("wait")
    assert component(d, "ann-bo") is None and component(d, "cas-dee") is None


def test_the_order_of_the_roster_changes_nothing(daemon):
    first = daemon(roster=roster(), timetables=TIMETABLES)
    first.ctl("wait")
    other = daemon(roster=roster(tuple(reversed(CHAIN))), timetables=TIMETABLES)
    other.ctl("wait")
    assert plain(first) == plain(other)


def test_a_change_touches_only_those_whose_time_it_is(daemon):
    d = daemon(roster=roster(), timetables=TIMETABLES)
    d.ctl("wait")
    before = plain(d)
    hit = next(s for s in of_duos(d)["ann-bo"] if moment(s["start"]).month == 11)
    start = moment(hit["start"]) + dt.timedelta(minutes=10)
    d.write("ann.ics", TIMETABLES["ann.ics"].replace(
        "END:VCALENDAR\r\n", event("exam", start, start + dt.timedelta(hours=3)) +
        "END:VCALENDAR\r\n"))
    d.ctl("source", "refresh", "ann-1")
    d.ctl("wait")
    after = plain(d)
    assert before["bo-cas"] == after["bo-cas"] and before["cas-dee"] == after["cas-dee"]
    changed = set(before["ann-bo"]) ^ set(after["ann-bo"])
    assert changed and len(changed) <= 6, "more moved than pays"


ROOM = section("room", "b12", name="B1.2", timetable=f"b12.ics{HORIZON}")
PAIRS = (("ann", "bo"), ("cas", "dee"))


def test_a_room_holds_one_session_at_a_time(daemon):
    """Two duos that share nobody need the same room, which is taught in until two o'clock."""
    d = daemon(roster=roster(PAIRS, "b12", ROOM), timetables=TIMETABLES)
    d.ctl("wait")
    first, second = of_duos(d, PAIRS).values()
    assert len(first) > 5 and len(second) > 5
    for s in first + second:
        assert s["room"] == "b12"
        assert moment(s["start"]).astimezone(dt.timezone(dt.timedelta(hours=2))).hour >= 13
    assert not any(together(x, y) for x in first for y in second)
    assert component(d, "ann-bo")["duos"] == 2
    free = daemon(roster=roster(PAIRS), timetables=TIMETABLES)
    free.ctl("wait")
    assert component(free, "ann-bo") is None
    assert all(s["room"] is None for v in of_duos(free, PAIRS).values() for s in v)


def test_sessions_keep_their_room_and_lose_it_when_none_is_needed(daemon):
    two = ROOM + section("room", "c7", name="C7", timetable="none")
    d = daemon(roster=roster(PAIRS, "b12 c7", two), timetables=TIMETABLES)
    d.ctl("wait")
    before = plain(d, PAIRS)
    rooms = {s[2] for v in before.values() for s in v}
    assert rooms <= {"b12", "c7"} and "c7" in rooms
    d.write("eve.ics", TIMETABLES["eve.ics"])
    d.edit_roster("room = b12 c7", "room = c7 b12")  # another order is no reason to move
    d.ctl("reload")
    d.ctl("wait")
    assert plain(d, PAIRS) == before
    d.write("roster.ini", d.roster().replace("room = c7 b12\n", ""))
    d.ctl("reload")
    d.ctl("wait")
    assert all(s[2] is None for v in plain(d, PAIRS).values() for s in v)


def test_a_duo_whose_room_is_never_free_says_so(daemon):
    never = section("room", "b12", name="B1.2", works="sat 01:00-02:00", timetable="none")
    d = daemon(roster=roster(PAIRS, "b12", never), timetables=TIMETABLES)
    d.ctl("wait")
    assert all(not v for v in of_duos(d, PAIRS).values())
    plan = d.ctl("plan", "ann-bo", json=True)
    assert plan["placed_min"] == 0 and plan["unplaced_min"] > 0
    assert any("room" in reason for reason in plan["reasons"]), plan["reasons"]


def taught(room_hours, *more):
    """The room's timetable: @room_hours on every weekday."""
    return timetable(weekly("r", MONDAY, room_hours, days="MO,TU,WE,TH,FR"), *more)


def test_slots_and_roads_are_where_a_room_is_free(daemon):
    """Ann and bo share more time than the room has: taught in until two, and the other pair's."""
    d = daemon(roster=roster(PAIRS, "b12", ROOM), timetables=TIMETABLES)
    d.ctl("wait")
    others = of_duos(d, PAIRS)["cas-dee"]
    free = daemon(roster=roster(PAIRS), timetables=TIMETABLES)
    roads = 0
    for week in range(37, 45):
        name = f"2026-W{week}"
        slots = d.ctl("slots", "ann-bo", "--week", name, json=True)["slots"]
        anywhere = free.ctl("slots", "ann-bo", "--week", name, json=True)["slots"]
        assert len(slots) < len(anywhere)
        places = {(s["start"], s["end"]) for s in slots}
        for s in anywhere:
            fits = local(s["start"]).hour >= 14 and not any(together(s, o) for o in others)
            assert ((s["start"], s["end"]) in places) == fits, s
    day = MONDAY + dt.timedelta(weeks=2)
    for _ in range(20):
        text = d.ctl("explain", "ann-bo", str(day))
        road = d.ctl("explain", "ann-bo", str(day), json=True)["road"]
        if road and road.get("start"):
            roads += 1
            assert local(road["start"]).hour >= 14
            assert not any(together(road, o) for o in others)
        if "shared window: " in text and "shared window: none" not in text:
            assert "room b12 free: " in text
        day += dt.timedelta(days=1)
    assert roads > 3


def test_a_duo_whose_room_is_never_free_has_no_slots(daemon):
    never = section("room", "b12", name="B1.2", works="sat 01:00-02:00", timetable="none")
    d = daemon(roster=roster(PAIRS, "b12", never), timetables=TIMETABLES)
    assert d.ctl("slots", "ann-bo", "--week", "2026-W38", json=True)["slots"] == []
    text = d.ctl("explain", "ann-bo", "2026-09-14")
    assert "room b12 free: not in that time" in text and "in a free room" in text


def test_other_places_of_a_session_that_cannot_be_have_a_room(daemon):
    """The room is full in the freeze: what is offered is where one of the rooms has time, and can
    be had by the very command that people press."""
    two = ROOM + section("room", "c7", name="C7", timetable=f"c7.ics{HORIZON}")
    for room, sections in (("b12", ROOM), ("b12 c7", two)):
        tables = dict(TIMETABLES, **{"c7.ics": taught((8, 15))})
        d = daemon(roster=roster(PAIRS, room, sections), timetables=tables)
        d.ctl("wait")
        s = of_duos(d, PAIRS)["ann-bo"][1]
        d.advance(f"{int((moment(s['start']) - d.now()).total_seconds()) // 3600 - 30}h")
        start = local(s["start"]).replace(tzinfo=None)
        hit = event("toets", start - dt.timedelta(minutes=10), start + dt.timedelta(minutes=30))
        d.write("ann.ics", TIMETABLES["ann.ics"].replace("BEGIN:VEVENT", hit + "BEGIN:VEVENT", 1))
        d.ctl("source", "refresh", "ann-1")
        d.ctl("wait")
        clash, = d.ctl("session", "list", json=True)["clashes"]
        assert clash["session"] == s["id"] and len(clash["alternatives"]) == 3
        others = of_duos(d, PAIRS)["cas-dee"]
        for p in clash["alternatives"]:
            assert local(p["start"]).hour >= 14
            if room == "b12":
                assert not any(together(p, o) for o in others)
            d.ctl("session", "move", s["id"], as_arg(moment(p["start"])), dry_run=True)


def test_booking_by_hand_where_the_plan_then_moves_another(daemon):
    """The booked one has no room and the plan's new place has one: they are two sessions."""
    d = daemon(programme(cadence="5") +
               section("person", "ann", name="Ann", timetable="none") +
               section("person", "bo", name="Bo", timetable="none") +
               section("duo", "ann-bo", members="ann bo", room="c7") +
               section("room", "c7", name="C7", timetable="none"))
    moved = 0
    for day, length in ((0, "20m"), (1, "35m"), (4, "95m"), (8, "20m"), (15, "3h")):
        before = {s["id"]: s["start"] for s in d.sessions("ann-bo")}
        at = f"{MONDAY + dt.timedelta(day)}T08:30"
        d.ctl("session", "book", "ann-bo", at, length)
        own = d.sessions("ann-bo", states=("booked",))
        assert sum(s["start"] == f"{MONDAY + dt.timedelta(day)}T06:30:00Z" for s in own) == 1
        assert not any(together(a, b) for a, b in itertools.combinations(own, 2))
        moved += any(s["start"] != before.get(s["id"], s["start"]) for s in own)
    assert moved
