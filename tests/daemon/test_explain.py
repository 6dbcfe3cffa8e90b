"""plan, slots, explain, advice and what-if on the real daemon: every figure adds up to the total,
what is not free has a name, and what is promised comes true when it is done."""
import csv
import io
import json
import random
import re

import pytest

from harness import (EASY_ROSTER, EASY_TIMETABLES, MONDAY, REPO, as_arg, dt, event, local, minutes,
                     moment, programme, section, timetable, weekly)

SLOT_PARTS = {"length", "outside_prefer", "lunch", "scrap", "rhythm", "tentative"}
YEAR_PARTS = {"unused", "gaps", "even", "move"} | SLOT_PARTS


def adds_up(plan):
    """Every sum of a plan from its own items."""
    parts = plan["parts"]
    assert set(parts) == YEAR_PARTS
    assert plan["cost"] == sum(parts.values())
    chosen = [s for s in plan["sessions"] if not s["fixed"]]
    for s in plan["sessions"]:
        assert set(s["parts"]) == SLOT_PARTS and s["cost"] == sum(s["parts"].values())
    for name in SLOT_PARTS:
        assert parts[name] == sum(s["parts"][name] for s in chosen)
    gaps = plan["gap_costs"]
    assert plan["gaps"] == [g["open_days"] for g in gaps]
    assert len(gaps) == len(plan["sessions"]) + 1
    assert [g["open_days"] for g in gaps[:-1]] == [s["gap_before"] for s in plan["sessions"]]
    assert parts["gaps"] == sum(g["gap"] for g in gaps)
    assert parts["even"] == sum(g["even"] for g in gaps)
    assert gaps[0]["from"] is None and gaps[-1]["to"] is None
    assert all(a["to"] == b["from"] for a, b in zip(gaps, gaps[1:]))
    assert plan["longest_gap"] == max(plan["gaps"])
    assert parts["move"] == sum(m["cost"] for m in plan["moves"])
    unused = plan["unused"]
    assert parts["unused"] == unused["cost"] == unused["steps"] * unused["step_cost"]
    assert unused["steps"] == plan["unplaced_min"] // unused["step_min"]
    assert plan["placed_min"] == sum(s["min"] for s in chosen)
    assert plan["bound"] <= plan["cost"]
    return plan


def random_programme(rng):
    """A programme of some months in which everything may be otherwise than usual."""
    weeks = rng.randint(6, 20)
    end = MONDAY + dt.timedelta(days=7 * weeks - 3)
    keys = {"end": end.isoformat(), "budget": f"{rng.randint(8, 60)}h"}
    if rng.random() < .5:
        keys["closed"] = "2026-10-12..2026-10-18 Herfst"
    if rng.random() < .4:
        keys["prefer"] = "mon-wed 13:00-17:00"
    if rng.random() < .4:
        keys["session"] = "60m..120m"
    if rng.random() < .3:
        keys["cadence"] = rng.randint(2, 9)
    tables = {}
    for who in ("anna", "bram"):
        lessons = [weekly(f"{who}{i}", MONDAY + dt.timedelta(days=rng.randint(0, 4)),
                          (h := rng.randint(8, 14), h + rng.randint(1, 4)),
                          days=rng.choice(["MO", "TU,TH", "WE,FR", "MO,TU,WE", "FR"]))
                   for i in range(rng.randint(1, 5))]
        tables[f"{who}.ics"] = timetable(*lessons)
    text = (programme(**keys) +
            section("person", "anna", name="Anna", timetable="anna.ics") +
            section("person", "bram", name="Bram", timetable="bram.ics") +
            section("duo", "anna-bram", members="anna bram"))
    return text, tables


@pytest.mark.parametrize("nth", range(4))
def test_every_figure_adds_up_in_random_programmes(daemon, rng, nth):
    roster, tables = random_programme(rng)
    d = daemon(roster, tables)
    plan = adds_up(d.ctl("plan", "anna-bram", json=True))
    assert plan["cost"] == plan["bound"]
    # on after some weeks, and after somebody changes the plan by hand
    d.advance("9d")
    adds_up(d.ctl("plan", "anna-bram", json=True))
    booked = d.sessions(states=("booked",))
    if len(booked) > 2:
        d.ctl("session", "cancel", booked[2]["id"])
        d.ctl("wait")
        adds_up(d.ctl("plan", "anna-bram", json=True))
    text = d.ctl("plan", "anna-bram")
    assert f"cost {d.ctl('plan', 'anna-bram', json=True)['cost']} = unused " in text
    for s in d.ctl("slots", "anna-bram", json=True)["slots"]:
        assert s["cost"] == sum(s["parts"].values())


def test_the_road_not_taken_has_a_price_that_adds_up(easy):
    plan = easy.ctl("plan", "anna-bram", json=True)
    days = {local(s["start"]).date().isoformat() for s in plan["sessions"]}
    kinds = set()
    for i in range(20, 48):
        date = (MONDAY + dt.timedelta(days=i)).isoformat()
        answer = easy.ctl("explain", "anna-bram", date, json=True)
        road = answer["road"]
        if road is None:
            continue
        kinds.add(road["year"])
        assert road["year"] == ("without" if date in days else "with")
        assert road["cost"] == sum(road["parts"].values()) >= 0
        sentence = f"{road['cost']} points dearer"
        assert any(sentence in r for r in answer["reasons"]), (sentence, answer["reasons"])
        if road["year"] == "with":
            assert road["slot_cost"] == sum(road["slot_parts"].values())
            assert local(road["start"]).date().isoformat() == date
    assert kinds == {"with", "without"}


def test_what_is_not_free_is_named_with_its_source_and_age(daemon):
    roster = (programme(end="2026-12-18") +
              section("person", "anna", name="Anna", timetable=[
                  "anna.ics", "extra.ics tentative=tentative"]) +
              section("person", "bram", name="Bram", timetable="none") +
              section("person", "cees", name="Cees", timetable="none") +
              section("duo", "anna-bram", members="anna bram") +
              section("duo", "bram-cees", members="bram cees"))
    monday = dt.datetime(2026, 10, 19)
    d = daemon(roster, {
        "anna.ics": timetable(weekly("les", MONDAY, (9, 12))),
        "extra.ics": timetable(event("x", monday + dt.timedelta(hours=14),
                                     monday + dt.timedelta(hours=15), "STATUS:TENTATIVE"))})
    d.advance("2h")
    answer = d.ctl("explain", "anna-bram", "2026-10-19", json=True)
    rows = {(n["person"], n["source"], n["level"]): n for n in answer["not_free"]}
    lesson = rows["anna", "anna-1", "busy"]
    assert (lesson["start"], lesson["end"]) == ("2026-10-19T07:00:00Z", "2026-10-19T10:00:00Z")
    assert lesson["until"] == lesson["end"] and lesson["assumed"] is False
    age = (d.now() - moment(lesson["read_at"])).total_seconds()
    assert lesson["age_s"] == age
    assert ("anna", "anna-2", "tentative") in rows
    assert any("anna is busy 2026-10-19 09:00-12:00 (anna-1, read " in r for r in answer["reasons"])
    # the other duo's session stands in the way by its number
    s = next(s for s in d.sessions("bram-cees") if s["state"] == "booked")
    day = local(s["start"]).date().isoformat()
    answer = d.ctl("explain", "anna-bram", day, json=True)
    row = next(n for n in answer["not_free"] if n["person"] == "bram" and n["session"])
    assert row["session"] == s["id"] and row["source"] is None
    assert (row["start"], row["end"]) == (s["start"], s["end"])
    # slots say the same for a week
    week = d.ctl("slots", "anna-bram", "--week", "2026-W43", json=True)
    assert lesson in week["not_free"]
    # who is absent is absent, whatever else there would have been; programs are told both
    d.ctl("absent", "anna", "2026-10-26..2026-10-27")
    answer = d.ctl("explain", "anna-bram", "2026-10-26", json=True)
    rows = [n for n in answer["not_free"] if n["person"] == "anna"]
    assert {n["absent"]: n["source"] for n in rows} == {True: None, False: "anna-1"}
    assert next(n["until"] for n in rows if n["absent"]) == "2026-10-27T23:00:00Z"
    assert "anna is absent" in answer["reasons"]
    assert not any("anna is busy" in r for r in answer["reasons"])


def test_a_timetable_that_was_never_read_is_named(daemon):
    d = daemon(EASY_ROSTER, {})
    answer = d.ctl("explain", "anna-bram", "2026-10-19", json=True)
    row = answer["not_free"][0]
    assert (row["person"], row["source"], row["level"]) == ("anna", "anna-1", "unknown")
    assert row["read_at"] is None and row["age_s"] is None and row["until"] is None
    assert any("has not been read yet (anna-1)" in r for r in answer["reasons"])


def test_the_readme_has_every_weight_with_its_default(easy):
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", (REPO / "README.md").read_text(), re.M))
    settings = {s["key"]: s["default"] for s in easy.ctl("config", json=True)["settings"]
                if s["section"] == "planner" and s["key"] != "threads"}
    assert rows == settings


# ---- advice ----

def crowded(closed="2026-10-12..2026-10-18 Herfst"):
    """Two people who hardly share an hour: anna teaches in the mornings and bram in the
    afternoons, on every day, each lesson an event of its own."""
    def day_of(who, date, hours):
        return [event(f"{who}-{date}-{h}", dt.datetime.combine(date, dt.time(h, 30)),
                      dt.datetime.combine(date, dt.time(h, 30)) + dt.timedelta(hours=1))
                for h in hours]
    tables = {"anna": [], "bram": []}
    for i in range(7 * 10):
        date = MONDAY + dt.timedelta(days=i)
        if date.weekday() > 4:
            continue
        tables["anna"] += day_of("anna", date, (8, 10, 11))
        if date.weekday() != 2 or i % 4:  # some Wednesday afternoons are free for both
            tables["bram"] += day_of("bram", date, (13, 14, 16))
        tables["bram"] += day_of("bram", date, (9,))
    roster = (programme(end="2026-11-06", budget="30h", intervisie="none", reflection="none",
                        visits="none", steering="none", evaluation="none", closed=closed) +
              section("person", "anna", name="Anna", timetable="anna.ics horizon=open") +
              section("person", "bram", name="Bram", timetable="bram.ics horizon=open") +
              section("duo", "anna-bram", members="anna bram"))
    return roster, tables


def figures(d):
    plan = adds_up(d.ctl("plan", "anna-bram", json=True))
    return plan["placed_min"], plan["longest_gap"]


def without(events, occurrence, moved_to=None):
    """The list of events less the one at that time; or with it at another hour."""
    start = local(occurrence)
    key = f":{start.strftime('%Y%m%dT%H%M%S')}\r\n"
    hit = [e for e in events if "DTSTART;TZID=Europe/Amsterdam" + key in e]
    assert len(hit) == 1, (occurrence, len(hit))
    rest = [e for e in events if e is not hit[0]]
    if moved_to is not None:
        at = start.replace(hour=moved_to, minute=0, tzinfo=None)
        rest.append(event("moved", at, at + dt.timedelta(hours=1)))
    return rest


@pytest.mark.parametrize("moved_to", [None, 20])
def test_advice_comes_true_when_it_is_taken(daemon, moved_to):
    """Each of the five in turn: what `plan` says afterwards is what was promised."""
    roster, tables = crowded()
    d = daemon(roster, {f"{who}.ics": timetable(*events) for who, events in tables.items()})
    before = figures(d)
    answer = d.ctl("advice", "anna-bram", json=True)
    assert answer["needed"] and len(answer["advice"]) == 5 and answer["reasons"] == []
    assert (answer["unplaced_min"], answer["longest_gap"]) == (30 * 60 - before[0], before[1])
    gains = [a["gain"] for a in answer["advice"]]
    assert gains == sorted(gains, reverse=True)
    for a in answer["advice"]:
        assert a["gain_min"] >= 0 and a["gain_gap"] >= 0 and a["gain_min"] + a["gain_gap"] > 0
        assert a["source"] == a["person"] + "-1"
    for a in answer["advice"][:3]:
        who = a["person"]
        fewer = without(tables[who], a["occurrence"], moved_to)
        d.write(f"{who}.ics", timetable(*fewer))
        d.ctl("source", "refresh", a["source"])
        d.ctl("wait")
        after = figures(d)
        assert after[0] - before[0] == a["gain_min"], a
        assert before[1] - after[1] == a["gain_gap"], a
        # and back: what was booked on the strength of it goes again
        d.write(f"{who}.ics", timetable(*tables[who]))
        d.ctl("source", "refresh", a["source"])
        d.ctl("wait")
        assert figures(d) == before


def test_a_lesson_that_holds_the_horizon_up_is_not_advised(daemon):
    """`horizon = auto` ends with the last full week: without one of its lessons that week would be
    unknown, and the promise would not be what comes."""
    roster, tables = crowded()
    last = dt.date(2026, 11, 2)  # a week with just half of the usual lessons
    anna = [e for e in tables["anna"] if not any(
        f"{(last + dt.timedelta(days=i)).strftime('%Y%m%d')}T" in e for i in range(7))]
    anna += [event(f"last{i}", dt.datetime.combine(last + dt.timedelta(days=1), dt.time(8 + i)),
                   dt.datetime.combine(last + dt.timedelta(days=1), dt.time(9 + i)))
             for i in range(8)]  # of 15
    tables["anna"] = anna
    d = daemon(roster.replace("anna.ics horizon=open", "anna.ics"),
               {f"{who}.ics": timetable(*events) for who, events in tables.items()})
    before = figures(d)
    horizon = d.ctl("source", "list", json=True)["sources"][0]["horizon"]
    answer = d.ctl("advice", "anna-bram", json=True)
    assert answer["lessons"] == len(anna) + len(tables["bram"]) - 8
    d.write("anna.ics", timetable(*anna[:-1]))
    d.ctl("source", "refresh", "anna-1")
    assert d.ctl("source", "list", json=True)["sources"][0]["horizon"] != horizon
    d.write("anna.ics", timetable(*anna))
    d.ctl("source", "refresh", "anna-1")
    d.ctl("wait")
    assert figures(d) == before and answer["advice"]
    for a in answer["advice"][:2]:
        fewer = without(tables[a["person"]], a["occurrence"])
        d.write(f"{a['person']}.ics", timetable(*fewer))
        d.ctl("source", "refresh", a["source"])
        d.ctl("wait")
        assert d.ctl("source", "list", json=True)["sources"][0]["horizon"] == horizon
        after = figures(d)
        assert (after[0] - before[0], before[1] - after[1]) == (a["gain_min"], a["gain_gap"])
        d.write(f"{a['person']}.ics", timetable(*tables[a["person"]]))
        d.ctl("source", "refresh", a["source"])
        d.ctl("wait")


def test_who_else_may_take_what_becomes_free_is_named(daemon):
    roster, tables = crowded()
    roster += (section("person", "cees", name="Cees", timetable="none") +
               section("duo", "bram-cees", members="bram cees"))
    d = daemon(roster, {f"{who}.ics": timetable(*events) for who, events in tables.items()})
    answer = d.ctl("advice", "anna-bram", json=True)
    assert answer["advice"]
    assert answer["reasons"] == ["bram is in bram-cees too, which may take what becomes free"]


def test_a_session_that_was_typed_in_is_no_lesson_to_move(daemon):
    roster, tables = crowded()
    d = daemon(roster, {f"{who}.ics": timetable(*events) for who, events in tables.items()})
    n = d.ctl("advice", "anna-bram", json=True)["lessons"]
    s = d.sessions(states=("booked",))[0]
    typed = event("typed", moment(s["start"]), moment(s["end"]), summary="Overleg Bram")
    d.write("anna.ics", timetable(*tables["anna"], typed))
    d.ctl("source", "refresh", "anna-1")
    d.ctl("wait")
    answer = d.ctl("advice", "anna-bram", json=True)
    assert answer["lessons"] == n
    assert s["start"] not in [a["occurrence"] for a in answer["advice"]]


def test_a_duo_that_needs_a_room_is_promised_only_what_the_room_allows(daemon):
    roster, tables = crowded()
    roster = roster.replace("members = anna bram", "members = anna bram\nroom = b12") + section(
        "room", "b12", timetable="room.ics horizon=open")
    # taken on every Monday and Wednesday afternoon
    tables["room"] = [weekly("room", MONDAY, (12, 18), days="MO,WE")]
    d = daemon(roster, {f"{who}.ics": timetable(*events) for who, events in tables.items()})
    before = figures(d)
    answer = d.ctl("advice", "anna-bram", json=True)
    assert answer["unplaced_min"] == 30 * 60 - before[0] and answer["longest_gap"] == before[1]
    assert answer["advice"]
    for a in answer["advice"][:2]:
        who = a["person"]
        d.write(f"{who}.ics", timetable(*without(tables[who], a["occurrence"])))
        d.ctl("source", "refresh", a["source"])
        d.ctl("wait")
        after = figures(d)
        assert (after[0] - before[0], before[1] - after[1]) == (a["gain_min"], a["gain_gap"])
        d.write(f"{who}.ics", timetable(*tables[who]))
        d.ctl("source", "refresh", a["source"])
        d.ctl("wait")


def test_advice_as_csv_and_text_names_no_title(daemon):
    roster, tables = crowded()
    d = daemon(roster, {f"{who}.ics": timetable(*events).replace("SUMMARY:Les", "SUMMARY:Geheim")
                        for who, events in tables.items()})
    answer = d.ctl("advice", "anna-bram", json=True)["advice"]
    rows = list(csv.DictReader(io.StringIO(d.ctl("advice", "anna-bram", "--csv"))))
    text = d.ctl("advice", "anna-bram").splitlines()
    assert len(rows) == len(text) == len(answer) == 5
    for row, line, a in zip(rows, text, answer):
        assert row["occurrence"] == as_arg(moment(a["occurrence"])) == line.split("\t")[0]
        assert row["end"] == as_arg(moment(a["end"])) and row["person"] == a["person"]
        assert (int(row["gain_min"]), int(row["gain_gap"])) == (a["gain_min"], a["gain_gap"])
        assert row["weekday"] == local(a["occurrence"]).strftime("%a").lower()
    for said in (d.ctl("advice", "anna-bram", "--csv"), "\n".join(text), str(answer)):
        assert "Geheim" not in said
    assert d.ask("advice", "anna-bram", "--csv", json=True).status == 64
    assert "did you mean anna-bram" in d.ask("advice", "anna-brom").err


def test_a_lesson_that_both_have_is_one(daemon):
    roster, tables = crowded()
    shared = section("source", "both", path="both.ics", horizon="open", primary="no")
    roster = roster.replace("horizon=open\n", "horizon=open\ntimetable = source:both\n")
    date = MONDAY + dt.timedelta(days=2)
    both = [event(f"both{i}", dt.datetime.combine(date + dt.timedelta(days=7 * i), dt.time(13)),
                  dt.datetime.combine(date + dt.timedelta(days=7 * i), dt.time(17)))
            for i in range(10)]
    tables["bram"] = [e for e in tables["bram"] if "BEGIN" in e and not any(
        f"T{h}3000" in e for h in (13, 14, 16))]
    for i in range(7 * 10):
        day = MONDAY + dt.timedelta(days=i)
        if day.weekday() in (0, 1, 3, 4):
            tables["bram"].append(event(f"away{i}", dt.datetime.combine(day, dt.time(12)),
                                        dt.datetime.combine(day, dt.time(17))))
    d = daemon(roster + shared, {f"{who}.ics": timetable(*events)
                                 for who, events in {**tables, "both": both}.items()})
    before = figures(d)
    answer = d.ctl("advice", "anna-bram", json=True)
    a = answer["advice"][0]
    assert a["person"] == "anna,bram" and a["source"] == "both", answer
    row = next(csv.DictReader(io.StringIO(d.ctl("advice", "anna-bram", "--csv"))))
    assert row["person"] == "anna,bram"
    d.write("both.ics", timetable(*without(both, a["occurrence"])))
    d.ctl("source", "refresh", "both")
    d.ctl("wait")
    after = figures(d)
    assert (after[0] - before[0], before[1] - after[1]) == (a["gain_min"], a["gain_gap"])


def test_nothing_to_advise_says_why(easy):
    answer = easy.ctl("advice", "anna-bram", json=True)
    assert answer["advice"] == [] and answer["needed"] is False
    assert len(answer["reasons"]) == 1 and "nothing to advise: " in answer["reasons"][0]
    assert easy.ctl("advice", "anna-bram").startswith("nothing to advise: ")
    assert easy.ctl("advice", "anna-bram", "--csv").count("\n") == 1


# ---- what if ----

def times(plan):
    return [(s["start"], s["end"]) for s in plan["sessions"]]


def whatif(d, *words):
    """plan with a supposition: adds up, as does the difference; and nothing is stored."""
    before = d.sessions(), d.ctl("status", json=True), d.ctl("audit")
    now = d.ctl("plan", "anna-bram", json=True)
    then = adds_up(d.ctl("plan", "anna-bram", *words, json=True))
    diff = then["difference"]
    assert diff["cost"] == then["cost"] - now["cost"] == sum(diff["parts"].values())
    for key in ("placed_min", "unplaced_min", "longest_gap", "cadence"):
        assert diff[key] == then[key] - now[key]
    both = set(times(now)) & set(times(then))
    assert diff["same"] == len(both)
    assert [(s["start"], s["end"]) for s in diff["gone"]] == [
        t for t in times(now) if t not in both]
    assert [(s["start"], s["end"]) for s in diff["new"]] == [
        t for t in times(then) if t not in both]
    d.ctl("wait")
    assert (d.sessions(), d.ctl("status", json=True), d.ctl("audit")) == before
    text = d.ctl("plan", "anna-bram", *words)
    assert f"difference to now: cost {diff['cost']:+d} = unused " in text
    assert sum(line[:2] in ("- ", "+ ") for line in text.splitlines()) == (
        len(diff["gone"]) + len(diff["new"]))
    return now, then


@pytest.mark.parametrize("text,old,new", [
    ("anna works mon-tue", "works = mon-thu 08:30-17:00", "works = mon-tue 08:30-17:00"),
    ("anna works mon-tue 13:00-17:00; bram budget 40h",
     "works = mon-thu 08:30-17:00",
     "works = mon-tue 13:00-17:00\n[person bram]\nbudget = 40h"),
    ("bram absent 2026-10-05..2026-10-30", "name = Bram Bos",
     "name = Bram Bos\nabsent = 2026-10-05..2026-10-30"),
    ("cadence 8", "topic = Her", "cadence = 8\ntopic = Her"),
    ("budget 60h", "name = Samen leren", "name = Samen leren\nbudget = 60h"),
    ("session 60m..120m; preferred 90m", "name = Samen leren",
     "name = Samen leren\nsession = 60m..120m\npreferred = 90m"),
    ("programme end 2027-03-26", "end = 2027-07-09", "end = 2027-03-26"),
    ("closed 2026-10-12..2026-10-18 Herfst", "closed =", "closed = 2026-10-12..2026-10-18\nclosed ="),
])
def test_what_if_is_what_comes_of_it(daemon, text, old, new):
    """The same change in the roster gives the same figures and the same sessions."""
    roster = EASY_ROSTER
    d = daemon()
    now, then = whatif(d, "--what-if", text)
    if "[person bram]" in new:  # the section stands below already
        new, more = new.split("\n[person bram]\n")
        roster = roster.replace("name = Bram Bos", "name = Bram Bos\n" + more)
    assert old in roster
    d.write("roster.ini", roster.replace(old, new))
    d.ctl("reload", "--accept", d.ctl("reload", dry_run=True, json=True)["hash"])
    d.ctl("wait")
    after = d.ctl("plan", "anna-bram", json=True)
    for key in ("placed_min", "unplaced_min", "longest_gap", "cadence", "reserve"):
        assert after[key] == then[key], key
    assert times(after) == times(then)
    assert after["cost"] == then["cost"] - then["parts"]["move"]


def test_without_a_source(daemon):
    roster = EASY_ROSTER.replace("timetable = anna.ics",
                                 "timetable = anna.ics\ntimetable = team.ics horizon=4w")
    tables = {"anna.ics": timetable(weekly("les", MONDAY, (9, 12), days="MO,TU,WE,TH")),
              "team.ics": timetable(weekly("team", MONDAY, (13, 17), days="MO,TU,WE,TH"))}
    d = daemon(roster, tables)
    now, then = whatif(d, "--without", "anna-2")
    assert now["sessions"] == [] and then["cost"] < now["cost"]
    assert {local(s["start"]).hour for s in then["difference"]["new"]} <= {12, 13, 14, 15, 16}
    d.write("roster.ini", roster.replace("\ntimetable = team.ics horizon=4w", ""))
    d.ctl("reload", "--accept", d.ctl("reload", dry_run=True, json=True)["hash"])
    d.ctl("wait")
    assert times(d.ctl("plan", "anna-bram", json=True)) == times(then)
    # both at once: without the only timetable there is nothing in the way
    now, then = whatif(d, "--without", "anna-1", "--what-if", "lunch 12:00-12:30")
    assert then["parts"]["unused"] == 0


def test_without_the_timetable_of_a_room(daemon):
    """The plan looks at more timetables than the members': any of these can be left out."""
    room = section("room", "b12", name="B1.2", timetable="b12.ics")
    cees = section("person", "cees", name="Cees", timetable="cees.ics")
    roster = EASY_ROSTER.replace("members = anna bram", "members = anna bram\nroom = b12")
    lessons = {"b12.ics": timetable(weekly("les", MONDAY, (8, 17), days="MO,TU,WE,TH")),
               "cees.ics": timetable(weekly("les", MONDAY, (8, 17)))}
    d = daemon(roster + room + cees, {**EASY_TIMETABLES, **lessons})
    now, then = whatif(d, "--without", "b12-1")
    assert not [s for s in now["sessions"] if s["kind"] == "work"]
    assert len([s for s in then["sessions"] if s["kind"] == "work"]) > 10
    a = d.ctl("plan", "anna-bram", "--without", "cees-1", expect=64)
    assert "the plan of anna-bram does not look at cees-1" in a.err


def test_a_policy_can_be_supposed_and_a_new_file_cannot(daemon):
    roster = EASY_ROSTER.replace("timetable = anna.ics", "timetable = source:school") + section(
        "source", "school", path="anna.ics")
    tables = {"anna.ics": timetable(weekly("les", MONDAY, (9, 12)),
                                    event("fair", MONDAY + dt.timedelta(days=43),
                                          MONDAY + dt.timedelta(days=46), "TRANSP:TRANSPARENT")),
              "secret.ics": "not for everybody"}
    d = daemon(roster, tables)
    now, then = whatif(d, "--what-if", "school transparent busy; school allday busy")
    away = [s for s in now["sessions"] if "2026-10-13" <= s["start"][:10] < "2026-10-16"]
    assert away, "nothing stands there: the test would prove nothing"
    assert not [s for s in then["sessions"] if "2026-10-13" <= s["start"][:10] < "2026-10-16"]
    for text in ("school path secret.ics", "anna timetable secret.ics"):
        a = d.ask("plan", "anna-bram", "--what-if", text)
        assert a.status == 64 and "a timetable that is not read yet" in a.err, a.err
        assert "not for everybody" not in a.err


def test_a_url_is_not_fetched_for_a_question(daemon):
    d = daemon(EASY_ROSTER.replace("timetable = anna.ics",
                                   "timetable = https://127.0.0.1:9/anna.ics"), {})
    plan = d.ctl("plan", "anna-bram", "--what-if", "end 2027-06-30", json=True)
    assert ["anna-1 is a URL and is not fetched for this: it says what it said before"] == \
        plan["difference"]["notes"]


@pytest.mark.parametrize("words,status,sentence", [
    (["--what-if", "anan works mon"], 64, "did you mean `anna`?"),
    (["--what-if", "anna works maandag"], 64, "works: "),
    (["--what-if", ""], 64, "nothing is supposed"),
    (["--what-if", "cadence 5; cadence 6"], 64, "given twice"),
    (["--what-if"], 64, "--what-if needs a value"),
    (["--without", "anna-9"], 66, "did you mean anna-1?"),
    (["--without", "x"], 66, "no source x"),
    (["--what-if", "members bram cees"], 64, "there is no [person cees]"),
])
def test_what_cannot_be_supposed_is_a_sentence(easy, words, status, sentence):
    a = easy.ask("plan", "anna-bram", *words)
    assert a.status == status and sentence in a.err and a.err.count("\n") == 1, a.err
    assert "roster.ini" not in a.err and not a.out


def test_other_members_can_be_supposed(daemon):
    roster = EASY_ROSTER + section("person", "cees", name="Cees", timetable="none",
                                   works="wed 08:30-17:00")
    d = daemon(roster, {"anna.ics": timetable(weekly("les", MONDAY, (9, 12)))})
    now, then = whatif(d, "--what-if", "members anna cees")
    assert then["sessions"] and all(local(s["start"]).weekday() == 2 for s in then["sessions"])
    assert then["parts"]["move"] == 0


def packed_from(week, seed):
    """Ten weeks that are known, taught at random, and nearly all day from @week on."""
    draw, events = random.Random(seed), []
    for day in (d for d in range(70) if d % 7 < 5):
        for hour in range(8, 17):
            if draw.random() < (0.9 if day >= 7 * week else 0.4):
                start = dt.datetime.combine(MONDAY + dt.timedelta(day), dt.time(hour, 30))
                events.append(event(f"{seed}{day}h{hour}", start,
                                    start + dt.timedelta(minutes=50)))
    return timetable(*events)


def test_slots_of_a_length_that_no_session_has_say_so(easy):
    why = "no session lasts {}: they last 1h to 3h, in steps of 15m"
    for length in ("5m", "100m", "4h"):
        answer = easy.ctl("slots", "anna-bram", "--length", length, json=True)
        said = {"5m": "5m", "100m": "1h40m", "4h": "4h"}[length]
        assert answer["slots"] == [] and answer["reasons"][0] == why.format(said)
    text = easy.ctl("slots", "anna-bram", "--length", "5m")
    assert text.startswith("# " + why.format("5m"))
    assert "no session lasts" not in easy.ctl("slots", "anna-bram", "--length", "90m")


def test_no_key_stands_twice_in_an_object(easy):
    def once(pairs):
        keys = [k for k, _ in pairs]
        assert len(keys) == len(set(keys)), keys
        return dict(pairs)
    day = as_arg(moment(easy.sessions()[0]["start"]))[:10]
    for words in (["plan", "anna-bram"], ["slots", "anna-bram"], ["explain", "anna-bram", day],
                  ["advice", "anna-bram"], ["plan", "anna-bram", "--what-if", "cadence 3"],
                  ["plan", "programme"], ["session", "list"], ["report"], ["status"]):
        json.loads(easy.ask(*words, json=True).out, object_pairs_hook=once)


def test_hours_kept_for_unknown_time_are_in_the_words_and_above_the_bound(daemon):
    d = daemon(roster=programme() +
               section("person", "anna", name="Anna", timetable="anna.ics") +
               section("person", "bram", name="Bram", timetable="bram.ics") +
               section("duo", "ab", members="anna bram", topic="x"),
               timetables={"anna.ics": packed_from(7, 1), "bram.ics": packed_from(7, 2)})
    plan = d.ctl("plan", "ab", json=True)
    assert plan["early_price"] > 0 and plan["bound"] < plan["cost"] == sum(plan["parts"].values())
    kept = [r for r in plan["reasons"] if "kept for the time that is not known yet" in r]
    assert len(kept) == 1
    assert f"costs {plan['cost'] - plan['bound']} points more than its bound" in kept[0]
    # a day that the year would be cheaper with, were hours not kept
    used = {s["start"][:10] for s in plan["sessions"]}
    said = [d.ctl("explain", "ab", str(MONDAY + dt.timedelta(day))) for day in range(7, 40)
            if str(MONDAY + dt.timedelta(day)) not in used]
    assert not any(" -" in line.split(" points ")[0] for text in said
                   for line in text.splitlines() if "makes the best year" in line)
    assert any("points cheaper" in text and "but hours are kept" in text for text in said)


def test_a_room_that_is_always_free_leaves_the_advice_as_it_is(daemon):
    """Hundreds of lessons of the last known weeks might help; with a room few can be tried."""
    def advice(duo="", sections=""):
        d = daemon(programme() +
                   section("person", "anna", name="Anna", timetable="anna.ics") +
                   section("person", "bram", name="Bram", timetable="bram.ics") +
                   f"[duo ab]\nmembers = anna bram\ntopic = x\n{duo}\n" + sections,
                   {"anna.ics": packed_from(7, 2), "bram.ics": packed_from(7, 52)})
        return d.ctl("advice", "ab", json=True)
    without, with_room = advice(), advice("room = b1\n", "[room b1]\ntimetable = none\n")
    assert len(without["advice"]) == 5 and with_room["advice"] == without["advice"]
    assert with_room["reasons"] == ["only the 100 most promising lessons were tried: there may be "
                                    "others as good"]
