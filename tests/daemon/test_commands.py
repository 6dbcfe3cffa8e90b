"""Every command of the table, asked well and badly: exit statuses, sentences, text and JSON, as
design 8-interfaces has them; and the bare protocol of the control socket."""
import json
import os
import re
import socket
import subprocess

import pytest

from harness import (BUILD, EASY_ROSTER, EASY_TIMETABLES, MONDAY, Daemon, as_arg, dt, event, local,
                     minutes, moment, timetable, weekly)

SESSION_KEYS = {"id", "duo", "kind", "state", "start", "end", "attendees", "sequence"}
LINK_KEYS = {"id", "kind", "owner", "label", "url", "used_at", "agent", "client", "alarm_min",
             "obligations"}
UTC_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


@pytest.fixture(scope="module")
def shared_daemon():
    d = Daemon(roster=EASY_ROSTER, timetables=EASY_TIMETABLES).start()
    yield d
    d.close()


@pytest.fixture
def shared(shared_daemon):
    """One daemon for all tests that change nothing; that is checked."""
    before = shared_daemon.sessions(), shared_daemon.links()
    yield shared_daemon
    assert (shared_daemon.sessions(), shared_daemon.links()) == before


def slot(d, week, length="1h", i=0):
    return as_arg(moment(d.ctl("slots", "anna-bram", "--week", week, "--length", length,
                               json=True)["slots"][i]["start"]))


# ---- who is answered what ----

BAD = [  # words, exit status, a word of the sentence
    ("", 64, "help"), ("foo", 64, "help"), ("sesion list", 64, "session list"),
    ("session lst", 64, "session list"), ("session", 64, ""), ("status now", 64, "usage: status"),
    ("status --week 2026-W48", 64, "--week"),
    ("slots", 64, "usage"), ("slots nobody", 66, "nobody"),
    ("slots anna-brom", 66, "did you mean anna-bram"),
    ("slots anna-bram --week 2026-W60", 64, "2026-W60"),
    ("slots anna-bram --week", 64, "--week"), ("slots anna-bram --length 0m", 64, "0m"),
    ("slots anna-bram --length veel", 64, "veel"),
    ("plan nobody", 66, "nobody"), ("plan anna-bram extra", 64, "usage"),
    ("advice", 64, "usage"), ("advice nobody", 66, "nobody"),
    ("advice anna-bram --length 2h", 64, "--length"),
    ("explain anna-bram", 64, "usage"), ("explain nobody 2026-09-14", 66, "nobody"),
    ("explain anna-bram 14-09-2026", 64, "14-09-2026"),
    ("explain anna-bram 2026-02-30", 64, "2026-02-30"),
    ("session list zed", 66, "zed"), ("session list --from x", 64, "x"),
    ("session list --from 2026-09-01 --from 2026-09-02", 64, "twice"),
    ("session book", 64, "usage"), ("session book nobody 2026-10-20T13:00 1h", 66, "nobody"),
    ("session book anna-bram 2026-10-20 1h", 64, "2026-10-20"),
    ("session book anna-bram 2026-10-20T13:00 1", 64, ""),
    ("session book anna-bram 2026-10-20T13:00 0m", 64, "0m"),
    ("session book anna-bram 2026-08-30T13:00 1h", 75, "passed"),
    ("session book anna-bram 2026-10-20T10:00 1h", 75, "anna is busy"),
    ("session book anna-bram 2026-10-19T07:00 1h", 75, "08:30"),
    ("session book anna-bram 2026-10-23T13:00 1h", 75, "anna"),  # she is off on Fridays
    ("session book anna-bram 2026-12-23T13:00 1h", 75, "Kerst"),
    ("session book anna-bram 2026-10-24T13:00 1h", 75, ""),  # a Saturday
    ("session book anna-bram 2027-08-24T13:00 1h", 75, "2027-07-09"),
    ("session book anna-bram 2026-10-20T13:00 40h", 75, ""),
    ("session move x1 2026-10-20T13:00", 64, "x1"),
    ("session move s9999 2026-10-20T13:00", 66, "s9999"),
    ("session move s2", 64, "usage"), ("session move s2 gisteren", 64, "gisteren"),
    ("session move s2 2026-10-20T10:00", 75, "anna is busy"),
    ("session move s2 2026-08-30T13:00", 75, "passed"),
    ("session pin 1", 64, "1"), ("session pin s0", 64, "s0"), ("session pin s9999", 66, "s9999"),
    ("session unpin s-1", 64, "s-1"), ("session cancel s99999999999999999999", 64, ""),
    ("session confirm s20", 75, "not begun"), ("session missed s20", 75, "not begun"),
    ("session pin s1 a b", 64, "usage"),
    ("obligation list zed", 66, "zed"), ("obligation list --from x", 64, "x"),
    ("obligation list anna bram", 64, "usage"), ("obligation done s1", 64, "s1"),
    ("obligation done o0", 64, "o0"), ("obligation done o9999", 66, "o9999"),
    ("obligation done o1 gisteren", 64, "gisteren"), ("obligation done o1 2026-09-01", 64, "yet"),
    ("obligation done o1 2001-01-01", 64, "year"), ("obligation reopen o1", 64, "usage"),
    ("obligation reopen o1 waarom", 75, "open"), ("obligation reopen o9999 x", 66, "o9999"),
    ("hours add zed 1h 2026-08-31 x", 66, "zed"), ("hours add anna 1h 2026-09-01 x", 75, "not come"),
    ("hours add anna 0m 2026-08-31 x", 64, ""), ("hours add anna 25h 2026-08-31 x", 64, "24h"),
    ("hours add anna 1h x x", 64, "x"), ("hours add anna 1h 2026-08-31", 64, "usage"),
    ("hours correct 999 1h x", 66, "999"), ("hours correct x 1h x", 64, "x"),
    ("hours correct 1 1u x", 64, "1u"),
    ("link list x", 66, "x"), ("link new foo anna x", 64, "foo"),
    ("link new feed nobody x", 66, "nobody"), ("link new me anna-bram x", 66, "anna-bram"),
    ("link new report anna x", 66, "anna"), ("link revoke 999", 66, "999"),
    ("link revoke x", 64, "x"), ("link rotate nobody", 66, "nobody"),
    ("source refresh zz", 66, "zz"), ("source accept anna-1", 66, "quarantine"),
    ("source reject anna-1", 66, "quarantine"), ("source list x", 64, "usage"),
    ("report --duo zz", 66, "zz"), ("report --as-of x", 64, "x"), ("report x", 64, "usage"),
    ("reload --accept abc", 64, "accept"), ("reload x", 64, "usage"),
    ("clock advance", 64, "usage"), ("clock advance -3d", 64, "-3d"),
    ("clock advance 3", 64, "3"), ("clock advance 9999d", 64, "9999d"), ("clock set", 64, ""),
    ("audit --since x", 64, "x"), ("config x", 64, "usage"), ("check x", 64, "usage"),
    ("help x", 64, "usage"), ("wait x", 64, "usage"),
]


@pytest.mark.parametrize("words,status,sentence", BAD, ids=[b[0] or "nothing" for b in BAD])
def test_bad_words_get_a_status_and_one_sentence(shared, words, status, sentence):
    answer = shared.ask(*words.split(" ")) if words else shared.ask("")
    assert answer.status == status, (answer.out, answer.err)
    assert answer.err.startswith("tandemctl: ") and answer.err.count("\n") == 1, answer.err
    assert sentence in answer.err and not answer.out


def test_no_command_is_usage(shared):
    for words in ([], ["--what", "status"], ["-s"]):
        answer = shared.ask(*words)
        assert answer.status == 64 and "usage" in answer.err


def test_help_names_every_command_and_each_can_be_reached(shared):
    commands = shared.ctl("help", json=True)["commands"]
    names = {c["name"] for c in commands}
    for name in ("status reload slots plan explain check config clock report audit help wait "
                 .split() + ["source list", "source refresh", "source accept", "source reject",
                             "session list", "session book", "session move", "session pin",
                             "session unpin", "session cancel", "session confirm",
                             "session missed", "obligation list", "obligation done",
                             "obligation reopen", "hours add", "hours correct", "link list",
                             "link new", "link set", "link show", "link revoke", "link rotate",
                             "mail list", "mail retry", "mail drop",
                             "clock advance"]):
        assert name in names
    text = shared.ctl("help")
    for c in commands:
        assert c["name"] in text and c["help"] in text and c["right"] in ("read", "admin")
        # too many words are told how it is used: so it is found, and its row is enforced
        answer = shared.ask(*c["name"].split(), *"abcdefgh")
        assert answer.status == 64 and f"usage: {c['name']}" in answer.err, c


READ = [("status", {"version", "clock", "roster", "publication", "sources", "duos", "mail",
                    "queue"}),
        ("source list", {"sources"}), ("slots anna-bram", {"slots", "reasons"}),
        ("plan anna-bram", {"sessions", "gaps", "cost", "parts", "bound", "placed_min",
                            "unplaced_min", "reserve", "reasons"}),
        ("explain anna-bram 2026-09-14", {"reasons", "not_free", "road"}),
        ("advice anna-bram", {"advice", "reasons"}), ("session list", {"sessions"}),
        ("link list", {"links"}), ("report", set()), ("check", set()), ("audit", set()),
        ("config", {"settings"}), ("mail list", {"mail"}), ("clock", {"now", "frozen"}), ("help", {"commands"}),
        ("reload", {"hash"}), ("wait", set())]


@pytest.mark.parametrize("words,keys", READ, ids=[r[0] for r in READ])
def test_json_is_one_object_with_the_keys_as_named(shared, words, keys):
    out = shared.ask(*words.split(), json=True).out
    assert out.count("\n") == 1 and out.endswith("\n")
    value = json.loads(out)
    assert isinstance(value, dict) and keys <= set(value), set(value)
    text = shared.ctl(*words.split())
    assert not text.startswith("{")


def test_json_of_the_lists(shared):
    for s in shared.sessions():
        assert SESSION_KEYS <= set(s)
        assert re.match(r"s\d+$", s["id"]) and UTC_FORM.match(s["start"]) and UTC_FORM.match(s["end"])
    assert all(LINK_KEYS <= set(link) for link in shared.links())
    source = shared.ctl("source", "list", json=True)["sources"][0]
    assert {"id", "person", "state", "fetched_at", "horizon", "events", "warnings"} <= set(source)
    assert source["state"] == "fresh" and source["events"] == 1
    slots = shared.ctl("slots", "anna-bram", json=True)
    assert {"start", "end", "cost", "parts", "reasons"} <= set(slots["slots"][0])
    status = shared.ctl("status", json=True)
    assert {"hash", "loaded_at", "stale"} <= set(status["roster"])
    assert status["roster"]["stale"] is False and status["sources"]["fresh"] == 1


def test_plan_adds_up(shared):
    plan = shared.ctl("plan", "anna-bram", json=True)
    assert plan["cost"] == sum(plan["parts"].values())
    assert len(plan["gaps"]) >= len(plan["sessions"])
    assert plan["placed_min"] == sum(map(minutes, shared.sessions("anna-bram", states=("booked",))))
    group = sum(map(minutes, shared.sessions("programme", states=("booked",))))
    assert group == 7 * 60
    assert plan["placed_min"] + plan["unplaced_min"] + plan["reserve"] + group == 75 * 60
    assert plan["bound"] <= plan["cost"]


def test_text_answers_are_tab_parted_lines(shared):
    lines = shared.ctl("session", "list").splitlines()
    assert [line.split("\t")[0] for line in lines] == [s["id"] for s in shared.sessions()]
    for line, s in zip(lines, shared.sessions()):
        assert line.split("\t")[4] == as_arg(moment(s["start"]))
    for line in shared.ctl("link", "list").splitlines():
        id_, kind, owner, label, url = line.split("\t")
        assert id_.isdigit() and kind in ("me", "feed", "busy", "report") and label
        assert re.match(r"http://127\.0\.0\.1:\d+/(me|feeds|report)/[A-Za-z0-9_-]{22,}(\.ics)?$", url)


def test_slots_of_a_week_and_their_reasons(shared):
    answer = shared.ctl("slots", "anna-bram", "--week", "2026-W48", "--length", "90m", json=True)
    assert answer["slots"]
    for s in answer["slots"]:
        assert minutes(s) == 90 and local(s["start"]).strftime("%G-W%V") == "2026-W48"
        assert s["cost"] == sum(s["parts"].values())
    assert any("anna is busy" in r for r in answer["reasons"])
    closed = shared.ctl("slots", "anna-bram", "--week", "2026-W52", json=True)
    assert closed["slots"] == [] and any("Kerstvakantie" in r for r in closed["reasons"])


def test_explain_has_a_reason_for_every_day(shared):
    planned = shared.sessions()[3]
    days = {"2026-12-25": "Kerstvakantie", "2026-09-05": "", "2026-09-14": "anna is busy",
            "2025-01-01": "before", "2030-01-01": "after",
            local(planned["start"]).date().isoformat(): ""}
    for day, word in days.items():
        reasons = shared.ctl("explain", "anna-bram", day, json=True)["reasons"]
        assert reasons and all(reasons) and any(word in r for r in reasons), (day, reasons)


def test_session_list_narrows(shared):
    every = shared.sessions()
    assert shared.sessions("anna") == shared.sessions("bram") == every
    assert shared.sessions("anna-bram") == [s for s in every if s["duo"] == "anna-bram"]
    assert shared.sessions("programme") == [s for s in every if s["duo"] == ""] != []
    first = shared.sessions("--from", "2026-10-01", "--to", "2026-10-31")
    assert first == [s for s in every if local(s["start"]).strftime("%Y-%m") == "2026-10"]
    day = local(every[4]["start"]).date().isoformat()
    assert shared.sessions("anna", "--from", day, "--to", day) == [every[4]]


def test_config_shows_what_is_in_force(shared):
    settings = {(s["section"], s["key"]): s for s in shared.ctl("config", json=True)["settings"]}
    assert settings["server", "listen"]["value"] == f"127.0.0.1:{shared.port}"
    assert settings["planner", "w_gap"]["value"] == settings["planner", "w_gap"]["default"] == "20"
    assert f"server.listen = 127.0.0.1:{shared.port}\n" in shared.ctl("config")


# ---- changes ----

def test_book(easy):
    start = slot(easy, "2026-W47", "90m", 3)
    s = easy.ctl("session", "book", "anna-bram", start, "1h30m", json=True)
    assert SESSION_KEYS <= set(s) and s["state"] == "booked" and s["sequence"] == 0
    assert s.pop("warnings") == []  # of the booking, not of the session
    assert as_arg(moment(s["start"])) == start and minutes(s) == 90
    assert sorted(s["attendees"]) == ["anna", "bram"]
    listed = easy.session(s["id"])
    assert {key: listed[key] for key in s} == s
    # that moment is taken now, for its neighbours too
    again = easy.ctl("session", "book", "anna-bram", start, "1h30m", expect=75)
    assert s["id"] in again.err or "anna" in again.err
    # in UTC too
    z = easy.ctl("slots", "anna-bram", "--week", "2026-W49", "--length", "1h", json=True)["slots"][0]
    s = easy.ctl("session", "book", "anna-bram", z["start"][:16] + "Z", "1h", json=True)
    assert s["start"] == z["start"]


def test_a_hand_booked_session_pushes_the_plan_within_its_budget(easy):
    for week in ("2026-W40", "2026-W41", "2026-W42", "2026-W43"):
        easy.ctl("session", "book", "anna-bram", slot(easy, week, "3h"), "3h")
        easy.ctl("wait")
        live = easy.sessions(states=("booked", "provisional", "held"))
        # what the other kinds keep: reflections, visits, a talk; the group moments are booked
        assert sum(map(minutes, live)) <= (75 - 9.5) * 60
        days = [s["start"][:10] for s in live]
        assert len(days) == len(set(days))


def test_the_budget_refuses_what_is_over_it(daemon):
    d = daemon(EASY_ROSTER.replace("closed =", "budget = 20h\nclosed ="), EASY_TIMETABLES)
    d.ctl("session", "book", "anna-bram", slot(d, "2026-W40", "3h"), "3h")
    answer = d.ctl("session", "book", "anna-bram", slot(d, "2026-W44", "3h"), "3h", expect=75)
    assert "left to plan" in answer.err


def test_move_pin_unpin_cancel(easy):
    s = easy.sessions()[2]
    start = slot(easy, "2026-W39", "1h", 5)
    moved = easy.ctl("session", "move", s["id"], start, json=True)
    assert as_arg(moment(moved["start"])) == start and minutes(moved) == minutes(s)
    assert moved["sequence"] == s["sequence"] + 1 and moved["pinned"] is True
    longer = easy.ctl("session", "move", s["id"], start, "75m", json=True)
    assert minutes(longer) == 75 and longer["sequence"] == moved["sequence"] + 1
    for verb, pinned in (("unpin", False), ("pin", True)):
        assert easy.ctl("session", verb, s["id"], json=True)["pinned"] is pinned
    gone = easy.ctl("session", "cancel", s["id"], "een lange reden", json=True)
    assert gone["state"] == "cancelled" and gone["reason"] == "een lange reden"
    for verb in ("cancel", "pin", "move", "confirm", "missed"):
        words = [start] if verb == "move" else []
        assert "cancelled" in easy.ctl("session", verb, s["id"], *words, expect=75).err
    day = local(gone["start"]).date()
    assert not any(local(x["start"]).date() == day for x in easy.sessions(states=("booked",))), \
        "the planner came back with a day that was cancelled"


def test_a_pinned_session_stays_an_unpinned_one_may_go(easy):
    s = easy.sessions()[5]
    start = slot(easy, "2026-W41", "1h", -1)
    easy.ctl("session", "move", s["id"], start, "1h")
    for i in range(3):  # the plan around it changes
        easy.ctl("session", "cancel", easy.sessions(states=("booked",))[6 + i]["id"])
    assert as_arg(moment(easy.session(s["id"])["start"])) == start
    easy.ctl("session", "unpin", s["id"])  # whatever the plan does with it: one change
    assert easy.session(s["id"])["pinned"] is False


def test_confirm_and_missed(easy):
    first = easy.sessions()[0]["id"]
    easy.ctl("session", "confirm", first, expect=75)
    easy.advance("3d")
    assert easy.session(first)["state"] == "booked"
    planned = easy.sessions()[1:]
    held = easy.ctl("session", "confirm", first, json=True)
    easy.ctl("wait")
    assert easy.sessions()[1:] == planned, "an hour that was planned is held: nothing else changes"
    assert held["state"] == "held" and held["assumed"] is False
    easy.advance("7d")
    second = easy.sessions()[1]["id"]
    missed = easy.ctl("session", "missed", second, "griep", json=True)
    assert missed["state"] == "missed" and missed["reason"] == "griep"
    easy.advance("10d")
    third = easy.sessions()[2]
    assert third["state"] == "held" and third["assumed"] is True

    def books_agree():
        held = easy.sessions(states=("held",))
        for row in easy.ctl("report", json=True)["rows"]:
            assert row["held_min"] == sum(map(minutes, held))
            assert row["assumed_min"] == sum(minutes(s) for s in held if s["assumed"])
    books_agree()
    # a word afterwards still counts, both ways, and the ledger follows
    easy.ctl("session", "missed", third["id"])
    books_agree()
    easy.ctl("session", "confirm", second)
    books_agree()
    easy.ctl("session", "confirm", third["id"])
    books_agree()


def test_hours(easy):
    entry = easy.ctl("hours", "add", "anna", "2h30m", "2026-08-31", "lezen, \"thuis\" \\ trein",
                     json=True)
    assert entry["minutes"] == 150 and entry["person"] == "anna" and entry["date"] == "2026-08-31"
    assert entry["text"] == "lezen, \"thuis\" \\ trein" and entry["kind"] == "solo"
    fixed = easy.ctl("hours", "correct", entry["id"], "1h", "te veel", json=True)
    assert fixed["minutes"] == -90 and fixed["id"] != entry["id"]
    again = easy.ctl("hours", "correct", fixed["id"], "2h", "toch", json=True)
    assert again["minutes"] == 60
    assert "already" in easy.ctl("hours", "correct", entry["id"], "2h", "x", expect=75).err
    easy.ctl("wait")
    rows = {r["person"]: r for r in easy.ctl("report", json=True)["rows"]}
    assert rows["anna"]["held_min"] == 120 and rows["bram"]["held_min"] == 0
    easy.restart()
    assert {r["person"]: r for r in easy.ctl("report", json=True)["rows"]} == rows


def test_links(easy):
    new = easy.ctl("link", "new", "busy", "anna-bram", "voor de partner", json=True)
    assert LINK_KEYS <= set(new) and new["label"] == "voor de partner" and new["kind"] == "busy"
    assert new in easy.links()
    easy.ctl("link", "revoke", new["id"])
    assert new["id"] not in {link["id"] for link in easy.links()}
    for label in ("", "x" * 101):
        easy.ctl("link", "new", "feed", "anna", label, expect=64)
    line = easy.ctl("link", "new", "me", "bram", "telefoon").split("\t")
    assert line[1:4] == ["me", "bram", "telefoon"]
    assert easy.get("/me/" + line[4].strip().split("/")[-1]).status == 200


def test_dry_run_changes_nothing(easy):
    easy.advance("3h")
    easy.feed("anna")  # its first use is noted
    before = easy.sessions(), easy.links(), easy.feed("anna"), easy.ctl("audit")
    s = easy.sessions()[4]
    book = slot(easy, "2026-W48", "1h")
    for words in (["session", "cancel", s["id"]], ["session", "pin", s["id"]],
                  ["session", "move", s["id"], slot(easy, "2026-W40", "1h")],
                  ["session", "book", "anna-bram", book, "1h"],
                  ["hours", "add", "anna", "1h", "2026-08-31", "x"],
                  ["link", "new", "feed", "anna", "x"], ["link", "revoke", "2"],
                  ["link", "rotate", "anna"], ["reload"]):
        easy.ctl(*words, dry_run=True)
        assert (easy.sessions(), easy.links(), easy.feed("anna"), easy.ctl("audit")) == before, words
    # it still says no where the change would be refused
    easy.ctl("session", "book", "anna-bram", "2026-10-20T10:00", "1h", dry_run=True, expect=75)
    cancelled = easy.ctl("session", "cancel", s["id"], dry_run=True, json=True)
    assert cancelled["state"] == "cancelled" and easy.session(s["id"])["state"] == "booked"
    for words in (["clock", "advance", "1d"], ["source", "refresh", "anna-1"], ["status"]):
        assert "--dry-run" in easy.ctl(*words, dry_run=True, expect=64).err
    # and nothing of it hinders the same afterwards
    assert easy.ctl("session", "cancel", s["id"], json=True) == cancelled


def test_audit_says_who_what_and_why(easy):
    s = easy.sessions()[0]
    easy.ctl("session", "cancel", s["id"], "de reden")
    easy.advance("1d")
    easy.ctl("link", "rotate", "anna")
    rows = easy.ctl("audit", json=True)["audits"]
    row = next(r for r in rows if r["what"] == f"session cancel {s['id']}")
    assert row["who"] == "uid 0" and row["way"] == "control" and row["why"] == "de reden"
    assert s["start"] in row["was"] and row["is"].startswith("cancelled")
    late = easy.ctl("audit", "--since", "2026-09-01", json=True)["audits"]
    assert [r["what"] for r in late if r["way"] == "control"] == ["link rotate anna"]
    assert easy.links()[0]["url"].split("/")[-1] not in easy.ctl("audit")


def test_clock(easy):
    assert easy.ctl("clock") == "2026-08-31T07:30 frozen\n"
    assert easy.advance("1d2h30m") == "2026-09-01T10:00 frozen\n"
    easy.advance("8w")  # over the end of summer time: eight weeks are eight weeks
    assert easy.ctl("clock", json=True)["now"] == "2026-10-27T08:00:00Z"


# ---- quarantine ----

def lessons(n, first=0):
    return timetable(*(event(f"les-{i}", dt.datetime(2026, 9, 1, 9) + dt.timedelta(days=i),
                             dt.datetime(2026, 9, 1, 11) + dt.timedelta(days=i))
                       for i in range(first, n)))


def test_a_half_empty_timetable_is_not_taken_until_it_is_accepted(daemon):
    d = daemon(EASY_ROSTER.replace("anna.ics", "anna.ics horizon=open"), {"anna.ics": lessons(40)})
    before = d.sessions()

    def state():
        return d.ctl("source", "list", json=True)["sources"][0]
    d.write("anna.ics", lessons(10))
    d.ctl("source", "refresh", "anna-1")
    d.ctl("wait")
    assert state()["state"] == "quarantined" and state()["events"] == 40
    assert d.sessions() == before
    assert d.ctl("status", json=True)["sources"]["quarantined"] == 1
    d.restart()
    assert state()["state"] == "quarantined" and d.sessions() == before
    # silenced: the same bytes are not shown again
    d.ctl("source", "reject", "anna-1")
    d.ctl("source", "refresh", "anna-1")
    assert state()["state"] != "quarantined" and state()["events"] == 40
    assert d.sessions() == before
    # other bytes are; and what was shown is what is taken, whatever lies there by then
    d.write("anna.ics", lessons(12))
    d.ctl("source", "refresh", "anna-1")
    assert state()["state"] == "quarantined"
    (d.root / "anna.ics").unlink()
    d.ctl("source", "accept", "anna-1")
    d.ctl("wait")
    assert state()["events"] == 12 and state()["state"] != "quarantined"
    assert "quarantine" in d.ctl("source", "accept", "anna-1", expect=66).err


def test_a_good_fetch_clears_quarantine(daemon):
    d = daemon(EASY_ROSTER.replace("anna.ics", "anna.ics horizon=open"), {"anna.ics": lessons(40)})
    d.write("anna.ics", lessons(5))
    d.ctl("source", "refresh", "anna-1")
    d.write("anna.ics", lessons(39))
    d.ctl("source", "refresh", "anna-1")
    source = d.ctl("source", "list", json=True)["sources"][0]
    assert source["state"] == "fresh" and source["events"] == 39
    # more than half of it is still there: taken
    d.write("anna.ics", lessons(25))
    d.ctl("source", "refresh", "anna-1")
    assert d.ctl("source", "list", json=True)["sources"][0]["events"] == 25


def test_moved_lessons_count_as_there(daemon):
    d = daemon(EASY_ROSTER.replace("anna.ics", "anna.ics horizon=open"), {"anna.ics": lessons(40)})
    moved = lessons(40).replace("T090000", "T100000").replace("T110000", "T120000")
    d.write("anna.ics", moved)
    d.ctl("source", "refresh", "anna-1")
    assert d.ctl("source", "list", json=True)["sources"][0]["state"] == "fresh"


def test_refresh_takes_a_changed_file(easy):
    feed = easy.feed("anna")
    easy.write("anna.ics", timetable(weekly("les", MONDAY, (9, 12)),
                                     weekly("mid", MONDAY, (12, 15), days="WE")))
    source = easy.ctl("source", "refresh", "anna-1", json=True)
    assert (source.get("sources") or [source])[0]["events"] == 2
    easy.ctl("wait")
    assert easy.feed("anna") != feed
    for s in easy.sessions(states=("booked",)):
        start = local(s["start"])
        assert start.weekday() != 2 or start.hour >= 15 or local(s["end"]).hour < 9


# ---- rights and the bare socket ----

def test_strangers_are_refused(easy):
    """Neither root, the daemon's user nor in admins: 77, even where the file would let them in."""
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    easy.root.chmod(0o755)
    easy.socket.chmod(0o666)
    done = subprocess.run([BUILD / "tandemctl", "-s", easy.socket, "status"], capture_output=True,
                          user=65534, group=65534, extra_groups=[], timeout=20)
    assert done.returncode == 77 and done.stderr.startswith(b"tandemctl: ") and not done.stdout, done
    assert easy.ctl("status")


def test_admins_are_let_in(daemon):
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    d = daemon(conf="[control]\nadmins = nobody\n")
    d.root.chmod(0o755)
    d.socket.chmod(0o666)
    done = subprocess.run([BUILD / "tandemctl", "-s", d.socket, "session", "cancel",
                           d.sessions()[0]["id"]], capture_output=True, user=65534, group=65534,
                          extra_groups=[], timeout=20)
    assert done.returncode == 0, done
    assert any(r["who"] == "uid 65534" for r in d.ctl("audit", json=True)["audits"])


def test_no_daemon_is_69(tmp_path):
    done = subprocess.run([BUILD / "tandemctl", "-s", tmp_path / "none", "status"],
                          capture_output=True, timeout=20)
    assert done.returncode == 69 and b"tandemd" in done.stderr


def test_the_socket_is_found_three_ways(easy):
    env = dict(os.environ, TANDEM_SOCKET=str(easy.socket))
    for words, e in ((["-s", easy.socket], None), (["-c", easy.conf], None), ([], env)):
        done = subprocess.run([BUILD / "tandemctl", *words, "clock"], capture_output=True, env=e,
                              timeout=20)
        assert done.stdout == b"2026-08-31T07:30 frozen\n", done


@pytest.mark.parametrize("line,answer", [
    (b"clock\n", rb"\t2026-08-31T07:30 frozen\nok\n"),
    (b"  clock   \n", rb"\t2026-08-31T07:30 frozen\nok\n"),
    (b'"clock"\n', rb"\t2026-08-31T07:30 frozen\nok\n"),
    (b'--json clock\n', rb'\t\{"now":"2026-08-31T05:30:00Z","frozen":true\}\nok\n'),
    (b"explain anna-bram 2026-12-25\n", rb"\t[^\n]*Kerstvakantie[^\n]*\nok\n"),
    (b"wait\n", rb"ok\n"),
    (b"slots nobody\n", rb"err not-found [^\n]+\n"),
    (b"foo\n", rb"err usage [^\n]+\n"),
    (b"\n", rb"err usage [^\n]+\n"),
    (b"session book anna-bram 2026-10-20T10:00 1h\n", rb"err conflict [^\n]+\n"),
    (b'session pin s1 "half a quote\n', rb"err (usage|parse) [^\n]+\n"),
    (b"session pin s1 caf\xe9\n", rb"err (usage|parse) [^\n]+\n"),
    (b"a" * 5000 + b"\n", rb"err (limit|usage) [^\n]+\n"),
    (b"status\0\n", rb"err (usage|parse) [^\n]+\n"),
])
def test_the_protocol(shared, line, answer):
    got = shared.control_raw(line)
    assert re.fullmatch(answer, got), got
    assert shared.ctl("clock")


def test_a_line_may_come_in_pieces_and_leave_early(shared):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(str(shared.socket))
        for byte in b"clock\n":
            s.sendall(bytes([byte]))
        assert s.recv(4096)
    with socket.socket(socket.AF_UNIX) as s:  # gone before the answer
        s.connect(str(shared.socket))
        s.sendall(b"plan anna-bram\n")
    with socket.socket(socket.AF_UNIX) as s:  # gone before the line
        s.connect(str(shared.socket))
        s.sendall(b"pla")
    assert shared.control_raw(b"clock\n").endswith(b"ok\n")


def test_quoted_words_arrive_whole(easy):
    id_ = easy.sessions()[0]["id"]
    got = easy.control_raw(f'session pin {id_} "met \\"aanhaling\\" en \\\\ streep"\n'.encode())
    assert got.endswith(b"\nok\n")
    assert easy.session(id_)["reason"] == 'met "aanhaling" en \\ streep'
    assert "\n" not in easy.session(id_)["reason"]


def test_a_change_answered_is_served(easy):
    for i in range(10):
        s = easy.sessions(states=("booked",))[i]
        easy.ctl("session", "cancel", s["id"])
        text = easy.feed("anna").decode()
        event_ = text[text.index(f"UID:{s['id']}@"):].split("END:VEVENT")[0]
        assert "STATUS:CANCELLED" in event_
