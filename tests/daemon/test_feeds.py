"""Feeds: what every client must find in them, byte for byte, over a session's whole life."""
import datetime as dt
import os
import subprocess
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from harness import (AMSTERDAM, EASY_ROSTER, EASY_TIMETABLES, UTC, Daemon, as_arg, local,
                     moment, pairs_roster)
from ics_lint import lint, unescape, unfold

WINDOW = dt.timedelta(days=400)
DUE = {"plan": "Plan van aanpak inleveren", "reflection": "Reflectieverslag {} inleveren",
       "evaluation": "Eindevaluatie inleveren"}


def when(value):
    return dt.datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=AMSTERDAM)


def expected(d, who, states=("booked", "held", "missed")):
    """(id, start, end) of what a feed of @who must show."""
    return sorted((s["id"], moment(s["start"]), moment(s["end"]))
                  for s in d.sessions(who, states=states) if moment(s["start"]) <= d.now() + WINDOW)


def uid_id(uid):
    return uid.split("@")[0]


def free_slot(d, duo, rng=None, week=None, length="1h"):
    """A start that is free for @duo, as the daemon ranks them."""
    options = ["--week", week] if week else []
    slots = d.ctl("slots", duo, *options, "--length", length, json=True)["slots"]
    assert slots, (duo, week)
    return moment((rng.choice(slots) if rng else slots[0])["start"])


# ---- read back by others ----

def test_icalendar_reads_what_session_list_says(easy):
    for owner in ("anna", "anna-bram", "programme"):
        calendar = icalendar.Calendar.from_ical(easy.feed(owner))
        events = [e for e in calendar.walk("VEVENT") if e["UID"].startswith("s")]
        got = sorted((uid_id(e["UID"]), e["DTSTART"].dt.astimezone(UTC),
                      e["DTEND"].dt.astimezone(UTC)) for e in events)
        who = [] if owner == "programme" else [owner]
        want = sorted((s["id"], moment(s["start"]), moment(s["end"]))
                      for s in easy.sessions(*who, states=("booked",)))
        assert got == want and len(got) > 10


def test_vdirsyncer_and_khal_read_the_same(easy, tmp_path):
    first = easy.sessions("anna")[0]["id"]
    easy.ctl("session", "cancel", easy.sessions("anna")[2]["id"])
    (tmp_path / "data").mkdir()
    (tmp_path / "vds.conf").write_text(f"""
[general]
status_path = "{tmp_path}/status/"
[pair tandem]
a = "loc"
b = "feed"
collections = null
conflict_resolution = "b wins"
[storage loc]
type = "filesystem"
path = "{tmp_path}/data"
fileext = ".ics"
[storage feed]
type = "http"
url = "http://127.0.0.1:{easy.port}{easy.link('feed', 'anna')}"
""")
    (tmp_path / "khal.conf").write_text(f"""
[calendars]
[[tandem]]
path = {tmp_path}/data
readonly = True
[sqlite]
path = {tmp_path}/khal.db
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%dT%H:%M
longdatetimeformat = %Y-%m-%dT%H:%M
default_timezone = Europe/Amsterdam
local_timezone = Europe/Amsterdam
""")
    env = dict(os.environ, HOME=str(tmp_path), LC_ALL="C.UTF-8", LANG="C.UTF-8")

    def run(*words):
        done = subprocess.run(["/usr/bin/python3", *words], env=env, input=b"y\n" * 9,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
        return done.stdout.decode()

    def synced():
        run("/usr/bin/vdirsyncer", "-c", f"{tmp_path}/vds.conf", "sync")
        out = run("/usr/bin/khal", "-c", f"{tmp_path}/khal.conf", "list", "2026-08-31", "400d",
                  "--day-format", "", "--format", "{start-long} {end-long} {status}{title}")
        rows = sorted(set(out.split("\n")) - {""})
        return [r for r in rows if "CANCELLED" not in r], sum("CANCELLED " in r for r in rows)

    def wanted():  # vdirsyncer gives events of such a storage UIDs of its own
        titles = {s["id"]: {"work": "Werksessie met Bram Bos", "intervisie": "Intervisie",
                            "evaluation": "Evaluatie"}[s["kind"]] for s in easy.sessions()}
        due = [f"{o['due']} {o['due']} CONFIRMED {DUE[o['kind']].format(o['number'])} met Bram Bos"
               for o in easy.ctl("obligation", "list", "anna", json=True)["obligations"]]
        return sorted([f"{as_arg(s)} {as_arg(e)} CONFIRMED {titles[id_]}"
                       for id_, s, e in expected(easy, "anna")] + due)

    run("/usr/bin/vdirsyncer", "-c", f"{tmp_path}/vds.conf", "discover")
    assert synced() == (wanted(), 1)
    # a move is seen as a move by a client that was there before
    easy.ctl("session", "move", first, as_arg(free_slot(easy, "anna-bram", week="2026-W38")), "1h")
    rows, cancelled = synced()
    assert rows == wanted() and cancelled == 1


# ---- the recipe ----

def test_every_feed_keeps_to_the_recipe(daemon):
    d = daemon(EASY_ROSTER.replace("name = Bram Bos", "name = Ægir Þór Björnsson, Σωκράτης; 🐦🐦")
               .replace("Herschrijven; module", "Überprüfung, naïef; \\n geen regel " + "é🐦" * 60),
               EASY_TIMETABLES)
    d.ctl("session", "cancel", d.sessions()[3]["id"])
    for link in d.links():
        if link["kind"] in ("feed", "busy"):
            events = lint(d.get("/" + link["url"].split("/", 3)[3]).body, link["kind"] == "busy")
            assert len(events) > 10
            assert sum(e["STATUS"][1] == "CANCELLED" for e in events.values()) == 1
    event = next(iter(lint(d.feed("anna")).values()))
    assert "Ægir Þór Björnsson, Σωκράτης; 🐦🐦" in unescape(event["SUMMARY"][1])
    assert "Überprüfung, naïef; \\n geen regel " + "é🐦" * 60 in unescape(event["DESCRIPTION"][1])


def test_a_feed_says_who_the_other_is(easy):
    summary = next(iter(lint(easy.feed("anna")).values()))["SUMMARY"][1]
    assert "Bram Bos" in summary and "Anna" not in summary
    summary = next(iter(lint(easy.feed("bram")).values()))["SUMMARY"][1]
    assert "Anna de Vrieze" in summary and "Bram" not in summary


def test_busy_feeds_show_times_and_nothing_else(easy):
    for owner in ("anna", "anna-bram", "programme"):
        full, busy = lint(easy.feed(owner)), lint(easy.feed(owner, "busy"), busy=True)
        assert {u: (e["DTSTART"], e["DTEND"]) for u, e in full.items()} == \
            {u: (e["DTSTART"], e["DTEND"]) for u, e in busy.items()}
        text = easy.feed(owner, "busy").decode()
        events = text[text.index("BEGIN:VEVENT"):]
        for word in ("Anna", "Vrieze", "Bram", "Herschrijven", "/s/"):
            assert word not in events


def test_busy_feeds_name_nobody_else(easy):
    """The calendar's own name may say whose it is, never with whom."""
    head = easy.feed("anna", "busy").decode().split("BEGIN:VEVENT")[0]
    assert "Bram" not in head and "Herschrijven" not in head


def test_the_language_of_a_person_is_that_of_the_feed(daemon):
    d = daemon(EASY_ROSTER.replace("name = Bram Bos", "name = Bram Bos\nlanguage = en"),
               EASY_TIMETABLES)
    victim = d.sessions()[1]["id"]
    d.ctl("session", "cancel", victim)
    for owner, prefix in (("anna", "VERVALLEN: "), ("bram", "CANCELLED: ")):
        event = next(e for u, e in lint(d.feed(owner)).items() if uid_id(u) == victim)
        assert event["SUMMARY"][1].startswith(prefix)


def test_another_zone_is_the_feeds_zone(daemon):
    d = daemon(EASY_ROSTER.replace("end = 2027", "zone = America/New_York\nend = 2027"),
               EASY_TIMETABLES)
    events = lint(d.feed("anna"))
    zone = ZoneInfo("America/New_York")
    assert {e["DTSTART"][0]["TZID"] for e in events.values()} == {"America/New_York"}
    got = {uid_id(u): dt.datetime.strptime(e["DTSTART"][1], "%Y%m%dT%H%M%S").replace(tzinfo=zone)
           for u, e in events.items()}
    assert got == {s["id"]: moment(s["start"]) for s in d.sessions()}


# ---- a session's life ----

def test_a_move_keeps_the_uid_and_raises_the_sequence(easy):
    before = lint(easy.feed("anna"))
    s = easy.sessions()[1]
    to = free_slot(easy, "anna-bram", week="2026-W39")
    easy.ctl("session", "move", s["id"], as_arg(to), "1h")
    after = lint(easy.feed("anna"))
    uid = next(u for u in before if uid_id(u) == s["id"])
    assert when(after[uid]["DTSTART"][1]) == to
    assert int(after[uid]["SEQUENCE"][1]) == int(before[uid]["SEQUENCE"][1]) + 1
    assert after[uid]["LAST-MODIFIED"][1] > before[uid]["LAST-MODIFIED"][1]
    assert easy.session(s["id"])["sequence"] == int(after[uid]["SEQUENCE"][1])


def test_a_cancelled_session_leaves_a_tombstone_for_thirty_days(easy):
    s = easy.sessions()[4]
    uid = next(u for u in lint(easy.feed("anna")) if uid_id(u) == s["id"])
    easy.ctl("session", "cancel", s["id"], "Anna is ziek")
    for owner, kind in (("anna", "feed"), ("bram", "busy"), ("anna-bram", "feed"),
                        ("programme", "busy")):
        event = lint(easy.feed(owner, kind), kind == "busy")[uid]
        assert event["STATUS"][1] == "CANCELLED" and event["SEQUENCE"][1] == "1"
        assert event["SUMMARY"][1].startswith("VERVALLEN: ")
        assert when(event["DTSTART"][1]) == moment(s["start"])
    assert "Anna is ziek" in easy.feed("anna").decode()
    assert "ziek" not in easy.feed("anna", "busy").decode()
    easy.advance("29d")
    assert uid in lint(easy.feed("anna"))
    easy.advance("2d")
    assert uid not in lint(easy.feed("anna"))


def test_the_feeds_window_is_sixty_days_back(daemon):
    d = daemon()
    first = d.sessions()[0]
    d.advance("8w")
    assert any(uid_id(u) == first["id"] for u in lint(d.feed("anna")))
    d.advance("2w")
    assert not any(uid_id(u) == first["id"] for u in lint(d.feed("anna")))
    assert d.session(first["id"])["state"] == "held"  # out of the feed, not out of the books


def test_a_reload_changes_the_window(daemon):
    d = daemon(conf="[feeds]\npast = 60d")
    first = d.sessions()[0]
    d.advance("4w")
    link, free = d.link("feed", "anna"), d.link("busy", "anna").replace(".ics", ".ifb")
    before, was_free = d.get(link), d.get(free)
    assert any(uid_id(u) == first["id"] for u in lint(before.body))
    d.conf.write_text(d.conf.read_text().replace("past = 60d", "past = 7d"))
    d.ctl("reload")
    after = d.get(link, {"If-None-Match": before["ETag"]})
    assert after.status == 200
    assert not any(uid_id(u) == first["id"] for u in lint(after.body))
    assert parsedate_to_datetime(after["Last-Modified"]) > parsedate_to_datetime(before["Last-Modified"])
    assert d.get(free).body != was_free.body, "it says of which days it speaks"
    d.conf.write_text(d.conf.read_text().replace("past = 7d", "past = 60d"))
    d.ctl("reload")
    assert any(uid_id(u) == first["id"] for u in lint(d.get(link).body))


def calendar_name(body):
    names = {line.split(":", 1)[1] for line in unfold(body)
             if line.startswith(("NAME:", "X-WR-CALNAME:"))}
    assert len(names) == 1
    return unescape(names.pop())


def test_each_calendar_is_called_what_it_is(easy):
    """A client shows it in its list: of two that are called the same nobody knows which is which."""
    names = {(owner, kind): calendar_name(easy.feed(owner, kind)) for owner, kind in (
        ("anna", "feed"), ("anna", "busy"), ("anna-bram", "feed"), ("programme", "feed"))}
    assert names == {("anna", "feed"): "Samen leren – Anna de Vrieze",
                     ("anna", "busy"): "Samen leren – Anna de Vrieze",
                     ("anna-bram", "feed"): "Samen leren – Anna de Vrieze met Bram Bos",
                     ("programme", "feed"): "Samen leren"}


def test_who_come_are_named_while_that_is_a_list_to_read(daemon):
    for n, line in ((10, "Met: Person 1, Person 10, "), (11, "Met: 22\n")):
        d = daemon(pairs_roster(n), {})
        event = next(e for e in lint(d.feed("programme")).values()
                     if e["CATEGORIES"][1] == "Intervisie")
        assert unescape(event["DESCRIPTION"][1]).startswith(line)
        d.stop()


def test_what_is_far_ahead_comes_when_its_day_comes_near(daemon):
    """400 days are longer than a programme: here 60."""
    d = daemon(conf="[feeds]\nahead = 60d")
    for _ in range(3):
        midnight = local(d.now()).replace(hour=0, minute=0)
        last = midnight + dt.timedelta(days=60)
        near = {s["id"] for s in d.sessions("anna", states=("booked", "held"))
                if moment(s["start"]) <= last}
        assert {uid_id(uid) for uid in lint(d.feed("anna"))} == near
        assert len(near) < len(d.sessions("anna"))
        d.advance("9d")


def test_unchanged_content_is_unchanged_bytes(easy):
    def all_feeds():
        return {link["id"]: easy.get("/" + link["url"].split("/", 3)[3]).body
                for link in easy.links() if link["kind"] in ("feed", "busy")}
    before = all_feeds()
    etag = easy.get(easy.link("feed", "anna"))["ETag"]
    easy.ctl("reload")
    easy.ctl("source", "refresh", "anna-1")
    easy.ctl("wait")
    easy.advance("1h")
    assert all_feeds() == before
    easy.restart()
    assert all_feeds() == before
    easy.kill9()
    easy.start()
    assert all_feeds() == before
    assert easy.get(easy.link("feed", "anna"))["ETag"] == etag


# ---- HTTP ----

def test_the_headers_of_a_feed(easy):
    answer = easy.get(easy.link("feed", "anna"))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, max-age=900"
    assert answer["Content-Disposition"] is None and answer["Set-Cookie"] is None
    assert answer["ETag"].startswith('"') and answer["ETag"].endswith('"')
    assert int(answer["Content-Length"]) == len(answer.body)
    # a second more for every change since the clock was frozen, never more than a few
    assert parsedate_to_datetime(answer["Last-Modified"]) <= easy.now() + dt.timedelta(seconds=9)


@pytest.mark.parametrize("form,status", [
    ("{e}", 304), ("W/{e}", 304), ('"x", {e}', 304), ('"x","y" , W/{e}, "z"', 304), ("*", 304),
    ('"x"', 200), ('W/"x"', 200), ("", 200), ('"x", "y"', 200), ('{bare}', 200),
    ('"{bare}x"', 200), ('"a,{bare}"', 200), (' {e} ', 304), (',,{e},', 304)])
def test_if_none_match(shared, form, status):
    path = shared.link("feed", "anna")
    etag = shared.get(path)["ETag"]
    asked = form.format(e=etag, bare=etag.strip('"'))
    for method in ("GET", "HEAD"):
        answer = shared.request(method, path, {"If-None-Match": asked})
        assert answer.status == status, asked
        assert answer["ETag"] == etag
        if status == 304:
            assert answer.body == b"" and answer["Last-Modified"] and answer["Cache-Control"]


def test_if_modified_since_counts_only_alone(shared):
    path = shared.link("feed", "anna")
    answer = shared.get(path)
    since = answer["Last-Modified"]
    older = "Mon, 03 Aug 2026 10:00:00 GMT"
    newer = "Mon, 03 Aug 2037 10:00:00 GMT"
    assert shared.get(path, {"If-Modified-Since": since}).status == 304
    assert shared.get(path, {"If-Modified-Since": newer}).status == 304
    assert shared.get(path, {"If-Modified-Since": older}).status == 200
    assert shared.get(path, {"If-Modified-Since": "gisteren"}).status == 200
    assert shared.get(path, {"If-Modified-Since": since, "If-None-Match": '"x"'}).status == 200
    assert shared.get(path, {"If-Modified-Since": older,
                             "If-None-Match": answer["ETag"]}).status == 304


def test_head_is_get_without_a_body(shared):
    path = shared.link("busy", "programme")
    get, head = shared.get(path), shared.request("HEAD", path)
    assert head.status == 200 and head.body == b""
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control"):
        assert head[name] == get[name], name


@pytest.mark.parametrize("method", ["OPTIONS", "PROPFIND", "PUT", "POST", "DELETE", "REPORT"])
def test_other_methods_are_told_what_is_allowed(shared, method):
    answer = shared.request(method, shared.link("feed", "anna"))
    assert answer.status == 405
    assert {w.strip() for w in answer["Allow"].split(",")} == {"GET", "HEAD"}
    assert answer["Content-Type"].startswith("text/plain")


def test_unknown_tokens_are_not_found(shared):
    real = shared.link("feed", "anna")
    token = real.split("/")[-1][:-4]
    other = "A" if token[0] != "A" else "B"
    for path in ("/feeds/nope.ics", "/feeds/.ics", f"/feeds/{other}{token[1:]}.ics",
                 f"/feeds/{token[:-1]}.ics", f"/feeds/{token}x.ics", f"/feeds/{token}",
                 f"/feeds/{token.swapcase()}.ics", "/feeds/" + "a" * 4000 + ".ics",
                 f"/feeds/{token}.ics/", f"/feeds//{token}.ics"):
        answer = shared.get(path)
        assert answer.status == 404, path
        assert answer["Content-Type"].startswith("text/plain") and "<" not in answer.text
    # feed tokens open only feeds, page tokens only pages
    page = shared.link("me", "anna").split("/")[-1]
    assert shared.get(f"/feeds/{page}.ics").status == 404
    assert shared.get(f"/me/{token}").status == 404
    assert shared.get(f"/report/{token}").status == 404


def test_a_query_changes_nothing(shared):
    """Google adds one against caches."""
    path = shared.link("feed", "anna")
    assert shared.get(path + "?nocache=1").body == shared.get(path).body


def test_a_revoked_link_is_gone_and_its_neighbours_are_not(easy):
    links = easy.links("feed", "anna")
    path = easy.link("feed", "anna")
    busy = easy.link("busy", "anna")
    easy.ctl("link", "revoke", links[0]["id"])
    answer = easy.get(path)
    assert answer.status == 410 and answer["Content-Type"].startswith("text/plain")
    assert easy.get(path, {"If-None-Match": "*"}).status == 410
    assert easy.get(busy).status == 200
    row = easy.ctl("link", "new", "feed", "anna", "telefoon", json=True)
    assert easy.get("/" + row["url"].split("/", 3)[3]).status == 200
    easy.restart()
    assert easy.get(path).status == 410


def test_rotate_changes_the_secrets_and_nothing_else(easy):
    before = {link["id"]: link["url"] for link in easy.links(owner="anna")}
    body, others = easy.feed("anna"), easy.links(owner="bram")
    old = easy.link("feed", "anna")
    easy.ctl("link", "rotate", "anna")
    after = {link["id"]: link["url"] for link in easy.links(owner="anna")}
    assert set(after) == set(before) and not set(after.values()) & set(before.values())
    assert easy.get(old).status in (404, 410)
    assert easy.feed("anna") == body
    assert easy.links(owner="bram") == others
    easy.restart()
    assert {link["id"]: link["url"] for link in easy.links(owner="anna")} == after


def test_links_note_who_came(easy):
    easy.get(easy.link("feed", "bram"), {"User-Agent": "Thunderbird/153"})
    easy.ctl("wait")
    row = easy.links("feed", "bram")[0]
    assert row["agent"] == "Thunderbird/153" and moment(row["used_at"]) == easy.now()
    assert easy.links("busy", "bram")[0]["used_at"] is None


def test_no_token_stands_in_the_log(easy):
    for link in easy.links():
        easy.get("/" + link["url"].split("/", 3)[3])
    for link in easy.links():
        assert link["url"].split("/")[-1].split(".")[0] not in easy.log()
    assert "Vrieze" not in easy.log()


@pytest.fixture(scope="module")
def shared_daemon():
    d = Daemon(roster=EASY_ROSTER, timetables=EASY_TIMETABLES).start()
    yield d
    d.close()


@pytest.fixture
def shared(shared_daemon):
    """One daemon for all tests that only read."""
    return shared_daemon
