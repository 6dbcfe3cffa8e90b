"""Reload: all or nothing, shown before, held back when it would cancel much."""
import re

import pytest

from harness import (EASY_TIMETABLES, MONDAY, local, moment, pairs_roster, programme,
                     section, timetable, wait_for, weekly)
from ics_lint import lint, unescape


def everything(d):
    feeds = {link["id"]: d.get("/" + link["url"].split("/", 3)[3]).body
             for link in d.links() if link["kind"] in ("feed", "busy")}
    status = d.ctl("status", json=True)["roster"]
    return (d.sessions(), feeds, [(link["id"], link["url"]) for link in d.links()], status["hash"],
            d.ctl("source", "list"), d.ctl("audit"))


def versions(d, owner="anna"):
    return {uid: (int(e["SEQUENCE"][1]), e["LAST-MODIFIED"][1])
            for uid, e in lint(d.feed(owner)).items()}


def drop(text, head):
    """@text without the section that @head begins."""
    return re.sub(rf"^\[{re.escape(head)}\]\n(?:(?!\[).*\n)*", "", text, flags=re.M)


FAULTS = [
    ("members = anna bram", "members = anna brom", ["brom"]),
    ("members = anna bram", "members = anna", ["two"]),
    ("members = anna bram", "members = anna bram cees", ["two"]),
    ("start = 2026-08-31", "start = 2028-08-31", ["start"]),
    ("start = 2026-08-31", "start = 31 augustus", ["31 augustus"]),
    ("name = Samen leren", "name = Samen leren\nbudget = 0h", ["budget"]),
    ("name = Samen leren", "name = Samen leren\nzone = Europe/Amsterdm", ["Europe/Amsterdm"]),
    ("name = Samen leren", "name = Samen leren\nbudgt = 75h", ["budgt", "budget"]),
    ("closed = 2026", "closed = missing.ics\nclosed = 2026", ["missing.ics"]),
    ("timetable = none\n", "", ["bram", "timetable"]),
    ("[duo anna-bram]", "[duo anna-bram", ["]"]),
    ("[duo anna-bram]", "[duo Anna]", ["Anna"]),
    ("[person bram]", "[person anna]", ["anna"]),
    ("[programme]", "include = people/*.ini\n[programme]", ["people"]),
    ("works = mon-thu 08:30-17:00", "works = mon-thu 17:00-08:30", ["17:00"]),
]


@pytest.mark.parametrize("old,new,words", FAULTS, ids=[f[1].split("\n")[0][:30] for f in FAULTS])
def test_a_fault_leaves_everything_as_it_was(daemon, old, new, words):
    d = daemon()
    before, whole = everything(d), d.roster()
    d.edit_roster(old, new)
    at = d.roster().rsplit(new, 1)[0].count("\n") + 1 if new else 0
    answer = d.ctl("reload", expect=78)
    lines = answer.out.splitlines()
    assert lines and all(re.match(rf"{re.escape(str(d.root))}/[^:]+:\d+: .+", x) for x in lines), lines
    assert any(all(w in line for w in words) for line in lines), lines
    if at and not new.startswith(("include", "name")):
        assert any(abs(int(line.split(":")[1]) - at) <= 2 for line in lines), (at, lines)
    assert "nothing was changed" in answer.err
    assert everything(d) == before
    faults = d.ask("reload", json=True)
    assert faults.status == 78 and '"faults":[' in faults.out
    d.write("roster.ini", whole)
    d.ctl("reload")


def test_every_fault_is_listed(easy):
    before = everything(easy)
    text = easy.roster()
    for old, new, _ in (FAULTS[0], FAULTS[3], FAULTS[7], FAULTS[14]):
        text = text.replace(old, new)
    easy.write("roster.ini", text)
    easy.conf.write_text(easy.conf.read_text() + "[planner]\nw_gap = veel\n")
    lines = easy.ctl("reload", expect=78).out.splitlines()
    assert len(lines) == 5, lines
    assert sum("tandemd.conf:" in line for line in lines) == 1
    assert everything(easy) == before


def test_a_dry_run_shows_and_changes_nothing(easy):
    before = everything(easy)
    easy.edit_roster("works = mon-thu 08:30-17:00", "works = mon,thu 08:30-17:00")
    easy.edit_roster("name = Bram Bos", "name = Bram de Bos")
    shown = easy.ctl("reload", dry_run=True)
    assert "~ person anna" in shown and "~ person bram" in shown and "hash " in shown
    diff = easy.ctl("reload", dry_run=True, json=True)
    assert diff["persons"] == {"added": [], "changed": ["anna", "bram"], "gone": []}
    assert diff["sessions"]["moved"] > 5
    assert everything(easy) == before
    # the reload does what was shown
    done = easy.ctl("reload", json=True)
    assert done == diff
    after = easy.sessions()
    assert all(moment(s["start"]).weekday() in (0, 3) for s in after if s["state"] == "booked")
    moved = sum(s["sequence"] > 0 and s["state"] == "booked" for s in after)
    assert moved == diff["sessions"]["moved"]
    assert easy.ctl("status", json=True)["roster"]["hash"] == diff["hash"]


def test_what_comes_goes_and_changes_is_shown(daemon):
    d = daemon(pairs_roster(3), {})
    text = drop(d.roster(), "duo d3")
    text = drop(drop(text, "person p6"), "person p5")
    text += section("person", "q1", name="Quinten", timetable="q1.ics")
    text += section("duo", "e1", members="p1 q1", topic="x")
    d.write("q1.ics", timetable(weekly("x", MONDAY, (9, 12))))
    d.write("roster.ini", text.replace("Topic 2", "Thema 2"))
    shown = d.ctl("reload", dry_run=True, json=True)
    assert shown["persons"] == {"added": ["q1"], "changed": [], "gone": ["p5", "p6"]}
    assert shown["duos"] == {"added": ["e1"], "changed": ["d2"], "gone": ["d3"]}
    assert shown["sources"]["added"] == ["q1-1"]
    assert shown["held_back"] is True and shown["sessions"]["cancelled"] > 20
    d.ctl("reload", "--accept", shown["hash"])
    d.ctl("wait")
    assert d.sessions("e1", states=("booked",)) and d.links("feed", "q1")
    assert {s["state"] for s in d.sessions("d3")} == {"cancelled"}


def test_a_duo_that_leaves_is_held_back(daemon):
    d = daemon(pairs_roster(4), {})
    before = everything(d)
    whole = d.roster()
    d.write("roster.ini", drop(whole, "duo d2"))
    answer = d.ctl("reload", expect=78)
    hash_ = re.search(r"--accept ([0-9a-f]{32})", answer.err)[1]
    assert f"hash {hash_}" in answer.out and "- duo d2" in answer.out
    assert everything(d) == before
    # another hash accepts nothing, and neither does one of a roster that changed since
    d.ctl("reload", "--accept", "0" * 32, expect=78)
    d.write("roster.ini", drop(whole, "duo d2").replace("Topic 1", "Thema 1"))
    d.ctl("reload", "--accept", hash_, expect=78)
    assert everything(d) == before
    d.write("roster.ini", drop(whole, "duo d2"))
    gone = {s["id"] for s in d.sessions("d2", states=("booked",))}
    path = d.link("feed", "d2")
    d.ctl("reload", "--accept", hash_)
    for owner in ("p3", "p4"):
        events = {u.split("@")[0]: e for u, e in lint(d.feed(owner)).items()}
        # and the moments of everybody go on without who is in no duo
        left = {s["id"] for s in d.sessions("programme", states=("booked",))
                if owner not in s["attendees"]}
        assert {i for i, e in events.items() if e["STATUS"][1] == "CANCELLED"} == gone | left
    assert d.get(path).status == 200  # its subscribers see the tombstones
    d.restart()
    assert {s["id"] for s in d.sessions("d2", states=("cancelled",))} == gone
    # links of who left are open for 30 days
    d.advance("29d")
    assert d.get(path).status == 200
    d.advance("2d")
    assert d.get(path).status == 410
    # who returns finds them open again; what was cancelled stays cancelled
    d.write("roster.ini", whole)
    d.ctl("reload")
    d.ctl("wait")
    assert d.get(path).status == 200
    assert gone <= {s["id"] for s in d.sessions("d2", states=("cancelled",))}
    fresh = {s["id"] for s in d.sessions("d2", states=("booked",))}
    assert fresh and not fresh & gone


def test_little_is_not_held_back(daemon):
    """One session of many is below 10 %."""
    d = daemon(pairs_roster(2), {})
    d.edit_roster("end = 2027-07-09", "end = 2027-07-02")
    shown = d.ctl("reload", json=True)
    assert shown["held_back"] is False and shown["sessions"]["cancelled"] <= 8


def test_a_half_saved_roster_is_held_back_by_hup_too(daemon):
    d = daemon(pairs_roster(4), {})
    before = everything(d)
    whole = d.roster()
    d.write("roster.ini", drop(whole, "duo d4"))
    d.hup()
    wait_for("the refusal", lambda: "held back" in d.log())
    assert everything(d) == before
    status = d.ctl("status", json=True)["roster"]
    assert status["stale"] is True and "held back" in status["why"]
    d.write("roster.ini", "[programme\n")
    d.hup()
    wait_for("the faults", lambda: "roster.ini:1" in d.log())
    assert everything(d) == before
    d.write("roster.ini", whole.replace("Topic 1", "Thema 1"))
    d.hup()
    wait_for("the new topic", lambda: "Thema 1" in d.feed("p1").decode())
    assert d.ctl("status", json=True)["roster"]["stale"] is False


def test_watching_takes_a_changed_roster(daemon):
    d = daemon(conf="[roster]\nwatch = yes\n")
    d.edit_roster("name = Bram Bos", "name = Bram Zee")
    wait_for("the new name", lambda: "Bram Zee" in d.feed("anna").decode())


def test_a_fault_that_is_taken_back_is_forgotten(daemon):
    d = daemon(conf="[roster]\nwatch = yes\n")

    def stale():
        return d.ctl("status", json=True)["roster"]["stale"]

    d.edit_roster("members = anna bram", "members = anna bramm")
    wait_for("the fault to be seen", stale)
    d.edit_roster("members = anna bramm", "members = anna bram")
    wait_for("the roster to be whole again", lambda: not stale())


def test_a_duo_is_renamed_by_was(easy):
    before = easy.sessions()
    easy.advance("10d")  # some of the past too
    held = {s["id"] for s in easy.sessions(states=("held",))}
    uids = set(lint(easy.feed("anna")))
    sequence = {u: v[0] for u, v in versions(easy).items()}
    easy.edit_roster("[duo anna-bram]", "[duo ab]\nwas = anna-bram")
    shown = easy.ctl("reload", json=True)
    assert shown["sessions"]["cancelled"] == 0 and shown["held_back"] is False
    easy.ctl("wait")
    assert {s["duo"] for s in easy.sessions(kind="work")} == {"ab"}
    assert {s["id"] for s in easy.sessions()} >= {s["id"] for s in before}
    assert {s["id"] for s in easy.sessions(states=("held",))} >= held != set()
    assert set(lint(easy.feed("anna"))) >= uids
    assert {u: v[0] for u, v in versions(easy).items() if u in sequence} == sequence
    easy.restart()
    assert {s["duo"] for s in easy.sessions(kind="work")} == {"ab"}
    easy.ctl("reload")  # `was` may stay where it is


def test_a_member_is_replaced(daemon):
    d = daemon(pairs_roster(3), {})
    d.advance("9d")
    past = [s for s in d.sessions("d1") if moment(s["start"]) < d.now()]
    d.edit_roster("members = p1 p2", "members = p1 q1")
    d.write("roster.ini", d.roster() + section("person", "q1", name="Q", timetable="none"))
    answer = d.ctl("reload", expect=78)
    d.ctl("reload", "--accept", re.search(r"--accept (\w+)", answer.err)[1])
    d.ctl("wait")
    for s in d.sessions("d1", states=("booked",)):
        if moment(s["start"]) > d.now():
            assert sorted(s["attendees"]) == ["p1", "q1"], s
    assert [s for s in d.sessions("d1") if moment(s["start"]) < d.now()] == past
    assert all(e["STATUS"][1] == "CANCELLED" for u, e in lint(d.feed("p2")).items()
               if u.split("@")[0] not in {s["id"] for s in past})


def test_a_changed_name_is_a_new_version_not_a_new_sequence(easy):
    before, http = versions(easy), easy.get(easy.link("feed", "anna"))
    sessions = easy.sessions()
    easy.edit_roster("name = Bram Bos", "name = Bram van den Berg; Bos")
    easy.ctl("reload")
    after = versions(easy)
    assert after.keys() == before.keys() and easy.sessions() == sessions
    for uid in before:
        assert after[uid][0] == before[uid][0] and after[uid][1] > before[uid][1]
    event = next(iter(lint(easy.feed("anna")).values()))
    assert "Bram van den Berg; Bos" in unescape(event["SUMMARY"][1])
    again = easy.get(easy.link("feed", "anna"))
    assert again["ETag"] != http["ETag"] and again["Last-Modified"] > http["Last-Modified"]


def test_the_links_of_who_stays_are_the_same(daemon):
    d = daemon(pairs_roster(2), {})
    links = d.links()
    d.write("roster.ini", d.roster() + section("person", "n", name="N", timetable="none"))
    d.ctl("reload")
    assert [link for link in d.links() if link["owner"] != "n"] == links
    assert {link["kind"] for link in d.links(owner="n")} == {"me", "feed", "busy"}


def test_settings_are_reloaded_or_wait_for_a_restart(easy):
    text = easy.conf.read_text()
    easy.conf.write_text(text + "[planner]\nw_even = 0\n[import]\nline = 32 KiB\n")
    shown = easy.ctl("reload", json=True)
    assert "planner.w_even" in shown["settings"]["changed"]
    config = {s["section"] + "." + s["key"]: s["value"]
              for s in easy.ctl("config", json=True)["settings"]}
    assert config["planner.w_even"] == "0"
    easy.conf.write_text(text.replace("path = db", "path = other"))
    shown = easy.ctl("reload")
    assert "store.path" in shown and "restart" in shown
    config = {s["section"] + "." + s["key"]: s["value"]
              for s in easy.ctl("config", json=True)["settings"]}
    assert config["store.path"].endswith("/db")


def test_a_source_that_changes_hands_is_read_before_anything_is_planned(easy):
    """Never quarantined: the roster says that it is another one now."""
    easy.write("nieuw.ics", timetable(weekly("les", MONDAY, (13, 17))))
    easy.edit_roster("timetable = anna.ics", "timetable = nieuw.ics")
    easy.ctl("reload")
    source = easy.ctl("source", "list", json=True)["sources"][0]
    assert source["state"] == "fresh" and source["events"] == 1
    for s in easy.sessions(states=("booked",)):
        assert local(s["end"]).hour < 13 or local(s["start"]).weekday() > 2


def test_a_roster_broken_at_start_runs_the_last_good_one(easy):
    before = easy.sessions(), easy.feed("anna"), easy.links()
    easy.stop()
    whole = easy.roster()
    easy.edit_roster("members = anna bram", "members = anna brom")
    easy.start()
    status = easy.ctl("status", json=True)["roster"]
    assert status["stale"] is True and status["why"]
    assert "stale" in easy.ctl("status")
    assert (easy.sessions(), easy.feed("anna")) == before[:2]
    assert [link["url"] for link in easy.links()] == [link["url"] for link in before[2]]
    assert "brom" in easy.log()
    # it can be lived on
    easy.ctl("session", "cancel", easy.sessions()[3]["id"])
    easy.advance("2d")
    easy.restart()
    assert easy.ctl("status", json=True)["roster"]["stale"] is True
    easy.write("roster.ini", whole)
    easy.ctl("reload")
    assert easy.ctl("status", json=True)["roster"]["stale"] is False


def test_a_roster_changed_while_it_was_down_is_taken_at_start(easy):
    easy.stop()
    easy.edit_roster("name = Bram Bos", "name = Bram Zee")
    easy.start()
    assert "Bram Zee" in easy.feed("anna").decode()
    assert easy.ctl("status", json=True)["roster"]["stale"] is False


def test_a_roster_that_would_cancel_much_at_start_is_held_back(daemon):
    d = daemon(pairs_roster(4), {})
    before = d.sessions()
    d.stop()
    d.write("roster.ini", drop(d.roster(), "duo d1"))
    d.start()
    assert d.sessions() == before
    status = d.ctl("status", json=True)["roster"]
    assert status["stale"] is True and "held back" in status["why"]


def test_feeds_are_served_during_a_reload_and_show_one_state_or_the_other(daemon):
    d = daemon(pairs_roster(12), {})
    path = d.link("feed", "programme")
    old = d.get(path).body
    days = sorted({s["start"][:10] for s in d.sessions()})[3:6]
    d.edit_roster("end = 2027-07-09", "".join(f"closed = {x}\n" for x in days) + "end = 2027-07-09")
    d.hup()
    seen = []

    def done():
        seen.append(d.get(path).body)
        return seen[-1] != old
    wait_for("the reload", done)
    d.ctl("wait")
    assert d.get(path).body == seen[-1], "a state between the two was served"
    assert not {s["start"][:10] for s in d.sessions(states=("booked",))} & set(days)


def test_closed_days_from_a_calendar(daemon):
    holiday = ("BEGIN:VEVENT\r\nUID:h\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20260914\r\n"
               "DTEND;VALUE=DATE:20260919\r\nTRANSP:TRANSPARENT\r\nSUMMARY:Vrij\r\nEND:VEVENT\r\n")
    d = daemon(programme(closed="vrij.ics") +
               section("person", "anna", name="Anna", timetable="none") +
               section("person", "bram", name="Bram", timetable="none") +
               section("duo", "ab", members="anna bram", topic="x"),
               {"vrij.ics": timetable(holiday), **EASY_TIMETABLES})
    assert not d.sessions("--from", "2026-09-14", "--to", "2026-09-18")
    d.write("vrij.ics", timetable(holiday.replace("20260919", "20260926")))
    d.ctl("reload")
    assert not d.sessions("--from", "2026-09-14", "--to", "2026-09-25")


def test_texts_that_go_and_come_back_with_a_duo_are_new_versions(easy):
    """Its topic stands in what it leaves behind: who has an event must be told that it changed."""
    d = easy
    d.ctl("session", "cancel", d.sessions(kind="work")[6]["id"])
    d.advance("10d")
    path, roster = d.link("feed", "anna"), d.roster()

    def reload(text):
        d.write("roster.ini", text)
        a = d.ask("reload")
        if a.status == 78:
            d.ctl("reload", "--accept", re.search(r"--accept (\w+)", a.err)[1])
        d.ctl("wait")
        return lint(d.get(path).body)

    def newer(was, is_):
        changed = [u for u in was if u in is_ and was[u] != is_[u]]
        for u in changed:
            assert is_[u]["LAST-MODIFIED"][1] > was[u]["LAST-MODIFIED"][1], (was[u], is_[u])
            assert is_[u]["SEQUENCE"][1] >= was[u]["SEQUENCE"][1]
        return changed

    here = lint(d.get(path).body)
    away = reload(roster[:roster.index("[duo anna-bram]")])
    assert len(newer(here, away)) > 10
    assert not any("Herschrijven" in e["DESCRIPTION"][1] for e in away.values())
    body = d.get(path).body
    d.restart()
    d.ctl("reload")
    assert d.get(path).body == body  # told once
    back = reload(roster)
    told = newer(away, back)
    assert any("Herschrijven" in back[u]["DESCRIPTION"][1] for u in told)
