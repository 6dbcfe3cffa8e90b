"""Days called off: the planner respects them like the roster's, names them, and gives them back."""
import datetime as dt

import pytest
from harness import local

CLOCK = "2026-09-21T08:00"


@pytest.fixture
def d(daemon):
    d = daemon(clock=CLOCK)
    d.ctl("wait")
    return d


def booked(d, first, last, *states):
    return [s for s in d.sessions("anna-bram", states=states or ("booked",))
            if first <= local(s["start"]).date() <= last]


def week(d, weeks=3):
    monday = d.now().date() + dt.timedelta(days=-d.now().weekday() + 7 * weeks)
    return monday, monday + dt.timedelta(days=6)


def test_sessions_inside_it_move_and_keep_their_uid(d):
    first, last = week(d)
    inside = booked(d, first, last)
    assert inside, "nothing stands that week: the test would prove nothing"
    entry = d.ctl("absent", "anna", f"{first}..{last}", json=True)
    assert entry["person"] == "anna" and entry["from"] == str(first) and entry["to"] == str(last)
    assert entry["reason"] is None and entry["id"] > 0
    assert sorted(entry["sessions"]) == sorted(s["id"] for s in inside)
    d.ctl("wait")
    assert booked(d, first, last, "booked", "provisional") == []
    for was in inside:
        now = d.session(was["id"])
        assert now["state"] in ("booked", "cancelled") and now["sequence"] > was["sequence"]
        row = next(a for a in d.ctl("audit", json=True)["audits"]
                   if a["who"] == "planner" and a["what"].endswith(" " + was["id"])
                   and not a["what"].startswith("session book"))
        assert row["why"] == f"anna is absent {first} to {last}", row
    text = d.ctl("explain", "anna-bram", str(first))
    assert "anna is absent" in text and "00:00-24:00" not in text, "the absence is said once"
    assert "anna is absent" in d.ctl("slots", "anna-bram", "--week",
                                     "%d-W%02d" % first.isocalendar()[:2])


def test_the_far_weeks_stay_as_they_are(d):
    first, last = week(d)
    inside = {s["id"] for s in booked(d, first, last)}
    before = {s["id"]: (s["start"], s["end"]) for s in d.sessions(states=("booked",))}
    d.ctl("absent", "anna", f"{first}..{last}")
    d.ctl("wait")
    after = {s["id"]: (s["start"], s["end"]) for s in d.sessions(states=("booked",))}
    far = {n for n, (start, _) in before.items()
           if abs((local(start).date() - first).days) > 21}
    kept = sum(after.get(n) == before[n] for n in far)
    moved = [n for n in before if n not in inside and after.get(n) != before[n]]
    print(f"{len(inside)} inside, {kept} of {len(far)} far ones kept, {len(moved)} others moved")
    assert kept == len(far) and len(moved) <= len(inside)


def test_it_is_taken_back(d):
    first, last = week(d)
    entry = d.ctl("absent", "anna", f"{first}..{last}", "vakantie", json=True)
    assert d.ctl("absent", "list", json=True)["absences"] == [
        {k: entry[k] for k in ("id", "person", "from", "to", "reason", "at")}]
    assert d.ctl("absent", "list", "bram", json=True)["absences"] == []
    assert d.ctl("absent", "list") == f"{entry['id']}\tanna\t{first}\t{last}\tvakantie\n"
    back = d.ctl("absent", "remove", entry["id"], json=True)
    assert back["id"] == entry["id"] and back["reason"] == "vakantie"
    d.ctl("wait")
    assert d.ctl("absent", "list", json=True)["absences"] == []
    assert "absent" not in d.ctl("explain", "anna-bram", str(first))
    assert d.ctl("absent", "remove", entry["id"], expect=66).status == 66


def test_it_survives_restart_reload_and_is_audited(d):
    first, last = week(d)
    d.ctl("absent", "anna", f"{first}..{last}", "ziek")
    d.ctl("wait")
    d.restart()
    assert len(d.ctl("absent", "list", json=True)["absences"]) == 1
    assert booked(d, first, last, "booked", "provisional") == []
    d.edit_roster("Anna de Vrieze", "Anna Vrieze")
    d.ctl("reload")
    d.ctl("wait")
    assert len(d.ctl("absent", "list", json=True)["absences"]) == 1
    assert booked(d, first, last, "booked", "provisional") == []
    d.ctl("absent", "remove", 1)
    rows = [a for a in d.ctl("audit", json=True)["audits"] if a["what"].startswith("absence")]
    assert [a["what"] for a in rows] == ["absence add 1 anna", "absence remove 1 anna"]
    assert rows[0]["is"] == f"{first}..{last}" and rows[0]["why"] == "ziek"
    assert rows[1]["was"] == f"{first}..{last}" and rows[1]["is"] is None


def test_a_pinned_session_moves_too(d):
    first, last = week(d)
    s = booked(d, first, last)[0]
    d.ctl("session", "pin", s["id"])
    day = local(s["start"]).date()
    d.ctl("absent", "bram", str(day))
    d.ctl("wait")
    now = d.session(s["id"])
    assert now["sequence"] > s["sequence"] and not now["pinned"]
    assert now["state"] == "cancelled" or local(now["start"]).date() != day


def test_nobody_books_on_such_a_day(d):
    first, last = week(d)
    d.ctl("absent", "anna", f"{first}..{last}")
    d.ctl("wait")
    a = d.ctl("session", "book", "anna-bram", f"{first}T13:00", "2h", expect=75)
    assert f"anna is absent {first} to {last}" in a.err


def test_refusals(d):
    for words, status in (
            (("absent", "nobody", "2026-10-01"), 66), (("absent", "anna", "tomorrow"), 64),
            (("absent", "anna"), 64), (("absent", "anna", "2026-10-05..2026-10-01"), 64),
            (("absent", "anna", "2026-09-01..2026-09-20"), 75),
            (("absent", "anna", "2026-10-01..2030-10-01"), 64),
            (("absent", "remove", "x"), 64), (("absent", "remove", "9"), 66),
            (("absent", "list", "nobody"), 66)):
        assert d.ctl(*words, expect=status).status == status, words
    d.ctl("absent", "anna", "2026-10-01..2026-10-04")
    assert "already" in d.ctl("absent", "anna", "2026-10-02..2026-10-03", expect=75).err
    assert d.ctl("absent", "anna", "2026-10-06", dry_run=True, json=True)["from"] == "2026-10-06"
    assert len(d.ctl("absent", "list", json=True)["absences"]) == 1
