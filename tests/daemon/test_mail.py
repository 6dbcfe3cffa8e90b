"""Mail: invitations and notes of the real daemon, handed to a real server and read back."""
import datetime as dt
import os
import re
import subprocess
import threading
import time

import icalendar
import pytest

from harness import (EASY_ROSTER, EASY_TIMETABLES, MONDAY, as_arg, moment, timetable, wait_for,
                     weekly)
from ics_lint import lint
from smtpsink import Sink, read, tls_context

LONG = os.environ.get("TANDEM_LONG")
INVITED = EASY_ROSTER.replace("name = Anna de Vrieze",
                              "name = Anna de Vrieze\nemail = anna@school.example\n"
                              "invitations = yes")
BOTH = INVITED.replace("name = Bram Bos", "name = Bram Bos\nemail = bram@school.example\n"
                       "language = en")
NOTES = EASY_ROSTER.replace("name = Bram Bos", "name = Bram Bos\nemail = bram@school.example\n"
                            "language = en")


def conf(sink, **more):
    keys = {"mode": "smtp", "server": f"smtp://127.0.0.1:{sink.port}", "tls": "no",
            "from": "Samen leren <samen@school.example>", "per_minute": 1000}
    keys.update(more)
    return "[mail]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())


@pytest.fixture
def sink():
    with Sink() as s:
        yield s


def told(d, sink, roster=BOTH, **more):
    """A daemon whose people have heard of the first plan already."""
    x = d(roster, EASY_TIMETABLES, conf=conf(sink, **more))
    x.advance("1d")
    sink.take()
    return x


def booked(d, n=0):
    """The n-th work session that is to come, not before next week."""
    soon = d.now() + dt.timedelta(days=7)
    return [s for s in d.sessions(states=("booked",), kind="work") if moment(s["start"]) > soon][n]


def of(messages, session):
    """Those with an event of that session; the planner fills gaps, and tells of that, too."""
    return [m for m in messages if m.event and m.event["UID"].startswith(session["id"] + "@")]


def later(session, hours=1):
    return as_arg(moment(session["start"]) + dt.timedelta(hours=hours))


def feed_event(d, owner, session):
    return next(e for u, e in lint(d.feed(owner)).items() if u.split("@")[0] == session)


def same_event(d, owner, message):
    """The message's event is that of the feed: every line of that stands in it."""
    lines = message.ics.decode().replace("\r\n ", "").split("\r\n")
    uid = next(x for x in lines if x.startswith("UID:"))
    feed = d.feed(owner).decode().replace("\r\n ", "")
    one = next(e for e in re.findall(r"BEGIN:VEVENT\r\n.*?END:VEVENT", feed, re.S) if uid in e)
    mine = [x for x in lines[lines.index("BEGIN:VEVENT"):] if not x.startswith(("ORG", "ATT"))]
    assert mine[:mine.index("END:VEVENT") + 1] == one.split("\r\n")
    zone = re.search(r"BEGIN:VTIMEZONE.*?END:VTIMEZONE", feed, re.S)[0]
    assert zone in message.ics.decode().replace("\r\n ", "")
    return {x.split(":")[0]: x.split(":", 1)[1] for x in one.split("\r\n")}


def status(d):
    return d.ctl("status", json=True)["mail"]


def rows(d, *words):
    return d.ctl("mail", "list", *words, json=True)["mail"]


# ---- invitations ----

def test_who_takes_invitations_gets_every_session_of_hers(daemon, sink):
    d = daemon(INVITED, EASY_TIMETABLES, conf=conf(sink))
    assert sink.messages == [] and status(d)["queued"] == len(d.sessions("anna"))
    d.advance("5m")
    first, *others = sink.take()
    sessions = d.sessions("anna", states=("booked",))
    # so many at once: a list goes ahead, then one each, the next session first
    assert first.method is None and first["Subject"] == f"{len(sessions)} wijzigingen in je sessies"
    assert first.text.count("(nieuw)") == first.text.count("/s/s") == len(sessions)
    assert [f"{m.event['UID']}".split("@")[0] for m in others] == [s["id"] for s in sessions]
    for m in others:
        assert m.method == "REQUEST" == m.calendar["METHOD"]
        lines = same_event(d, "anna", m)
        assert lines["SEQUENCE"] == "0" and lines["STATUS"] == "CONFIRMED"
        assert m.event["ORGANIZER"] == "mailto:samen@school.example"
        assert m.event["ATTENDEE"] == "mailto:anna@school.example"
        assert m.event["ATTENDEE"].params["RSVP"] == "FALSE"
        assert m.event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
        assert m["To"] == "Anna de Vrieze <anna@school.example>"
        assert m["From"] == "Samen leren <samen@school.example>"
        assert m["Auto-Submitted"] == "auto-generated"
        assert m.envelope.mail_from == "samen@school.example"
        assert m.envelope.rcpt_tos == ["anna@school.example"]
        assert f"/s/{lines['UID'].split('@')[0]}" in m.text
        assert "Er is een sessie voor je ingeroosterd." in m.text
    assert len({m["Message-ID"] for m in [first, *others]}) == len(sessions) + 1
    d.advance("1d")
    assert sink.take() == [] and status(d)["queued"] == 0 and status(d)["sent"] == len(sessions)


def test_a_move_and_a_cancellation_follow_the_feed(daemon, sink):
    d = told(daemon, sink)
    s = booked(d)
    d.ctl("session", "move", s["id"], later(s))
    d.advance("5m")
    (m,) = of(sink.take(), s)
    lines = same_event(d, "anna", m)
    assert m.method == "REQUEST" and lines["SEQUENCE"] == "1"
    assert m.event["DTSTART"].dt == moment(s["start"]) + dt.timedelta(hours=1)
    assert "Een sessie is verplaatst." in m.text and "\nWas: " in m.text
    assert m["Subject"].startswith("Verplaatst: Werksessie met Bram Bos, ")
    d.ctl("session", "cancel", s["id"], "Anna is ziek")
    d.advance("5m")
    (m,) = of(sink.take(), s)
    lines = same_event(d, "anna", m)
    assert m.method == "CANCEL" == m.calendar["METHOD"] and lines["SEQUENCE"] == "2"
    assert lines["STATUS"] == "CANCELLED" and "\nReden: Anna is ziek" in m.text
    assert m["Subject"].startswith("Vervallen: Werksessie met Bram Bos, ")


def test_only_what_changed_is_told(daemon, sink):
    d = told(daemon, sink, roster=INVITED)
    s = booked(d)
    d.ctl("session", "pin", s["id"])
    d.advance("10m")
    assert sink.take() == []  # its stamp is another one, its event says the same
    d.edit_roster("topic = Herschrijven; module", "topic = Toetsen maken")
    d.ctl("reload")
    d.advance("10m")
    _, *others = sink.take()
    assert len(others) == len([x for x in d.sessions("anna-bram", states=("booked",))
                               if moment(x["end"]) > d.now()])
    for m in others:
        lines = same_event(d, "anna", m)
        assert m.method == "REQUEST" and lines["SEQUENCE"] == "0"
        assert "Toetsen maken" in lines["DESCRIPTION"]
        assert "Van een sessie is iets gewijzigd." in m.text


def test_what_has_been_overtaken_is_never_sent(daemon, sink):
    d = told(daemon, sink, roster=INVITED)
    s, t, u = booked(d, 0), booked(d, 1), booked(d, 2)
    d.ctl("session", "move", s["id"], later(s, 1))
    d.advance("1m")
    d.ctl("session", "move", s["id"], later(s, 2))
    new = d.ctl("session", "book", "anna-bram", as_arg(moment(t["start"]) + dt.timedelta(hours=3)),
                "30m", json=True)["id"]
    d.ctl("session", "cancel", t["id"])
    d.ctl("session", "cancel", new)  # nobody has heard of it
    d.ctl("wait")
    assert new not in [r["session"] for r in rows(d)]
    d.advance("10m")
    got = sink.take()
    (m,) = of(got, s)
    assert m.event["SEQUENCE"] == 2
    assert m.event["DTSTART"].dt == moment(s["start"]) + dt.timedelta(hours=2)
    (m,) = of(got, t)
    assert m.method == "CANCEL"
    assert not of(got, {"id": new}) and not of(got, u)


def test_who_leaves_or_wants_no_more_gets_them_back(daemon, sink):
    d = told(daemon, sink, roster=INVITED)
    coming = [s["id"] for s in d.sessions("anna", states=("booked",))
              if moment(s["end"]) > d.now()]
    d.edit_roster("invitations = yes", "invitations = no")
    d.ctl("reload")
    d.advance("10m")
    _, *back = sink.take()
    assert sorted(m.event["UID"].split("@")[0] for m in back) == sorted(coming)
    assert {m.method for m in back} == {"CANCEL"}
    assert all("STATUS" not in m.event for m in back)  # the sessions go on
    assert "De uitnodiging is ingetrokken" in back[0].text
    d.edit_roster("invitations = no", "invitations = yes")
    d.ctl("reload")
    d.advance("10m")
    assert len([m for m in sink.take() if m.method == "REQUEST"]) == len(coming)
    # another address is another calendar
    d.edit_roster("anna@school.example", "a.devrieze@school.example")
    d.ctl("reload")
    d.advance("10m")
    moved = [m for m in sink.take() if m.event]
    assert len(moved) == len(coming)
    assert {m.envelope.rcpt_tos[0] for m in moved} == {"a.devrieze@school.example"}
    # who has left the roster has no address there any more
    gone = d.roster()
    gone = gone[:gone.index("[person anna]")] + gone[gone.index("[person bram]"):]
    d.write("roster.ini", gone[:gone.index("[duo")])
    held = d.ctl("reload", expect=78)
    d.ctl("reload", "--accept", re.search(r"--accept (\w+)", held.err)[1])
    d.advance("10m")
    back = [m for m in sink.take() if m.event]
    assert sorted(m.event["UID"].split("@")[0] for m in back) == sorted(coming)
    assert {m.method for m in back} == {"CANCEL"}
    assert {m.envelope.rcpt_tos[0] for m in back} == {"a.devrieze@school.example"}
    d.advance("2d")
    assert sink.take() == []


def test_a_group_moment_that_goes_on_without_her(daemon, sink):
    """She is not named in what others get, and hers has no STATUS: it goes on."""
    roster = BOTH.replace("language = en", "language = en\ninvitations = yes")
    d = told(daemon, sink, roster=roster)
    s = next(s for s in d.sessions(states=("booked",), kind="intervisie"))
    day = moment(s["start"]).date()
    d.ctl("absent", "anna", str(day))
    d.ctl("wait")
    d.advance("10m")
    is_ = d.session(s["id"])
    got = [m for m in sink.take() if m.event and m.event["UID"].startswith(s["id"] + "@")]
    if "anna" in is_["attendees"]:  # it found another day instead
        assert {m.method for m in got} == {"REQUEST"} and len(got) == 2
    else:
        by = {m.envelope.rcpt_tos[0]: m for m in got}
        assert by["anna@school.example"].method == "CANCEL"
        assert "STATUS" not in by["anna@school.example"].event
        assert "anna@" not in by["bram@school.example"].ics.decode()


# ---- notes ----

def test_who_takes_none_gets_a_note_when_it_is_soon(daemon, sink):
    d = told(daemon, sink, roster=NOTES)
    near = next(s for s in d.sessions(states=("booked",), kind="work")
                if moment(s["start"]) > d.now() + dt.timedelta(days=3))
    far = booked(d, 5)
    d.ctl("session", "move", near["id"], later(near))
    d.ctl("session", "move", far["id"], later(far))
    d.advance("1h")
    assert sink.take() == []  # calendars have time to come by
    d.advance("2h")
    (m,) = sink.take()
    assert m.event is None and m["To"] == "Bram Bos <bram@school.example>"
    assert m["Subject"].startswith("Moved: Work session with Anna de Vrieze, ")
    start = moment(near["start"]).astimezone(dt.timezone(dt.timedelta(hours=2)))
    assert f"\nWas: {start:%a} {start.day} {start:%b %Y %H:%M}-" in m.text
    assert f"/s/{near['id']}\n" in m.text and f"/s/{far['id']}\n" not in m.text
    # moved back before anybody was told: there is nothing to say
    d.ctl("session", "move", near["id"], later(near, 2))
    d.ctl("session", "move", near["id"], later(near, 1))
    d.advance("3h")
    assert sink.take() == [] and rows(d) == []


def test_who_has_fetched_her_feed_needs_no_note(daemon, sink):
    d = told(daemon, sink, roster=NOTES)
    near = next(s for s in d.sessions(states=("booked",), kind="work")
                if moment(s["start"]) > d.now() + dt.timedelta(days=3))
    path = d.link("feed", "bram")
    tag = d.get(path)["ETag"]  # what she has is from before
    d.ctl("session", "move", near["id"], later(near))
    d.feed("bram", "busy")  # somebody else's calendar: it was shared with her
    d.feed("anna")
    d.advance("3h")
    (m,) = sink.take()
    d.ctl("session", "move", near["id"], later(near, 2))
    d.advance("30m")
    tag = d.get(path)["ETag"]
    assert d.get(path, {"If-None-Match": tag}).status == 304
    d.ctl("wait")
    d.advance("4h")
    assert sink.take() == [] and rows(d) == []
    d.ctl("session", "cancel", near["id"])
    d.advance("4h")
    (m,) = [m for m in sink.take() if f"/s/{near['id']}\n" in m.text]
    assert m["Subject"].startswith("Cancelled: ") and "A session is off for you." in m.text


def test_many_moves_of_one_replan_are_one_list(daemon, sink):
    """Her lessons move into the afternoon, so every session has to go elsewhere."""
    d = told(daemon, sink, roster=BOTH, ahead="60d")
    before = {s["id"]: s for s in d.sessions(states=("booked",))}
    d.write("anna.ics", timetable(weekly("les", MONDAY, (12, 17))))
    d.ctl("source", "refresh", "anna-1")
    if any(s["state"] == "quarantined" for s in d.ctl("source", "list", json=True)["sources"]):
        d.ctl("source", "accept", "anna-1")
    d.ctl("wait")
    after = {s["id"]: s for s in d.sessions(states=("booked",))}
    changed = [i for i in before if moment(before[i]["end"]) > d.now() and
               (i not in after or after[i]["start"] != before[i]["start"])]
    changed += [i for i in after if i not in before]
    assert len(changed) > 10
    d.advance("3h")
    got = sink.take()
    anna = [m for m in got if m.envelope.rcpt_tos == ["anna@school.example"]]
    bram = [m for m in got if m.envelope.rcpt_tos == ["bram@school.example"]]
    assert anna[0].event is None and anna[0].text.count("/s/s") == len(changed)
    assert sorted(m.event["UID"].split("@")[0] for m in anna[1:]) == sorted(changed)
    assert len(bram) == 1 and bram[0]["Subject"].endswith("changes to your sessions")
    n = int(bram[0]["Subject"].split()[0])
    assert 3 < n == bram[0].text.count("/s/s")
    lines = bram[0].text.split("\n")
    head = next(i for i, line in enumerate(lines) if line.startswith("Was "))
    now_at, what_at = lines[head].index("Now"), lines[head].index("Session")
    for row, link in zip(lines[head + 1:head + 1 + 2 * n:2], lines[head + 2:head + 2 + 2 * n:2]):
        assert row[what_at:].startswith(("Work session", "Intervisie", "Evaluation"))
        id_ = link.strip().rsplit("/", 1)[1]
        if id_ in after:
            start = moment(after[id_]["start"]).astimezone(dt.timezone(dt.timedelta(hours=2)))
            assert f"{start.day} {start:%b %Y}" in row[now_at:what_at]
        else:
            assert row[now_at:].startswith("cancelled")


# ---- a server with moods ----

def test_greylisting_is_waited_out(daemon, sink):
    d = told(daemon, sink, roster=INVITED, retry="10m")
    s = booked(d)
    sink.answers[("RCPT", None)] = ["450 4.7.1 greylisted, anna@school.example"] * 3
    d.ctl("session", "move", s["id"], later(s))
    d.advance("4m")
    (row,) = rows(d)
    assert (row["state"], row["attempts"], row["kind"]) == ("queued", 1, "request")
    assert moment(row["next_at"]) - moment(row["tried_at"]) == dt.timedelta(minutes=10)
    assert "450 4.7.1 greylisted" in row["answer"]
    assert status(d)["error"] == "the mail server says 450"
    n = len(sink.attempts)
    d.advance("10m")
    assert len(sink.attempts) == n + 1
    d.advance("18m")
    assert len(sink.attempts) == n + 1  # twice as long every time
    d.advance("1m")
    assert len(sink.attempts) == n + 2 and sink.messages == []
    d.advance("40m")
    (m,) = sink.take()
    assert m.method == "REQUEST" and rows(d) == [] and status(d)["error"] is None


def test_what_is_refused_is_shown_and_can_be_tried_again(daemon, sink):
    d = told(daemon, sink, roster=INVITED)
    s = booked(d)
    sink.answers[("RCPT", None)] = ["550 5.1.1 no such user anna@school.example"]
    d.ctl("session", "move", s["id"], later(s))
    d.advance("1d")
    (row,) = rows(d)
    assert row["state"] == "failed" and "550 5.1.1 no such user" in row["answer"]
    assert status(d)["failed"] == 1 and "failed 1" in d.ctl("status")
    assert sink.messages == []
    assert d.ctl("mail", "retry", str(row["id"]), dry_run=True) == "1\n"
    assert rows(d)[0]["state"] == "failed"
    d.ctl("mail", "retry", str(row["id"]))
    d.ctl("wait")
    (m,) = sink.take()
    assert m.method == "REQUEST" and status(d)["failed"] == 0
    assert "nothing to try again" in d.ctl("mail", "retry", str(row["id"]), expect=75).err
    assert "there is no message 9999" in d.ctl("mail", "drop", "9999", expect=66).err
    assert "is not a message" in d.ctl("mail", "drop", "s1", expect=64).err


def test_a_failed_message_is_overtaken_by_the_next_change(daemon, sink):
    d = told(daemon, sink, roster=INVITED)
    s = booked(d)
    sink.answers[("DATA", None)] = ["554 no"]
    d.ctl("session", "move", s["id"], later(s))
    d.advance("10m")
    assert [r["state"] for r in rows(d)] == ["failed"]
    d.ctl("reload")  # looks at everything, and not at what was refused as it is
    d.advance("10m")
    assert [r["state"] for r in rows(d)] == ["failed"] and sink.messages == []
    d.ctl("session", "move", s["id"], later(s, 2))
    d.advance("10m")
    (m,) = sink.take()
    assert m.event["SEQUENCE"] == 2 and rows(d) == []


def test_dropped_by_hand_stays_dropped(daemon, sink):
    d = told(daemon, sink, roster=INVITED)
    s = booked(d)
    d.ctl("session", "move", s["id"], later(s))
    (row,) = rows(d)
    d.ctl("mail", "drop", str(row["id"]))
    d.restart()
    d.advance("10m")
    assert sink.messages == [] and [r["state"] for r in rows(d)] == ["dropped"]
    assert any("mail drop" in line for line in d.ctl("audit").split("\n"))


def test_given_up_is_told(daemon, sink):
    d = told(daemon, sink, roster=INVITED, give_up="6h", retry_max="1h")
    s, t = booked(d, 0), booked(d, 1)
    sink.stop()
    d.ctl("session", "move", s["id"], later(s))
    d.advance("1h")
    d.ctl("session", "move", t["id"], later(t))
    assert status(d)["error"] == "the mail server does not take the connection"
    d.advance("12h")
    assert [r["state"] for r in rows(d)] == ["dropped", "dropped"]
    assert status(d)["dropped"] == 2 and "result=dropped" in d.log()
    assert "dropped 2" in d.ctl("status")
    sink.start()
    d.ctl("mail", "retry", "all")
    d.ctl("wait")
    assert {m.event["UID"].split("@")[0] for m in sink.take()} == {s["id"], t["id"]}


def test_while_nobody_is_there_only_one_is_tried(daemon, sink):
    d = told(daemon, sink, roster=INVITED)
    sink.stop()
    moved = [booked(d, n) for n in range(3)]
    for s in moved:
        d.ctl("session", "move", s["id"], later(s))
    d.advance("4m")
    assert sorted(r["attempts"] for r in rows(d)) == [0, 0, 1]
    sink.start()
    d.advance("5m")
    assert len(sink.take()) == 3


@pytest.mark.parametrize("restarts", ["kill", "stop"])
def test_every_message_exactly_once_over_restarts(daemon, sink, restarts):
    """Killed before anything was tried, and while nobody was there to take it."""
    d = daemon(INVITED, EASY_TIMETABLES, conf=conf(sink))

    def again():
        d.kill9() if restarts == "kill" else d.stop()
        d.start()
    again()  # between the booking and its mail
    d.advance("10m")
    sessions = d.sessions("anna", states=("booked",))
    got = sink.take()
    assert len(got) == len(sessions) + 1
    again()
    d.advance("10m")
    assert sink.take() == []
    sink.stop()
    moved = [booked(d, n) for n in range(5)]
    for s in moved:
        d.ctl("session", "move", s["id"], later(s))
        if s is moved[2]:
            again()
    d.advance("1h")
    again()
    d.advance("1h")
    sink.start()
    d.advance("8h")
    again()
    d.advance("1h")
    first, *got = sink.take()
    assert first.event is None and first.text.count("/s/s") == 5
    assert sorted(m.event["UID"].split("@")[0] for m in got) == sorted(s["id"] for s in moved)
    assert all(m.event["SEQUENCE"] == 1 for m in got)


@pytest.mark.parametrize("turn", range(25 if LONG else 4))
def test_stopped_at_any_moment(daemon, sink, rng, turn):
    """What is under way is waited for, and what became of it is stored."""
    d = daemon(INVITED, EASY_TIMETABLES, conf=conf(sink))
    mover = threading.Thread(target=lambda: d.ask("clock", "advance", "5m"))
    mover.start()
    time.sleep(0.3 * rng.random() + 0.01 * turn)
    d.stop()
    mover.join()
    d.start()
    d.advance("10m")
    got = [m["Message-ID"] for m in sink.take()]
    assert len(got) == len(set(got)) == len(d.sessions("anna", states=("booked",))) + 1


def test_killed_while_a_message_was_under_way(daemon, sink):
    """Nobody knows then whether it was taken: it comes again, as the same message."""
    d = told(daemon, sink, roster=INVITED, timeout="60s")
    s = booked(d)
    d.ctl("session", "move", s["id"], later(s))

    arrived = threading.Event()

    def slow(verb, address):
        if verb == "DATA":
            arrived.set()
            time.sleep(3)
        return "250 OK"
    sink.answer, usual = slow, sink.answer
    mover = threading.Thread(target=lambda: d.ask("clock", "advance", "5m"))
    mover.start()
    wait_for("the message to be under way", arrived.is_set)
    assert "sending" in d.ctl("mail", "list")
    d.kill9()
    mover.join()
    wait_for("the server to have it", lambda: sink.messages)
    sink.answer = usual
    d.start()
    d.advance("10m")
    a, b = sink.take()
    assert a["Message-ID"] == b["Message-ID"] and a.ics == b.ics
    d.advance("1d")
    assert sink.take() == []


class Calendar:
    """A calendar program that knows only its mail, by the rules of RFC 5546 section 2.1.5."""

    def __init__(self):
        self.events, self.seen = {}, {}

    def take(self, message):
        e = message.event
        uid, version = str(e["UID"]), (int(e["SEQUENCE"]), e["DTSTAMP"].dt)
        assert version >= self.seen.get(uid, version), "an older word after a newer one"
        if message.method == "CANCEL":
            assert uid in self.events, "a cancellation of what she never heard of"
            del self.events[uid]
        else:
            assert version != self.seen.get(uid) or uid not in self.events, "sent twice"
            self.events[uid] = shown(e)
        self.seen[uid] = version


def shown(event):
    return (event["DTSTART"].dt, event["DTEND"].dt, int(event["SEQUENCE"]), str(event["SUMMARY"]),
            str(event["DESCRIPTION"]), str(event.get("LOCATION", "")))


def in_feed(d, owner):
    """What stands in the feed and is still to come."""
    return {str(e["UID"]): shown(e) for e in icalendar.Calendar.from_ical(d.feed(owner)).walk(
        "VEVENT") if e["STATUS"] == "CONFIRMED" and not str(e["UID"]).startswith("o") and
        e["DTEND"].dt > d.now()}


def random_step(d, sink, rng):
    coming = [s for s in d.sessions(states=("booked",)) if moment(s["start"]) > d.now()]
    s = rng.choice(coming)
    what = rng.choice("move move move cancel book pin absent topic refuse down up kill advance "
                      "invite".split())
    if what == "move":
        d.ask("session", "move", s["id"], later(s, rng.choice([-24, -1, 1, 2, 24])))
    elif what == "cancel":
        d.ask("session", "cancel", s["id"])
    elif what == "book":
        d.ask("session", "book", "anna-bram", later(s, 48), "30m")
    elif what == "pin":
        d.ask("session", rng.choice(["pin", "unpin"]), s["id"])
    elif what == "absent":
        d.ask("absent", rng.choice(["anna", "bram"]), s["start"][:10])
    elif what == "topic":
        d.write("roster.ini", re.sub("topic = .*", f"topic = Les {rng.random()}", d.roster()))
        d.ctl("reload")
    elif what == "refuse":
        sink.answers[(rng.choice(["RCPT", "DATA"]), None)] = ["450 later"] * rng.randrange(1, 4)
    elif what == "down":
        sink.stop()
    elif what == "up" and not sink.thread:
        sink.start()
    elif what == "kill":
        d.kill9()
        d.start()
    elif what == "advance":
        d.advance(rng.choice(["1m", "3m", "10m", "2h", "1d"]))
    elif what == "invite":
        a, b = rng.sample(["yes", "no"], 2)
        if f"invitations = {a}" in d.roster():
            d.edit_roster(f"invitations = {a}", f"invitations = {b}")
            d.ctl("reload")


@pytest.mark.parametrize("turn", range(20 if LONG else 1))
def test_a_calendar_that_knows_only_its_mail_is_right_in_the_end(daemon, sink, rng, turn):
    rng.seed(rng.random() + turn)
    d = daemon(INVITED, EASY_TIMETABLES, conf=conf(sink, give_up="60d", retry_max="30m"))
    calendar = Calendar()
    for _ in range(60 if LONG else 20):
        random_step(d, sink, rng)
        for m in sink.take():
            if m.event:
                calendar.take(m)
    if not sink.thread:
        sink.start()
    d.ctl("wait")
    d.advance("3h")
    for m in sink.take():
        if m.event:
            calendar.take(m)
    assert rows(d) == []
    coming = {u: e for u, e in calendar.events.items() if e[1] > d.now()}
    assert coming == (in_feed(d, "anna") if "invitations = yes" in d.roster() else {})


# ---- how it gets there ----

def test_no_more_than_so_many_a_minute(daemon, sink):
    d = daemon(INVITED, EASY_TIMETABLES, conf=conf(sink, per_minute=7))
    d.advance("3m")
    assert len(sink.take()) == 7
    d.advance("59s")
    assert sink.take() == []
    d.advance("1s")
    assert len(sink.take()) == 7
    d.advance("10m")
    assert len(sink.take()) == len(d.sessions("anna")) + 1 - 14


@pytest.fixture
def certificate(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


def test_encryption_and_password(daemon, certificate, tmp_path):
    cert, key = certificate
    password = tmp_path / "password"
    password.write_text("g3heim\n")
    password.chmod(0o600)
    with Sink(tls=tls_context(cert, key), user=("tandem", "g3heim")) as sink:
        more = {"tls": "required", "user": "tandem", "password_file": password}
        d = daemon(INVITED, EASY_TIMETABLES, conf=conf(sink, **more))
        d.advance("5m")
        assert "certificate is not accepted" in status(d)["error"] and not sink.messages

        def reload(**keys):
            d.write_conf(conf(sink, **{**more, **keys}))
            d.ctl("reload")
            d.ctl("mail", "retry", "all")
            d.ctl("wait")
        password.write_text("wrong\n")
        reload(ca_file=cert)
        assert "does not take user and password" in status(d)["error"] and not sink.messages
        password.write_text("g3heim\n")
        password.chmod(0o644)
        reload(ca_file=cert)
        assert "can be read by others" in status(d)["error"] and not sink.messages
        password.chmod(0o600)
        reload(ca_file=cert)
        assert status(d)["error"] is None
        assert len(sink.take()) == len(d.sessions("anna")) + 1
        assert "g3heim" not in d.log() and "wrong" not in d.log()


def test_a_server_without_encryption_gets_nothing_unless_it_may(daemon, sink):
    d = daemon(INVITED, EASY_TIMETABLES, conf=conf(sink, tls="required"))
    d.advance("5m")
    assert "offers no encryption" in status(d)["error"] and not sink.messages
    d.write_conf(conf(sink, tls="offered"))
    d.ctl("reload")
    d.ctl("mail", "retry", "all")
    d.ctl("wait")
    assert sink.messages


def spooled(d):
    return sorted((d.root / "out" / "new").glob("*.eml"))


def test_a_spool_and_switching_by_reload(daemon, sink):
    spool = "[mail]\nmode = spool\nspool = out\nfrom = samen@school.example\nper_minute = 1000\n"
    d = daemon(INVITED, EASY_TIMETABLES)
    d.advance("1d")
    assert rows(d, "queued") == [] and status(d)["mode"] == "off"
    assert subprocess.run(["sqlite3", d.root / "db", "SELECT count(*) FROM mail"],
                          capture_output=True, text=True).stdout == "0\n"
    d.write_conf(spool)
    d.ctl("reload")
    d.advance("5m")
    messages = {p.name: read(p.read_bytes()) for p in spooled(d)}
    coming = [s["id"] for s in d.sessions("anna", states=("booked",))
              if moment(s["end"]) > d.now()]
    assert sorted(m.event["UID"].split("@")[0] for m in messages.values() if m.event) == \
        sorted(coming)
    for name, m in messages.items():
        assert m["Message-ID"] == f"<{name[:-4]}@127.0.0.1>"
        assert m["From"] == "samen@school.example"
        assert (d.root / "out" / "new" / name).stat().st_mode & 0o777 == 0o600
    assert list((d.root / "out" / "tmp").iterdir()) == []
    # by server from now on; the rest has been told already
    d.write_conf(conf(sink))
    d.ctl("reload")
    s, t = booked(d, 0), booked(d, 1)
    d.ctl("session", "move", s["id"], later(s))
    d.advance("5m")
    assert len(sink.take()) == 1 and len(spooled(d)) == len(messages)
    # off: nothing is said, nothing is noted; what was missed is told when it is on again
    d.write_conf("")
    d.ctl("reload")
    d.ctl("session", "move", t["id"], later(t))
    d.advance("1d")
    assert rows(d, "queued") == [] and sink.messages == []
    d.write_conf(spool)
    d.ctl("reload")
    d.advance("5m")
    (new,) = [p for p in spooled(d) if p.name not in messages]
    m = read(new.read_bytes())
    assert m.event["UID"].startswith(t["id"] + "@") and m.event["SEQUENCE"] == 1


def test_a_spool_that_cannot_be_written_is_tried_again(daemon):
    d = daemon(INVITED, EASY_TIMETABLES, start=False,
               conf="[mail]\nmode = spool\nspool = out\nfrom = samen@school.example\n")
    (d.root / "out").write_text("in the way")
    d.start()
    d.advance("5m")
    assert "cannot be made" in status(d)["error"] and status(d)["queued"] > 10
    (d.root / "out").unlink()
    d.advance("2h")
    assert len(spooled(d)) == len(d.sessions("anna")) + 1


# ---- who reads it ----

NAMES = ["Ægir Þór Björnsson, Σωκράτης; 🐦🐦", 'Anna "de" Vries \\ Bcc: x@y.nl', "é🐦" * 33,
         "=?utf-8?B?QQ==?=", "A" * 200]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_names_and_nothing_else(daemon, sink, name):
    d = daemon(BOTH.replace("name = Anna de Vrieze", f"name = {name}"), EASY_TIMETABLES,
               conf=conf(sink))
    d.advance("3h")
    for m in sink.take():
        assert m.raw.isascii() and max(map(len, m.raw.split(b"\r\n"))) <= 78
        to = m["To"].addresses[0]
        assert m.get_all("Bcc") is None and len(m["To"].addresses) == 1
        if to.username == "anna":
            assert m.to_name == name and f"Dag {name},\n" in m.text
            if m.event:
                assert m.event["ATTENDEE"].params["CN"] == name.replace('"', "'")
        elif m["Subject"].startswith("New"):
            assert f" with {name}, " in m["Subject"]


def test_who_has_no_address_gets_no_mail(daemon, sink):
    d = daemon(conf=conf(sink))
    s = booked(d)
    d.ctl("session", "move", s["id"], later(s))
    d.advance("2d")
    assert sink.attempts == [] and rows(d) == [] and status(d)["sent"] == 0


def test_nothing_of_it_stands_in_the_log(daemon, sink):
    d = daemon(BOTH, EASY_TIMETABLES, conf=conf(sink, give_up="1h") +
               "[log]\nlevel = debug\n")
    sink.answers[("RCPT", None)] = ["550 5.1.1 <anna@school.example>: Anna de Vrieze moved"] * 2
    d.advance("4h")
    sink.stop()
    for n in range(4):
        d.ctl("session", "cancel", booked(d)["id"])
    d.advance("1d")
    log = d.log()
    assert "kind=request result=refused" in log and "result=dropped" in log
    for word in ("school.example", "Vrieze", "Bram Bos", "5.1.1"):
        assert word not in log
    for link in d.links():
        assert link["url"].rsplit("/", 1)[1].split(".")[0] not in log
