"""A source's life: a file that changes is read by itself, what changed is said, what looks wrong is
held, and the last good timetable stays whatever happens."""
import datetime as dt
import json
import os
import shutil
import time

import pytest

from harness import (BUILD, MONDAY, as_arg, event, local, moment, programme, section, timetable, wait_for,
                     weekly)
from living import open_store

ROSTER = (
    programme() +
    section("person", "anna", name="Anna", timetable="anna.ics horizon=open") +
    section("person", "bram", name="Bram", timetable="bram horizon=open") +
    section("duo", "ab", members="anna bram"))


def lesson(n, hour, **kw):
    """One lesson on the n-th working day of the programme."""
    day = MONDAY + dt.timedelta(days=n // 5 * 7 + n % 5)
    start = dt.datetime.combine(day, dt.time(hour))
    return event(kw.pop("uid", f"u{n}-{hour}"), start, start + dt.timedelta(hours=1), **kw)


def lessons(days, hour=9, **kw):
    return [lesson(n, hour, **kw) for n in days]


@pytest.fixture
def d(daemon):
    return daemon(ROSTER, {"anna.ics": timetable(*lessons(range(40))),
                           "bram/a.ics": timetable(*lessons(range(40), 11)),
                           "bram/b.ics": timetable(*lessons(range(20), 14))})


def source(d, id_):
    return next(s for s in d.ctl("source", "list", json=True)["sources"] if s["id"] == id_)


def line(d, id_):
    return next(row.split("\t") for row in d.ctl("source", "list").splitlines()
                if row.startswith(id_ + "\t"))


def soon(what, check):
    """Within two seconds, without being asked to read."""
    begin = time.monotonic()
    wait_for(what, check)
    assert time.monotonic() - begin < 2.0 * float(os.environ.get("TANDEM_SLOW", "1")) + 0.5, what


# ---- watched ----

def test_a_changed_file_is_read_at_once(d):
    path = d.root / "anna.ics"
    path.write_bytes(timetable(*lessons(range(41))).encode())  # in place
    soon("a file written in place", lambda: source(d, "anna-1")["events"] == 41)
    d.write("anna.ics", timetable(*lessons(range(42))))  # renamed into place
    soon("a file renamed into place", lambda: source(d, "anna-1")["events"] == 42)
    s = d.sessions("ab", states=("booked",))[4]
    start = moment(s["start"])
    d.write("anna.ics", timetable(*lessons(range(42)),
                                  event("x", start, start + dt.timedelta(minutes=30))))
    soon("a session makes way", lambda: d.session(s["id"])["start"] != s["start"])
    assert source(d, "anna-1")["diff"]["breaks"] == [s["id"]]


def test_a_directory_gains_and_loses_files(d):
    assert source(d, "bram-1")["events"] == 60
    d.write("bram/c.ics", timetable(*lessons(range(10), 15)))
    soon("one file more", lambda: source(d, "bram-1")["events"] == 70)
    d.write("bram/notes.txt", "nothing")
    (d.root / "bram/c.ics").unlink()
    soon("one file less", lambda: source(d, "bram-1")["events"] == 60)


def test_a_vanished_folder_leaves_the_last_good_timetable(d):
    before = d.sessions()
    shutil.move(d.root / "bram", d.root / "gone")
    soon("its failure", lambda: source(d, "bram-1")["state"] == "failed")
    bram = source(d, "bram-1")
    assert bram["events"] == 60 and "No such file" in bram["error"]
    assert d.sessions() == before
    d.write("bram/a.ics", timetable(*lessons(range(50), 11)))
    wait_for("the new folder", lambda: source(d, "bram-1")["state"] == "fresh")
    soon("its file", lambda: source(d, "bram-1")["events"] == 50)
    d.write("bram/b.ics", timetable(*lessons(range(5), 14)))
    soon("its second file", lambda: source(d, "bram-1")["events"] == 55)


def test_a_source_that_joins_is_watched_and_one_that_left_is_not(d):
    d.write("more.ics", timetable(*lessons(range(3), 16)))
    d.edit_roster("anna.ics horizon=open", "anna.ics horizon=open\ntimetable = more.ics horizon=open")
    d.ctl("reload")
    d.write("more.ics", timetable(*lessons(range(4), 16)))
    soon("the new source", lambda: source(d, "anna-2")["events"] == 4)
    d.edit_roster("\ntimetable = more.ics horizon=open", "")
    d.ctl("reload")
    d.write("more.ics", "no calendar")
    d.write("anna.ics", timetable(*lessons(range(39))))
    soon("the source that stayed", lambda: source(d, "anna-1")["events"] == 39)
    assert "anna-2" not in d.ctl("source", "list")


def test_many_writes_while_it_is_read(d):
    """What is asked for while an older version is being read is read after it."""
    for n in range(30, 60):
        d.write("anna.ics", timetable(*lessons(range(n))))
        answer = d.ctl("source", "refresh", "anna-1", json=True)["sources"][0]
        assert answer["events"] == n


# ---- shown ----

def test_the_list_says_how_old_and_how_far(d):
    anna = source(d, "anna-1")
    assert anna["state"] == "fresh" and anna["age_s"] == 0 and anna["horizon"] is None
    row = line(d, "anna-1")
    assert row[:7] == ["anna-1", "anna", "fresh", "now", "open", "40", "0"]
    d.write("anna.ics", "<!DOCTYPE html><title>sign in</title>")
    soon("its failure", lambda: source(d, "anna-1")["state"] == "failed")
    d.advance("2h30m")
    row = line(d, "anna-1")
    assert row[2:4] == ["failed", "2h"] and "not a calendar" in row[7]
    assert source(d, "anna-1")["age_s"] == 9000
    assert line(d, "bram-1")[5] == "60"
    d.edit_roster("anna.ics horizon=open", "anna.ics horizon=6w")
    d.write("anna.ics", timetable(*lessons(range(40))))
    d.ctl("reload")
    at = local(moment(source(d, "anna-1")["horizon"]))
    assert line(d, "anna-1")[4] == as_arg(at)


def test_a_source_grows_stale(d):
    (d.root / "anna.ics").unlink()
    soon("its failure", lambda: source(d, "anna-1")["state"] == "failed")
    d.advance("3d")
    assert line(d, "anna-1")[3] == "3d"
    assert line(d, "bram-1")[2:4] == ["fresh", "now"] or line(d, "bram-1")[3].endswith("h")


# ---- what changed ----

def test_diff(d):
    """Added, removed and moved by content: not by UID, not by stamp."""
    kept = lessons(range(2, 40))
    renumbered = [e.replace("UID:u", "UID:v").replace("DTSTAMP:2026", "DTSTAMP:2027") for e in kept]
    d.write("anna.ics", timetable(*renumbered, lesson(0, 10), lesson(0, 9, uid="x"), lesson(45, 9)))
    d.ctl("source", "refresh", "anna-1")
    assert d.ctl("source", "diff", "anna-1").splitlines()[:2] == [
        "~ 2026-08-31T10:00 2026-08-31T11:00 was 2026-09-01T09:00 2026-09-01T10:00",
        "+ 2026-11-02T09:00 2026-11-02T10:00"]
    full = d.ctl("source", "diff", "anna-1", json=True)
    assert full["id"] == "anna-1" and [r["change"] for r in full["rows"]] == ["moved", "added"]
    assert full["rows"][0]["is"]["start"] == "2026-08-31T08:00:00Z"
    counts = source(d, "anna-1")["diff"]
    assert (counts["added"], counts["removed"], counts["moved"]) == (1, 0, 1)
    # a version that only looks new changes nothing
    d.write("anna.ics", timetable(*[e.replace("UID:", "UID:z") for e in
                                    [lesson(45, 9), lesson(0, 9), lesson(0, 10), *kept]]))
    d.ctl("source", "refresh", "anna-1")
    counts = source(d, "anna-1")["diff"]
    assert (counts["added"], counts["removed"], counts["moved"]) == (0, 0, 0)
    assert d.ctl("source", "diff", "anna-1") == ""
    assert 'changes="+1 -0 ~1"' in d.log()
    # a failure keeps it
    d.write("anna.ics", timetable(*kept, lesson(0, 9), lesson(0, 10)))
    d.ctl("source", "refresh", "anna-1")
    d.write("anna.ics", "nothing")
    d.ctl("source", "refresh", "anna-1", expect=65)
    assert d.ctl("source", "diff", "anna-1") == "- 2026-11-02T09:00 2026-11-02T10:00\n"
    assert "no source" in d.ctl("source", "diff", "nobody", expect=66).err


def test_a_long_diff_is_cut(d):
    d.write("anna.ics", timetable(*lessons(range(190)), *lessons(range(190), 12)))
    d.ctl("source", "refresh", "anna-1")
    rows = d.ctl("source", "diff", "anna-1").splitlines()
    assert len([r for r in rows if r[0] == "+"]) == 200
    assert "# and 140 more" in rows
    assert source(d, "anna-1")["diff"]["added"] == 340


# ---- quarantine ----

def test_quarantine_accept_and_reject(d):
    few = timetable(*lessons(range(3)))
    before = d.sessions()
    d.write("anna.ics", few)
    soon("quarantine", lambda: source(d, "anna-1")["state"] == "quarantined")
    anna = source(d, "anna-1")
    assert anna["events"] == 40 and anna["diff"]["taken"] is False and anna["diff"]["removed"] == 37
    assert "source accept anna-1" in anna["error"]
    assert d.ctl("source", "diff", "anna-1").startswith("# what `source accept anna-1` would")
    assert d.sessions() == before
    d.ctl("source", "reject", "anna-1")
    anna = source(d, "anna-1")
    assert (anna["state"], anna["error"], anna["rejected"]) == ("fresh", None, True)
    assert "a rejected version is still offered" in d.ctl("source", "list")
    d.ctl("source", "refresh", "anna-1")
    assert source(d, "anna-1")["state"] == "fresh"  # the same bytes stay silent
    d.write("anna.ics", few.replace("SUMMARY:Les", "SUMMARY:Ander"))
    soon("new bytes", lambda: source(d, "anna-1")["state"] == "quarantined")
    d.restart()
    assert source(d, "anna-1")["state"] == "quarantined"
    d.ctl("source", "accept", "anna-1")
    anna = source(d, "anna-1")
    assert (anna["state"], anna["events"], anna["error"]) == ("fresh", 3, None)
    assert anna["diff"]["taken"] is True and anna["diff"]["removed"] == 37
    d.ctl("source", "accept", "anna-1", expect=66)


def on_disk(d, what):
    """The store's file, its log, and whatever lies beside them."""
    return [p.name for p in d.root.iterdir() if p.name.startswith("db")
            and what.encode() in p.read_bytes()]


def secret(n):
    text = timetable(*lessons(range(n), summary="Geheim gesprek"))
    return text.replace("END:VEVENT", "LOCATION:Kamer 13\r\nEND:VEVENT")


def time_in_store(d, id_):
    db = open_store(d.root / "db")
    try:
        return db.execute("SELECT busy, occurrences FROM timetable WHERE source = ?",
                          (id_,)).fetchone()
    finally:
        db.close()


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_no_title_lies_in_quarantine(d, verb):
    d.write("anna.ics", secret(3))
    soon("quarantine", lambda: source(d, "anna-1")["state"] == "quarantined")
    assert not on_disk(d, "Geheim") and not on_disk(d, "Kamer 13")
    assert on_disk(d, "anna-1")
    (d.root / "anna.ics").unlink()
    d.restart()
    assert not on_disk(d, "Geheim")
    d.ctl("source", verb, "anna-1")
    anna = source(d, "anna-1")
    assert anna["events"] == (3 if verb == "accept" else 40)
    assert not on_disk(d, "Geheim")
    d.ctl("source", verb, "anna-1", expect=66)


def test_what_is_accepted_is_as_if_it_had_been_read(d):
    d.write("anna.ics", secret(3))
    soon("quarantine", lambda: source(d, "anna-1")["state"] == "quarantined")
    d.ctl("source", "accept", "anna-1")
    d.ctl("wait")
    time, horizon = time_in_store(d, "anna-1"), source(d, "anna-1")["horizon"]
    # other bytes that say the same: they are read, and it is the same
    d.write("anna.ics", secret(3).replace("VERSION:2.0", "VERSION:2.0\r\nX-A:b"))
    d.ctl("source", "refresh", "anna-1")
    assert source(d, "anna-1")["state"] == "fresh"
    assert (time_in_store(d, "anna-1"), source(d, "anna-1")["horizon"]) == (time, horizon)


def test_another_policy_drops_what_was_held(d):
    d.write("anna.ics", secret(3))
    soon("quarantine", lambda: source(d, "anna-1")["state"] == "quarantined")
    d.edit_roster("timetable = anna.ics", "timetable = anna.ics allday=free")
    d.ctl("reload")
    anna = source(d, "anna-1")  # with another policy it is another source: read, never held
    assert (anna["state"], anna["events"]) == ("fresh", 3)
    d.ctl("source", "accept", "anna-1", expect=66)
    d.write("anna.ics", timetable(*lessons(range(40))))
    d.ctl("source", "refresh", "anna-1")
    d.write("anna.ics", secret(3))
    soon("quarantine", lambda: source(d, "anna-1")["state"] == "quarantined")
    (d.root / "anna.ics").unlink()
    d.edit_roster("allday=free", "allday=busy")
    d.ctl("reload")
    anna = source(d, "anna-1")
    assert (anna["state"], anna["events"]) == ("failed", 40)
    d.ctl("source", "accept", "anna-1", expect=66)


def test_a_good_version_clears_quarantine(d):
    d.write("anna.ics", timetable(*lessons(range(3))))
    soon("quarantine", lambda: source(d, "anna-1")["state"] == "quarantined")
    d.write("anna.ics", timetable(*lessons(range(38))))
    soon("the good version", lambda: source(d, "anna-1")["state"] == "fresh")
    assert source(d, "anna-1")["events"] == 38 and source(d, "anna-1")["error"] is None


@pytest.mark.parametrize("now, expect", [
    (lessons(range(40), 10), "fresh"),            # all moved by an hour
    (lessons(range(1, 41)), "fresh"),             # by a day
    (lessons(range(10, 50)), "fresh"),            # by two weeks
    (lessons(range(20)), "fresh"),                # exactly half is there
    (lessons(range(19)), "quarantined"),
    (lessons(range(19), 12), "quarantined"),      # moved, and too few
    (lessons(range(150, 190)), "quarantined"),    # as many, but in spring
    (lessons(range(40), summary="Vervallen"), "quarantined"),
])
def test_what_is_quarantined(d, now, expect):
    d.write("anna.ics", timetable(*now))
    d.ctl("source", "refresh", "anna-1")
    assert source(d, "anna-1")["state"] == expect


def test_a_rolling_export_is_not_quarantined(d):
    """It drops what is over, and what is over stays known."""
    d.advance("35d")
    d.write("anna.ics", timetable(*lessons(range(25, 40))))
    d.ctl("source", "refresh", "anna-1")
    anna = source(d, "anna-1")
    assert anna["state"] == "fresh"
    assert (anna["diff"]["added"], anna["diff"]["removed"]) == (0, 0)


def test_not_after_a_change_of_the_source(d):
    d.edit_roster("anna.ics horizon=open", "other.ics horizon=open")
    d.write("other.ics", timetable(*lessons(range(3))))
    d.ctl("reload")
    assert (source(d, "anna-1")["state"], source(d, "anna-1")["events"]) == ("fresh", 3)


# ---- for who has the report's link ----

def test_the_page_of_sources(d):
    secret = timetable(*lessons(range(3), summary="Geheim overleg"))
    d.write("anna.ics", secret)
    d.write("bram/a.ics", "<html>Geheim: aanmelden</html>")
    soon("quarantine", lambda: source(d, "anna-1")["state"] == "quarantined")
    soon("failure", lambda: source(d, "bram-1")["state"] == "failed")
    report = d.link("report", "programme")
    page = d.get(report + "/sources", {"Accept-Language": "nl"})
    assert page.status == 200 and page["Content-Type"] == "text/html; charset=utf-8"
    for words in ("anna-1", "Anna", "wacht op een beheerder", "lezen mislukt", "het hele programma"):
        assert words in page.text, words
    assert "Geheim" not in page.text and str(d.root) not in page.text
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert style.startswith("../../assets/")
    assert d.get(style[len("../.."):]).status == 200
    assert f'href="..{report[len("/report"):]}"' in page.text
    assert "waits for an admin" in d.get(report + "/sources", {"Accept-Language": "en"}).text
    assert f'href="{report[len("/report/"):]}/sources"' in d.get(report).text
    data = d.get(report + "/sources.json")
    assert data["Content-Type"] == "application/json"
    rows = {s["id"]: s for s in json.loads(data.text)["sources"]}
    assert rows["anna-1"] == {"id": "anna-1", "person": "anna", "state": "quarantined",
                              "fetched_at": "2026-08-31T05:30:00Z", "age_s": 0, "horizon": None,
                              "events": 40, "warnings": 0}
    assert rows["bram-1"]["state"] == "failed" and "Geheim" not in data.text
    for path in ("/sources/", "/sources.csv", "/source", "/sources.json/x"):
        assert d.get(report + path).status == 404
    for kind, owner in (("me", "anna"), ("feed", "anna")):
        token = d.link(kind, owner).split("/")[2].split(".")[0]
        assert d.get(f"/report/{token}/sources").status == 404
    link = d.links("report")[0]["id"]
    d.ctl("link", "revoke", link)
    assert d.get(report + "/sources").status == d.get(report + "/sources.json").status == 410


# ---- one at a time ----

def test_few_threads_few_at_once_and_few_folders_still_read_everything(daemon):
    """[import] threads, at_once and watch_folders at their least: slower, and nothing is left out.
    What is in a folder that is not watched is said, and read at the next refresh."""
    names = [f"p{n}" for n in range(9)]
    roster = programme() + "".join(
        section("person", name, name=name, timetable=f"{name}/t.ics horizon=open") for name in names)
    roster += section("duo", "d", members="p0 p1")
    d = daemon(roster, {f"{name}/t.ics": timetable(*lessons(range(10))) for name in names},
               conf="[import]\nthreads = 1\nat_once = 1\nwatch_folders = 1")
    assert [source(d, f"{name}-1")["events"] for name in names] == [10] * 9
    wait_for("the sentence", lambda: "[import] watch_folders" in d.log())
    for name in names:
        d.write(f"{name}/t.ics", timetable(*lessons(range(12))))
    d.advance("1d")  # a refresh on the way
    assert [source(d, f"{name}-1")["events"] for name in names] == [12] * 9


# ---- the cage ----

def test_what_the_parser_cannot_get_through_is_left_alone(daemon):
    """Three failures, then nothing until it changes or somebody asks. (Memory is the limit that
    is met with certainty: many rules, and little room.)"""
    if "asan" in str(BUILD) or "tsan" in str(BUILD):
        pytest.skip("sanitizers need more memory than the smallest limit")
    many = [weekly(f"w{n}", MONDAY, (9, 10)) for n in range(60000)]
    d = daemon(ROSTER, {"anna.ics": timetable(*lessons(range(40))),
                        "bram/a.ics": timetable(*lessons(range(40), 11))},
               conf="[import]\ncage_memory = 16 MiB\nrule_steps = 1000000000\noccurrences = 10000000")
    d.write("anna.ics", timetable(*many))
    wait_for("the first failure", lambda: source(d, "anna-1")["state"] == "failed")
    assert "cage_memory" in source(d, "anna-1")["error"]
    d.advance("5d")
    assert "left alone" in source(d, "anna-1")["error"]
    tried = d.log().count("source=anna-1 outcome=failed")
    assert 4 <= tried and source(d, "anna-1")["events"] == 40
    d.ctl("source", "refresh", "anna-1", expect=65)
    assert "cage_memory" in source(d, "anna-1")["error"]
    d.write("anna.ics", timetable(*lessons(range(41))))
    wait_for("a version that can be read", lambda: source(d, "anna-1")["state"] == "fresh")
    assert source(d, "anna-1")["events"] == 41
