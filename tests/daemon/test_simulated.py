"""Clients that cannot run here (simulated.py) come to show the truth, whatever happens; and each of
them would not, were the feed spoilt in the way that it is known to stumble over."""
import contextlib
import datetime as dt
import gzip
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from feed_history import History, uid_id
from harness import as_arg, moment, pairs_roster
from living import LONG
from simulated import CLIENTS, HOUR, Google, Newcomer, Unreadable


# ---- over a random life ----

def true_rows(sessions, owner):
    """{id: (start, end)} of what is on for @owner, from what the daemon says to its admin."""
    return {s["id"]: (moment(s["start"]), moment(s["end"])) for s in sessions
            if s["state"] in ("booked", "held", "missed") and owner in s["attendees"]}


def true_days(d, owner):
    """{id: (day, cancelled)} of what @owner has to hand in."""
    return {o["id"]: (dt.date.fromisoformat(o["due"]), o["state"] == "cancelled")
            for o in d.ctl("obligation", "list", owner, json=True)["obligations"]}


def test_all_converge_over_a_random_life(daemon, rng):
    """They come at odd moments; once each has had its time, all show what somebody sees who
    subscribes just then, and that is the truth."""
    life = History(daemon, rng, "Europe/Amsterdam")
    life.start()
    d = life.d
    url = f"http://127.0.0.1:{d.port}{life.paths['anna', 'feed']}"
    clients = {name: kind(url) for name, kind in CLIENTS.items()}
    moved = cancelled = 0
    for _ in range(120 if LONG else 12):
        for _ in range(3):
            life.step()
            for client in clients.values():
                if rng.random() < 0.5:
                    client.refresh(d.now())
        d.advance("1d")
        d.ctl("wait")
        newcomer = Newcomer(url)
        newcomer.refresh(d.now())
        rows = newcomer.rows()
        on = {uid_id(uid): row[:2] for uid, row in rows.items() if not row[3] and uid[0] == "s"}
        assert on == {id_: span for id_, span in true_rows(d.sessions(), "anna").items()
                      if id_ in on or span[1] > d.now() - 29 * 24 * HOUR}
        due = true_days(d, "anna")
        assert {uid_id(uid): (row[0], row[3]) for uid, row in rows.items() if uid[0] == "o"}.items() \
            <= due.items() and {i for i, (_, off) in due.items() if not off} <= set(map(uid_id, rows))
        for name, client in clients.items():
            before = client.rows()
            client.refresh(d.now())
            now = client.rows()
            assert now == rows, f"{name}: {set(now.items()) ^ set(rows.items())}"
            assert client.busy() == newcomer.busy() == set(on.values()), name
            moved += any(now[u][:2] != before[u][:2] for u in now if u in before)
            cancelled += any(now[u][3] and not before[u][3] for u in now if u in before)
    assert moved > 5 and cancelled > 5, "a life in which nothing happened"
    print(life.done)


def test_who_asks_conditionally_is_told_when_nothing_changed(easy):
    path = easy.link("feed", "anna")
    for name, client in ((n, CLIENTS[n](f"http://127.0.0.1:{easy.port}{path}")) for n in
                         ("icsx5", "apple")):
        client.refresh(easy.now())
        client.refresh(easy.now() + 2 * HOUR)
        assert client.unchanged == 1 and len(client.rows()) > 20, name


# ---- through a proxy that spoils what it passes on ----

@contextlib.contextmanager
def proxy(d, spoil):
    """Its address. @spoil(path, fields, body) -> body may change the fields, too."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = {k: v for k, v in self.headers.items() if k != "Accept-Encoding"}
            answer = d.request(self.command, self.path, asked)
            fields = {k: v for k, v in answer.headers.items()
                      if k not in ("Content-Length", "Connection", "Date")}
            body = answer.body
            if answer.status == 200 and self.command == "GET":
                body = spoil(self.path, fields, body)
            self.send_response(answer.status)
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def replacing(pattern, new):
    """In feeds; elsewhere nothing."""
    def spoil(path, _fields, body):
        return re.sub(pattern, new, body) if path.startswith("/feeds/") else body
    return spoil


def setting(**headers):
    def spoil(_path, fields, body):
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        return body
    return spoil


def zipped(path, fields, body):
    fields["Content-Encoding"] = "gzip"
    return gzip.compress(body)


def never_again(_path, fields, body):
    """A server whose Last-Modified falls: now it says what will be true only much later."""
    fields["Last-Modified"] = "Mon, 03 Aug 2037 10:00:00 GMT"
    return body


def same_tag(_path, fields, body):
    """As nginx does it for a file that is written again within a second, for ever."""
    fields["ETag"] = "*"
    return body


# the client, how its feed is spoilt
SPOILT = {
    "SEQUENCE that never grows": ("google", replacing(rb"SEQUENCE:\d+", b"SEQUENCE:0")),
    "more than a megabyte": ("google", replacing(
        rb"(CALSCALE:GREGORIAN\r\n)", rb"\1" + b"X-MORE:" + b"\r\n ".join([b"x" * 68] * 15000) + b"\r\n")),
    "one bad fold": ("google", replacing(rb"\r\n (\S)", rb"\r\n\1")),
    "lines that are not folded": ("google", replacing(rb"\r\n ", b"")),
    "one byte that is no UTF-8": ("google", replacing(rb"SUMMARY:W", b"SUMMARY:\xff")),
    "another charset": ("google", setting(Content_Type="text/calendar; charset=iso-8859-1")),
    "robots are not welcome": ("google", lambda path, fields, body:
                               b"User-agent: *\nDisallow: /\n" if path == "/robots.txt" else body),
    "LAST-MODIFIED that never grows": ("icsx5", replacing(
        rb"LAST-MODIFIED:\d+T\d+Z", b"LAST-MODIFIED:20260831T053000Z")),
    "an ETag that fits everything": ("icsx5", same_tag),
    "no VTIMEZONE": ("outlook", replacing(rb"(?s)BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", b"")),
    "a VTIMEZONE of another name": ("outlook", replacing(rb"\r\nTZID:[^\r]*", b"\r\nTZID:X")),
    "gzip": ("outlook", zipped),
    "nothing about busy": ("outlook", replacing(rb"X-MICROSOFT-CDO-BUSYSTATUS:\w+\r\n", b"")),
    "published once a week": ("outlook", replacing(rb"TTL:PT1H", b"TTL:P1W")),
    "refreshed once a week": ("nextcloud", replacing(rb"DURATION:PT1H", b"DURATION:P1W")),
    "one line that is none": ("nextcloud", replacing(rb"STATUS:CANCELLED", b"STATUS CANCELLED")),
    "called calendar+json": ("nextcloud", setting(Content_Type="application/calendar+json")),
    "Last-Modified of later": ("apple", never_again),
    "no name": ("apple", replacing(rb"X-WR-CALNAME:", b"X-WR-CALNAAM:")),
}


def changes(d):
    """A move, a cancellation, a booking; a day later."""
    work = [s for s in d.sessions("anna", states=("booked",), kind="work")]
    slots = d.ctl("slots", "anna-bram", "--week", "2026-W38", "--length", "1h", json=True)["slots"]
    d.ctl("session", "move", work[0]["id"], as_arg(moment(slots[0]["start"])), "1h")
    d.ctl("session", "cancel", work[4]["id"])
    slots = d.ctl("slots", "anna-bram", "--week", "2027-W14", "--length", "90m", json=True)["slots"]
    d.ctl("session", "book", "anna-bram", as_arg(moment(slots[0]["start"])), "90m")
    d.advance("1d")
    d.ctl("wait")


def converges(d, kind, spoil):
    """Whether a client behind such a proxy shows the truth in the end."""
    path = d.link("feed", "anna")
    with proxy(d, spoil) as address:
        client, newcomer = kind(address + path), Newcomer(f"http://127.0.0.1:{d.port}{path}")
        client.refresh(d.now())
        changes(d)
        client.refresh(d.now())
        newcomer.refresh(d.now())
        return client.rows() == newcomer.rows() and client.busy() == newcomer.busy()


@pytest.mark.parametrize("name", CLIENTS)
def test_a_proxy_that_spoils_nothing_is_no_harm(easy, name):
    assert converges(easy, CLIENTS[name], lambda path, fields, body: body)


@pytest.mark.parametrize("spoilt", SPOILT)
def test_each_can_be_led_astray(easy, spoilt):
    name, spoil = SPOILT[spoilt]
    assert not converges(easy, CLIENTS[name], spoil)


# ---- size ----

def test_google_gets_a_person_however_large_the_programme(daemon):
    """The whole of a large programme is more than Google takes; what a person has is not."""
    d = daemon(pairs_roster(150), {})
    whole = Google(f"http://127.0.0.1:{d.port}{d.link('feed', 'programme')}")
    own = Google(f"http://127.0.0.1:{d.port}{d.link('feed', 'p1')}")
    for client in (whole, own):
        client.refresh(d.now())
    with pytest.raises(Unreadable, match=r"\d{7} bytes"):
        whole.fetch()
    assert not whole.rows() and len(own.rows()) > 20
