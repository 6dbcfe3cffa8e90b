"""Obligations: what is due stands in everybody's feed, follows the roster, and is done."""
import datetime as dt
import re
import sqlite3

import icalendar
import vobject

from harness import EASY_ROSTER, EASY_TIMETABLES, moment, pairs_roster, section
from ics_lint import lint, unescape

AUTUMN = {"o1": "2026-09-21", "o2": "2026-10-12", "o3": "2026-11-23", "o4": "2027-01-04",
          "o5": "2027-02-15", "o6": "2027-03-29", "o7": "2027-05-10", "o8": "2027-06-21",
          "o9": "2027-07-05"}


def due(d, owner="anna"):
    """{id: event} of what is due in the feed of @owner."""
    return {uid.split("@")[0]: {name: value for name, (_, value) in event.items()}
            for uid, event in lint(d.feed(owner), obligations=True).items()}


def days(d, owner="anna"):
    return {id_: str(dt.datetime.strptime(e["DTSTART"], "%Y%m%d").date())
            for id_, e in due(d, owner).items() if e["STATUS"] != "CANCELLED"}


def listed(d, *words):
    return d.ctl("obligation", "list", *words, json=True)["obligations"]


def one(d, id_):
    return next(o for o in listed(d) if o["id"] == id_)


def set_key(d, line):
    """The programme with that line in place of one of the same key."""
    key = line.split(" = ")[0]
    text = re.sub(rf"^{key} = .*\n", "", d.roster(), flags=re.M)
    d.write("roster.ini", text.replace("[programme]\n", f"[programme]\n{line}\n"))
    return d.ctl("reload", json=True)["obligations"]


def accept(d, text):
    d.write("roster.ini", text)
    answer = d.ask("reload")
    if answer.status == 78:
        d.ctl("reload", "--accept", re.search(r"--accept (\w+)", answer.err)[1])
    d.ctl("wait")


# ---- in feeds ----

def test_it_stands_in_the_feeds_of_both_the_duo_and_the_programme(easy):
    for owner in ("anna", "bram", "anna-bram", "programme"):
        assert days(easy, owner) == AUTUMN
    titles = {owner: unescape(due(easy, owner)["o3"]["SUMMARY"]) for owner in
              ("anna", "bram", "anna-bram", "programme")}
    assert titles["anna"] == "Reflectieverslag 2 inleveren met Bram Bos"
    assert titles["bram"] == "Reflectieverslag 2 inleveren met Anna de Vrieze"
    assert titles["programme"] == titles["anna-bram"] == \
        "Reflectieverslag 2 inleveren – Anna de Vrieze, Bram Bos"
    kinds = [(o["kind"], o["number"]) for o in listed(easy)]
    assert kinds == [("plan", 1)] + [("reflection", i) for i in range(1, 8)] + [("evaluation", 1)]
    assert {o["id"]: o["due"] for o in listed(easy)} == AUTUMN


def test_it_takes_nobodys_time(easy):
    for owner in ("anna", "programme"):
        busy = easy.feed(owner, "busy")
        lint(busy, busy=True)  # which refuses it there
        assert b"VALUE=DATE" not in busy and b"UID:o" not in busy
        freebusy = easy.get(easy.link("busy", owner).replace(".ics", ".ifb")).body
        assert freebusy.count(b"FREEBUSY;") == len(lint(busy, busy=True))


def test_other_readers_take_it(easy):
    calendar = icalendar.Calendar.from_ical(easy.feed("anna"))
    got = {str(e["UID"]).split("@")[0]: (e["DTSTART"].dt, e["DTEND"].dt, str(e["TRANSP"]))
           for e in calendar.walk("VEVENT") if e["UID"].startswith("o")}
    assert got == {id_: (dt.date.fromisoformat(day), dt.date.fromisoformat(day) + dt.timedelta(1),
                         "TRANSPARENT") for id_, day in AUTUMN.items()}
    read = vobject.readOne(easy.feed("anna").decode())
    assert read.validate(raiseException=True)
    assert sum(e.uid.value.startswith("o") for e in read.vevent_list) == 9


def test_it_comes_back_through_a_calendar_and_blocks_nothing(easy):
    """A member's own calendar has the events, as busy days: they are ours, and no time."""
    before = easy.sessions()
    mine = easy.feed("anna").decode()
    events = mine[mine.index("BEGIN:VEVENT\r\nUID:o"):mine.rindex("END:VCALENDAR")]
    text = (easy.root / "anna.ics").read_bytes().decode()
    easy.write("anna.ics", text.replace("END:VCALENDAR", events.replace(
        "TRANSPARENT", "OPAQUE") + "END:VCALENDAR"))
    easy.ctl("source", "refresh", "anna-1")
    easy.ctl("wait")
    assert easy.sessions() == before


# ---- following the roster ----

def test_a_rhythm_that_changes_moves_the_same_events(easy):
    before = due(easy)
    assert set_key(easy, "reflection = 4w x 1h") == \
        {"moved": 7, "added": 4, "cancelled": 0, "reopened": 0}
    after = due(easy)
    assert set(before) < set(after) and len(after) == 13
    for id_, old in before.items():
        new = after[id_]
        moved = new["DTSTART"] != old["DTSTART"]
        assert moved == (id_ in [f"o{i}" for i in range(2, 9)])
        assert int(new["SEQUENCE"]) - int(old["SEQUENCE"]) == moved
        assert (new["LAST-MODIFIED"] > old["LAST-MODIFIED"]) == moved
        assert new["CREATED"] == old["CREATED"]
    assert days(easy, "bram") == days(easy, "programme") == days(easy)
    assert days(easy)["o5"] == "2026-12-18"  # the fourth, sixteen weeks after: before Christmas


def test_a_reload_says_how_many_move_come_and_go(easy):
    easy.edit_roster("name = Samen leren", "name = Samen leren\nreflection = 4w x 1h")
    feeds = [easy.feed(owner) for owner in ("anna", "programme")]
    shown = easy.ctl("reload", dry_run=True, json=True)
    assert shown["obligations"] == {"moved": 7, "added": 4, "cancelled": 0, "reopened": 0}
    assert [easy.feed(owner) for owner in ("anna", "programme")] == feeds
    assert easy.ctl("reload", json=True)["obligations"] == shown["obligations"]
    assert "obligations: 0 to move, 0 new, 0 to cancel, 0 to open again" in easy.ctl("reload")
    easy.edit_roster("reflection = 4w x 1h", "reflection = 8w x 1h\nplan_due = none")
    assert easy.ctl("reload", json=True)["obligations"] == \
        {"moved": 5, "added": 0, "cancelled": 7, "reopened": 0}
    easy.edit_roster("plan_due = none", "plan_due = 2026-10-15")
    assert easy.ctl("reload", json=True)["obligations"] == \
        {"moved": 0, "added": 0, "cancelled": 0, "reopened": 1}
    moves = [line.split("\t") for line in easy.ctl("audit").splitlines() if "obligation" in line]
    assert [m[3:6] for m in moves][0] == ["obligation move o2", "reflection 1 open 2026-10-12",
                                          "reflection 1 open 2026-09-28"]
    assert [m[3:6] for m in moves][-1] == ["obligation reopen o1", "plan cancelled 2026-09-21",
                                           "plan open 2026-10-15"]


def test_a_plan_due_elsewhere_plans_nobody_again(easy):
    solved = easy.ctl("status", json=True)["duos"]["solved"]
    sessions = easy.sessions()
    set_key(easy, "plan_due = 5w")
    easy.ctl("wait")
    assert days(easy)["o1"] == "2026-10-05"
    assert easy.ctl("status", json=True)["duos"]["solved"] == solved and easy.sessions() == sessions


def test_a_duo_that_leaves_has_tombstones_and_returns_open(daemon):
    d = daemon(pairs_roster(4), {})
    whole = d.roster()
    mine = [o["id"] for o in listed(d, "d4")]
    others = due(d, "p1")
    d.advance("25d")  # its plan is late by now, and stays so
    before = due(d, "p8")
    accept(d, whole[:whole.index("[duo d4]")])
    for owner in ("p7", "p8", "d4", "programme"):
        gone = due(d, owner)
        for id_ in mine[1:]:
            assert gone[id_]["STATUS"] == "CANCELLED", (owner, id_)
            assert gone[id_]["SUMMARY"].startswith("VERVALLEN: ")
            assert int(gone[id_]["SEQUENCE"]) == 1
        assert gone[mine[0]]["STATUS"] == "CONFIRMED"
        assert gone[mine[0]]["DTSTART"] == before[mine[0]]["DTSTART"]
    assert due(d, "p1") == others
    accept(d, whole)
    back = due(d, "p8")
    assert {id_: e["DTSTART"] for id_, e in back.items()} == \
        {id_: e["DTSTART"] for id_, e in before.items()}
    assert all(back[id_]["STATUS"] == "CONFIRMED" and int(back[id_]["SEQUENCE"]) == 2
               for id_ in mine[1:])
    accept(d, whole[:whole.index("[duo d4]")])
    d.advance("31d")
    assert not set(mine[2:]) & set(due(d, "p8")), "a tombstone stands for thirty days"
    assert {o["state"] for o in listed(d, "d4")} == {"open", "cancelled"}


def test_a_duo_that_goes_and_returns_is_counted(daemon):
    d = daemon(pairs_roster(4), {})
    whole = d.roster()
    d.write("roster.ini", whole[:whole.index("[duo d4]")])
    shown = d.ctl("reload", dry_run=True, json=True)
    assert shown["obligations"] == {"moved": 0, "added": 0, "cancelled": 9, "reopened": 0}
    d.ctl("reload", "--accept", shown["hash"])
    d.write("roster.ini", whole)
    assert d.ctl("reload", json=True)["obligations"]["reopened"] == 9
    # under another name it is the same duo, with the same events
    before = due(d, "p7")
    d.write("roster.ini", whole.replace("[duo d4]", "[duo d5]\nwas = d4"))
    assert d.ctl("reload", json=True)["obligations"] == \
        {"moved": 0, "added": 0, "cancelled": 0, "reopened": 0}
    assert d.ctl("reload", json=True)["obligations"]["added"] == 0
    d.ctl("wait")
    assert {id_: (e["DTSTART"], e["SEQUENCE"]) for id_, e in due(d, "p7").items()} == \
        {id_: (e["DTSTART"], e["SEQUENCE"]) for id_, e in before.items()}
    assert due(d, "d5") and len(listed(d, "d5")) == 9 and len(listed(d)) == 36


def test_who_leaves_a_duo_loses_it_and_who_comes_gets_it(easy):
    easy.advance("25d")
    before = due(easy, "bram")
    text = easy.roster().replace("members = anna bram", "members = anna cees")
    accept(easy, text + section("person", "cees", name="Cees", timetable="none"))
    left, came, stayed = due(easy, "bram"), due(easy, "cees"), due(easy, "anna")
    assert set(left) == set(before)
    for id_, event in left.items():
        late = id_ == "o1"  # it was hers as long as she was there
        assert event["STATUS"] == ("CONFIRMED" if late else "CANCELLED")
        assert int(event["SEQUENCE"]) == 1 and event["DTSTART"] == before[id_]["DTSTART"]
        assert event["LAST-MODIFIED"] > before[id_]["LAST-MODIFIED"]
    assert set(came) == set(stayed) == set(before)
    assert unescape(stayed["o3"]["SUMMARY"]) == "Reflectieverslag 2 inleveren met Cees"
    easy.restart()
    assert due(easy, "bram") == left and due(easy, "cees") == came
    accept(easy, text.replace("members = anna cees", "members = anna bram"))
    assert {e["STATUS"] for e in due(easy, "bram").values()} == {"CONFIRMED"}
    assert {int(e["SEQUENCE"]) for e in due(easy, "bram").values()} == {2}


def test_names_and_topic_are_new_versions_of_the_same(easy):
    before = due(easy)
    tag, modified = (easy.get(easy.link("feed", "anna"))[h] for h in ("ETag", "Last-Modified"))
    easy.edit_roster("name = Bram Bos", "name = Bram de Bos")
    easy.edit_roster("topic = Herschrijven; module", "topic = Rekenen")
    easy.ctl("reload")
    for id_, event in due(easy).items():
        assert event["SEQUENCE"] == before[id_]["SEQUENCE"]
        assert event["LAST-MODIFIED"] > before[id_]["LAST-MODIFIED"]
        assert "Bram de Bos" in event["SUMMARY"] and "Rekenen" in event["DESCRIPTION"]
    answer = easy.get(easy.link("feed", "anna"), {"If-None-Match": tag})
    assert answer.status == 200 and answer["Last-Modified"] != modified


def test_a_duo_that_comes_later_is_not_late(easy):
    easy.advance("60d")
    text = easy.roster() + section("person", "cees", name="Cees", timetable="none")
    accept(easy, text + section("duo", "bram-cees", members="bram cees", topic="x"))
    new = listed(easy, "bram-cees")
    assert [(o["kind"], o["number"], o["due"]) for o in new[:2]] == \
        [("plan", 1, "2026-11-20"), ("reflection", 1, "2026-11-23")]
    assert not any(o["late"] for o in new) and len(new) == 8
    assert {o["id"] for o in listed(easy, "bram")} == {o["id"] for o in listed(easy)}
    assert len(listed(easy, "anna")) == 9


def test_without_any_nothing_is_due(daemon):
    d = daemon(EASY_ROSTER.replace("[programme]\n", "[programme]\nreflection = none\n"
                                   "evaluation = none\nplan_due = none\n"), EASY_TIMETABLES)
    assert listed(d) == [] and due(d) == {}
    assert d.ctl("obligation", "list") in ("", "\n")


# ---- done ----

def test_done_is_marked_and_can_be_opened_again(easy):
    before = due(easy, "bram")["o2"]
    easy.advance("10d")
    paths = [easy.link("feed", owner) for owner in ("anna", "bram", "anna-bram", "programme")]
    tags = [easy.get(path)["ETag"] for path in paths]
    row = easy.ctl("obligation", "done", "o2", json=True)
    assert {k: row[k] for k in ("id", "duo", "kind", "number", "due", "state", "late")} == {
        "id": "o2", "duo": "anna-bram", "kind": "reflection", "number": 1, "due": "2026-10-12",
        "state": "done", "late": False}
    assert moment(row["done_at"]) == easy.now() and row == one(easy, "o2")
    event = due(easy, "bram")["o2"]
    assert unescape(event["SUMMARY"]) == "\u2713 Reflectieverslag 1 ingeleverd met Anna de Vrieze"
    assert "Ingeleverd: 2026-09-10" in event["DESCRIPTION"] and event["STATUS"] == "CONFIRMED"
    assert int(event["SEQUENCE"]) == 1 and event["DTSTART"] == before["DTSTART"]
    for path, tag in zip(paths, tags):
        answer = easy.get(path, {"If-None-Match": tag})
        assert answer.status == 200 and "\u2713".encode() in answer.body, path
    easy.restart()
    assert due(easy, "bram")["o2"] == event and one(easy, "o2") == row
    easy.ctl("obligation", "done", "o2", expect=75)
    easy.ctl("obligation", "reopen", "o2", "een lege bladzij")
    event = due(easy, "bram")["o2"]
    assert event["SUMMARY"] == before["SUMMARY"] and int(event["SEQUENCE"]) == 2
    assert one(easy, "o2")["reason"] == "een lege bladzij" and one(easy, "o2")["done_at"] is None
    audit = [line.split("\t")[1:] for line in easy.ctl("audit").splitlines() if "o2" in line]
    assert [a[:2] + a[2:3] for a in audit] == [["uid 0", "control", "obligation done o2"],
                                               ["uid 0", "control", "obligation reopen o2"]]
    assert audit[1][3:] == ["reflection 1 done 2026-10-12", "reflection 1 open 2026-10-12",
                            "een lege bladzij"]


def test_late_is_told_and_so_is_when(easy):
    easy.advance("25d")
    assert [o["id"] for o in listed(easy) if o["late"]] == ["o1"]
    line = easy.ctl("obligation", "list", "--to", "2026-09-21").splitlines()[0]
    assert line == "o1\tanna-bram\tplan\t1\t2026-09-21\topen\t\tlate"
    # it was handed in on its day: said afterwards
    dry = easy.ctl("obligation", "done", "o1", "2026-09-21", json=True, dry_run=True)
    assert dry["state"] == "done" and one(easy, "o1")["state"] == "open"
    row = easy.ctl("obligation", "done", "o1", "2026-09-21", json=True)
    assert row == dry and not row["late"] and row["done_at"] == "2026-09-21T10:00:00Z"
    line = easy.ctl("obligation", "list", "anna", "--from", "2026-09-21", "--to", "2026-09-21")
    assert line.splitlines()[0] == "o1\tanna-bram\tplan\t1\t2026-09-21\tdone\t2026-09-21"
    easy.advance("20d")  # past the next, and handed in today
    assert easy.ctl("obligation", "done", "o2", json=True)["late"]


def test_done_stays_done_whatever_the_roster_does(easy):
    easy.ctl("obligation", "done", "o2")
    set_key(easy, "reflection = none")
    assert one(easy, "o2")["state"] == "done" and one(easy, "o3")["state"] == "cancelled"
    answer = easy.ctl("obligation", "done", "o3", expect=75)
    assert "cancelled" in answer.err and answer.err.count("\n") == 1
    assert due(easy)["o2"]["STATUS"] == "CONFIRMED" and due(easy)["o3"]["STATUS"] == "CANCELLED"
    answer = easy.ctl("obligation", "reopen", "o2", "toch niet", expect=75)  # what for?
    assert "stays done" in answer.err and one(easy, "o2")["state"] == "done"
    set_key(easy, "reflection = 9w x 1h")  # the first is handed in: the second is the next
    assert one(easy, "o2")["due"] == "2026-11-02" and one(easy, "o3")["due"] == "2027-01-04"
    assert one(easy, "o2")["state"] == "done" and one(easy, "o3")["state"] == "open"
    easy.ctl("obligation", "reopen", "o2", "toch niet")
    assert set_key(easy, "plan_due = 3w") == {"moved": 0, "added": 0, "cancelled": 0, "reopened": 0}


# ---- as to-dos, or not at all ----

def todo_link(d, owner="anna", how="todos"):
    row = d.ctl("link", "new", "feed", owner, how, "--obligations", how, json=True)
    return "/" + row["url"].split("/", 3)[3]


def test_a_link_may_have_them_as_to_dos(easy):
    path = todo_link(easy)
    easy.advance("30d")
    easy.ctl("obligation", "done", "o2")
    set_key(easy, "plan_due = none")  # it was due: it stays, and late
    set_key(easy, "reflection = 20w x 1h")
    body = easy.get(path).body
    todos = {uid.split("@")[0]: {name: value for name, (_, value) in todo.items()}
             for uid, todo in lint(body, obligations=True).items()}
    assert {id_: (t["DUE"], t["STATUS"], t["PERCENT-COMPLETE"]) for id_, t in todos.items()} == {
        "o1": ("20260921", "NEEDS-ACTION", "0"), "o2": ("20270118", "COMPLETED", "100"),
        "o3": ("20270607", "NEEDS-ACTION", "0"), "o4": ("20270104", "CANCELLED", "0"),
        "o5": ("20270215", "CANCELLED", "0"), "o6": ("20270329", "CANCELLED", "0"),
        "o7": ("20270510", "CANCELLED", "0"), "o8": ("20270621", "CANCELLED", "0"),
        "o9": ("20270705", "NEEDS-ACTION", "0")}
    assert moment(dt.datetime.strptime(todos["o2"]["COMPLETED"], "%Y%m%dT%H%M%SZ").strftime(
        "%Y-%m-%dT%H:%M:%SZ")) == easy.now()
    # the same versions as in the feed with events, beside the same sessions
    events = due(easy)
    for id_, todo in todos.items():
        assert all(todo[k] == events[id_][k] for k in ("UID", "SEQUENCE", "LAST-MODIFIED", "URL"))
    assert lint(body) == lint(easy.feed("anna"))
    calendar = icalendar.Calendar.from_ical(body)
    read = {str(t["UID"]).split("@")[0]: t["DUE"].dt for t in calendar.walk("VTODO")}
    assert read["o2"] == dt.date(2027, 1, 18) and len(read) == 9
    assert vobject.readOne(body.decode()).validate(raiseException=True)


def test_each_variant_has_its_own_tag_and_all_are_new_when_one_is_done(easy):
    paths = [todo_link(easy, "anna", how) for how in ("events", "todos", "none")]
    first = [easy.get(path) for path in paths]
    assert len({a["ETag"] for a in first}) == 3
    assert not lint(first[2].body, obligations=True) and lint(first[2].body) == lint(first[0].body)
    for path, answer in zip(paths, first):
        assert easy.get(path, {"If-None-Match": answer["ETag"]}).status == 304
    easy.advance("1h")
    easy.ctl("obligation", "done", "o1")
    for path, answer in zip(paths[:2], first):
        again = easy.get(path, {"If-None-Match": answer["ETag"]})
        assert again.status == 200 and again["Last-Modified"] != answer["Last-Modified"]
    assert easy.get(paths[2], {"If-None-Match": first[2]["ETag"]}).status == 304
    old = easy.links("feed", "anna")[0]
    easy.ctl("link", "set", old["id"], "--obligations", "none")
    assert due(easy) == {}


# ---- on the page ----

def section_of(d, person="anna"):
    page = d.get(d.link("me", person)).text
    part = page[page.index("<h2>Mijlpalen</h2>"):].split("<h2>")[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part)).strip()


def test_a_members_page_says_what_is_next(easy):
    text = section_of(easy)
    assert text.startswith("Mijlpalen Eerstvolgende: ma 21 september 2026 : plan van aanpak met "
                           "Bram Bos ma 12 oktober 2026 : reflectieverslag 1 met Bram Bos ma 23 nov")
    assert text.endswith("ma 5 juli 2027 : eindevaluatie met Bram Bos") and "Te laat" not in text
    easy.advance("25d")
    text = section_of(easy, "bram")
    assert text.startswith("Mijlpalen Te laat: ma 21 september 2026 : plan van aanpak met Anna de "
                           "Vrieze Eerstvolgende: ma 12 oktober 2026 : reflectieverslag 1 met")
    easy.ctl("obligation", "done", "o1")
    assert "Te laat" not in section_of(easy) and "plan van aanpak" not in section_of(easy)
    for id_ in list(AUTUMN)[1:]:
        easy.ctl("obligation", "done", id_)
    assert section_of(easy) == "Mijlpalen Alles is ingeleverd."
    set_key(easy, "language = en")
    assert "<h2>What is due</h2>" in easy.get(easy.link("me", "anna")).text


def test_no_page_speaks_of_what_is_not_asked_for(daemon):
    d = daemon(EASY_ROSTER.replace("[programme]\n", "[programme]\nreflection = none\n"
                                   "evaluation = none\nplan_due = none\n"), EASY_TIMETABLES)
    assert "Mijlpalen" not in d.get(d.link("me", "anna")).text


# ---- over a crash ----

def test_a_store_whose_roster_cannot_be_read_follows_the_files(easy):
    """It starts as if it were the first time, and everything that is stored is still there."""
    easy.ctl("obligation", "done", "o2")
    before = due(easy)
    easy.stop()
    db = sqlite3.connect(easy.root / "db")
    db.execute("UPDATE roster SET bundle = x'00'")
    db.commit()
    db.close()
    text = easy.roster().replace("[programme]\n", "[programme]\nplan_due = 5w\n")
    easy.write("roster.ini", text)
    easy.start()
    after = due(easy)
    assert after["o1"]["DTSTART"] == "20261005" and int(after["o1"]["SEQUENCE"]) == 1
    assert {k: v for k, v in after.items() if k != "o1"} == \
        {k: v for k, v in before.items() if k != "o1"}


def test_what_was_answered_is_there_after_a_kill(easy):
    easy.ctl("obligation", "done", "o3")
    set_key(easy, "plan_due = 5w")
    feeds = [easy.feed(owner) for owner in ("anna", "bram", "anna-bram", "programme")]
    tag = easy.get(easy.link("feed", "bram"))["ETag"]
    easy.kill9()
    easy.start()
    assert [easy.feed(owner) for owner in ("anna", "bram", "anna-bram", "programme")] == feeds
    assert easy.get(easy.link("feed", "bram"), {"If-None-Match": tag}).status == 304
    assert one(easy, "o3")["state"] == "done" and one(easy, "o1")["due"] == "2026-10-05"
