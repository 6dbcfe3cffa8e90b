"""plan, slots, explain, advice and what-if on the real daemon: every figure adds up to the total,
what is not free has a name, and what is promised comes true when it is done."""
import re

import pytest

from harness import (EASY_ROSTER, MONDAY, REPO, as_arg, dt, event, local, minutes, moment, programme,
                     section, timetable, weekly)

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
    # behind the horizon it is the source that ends
    answer = d.ctl("explain", "anna-bram", "2026-10-20")
    assert "anna is busy 2026-10-20 09:00-12:00 (anna-1, read" in answer


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
                if s["section"] == "planner"}
    assert rows == settings
