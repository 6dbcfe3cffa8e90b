"""What each calendar link still shows: told by which version of its feed it fetched last, held
against what stands in the bytes that it got."""
import datetime as dt
import json as jsonlib
import random
import re
import socket
import sqlite3
import threading

import pytest

from feed_history import ODD, History, uid_id
from harness import (AMSTERDAM, EASY_ROSTER, EASY_TIMETABLES, as_arg, moment, pairs_roster, section,
                     wait_for)
from ics_lint import lint
from living import LONG, seed


def feeds(d, owner=None):
    """{link id: row} of `feeds`."""
    rows = d.ctl("feeds", *([owner] if owner else []), json=True)["feeds"]
    return {row["id"]: row for row in rows}


def row_of(d, link):
    return feeds(d)[link["id"]]


def path_of(link):
    return "/" + link["url"].split("/", 3)[3]


def fetch(d, link, agent="Thunderbird/128.5", **headers):
    return d.get(path_of(link), {"User-Agent": agent,
                                 **{k.replace("_", "-"): v for k, v in headers.items()}})


def coming(d, n=0):
    return [s for s in d.sessions("anna-bram", states=("booked",), kind="work")
            if moment(s["start"]) > d.now()][n]


def move(d, session, week):
    """... to a slot of @week that is free; what it is then."""
    days = {s["start"][:10] for s in d.sessions(states=("booked",))}
    slots = d.ctl("slots", "anna-bram", "--week", week, "--length", "1h", json=True)["slots"]
    at = next(s["start"] for s in slots if s["start"][:10] not in days)
    return d.ctl("session", "move", session["id"], as_arg(moment(at)), "1h", json=True)


def told(row, session):
    return next((s for s in row["sessions"] if s["id"] == session["id"]), None)


def place(s):
    return {"start": s["start"], "end": s["end"], "room": None}


# ---- what is told ----

def test_a_move_is_told_until_it_is_fetched(easy):
    link = easy.links("feed", "anna")[0]
    row = row_of(easy, link)
    assert (row["state"], row["seen_at"], row["used_at"], row["sessions"], row["bytes"]) == (
        "never", None, None, [], None)
    body = fetch(easy, link).body
    row = row_of(easy, link)
    assert (row["state"], row["agent"], row["sessions"]) == ("fresh", "Thunderbird/128.5", [])
    assert row["seen_at"] == row["used_at"] == easy.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (row["bytes"], row["events"], row["large"]) == (
        len(body), body.count(b"BEGIN:VEVENT"), False)
    was = coming(easy, 3)
    now = move(easy, was, "2026-W50")
    row = row_of(easy, link)
    assert row["state"] == "behind"
    assert told(row, was) == {"id": was["id"], "why": "moved", "since": row["sessions"][0]["since"],
                              "was": place(was), "now": place(now)}
    off = coming(easy, 5)
    easy.ctl("session", "cancel", off["id"])
    it = told(row_of(easy, link), off)
    assert (it["why"], it["was"], it["now"]) == ("cancelled", place(off), None)
    text = easy.ctl("feeds", "anna")
    assert f"\t{was['id']}\tmoved\tshows {as_arg(moment(was['start']))}.." in text
    assert f", is {as_arg(moment(now['start']))}.." in text
    assert re.search(rf"^{link['id']}\tfeed\tanna\tcalendar\tbehind\tnow\tthunderbird\t\d+\t\d+$", text,
                     re.M)
    fetch(easy, link)
    assert row_of(easy, link)["state"] == "fresh"
    # a second change within the same second of programme time is one more
    move(easy, now, "2026-W51")
    assert told(row_of(easy, link), now)["was"] == place(now)


def test_nine_days_later_the_page_says_so_in_words(daemon):
    d = daemon(EASY_ROSTER + section("person", "cees", name="Cees", timetable="none"),
               EASY_TIMETABLES)
    d.edit_roster("name = Bram Bos", "name = Bram Bos\nlanguage = en")
    d.ctl("reload")
    for owner in ("anna", "bram"):
        fetch(d, d.links("feed", owner)[0], "Outlook/16.0")
    s = next(s for s in d.sessions("anna-bram", states=("booked",))
             if moment(s["start"]) > d.now() + dt.timedelta(days=12))
    at = moment(s["start"]).astimezone(AMSTERDAM)
    d.ctl("session", "cancel", s["id"])
    d.advance("9d")
    row = row_of(d, d.links("feed", "bram")[0])
    assert row["state"] == "stale" and 8.9 * 86400 < row["stale_s"] <= 9 * 86400
    dutch = d.get(d.link("me", "anna"), {"Accept-Language": "nl"}).text
    english = d.get(d.link("me", "bram")).text
    assert "Laatst opgehaald: 9 dagen geleden." in dutch
    assert "Last fetched: 9 days ago." in english
    times = f'<time datetime="{s["start"]}">[a-z]+ {at.day} [a-z]+ 2026 {at:%H:%M}-[0-9:]+</time>'
    assert re.search(rf"<li>toont nog {times}; dat is vervallen</li>", dutch)
    assert re.search(rf"<li>still shows {times}; that is cancelled</li>", english, re.I)
    assert "toont nog" not in d.get(d.link("me", "cees"), {"Accept-Language": "nl"}).text
    assert "Deze link is nog door geen agenda opgehaald." in dutch  # the busy one


# ---- what counts as fetched ----

def behind(d, link):
    """Makes it so; what has moved."""
    fetch(d, link)
    assert row_of(d, link)["state"] == "fresh"
    s = coming(d, 3)
    move(d, s, (moment(s["start"]) + dt.timedelta(weeks=5)).strftime("%G-W%V"))
    assert row_of(d, link)["state"] == "behind"
    return s


def test_whoever_is_told_that_he_has_it_has_it(easy):
    link, other = easy.links("feed", "anna")[0], easy.links("feed", "programme")[0]
    for how in ("etag", "date"):
        behind(easy, link)
        answer = fetch(easy, other)  # the same moment, by somebody else
        assert row_of(easy, link)["state"] == "behind"
        fresh = easy.ctl("link", "new", "feed", "anna", "elsewhere", json=True)
        answer = fetch(easy, fresh)
        headers = {"If_None_Match": answer["ETag"]} if how == "etag" else {
            "If_Modified_Since": answer["Last-Modified"]}
        assert fetch(easy, link, **headers).status == 304
        assert row_of(easy, link)["state"] == "fresh"


def test_nothing_else_counts(easy):
    link = easy.links("feed", "anna")[0]
    s = behind(easy, link)
    path = path_of(link)
    assert easy.request("HEAD", path).status == 200
    assert easy.get(path, {"If-None-Match": "*"}).status == 304
    assert easy.get(path.replace(".ics", ".ifb")).status == 200
    assert easy.get(path[:-5] + ".ics").status == 404
    assert easy.request("POST", path, body=b"x").status == 405
    assert easy.get(easy.link("me", "anna")).status == 200
    row = row_of(easy, link)
    assert row["state"] == "behind" and told(row, s)
    assert easy.get(path, {"If-None-Match": '"somethingelse"'}).status == 200
    assert row_of(easy, link)["state"] == "fresh"


def test_a_client_that_goes_away_half_way_has_not_got_it(daemon):
    d = daemon(pairs_roster(64, session="30m..60m", preferred="30m"), {},
               conf="[server]\nidle_timeout = 2s")
    link = d.links("feed", "programme")[0]
    for _ in range(2):  # made first, and from the shelf
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", d.port))
            s.sendall(f"GET {path_of(link)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert s.recv(100).startswith(b"HTTP/1.1 200")
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wait_for("the connection's end", lambda: "tandemd_http_connections 1" in
                 d.get("/metrics").text)
        row = row_of(d, link)
        assert row["state"] == "never" and row["used_at"]
    # and this one is larger than Google takes
    size = len(fetch(d, link).body)
    row = row_of(d, link)
    assert row["state"] == "fresh" and row["bytes"] == size > 900_000 and row["large"]
    assert row["events"] > 1000
    assert re.search(r"^\d+\tfeed\tprogramme\t.*\tlarge: Google stops at 1 MB or 1,000 events$",
                     d.ctl("feeds", "programme"), re.M)
    assert len(re.findall(" warn +feed_large ", d.log())) == 1
    assert re.search(rf" warn +feed_large owner=programme bytes={size} events={row['events']}$", d.log(),
                     re.M)
    assert not feeds(d, "p1")[d.links("feed", "p1")[0]["id"]]["large"]
    d.write_conf("[feeds]\nlarge_events = 3\nlarge = 1 GiB\n[server]\nidle_timeout = 2s")
    d.ctl("reload")
    fetch(d, d.links("feed", "p1")[0])
    assert row_of(d, d.links("feed", "p1")[0])["large"]


# ---- links ----

def test_each_link_is_a_device_of_its_own(easy):
    phone = easy.links("feed", "anna")[0]
    outlook = easy.ctl("link", "new", "feed", "anna", "Werk-pc", json=True)
    busy = easy.links("busy", "anna")[0]
    fetch(easy, phone, "Phone/1"), fetch(easy, outlook, "Outlook/16"), fetch(easy, busy, "x")
    s = behind(easy, phone)
    fetch(easy, phone, "Phone/1")
    rows = feeds(easy, "anna")
    assert {i: (r["state"], r["label"], r["agent"], r["kind"]) for i, r in rows.items()} == {
        phone["id"]: ("fresh", "calendar", "Phone/1", "feed"),
        outlook["id"]: ("behind", "Werk-pc", "Outlook/16", "feed"),
        busy["id"]: ("behind", "busy", "x", "busy")}
    assert told(rows[outlook["id"]], s)["was"] == told(rows[busy["id"]], s)["was"] == place(s)
    easy.edit_roster("topic = Herschrijven; module", "topic = Iets anders")
    easy.ctl("reload")
    rows = feeds(easy, "anna")
    assert {x["why"] for x in rows[phone["id"]]["sessions"]} == {"text"}
    assert "text" not in {x["why"] for x in rows[busy["id"]]["sessions"]}  # it has no topics
    # one page shows both, nobody else's shows either
    page = easy.get(easy.link("me", "anna")).text
    assert "toont nog de oude tekst bij" in page and "toont nog <time" in page
    assert "Werk-pc" in page and "Werk-pc" not in easy.get(easy.link("me", "bram")).text


def test_a_link_that_is_shut_or_new_has_nothing(easy):
    link = easy.links("feed", "anna")[0]
    behind(easy, link)
    old = path_of(link)
    easy.ctl("link", "rotate", "anna")
    row = row_of(easy, link)
    assert (row["state"], row["seen_at"], row["used_at"], row["agent"], row["sessions"]) == (
        "never", None, None, None, [])
    assert easy.get(old).status in (404, 410)
    assert row_of(easy, link)["state"] == "never"
    fresh = easy.links("feed", "anna")[0]
    assert fresh["used_at"] is None and path_of(fresh) != old
    fetch(easy, fresh)
    assert row_of(easy, link)["state"] == "fresh"
    easy.ctl("link", "revoke", link["id"])
    assert link["id"] not in feeds(easy)
    assert easy.ctl("feeds", "nobody", expect=66).err == "tandemctl: nobody has no links\n"


def test_who_has_left_is_told_what_her_calendar_shows(daemon):
    d = daemon()
    link = d.links("feed", "bram")[0]
    fetch(d, link)
    s = coming(d, 2)
    d.write("roster.ini", EASY_ROSTER[:EASY_ROSTER.index("[person bram]")])
    a = d.ctl("reload", expect=78)
    d.ctl("reload", "--accept", re.search(r"--accept (\w+)", a.err)[1])
    row = row_of(d, link)
    assert row["state"] == "behind" and told(row, s)["why"] == "cancelled"
    fetch(d, link)
    assert row_of(d, link)["state"] == "fresh"
    d.advance("31d")
    assert fetch(d, link).status == 410 and link["id"] not in feeds(d)


# ---- time ----

def test_after_a_month_nobody_knows(daemon):
    d = daemon(conf="[feeds]\nunused = 12d\nstale = 2d")
    link = d.links("feed", "anna")[0]
    s = behind(d, link)
    d.advance("47h")
    assert row_of(d, link)["state"] == "behind"
    d.advance("2h")
    assert row_of(d, link)["state"] == "stale"
    d.advance("9d")
    row = row_of(d, link)
    assert row["state"] == "stale" and told(row, s)
    d.advance("2d")
    row = row_of(d, link)
    assert (row["state"], row["sessions"], row["stale_s"]) == ("unused", [], 0)
    page = d.get(d.link("me", "anna"), {"Accept-Language": "nl"}).text
    assert "Gebruik je die agenda niet meer" in page
    fetch(d, link)
    assert row_of(d, link)["state"] == "fresh"


def test_a_restart_and_a_kill_keep_it(daemon):
    d = daemon()
    link, other = d.links("feed", "anna")[0], d.links("feed", "bram")[0]
    s = behind(d, link)
    fetch(d, other, "Evolution/3")
    before = feeds(d)
    d.restart()
    after = feeds(d)
    for row in (*before.values(), *after.values()):
        row["bytes"] = row["events"] = None  # not made since
    assert after == before and told(after[link["id"]], s)
    fetch(d, link)
    d.ctl("wait")  # the store has it by then
    d.kill9()
    d.start()
    assert row_of(d, link)["state"] == "fresh" and row_of(d, link)["agent"] == "Thunderbird/128.5"
    move(d, coming(d, 6), "2026-W51")
    assert row_of(d, link)["state"] == row_of(d, other)["state"] == "behind"


def test_many_at_once_are_all_stored(daemon):
    n, d = 6000, daemon()
    d.stop()
    db = sqlite3.connect(d.root / "db")
    with db:
        db.executemany("INSERT INTO link (kind, owner, label, generation, created_at, revoked_at,"
                       " used_at) VALUES ('feed', 'anna', ?, 1, 0, 0, 0)", ((f"{i}",) for i in range(n)))
    db.close()
    d.start()
    links = [link for link in d.links("feed", "anna") if link["label"] != "calendar"]
    with socket.create_connection(("127.0.0.1", d.port)) as s:
        s.settimeout(60)
        sender = threading.Thread(target=lambda: s.sendall(b"".join(
            f"GET {path_of(link)} HTTP/1.1\r\nHost: x\r\nUser-Agent: App/{link['label']}\r\n\r\n".encode()
            for link in links)))
        sender.start()
        got, rest = 0, b""
        while got != n:
            piece = s.recv(1 << 20)
            assert piece
            got += (rest + piece).count(b"HTTP/1.1 200 ")
            rest = piece[-len(b"HTTP/1.1 200"):]
        sender.join()
    d.ctl("wait")
    d.kill9()
    d.start()
    rows = feeds(d, "anna")
    assert {rows[link["id"]]["state"] for link in links} == {"fresh"}
    assert all(rows[link["id"]]["agent"] == f"App/{link['label']}" for link in links)


def test_the_clock_may_stand_still_or_go_back(daemon):
    d = daemon()
    link = d.links("feed", "anna")[0]
    fetch(d, link)
    d.advance("3d")
    fetch(d, link)
    d.stop()
    d.clock = "2026-08-31T09:00"  # somebody set it back by three days
    d.start()
    s = coming(d, 4)
    move(d, s, "2026-W50")
    assert told(row_of(d, link), s)["was"] == place(s)
    fetch(d, link)
    assert row_of(d, link)["state"] == "fresh"


# ---- counts ----

def test_counts_are_the_same_everywhere_and_name_nobody(easy):
    link = easy.links("feed", "anna")[0]
    easy.ctl("link", "new", "feed", "anna", "Telefoon van Anna")
    behind(easy, link)
    want = {"fresh": 0, "behind": 1, "stale": 0, "unused": 0, "never": 8}
    assert easy.ctl("status", json=True)["feeds"] == want
    assert "\nfeeds fresh 0 behind 1 stale 0 unused 0 never 8\n" in easy.ctl("status")
    metrics = dict(re.findall(r'^tandemd_feed_links\{state="(\w+)"\} (\d+)$',
                              easy.get("/metrics").text, re.M))
    assert {k: int(v) for k, v in metrics.items()} == want
    report = easy.link("report", "programme")
    page = easy.get(report + "/sources", {"Accept-Language": "nl"}).text
    data = jsonlib.loads(easy.get(report + "/sources.json").body)
    assert data["feeds"] == want
    assert re.search(r"nog niet opgehaald wat er veranderd is</th><td class=\"num\">1<", page)
    for text in (page, jsonlib.dumps(data), easy.get(report).text):
        assert "Telefoon" not in text and "Thunderbird" not in text


def test_no_token_and_no_agent_is_logged(daemon):
    d = daemon(conf="[log]\nlevel = debug")
    link = d.links("feed", "anna")[0]
    behind(d, link)
    fetch(d, link, "Geheim\t/1 \"x\" \\ <script>")
    row = row_of(d, link)
    assert row["agent"] == "Geheim\t/1 \"x\" \\ <script>"
    assert "<script>" not in d.get(d.link("me", "anna")).text
    assert "\tother\t" in d.ctl("feeds", "anna")
    for each in d.links():
        assert re.sub(r"\.ics$", "", each["url"].rsplit("/", 1)[1]) not in d.log()
    assert "Geheim" not in d.log() and "calendar" not in d.log()


# ---- against the bytes ----

class Client:
    """One device: the bytes that it got, and when."""

    def __init__(self, d, link):
        self.d, self.link, self.path = d, link, path_of(link)
        self.body = self.etag = self.at = None

    def come(self, rng):
        how = rng.choice(("whole", "whole", "etag", "head", "ifb"))
        if how == "head":
            self.d.request("HEAD", self.path)
        elif how == "ifb":
            self.d.get(self.path.replace(".ics", ".ifb"))
        else:
            headers = {"If-None-Match": self.etag} if how == "etag" and self.etag else {}
            answer = self.d.get(self.path, headers)
            assert answer.status in (200, 304)
            self.at = self.d.now()
            if answer.status == 200:
                self.body, self.etag = answer.body, answer["ETag"]


class Watched(History):
    """A random life, and devices that come now and then: what `feeds` tells of each is what differs
    between the bytes that it has and those that somebody gets who comes just now."""

    OWNERS = [("anna", "feed"), ("anna", "busy"), ("bram", "feed"), ("anna-bram", "feed"),
              ("programme", "feed")]

    def __init__(self, make, rng, zone, more=""):
        self.more = more
        super().__init__(make, rng, zone)
        self.clients, self.truths, self.whys, self.parsed = [], {}, {}, {}

    def conf(self, url):
        return super().conf(url) + self.more

    def start(self):
        super().start()
        for owner, kind in self.OWNERS:
            new = [self.d.ctl("link", "new", kind, owner, label, json=True)
                   for label in ("one", "two", "just now")]
            self.clients += [Client(self.d, link) for link in new[:2]]
            self.truths[owner, kind] = path_of(new[2])

    def do_kill(self):
        self.d.ctl("wait")
        self.d.kill9()
        self.d.start()
        self.count("kill")

    STEPS = [*History.STEPS, "kill"]

    def events(self, body, busy):
        """{session id: what a calendar makes of it}; most bodies are looked at again and again."""
        if body not in self.parsed:
            self.parsed[body] = {
                uid_id(uid): {"start": self.moment(e["DTSTART"]), "end": self.moment(e["DTEND"]),
                              "on": e["STATUS"][1] != "CANCELLED",
                              "words": [e.get(k) for k in ("SUMMARY", "DESCRIPTION", "LOCATION")],
                              "version": e["LAST-MODIFIED"][1]}
                for uid, e in lint(body, busy, self.zone in ODD).items() if uid.startswith("s")}
        return self.parsed[body]

    def hold(self):
        d = self.d
        for client in self.clients:
            if self.rng.random() < 0.12:
                client.come(self.rng)
        now, rows, sessions = d.now(), feeds(d), {s["id"]: s for s in d.sessions()}
        truth = {}
        for (owner, kind), path in self.truths.items():
            answer = d.get(path)
            assert answer.status == 200
            truth[owner, kind] = self.events(answer.body, kind == "busy")
        for client in self.clients:
            link = client.link
            self.hold_client(client, rows[link["id"]], now, sessions,
                             truth[link["owner"], link["kind"]])

    def hold_client(self, client, row, now, sessions, truth):
        if client.body is None:
            assert row["state"] == "never" and not row["sessions"]
            return
        if now - client.at > dt.timedelta(days=30):
            assert row["state"] == "unused" and not row["sessions"]
            return
        told = {s["id"]: s for s in row["sessions"]}
        assert row["sessions_more"] == 0 and len(told) == len(row["sessions"])
        had = self.events(client.body, client.link["kind"] == "busy")
        for id_ in {*had, *truth, *told}:
            was, is_ = had.get(id_), truth.get(id_)
            self.hold_session(told.get(id_), was if was and was["on"] else None,
                              is_ if is_ and is_["on"] else None, sessions[id_], now, client.link)
        assert row["state"] in (("behind", "stale") if told else ("fresh",)), row

    def hold_session(self, told, was, is_, session, now, link):
        whys = {None}
        if (was and was["end"] > now) or (is_ and is_["end"] > now):
            if was and is_ and (was["start"], was["end"]) != (is_["start"], is_["end"]):
                whys = {"moved"}
            elif was and is_ and link["kind"] == "busy":
                whys = {None}  # it has one word, if another one in another language
            elif was and is_ and was["words"] != is_["words"]:
                whys = {"moved" if told and told["was"]["room"] != told["now"]["room"] else "text"}
            elif was and is_:
                # words that others see, or there and back: a new version of it at least
                whys = {None} if was["version"] == is_["version"] else {None, "text"}
            elif is_:
                whys = {"new"}
            elif was:
                whys = {"cancelled" if session["state"] == "cancelled" else
                        "left" if link["owner"] in ("anna", "bram") and
                        link["owner"] not in session["attendees"] else "moved"}
        context = jsonlib.dumps((link["owner"], link["kind"], session, was, is_, told), default=str)
        assert (told["why"] if told else None) in whys, f"{whys} {context}"
        if not told:
            return
        self.whys[told["why"]] = self.whys.get(told["why"], 0) + 1
        for key, event in (("was", was), ("now", is_)):
            if event:
                assert (moment(told[key]["start"]), moment(told[key]["end"])) == (
                    event["start"], event["end"]), context
            elif told["why"] != "moved":  # farther than feeds reach
                assert told[key] is None, context


@pytest.mark.parametrize("kind, steps", [("plain", 60), ("short", 40), ("utc", 30)])
def test_what_is_told_is_what_stands_in_the_bytes(daemon, rng, kind, steps):
    life = Watched(daemon, rng, "UTC" if kind == "utc" else "Europe/Amsterdam",
                   "ahead = 40d\n" if kind == "short" else "")
    life.start()
    for _ in range(steps):
        life.step()
        life.hold()
    print(life.done, life.whys)
    assert kind != "plain" or {"moved", "cancelled", "new", "text"} <= set(life.whys), life.whys


@pytest.mark.parametrize("life", range(20) if LONG else [])  # make check-long
def test_many_lives(daemon, life):
    life = Watched(daemon, random.Random(f"{seed()} {life}"), None)
    life.start()
    for _ in range(150):
        life.step()
        life.hold()
