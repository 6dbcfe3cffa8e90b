"""HTTP as it is on the wire: whatever a client says of its copy, however it sends and reads, and
whatever it should not have sent."""
import datetime as dt
import gzip
import os
import socket
import time
from email.utils import parsedate_to_datetime

import pytest
from harness import EASY_ROSTER, EASY_TIMETABLES, UTC, Daemon, wait_for
from secrets_in import secrets_in
from wire import Wire, close_all, get, not_ready, paused


@pytest.fixture(scope="module")
def shared_daemon():
    d = Daemon(roster=EASY_ROSTER, timetables=EASY_TIMETABLES).start()
    yield d
    d.close()


@pytest.fixture
def shared(shared_daemon):
    """One daemon for all tests that only read."""
    return shared_daemon


@pytest.fixture
def feed(shared):
    """Its path, and the answer to a plain GET."""
    path = shared.link("feed", "anna")
    answer = get(shared.port, path)
    assert answer.status == 200
    return path, answer


# ---- what a client says of its copy --------------------------------------------------------------

def is_whole(answer, whole):
    return answer.status == 200 and answer.body == whole.body and \
        answer.fields["etag"] == whole.fields["etag"]


def is_unchanged(answer, whole):
    """A 304 repeats what a cache needs, and nothing about a body that is not there."""
    same = ("etag", "last-modified", "cache-control", "vary")
    return answer.status == 304 and all(answer.fields[n] == whole.fields[n] for n in same) and \
        not {"content-type", "content-length", "transfer-encoding"} & set(answer.fields)


UNCHANGED = ['{e}', 'W/{e}', '*', ' * ', '"x", {e}', '"x","y" , W/{e}, "z"', ',,{e},', '\t{e}\t',
             '"a,b", {e}', '"", {e}', '"*", {e}', '"é", {e}']
CHANGED = ['"x"', 'W/"x"', '', ',', '{bare}', '"{bare}x"', '"a,{bare}"', '{e} {e}', '{e}x', '"{bare}',
           '{bare}"', 'w/{e}', 'W/ {e}', '**', '*, {e}', '{e}, *', '{e}; q=1', 'garbage, {e}',
           "'{bare}'", 'W/{bare}', '\\"{bare}\\"', '{e}, "half']


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_if_none_match_in_every_form(shared, feed, method):
    path, whole = feed
    tag = whole.fields["etag"]
    with Wire(shared.port) as w:
        for status, forms in ((304, UNCHANGED), (200, CHANGED)):
            for form in forms:
                value = form.format(e=tag, bare=tag.strip('"'))
                answer = w.get(path, f"If-None-Match: {value}", method=method)
                assert answer.status == status, value
                if status == 304:
                    assert is_unchanged(answer, whole)
                else:
                    assert int(answer.fields["content-length"]) == len(whole.body)
                    assert answer.body == (b"" if method == "HEAD" else whole.body)


def test_if_none_match_on_several_lines_is_one_list(shared, feed):
    path, whole = feed
    tag = whole.fields["etag"]
    with Wire(shared.port) as w:
        other = 'If-None-Match: "x"'
        mine = f"if-NONE-match: {tag}"
        assert is_unchanged(w.get(path, other, mine), whole)
        assert is_unchanged(w.get(path, mine, "Accept: text/html", other), whole)
        assert is_whole(w.get(path, other, 'If-None-Match: "y"'), whole)
        assert is_whole(w.get(path, mine, "If-None-Match: garbage"), whole)
        assert is_unchanged(w.get(path, *[other] * 50, mine), whole)


def dates(at):
    """The three forms of RFC 9110 section 5.6.7."""
    return (at.strftime("%a, %d %b %Y %H:%M:%S GMT"), at.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
            at.strftime("%a %b ") + f"{at.day:2}" + at.strftime(" %H:%M:%S %Y"))


def test_if_modified_since_in_three_forms(shared, feed):
    path, whole = feed
    at = parsedate_to_datetime(whole.fields["last-modified"]).astimezone(UTC)
    assert whole.fields["last-modified"] == dates(at)[0]
    with Wire(shared.port) as w:
        for method in ("GET", "HEAD"):
            for step, status in ((0, 304), (1, 304), (86400, 304), (-1, 200), (-9999999, 200)):
                for form in dates(at + dt.timedelta(seconds=step)):
                    answer = w.get(path, f"If-Modified-Since: {form}", method=method)
                    assert answer.status == status, form
                    if status == 304:
                        assert is_unchanged(answer, whole)


@pytest.mark.parametrize("form", [
    "", "gisteren", "0", "-1", "*", "99999999999999999999", "2037-01-01T00:00:00Z",
    "Mon, 03 Aug 2037 10:00:00", "Mon, 03 Aug 2037 10:00:00 CET", "Mon, 03 Aug 2037 25:00:00 GMT",
    "Mon, 31 Feb 2037 10:00:00 GMT", "mon, 03 aug 2037 10:00:00 gmt", "Ma, 03 Aug 2037 10:00:00 GMT",
    "Mon, 03 Aug 20370 10:00:00 GMT", "Mon, 03 Aug 2037 10:00:00 GMT; length=5"])
def test_a_date_that_is_none_asks_for_nothing(shared, feed, form):
    path, whole = feed
    assert is_whole(get(shared.port, path, f"If-Modified-Since: {form}"), whole)


def test_two_dates_are_none(shared, feed):
    path, whole = feed
    line = "If-Modified-Since: Mon, 03 Aug 2037 10:00:00 GMT"
    assert is_whole(get(shared.port, path, line, line), whole)


def test_a_tag_makes_the_date_count_for_nothing(shared, feed):
    path, whole = feed
    tag, at = whole.fields["etag"], whole.fields["last-modified"]
    old = "Mon, 03 Aug 2020 10:00:00 GMT"
    with Wire(shared.port) as w:
        for tags, since, status in (('"x"', at, 200), ("garbage", at, 200), ("", at, 200),
                                    (tag, old, 304), (tag, "gisteren", 304), ("*", old, 304)):
            answer = w.get(path, f"If-Modified-Since: {since}", f"If-None-Match: {tags}")
            assert answer.status == status, (tags, since)


def test_ranges_are_not_served(shared, feed):
    path, whole = feed
    tag = whole.fields["etag"]
    with Wire(shared.port) as w:
        for fields in (["Range: bytes=0-9"], ["Range: bytes=-1"], ["Range: bytes=999999999-"],
                       ["Range: bytes=0-1,5-6"], ["Range: garbage"], ["Range: lines=1-2"],
                       ["Range: bytes=0-9", f"If-Range: {tag}"],
                       ["Range: bytes=0-9", 'If-Range: "x"']):
            answer = w.get(path, *fields)
            assert is_whole(answer, whole), fields
            assert "content-range" not in answer.fields
        answer = w.get(path, "Range: bytes=0-9", f"If-None-Match: {tag}")
        assert is_unchanged(answer, whole)


# ---- what a feed says, and what it does not look at ----------------------------------------------

def test_nothing_else_that_a_client_says_changes_the_bytes(shared, feed):
    path, whole = feed
    with Wire(shared.port) as w:
        for fields in (["Accept: text/html"], ["Accept: application/json, */*;q=0"], ["Accept:"],
                       ["Cookie: session=1; lang=en"], ["Accept-Language: en"],
                       ["Authorization: Basic YTpi"], ["Accept-Charset: utf-16"],
                       ["Cache-Control: no-cache", "Pragma: no-cache"], ["Origin: http://evil"],
                       ["Referer: http://x/"], ["DNT: 1", "X-Requested-With: XMLHttpRequest"],
                       ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"],
                       ["X-Forwarded-For: 10.1.2.3", "X-Forwarded-Proto: https"],
                       ["If-Match: \"x\""], ["If-Unmodified-Since: Mon, 03 Aug 2020 10:00:00 GMT"]):
            answer = w.get(path, *fields)
            assert is_whole(answer, whole), fields
            assert not {"set-cookie", "location", "content-disposition", "www-authenticate",
                        "access-control-allow-origin"} & set(answer.fields)
        for query in ("?nocache=1", "?", "??", "?a=%20&b=c", "?x=.html", "?/../x.ics"):
            assert is_whole(w.get(path + query), whole), query
        assert is_whole(w.get(f"http://elsewhere.example{path}"), whole)
        assert is_whole(w.get(path.replace("/feeds/", "/%66eeds/")), whole)


def test_the_head_of_a_feed_is_all_of_it(shared, feed):
    _, whole = feed
    assert whole.fields["cache-control"] == "private, max-age=900"
    assert whole.fields["content-type"] == "text/calendar; charset=utf-8"
    assert whole.fields["etag"][0] == whole.fields["etag"][-1] == '"'
    assert set(whole.fields) == {"date", "etag", "last-modified", "cache-control", "content-type", "vary",
                                 "x-content-type-options", "content-length"}
    assert whole.fields["vary"] == "Accept-Encoding, User-Agent"


def test_head_is_get_without_the_body(shared, feed):
    path, whole = feed
    with Wire(shared.port) as w:
        for _ in range(3):  # were a body sent, the next answer would begin inside it
            answer = w.get(path, method="HEAD")
            drop = {"date"}
            assert {k: v for k, v in answer.fields.items() if k not in drop} == \
                {k: v for k, v in whole.fields.items() if k not in drop}
        assert is_whole(w.get(path), whole)


@pytest.mark.parametrize("method", ["OPTIONS", "PROPFIND", "REPORT", "PUT", "POST", "DELETE"])
def test_other_methods_are_told_which_there_are(shared, feed, method):
    path, whole = feed
    with Wire(shared.port) as w:
        for body in (b"", b"<?xml version='1.0'?><propfind/>"):
            answer = w.get(path, "Depth: 0", method=method, body=body)
            assert answer.status == 405 and answer.fields["allow"] == "GET, HEAD"
            assert answer.fields["content-type"] == "text/plain; charset=utf-8"
            assert is_whole(w.get(path), whole), "the connection serves on"
        # ... whether or not there is anything, so that it tells nothing
        assert w.get("/feeds/nobody.ics", method=method).status == 405
    if method == "OPTIONS":
        assert get(shared.port, "*", method="OPTIONS").status == 405


@pytest.mark.parametrize("method", ["PATCH", "MKCALENDAR", "TRACE", "CONNECT", "get", "LOCK"])
def test_methods_that_nobody_sends_are_unknown(shared, feed, method):
    path, _ = feed
    with Wire(shared.port) as w:
        w.ask(path, method=method)
        answer = w.hear()
        assert answer.status == 501 and answer.body == b"501: this method is not known here\n"
        assert answer.fields["connection"] == "close" and w.ended() == b""


def test_last_modified_grows_with_every_change_of_its_own_feed(daemon):
    d = daemon()
    path, other = d.link("feed", "anna"), d.link("report", "programme")
    seen = [get(d.port, path)]
    for i in range(3):  # the clock stands still, Last-Modified may not
        row = d.sessions("anna", states=("booked",))[0]
        d.ctl("session", "cancel", row["id"])
        seen.append(get(d.port, path))
    at = [parsedate_to_datetime(a.fields["last-modified"]) for a in seen]
    assert at == sorted(set(at)), at
    assert len({a.fields["etag"] for a in seen}) == 4
    # who has the one before the last gets the last, by either means
    for name, value in (("If-None-Match", seen[2].fields["etag"]),
                        ("If-Modified-Since", seen[2].fields["last-modified"])):
        assert is_whole(get(d.port, path, f"{name}: {value}"), seen[3])
    assert get(d.port, other).status == 200


def test_pages_are_not_for_search_engines_and_feeds_may_be_fetched(shared):
    robots = get(shared.port, "/robots.txt")
    assert robots.status == 200 and robots.body.splitlines() == \
        [b"User-agent: *", b"Allow: /feeds/", b"Disallow: /"]
    pages = [shared.link("me", "anna"), "/s/s1"]
    report = shared.link("report", "programme")
    pages += [report + end for end in ("", ".csv", ".json", "/sources", "/sources.json")]
    for path in pages:
        answer = get(shared.port, path)
        assert answer.status == 200 and answer.fields["x-robots-tag"] == "noindex", path
        assert answer.fields["cache-control"].startswith("private"), path
    assert "x-robots-tag" not in get(shared.port, shared.link("feed", "anna")).fields


# ---- gzip ----------------------------------------------------------------------------------------

CAN = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
CANNOT = "User-Agent: Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.5134; Pro)"
ASKS = "Accept-Encoding: gzip, deflate, br"


def test_gzip_for_who_asks_and_can_read_it(shared, feed):
    path, whole = feed
    tag = whole.fields["etag"]
    with Wire(shared.port) as w:
        for method in ("GET", "HEAD"):
            answer = w.get(path, CAN, ASKS, method=method)
            assert answer.status == 200 and answer.fields["content-encoding"] == "gzip"
            assert answer.fields["etag"] == tag[:-1] + '-gz"' != tag
            assert int(answer.fields["content-length"]) < len(whole.body) / 4
            others = {"etag", "content-length", "content-encoding", "date"}
            assert {k: v for k, v in answer.fields.items() if k not in others} == \
                {k: v for k, v in whole.fields.items() if k not in others}
        small = w.get(path, CAN, ASKS).body
        assert gzip.decompress(small) == whole.body
        assert small[4:8] == b"\0\0\0\0", "no time: the same feed is the same bytes"
        freebusy = path.replace(".ics", ".ifb")
        assert gzip.decompress(w.get(freebusy, CAN, ASKS).body) == w.get(freebusy).body


def test_no_gzip_for_others(shared, feed):
    path, whole = feed
    with Wire(shared.port) as w:
        for fields in ([CANNOT, ASKS], [ASKS], [ASKS, "User-Agent:"], [CAN],
                       [ASKS, "User-Agent: somebody's script"], [CAN, "Accept-Encoding:"],
                       [CAN, "Accept-Encoding: identity"], [CAN, "Accept-Encoding: gzip;q=0"],
                       [CAN, "Accept-Encoding: br, deflate"], [CAN, "Accept-Encoding: *;q=0"],
                       [CAN, "Accept-Encoding: gzip;q=0, *"], [CAN, "Accept-Encoding: gzip;q=7"],
                       [CAN, "Accept-Encoding: gzip;q=0.5, identity"],
                       [CAN, "Accept-Encoding: identity;q=0"],
                       [CANNOT, "Accept-Encoding: gzip, identity;q=0"]):
            answer = w.get(path, *fields)
            assert is_whole(answer, whole) and "content-encoding" not in answer.fields, fields
            assert answer.fields["vary"] == "Accept-Encoding, User-Agent"
        for fields in ([CAN, "Accept-Encoding: *"], [CAN, "Accept-Encoding: x-gzip"],
                       [CAN, "Accept-Encoding: br", "accept-encoding: GZIP;q=0.3"],
                       [CAN, "Accept-Encoding: gzip;q=0.5, identity;q=0.1"]):
            assert gzip.decompress(w.get(path, *fields).body) == whole.body, fields
    page = get(shared.port, shared.link("me", "anna"), CAN, ASKS)
    assert page.status == 200 and "content-encoding" not in page.fields


def test_either_tag_is_unchanged(shared, feed):
    path, whole = feed
    plain = whole.fields["etag"]
    small = plain[:-1] + '-gz"'
    with Wire(shared.port) as w:
        for fields in ([], [CAN, ASKS], [CANNOT, ASKS]):
            mine = small if fields == [CAN, ASKS] else plain
            for asked, said in ((plain, plain), (small, small), (f"W/{small}", small), ("*", mine),
                                (f'{plain}, {small}', mine), (f'"x", {small}', small)):
                answer = w.get(path, *fields, f"If-None-Match: {asked}")
                assert answer.status == 304 and answer.fields["etag"] == said, (fields, asked)
                assert "content-encoding" not in answer.fields
                assert answer.fields["vary"] == "Accept-Encoding, User-Agent"
            at = whole.fields["last-modified"]
            assert w.get(path, *fields, f"If-Modified-Since: {at}").fields["etag"] == mine
            for asked in ('"x-gz"', plain[:-1] + '-gzip"', small.strip('"')):
                answer = w.get(path, *fields, f"If-None-Match: {asked}")
                assert answer.status == 200 and answer.fields["etag"] == mine


def test_gzip_of_a_feed_that_has_to_be_made_first(daemon):
    d = daemon()
    path = d.link("feed", "anna")
    with Wire(d.port) as w:
        first = w.get(path, CAN, ASKS)  # made for this one
        assert first.fields["content-encoding"] == "gzip"
        d.ctl("session", "cancel", d.sessions("anna", states=("booked",))[0]["id"])
        second = w.get(path, CAN, ASKS, f"If-None-Match: {first.fields['etag']}")
        assert second.status == 200 and second.fields["content-encoding"] == "gzip"
        assert gzip.decompress(second.body) == w.get(path).body != gzip.decompress(first.body)
        # what was made before a restart is made the same again
        d.restart()
    again = get(d.port, path, CAN, ASKS)
    assert again.body == second.body and again.fields["etag"] == second.fields["etag"]


# ---- who asks ------------------------------------------------------------------------------------

def tokens(n, letter="A"):
    """Well-formed ones that open nothing."""
    return [f"/feeds/{letter}{i:023d}.ics" for i in range(n)]


def test_an_address_that_guesses_is_told_to_wait(daemon):
    d = daemon(conf="[server]\nmax_misses = 20")
    feed, me = d.link("feed", "anna"), d.link("me", "anna")
    gone = d.link("busy", "bram")
    d.ctl("link", "revoke", d.links("busy", "bram")[0]["id"])
    with Wire(d.port) as w:
        kinds = ("/feeds/{}.ics", "/me/{}", "/report/{}.csv", "/feeds/{}.ifb")
        got = [w.get(kinds[i % 4].format(f"{i:024d}")) for i in range(30)]
        assert {a.status for a in got[:20]} == {404}
        assert {a.status for a in got[20:]} <= {404, 429} and got[-1].status == 429
        assert sum(a.status == 404 for a in got) < 24, "a new one every three seconds"
        last = got[-1]
        assert 1 <= int(last.fields["retry-after"]) <= 3
        assert last.fields["content-type"] == "text/plain; charset=utf-8"
        assert last.body == b"too many links were asked for that there are not; try again later\n"
        # what exists is there all the while, for the same address too
        for path, status in ((feed, 200), (me, 200), (gone, 410), ("/healthz", 200), (feed, 200)):
            assert w.get(path).status == status
        # a token of another kind opens nothing either
        assert w.get(f"/me/{feed.split('/')[-1][:-4]}").status == 429
    assert get(d.port, tokens(1)[0], source="127.0.0.9").status == 404
    assert get(d.port, "/feeds/short.ics").status == 429
    # what is not asked for as a link is not counted
    assert get(d.port, "/nothing").status == 404


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
def test_over_ipv6_it_is_the_same(daemon):
    d = daemon(start=False)
    d.conf.write_text(d.conf.read_text().replace(
        f"listen = 127.0.0.1:{d.port}", f"listen = [::1]:{d.port}\nmax_misses = 3\n"
        "max_connections_per_address = 2\ntrusted_proxy = ::1"))
    d.spawn()
    with wait_for("it listens", lambda: six(d)) as w:
        wait_for("it is ready", lambda: w.get("/readyz").status == 200)
        assert w.get(d.link("feed", "anna")).status == 200
        far = "X-Forwarded-For: 2001:db8::5"
        assert [w.get(tokens(1)[0], far).status for _ in range(4)] == [404, 404, 404, 429]
        assert w.get(tokens(1)[0]).status == 404
        more = [six(d) for _ in range(5)]  # of a trusted proxy: not counted
        assert {m.get("/healthz").status for m in more + [w]} == {200}
        close_all(more)


def six(d):
    try:
        return Wire(d.port, to="::1")
    except OSError:
        return None


def test_links_that_are_gone_are_not_guesses(daemon):
    """Clients of a link that was revoked ask on for weeks: each time they are told why."""
    d = daemon(conf="[server]\nmax_misses = 5")
    path = d.link("feed", "anna")
    d.ctl("link", "revoke", d.links("feed", "anna")[0]["id"])
    with Wire(d.port) as w:
        assert {w.get(path).status for _ in range(50)} == {410}
        assert w.get(tokens(1)[0]).status == 404


def test_the_limit_on_guesses_may_be_off_and_changes_by_reload(daemon):
    d = daemon(conf="[server]\nmax_misses = 0")
    with Wire(d.port) as w:
        assert {w.get(p).status for p in tokens(200)} == {404}
        d.write_conf("[server]\nmax_misses = 2")
        d.ctl("reload")
        assert [w.get(p).status for p in tokens(3)] == [404, 404, 429]


def test_behind_a_proxy_each_client_has_guesses_of_his_own(daemon):
    d = daemon(conf="[server]\nmax_misses = 3\ntrusted_proxy = 127.0.0.1")

    def ask(forwarded, source=None):
        return get(d.port, tokens(1)[0], f"X-Forwarded-For: {forwarded}", source=source).status
    assert [ask("203.0.113.5") for _ in range(4)] == [404, 404, 404, 429]
    assert ask("203.0.113.6") == 404
    assert ask("198.51.100.1, 203.0.113.5") == 429, "what he made up himself does not help him"
    assert [ask(f"2001:db8:0:1::{i}") for i in range(4)] == [404, 404, 404, 429]
    assert ask("2001:db8:0:2::1") == 404
    # who is no proxy is himself, whatever he says
    assert [ask(f"192.0.2.{i}", "127.0.0.3") for i in range(4)] == [404, 404, 404, 429]


# ---- a feed is never an error while there is something to serve ----------------------------------

def all_at_once(d, wires, paths, *fields):
    """All requests lie there when the daemon looks, so that it handles them in one turn. @fields:
    one line for each request."""
    with paused(d):
        for w, path, field in zip(wires, paths, fields or [None] * len(paths)):
            w.ask(path, *[field] * bool(field))
    return [w.hear() for w in wires]


def test_the_last_good_feed_is_served_when_there_is_too_much_to_do(daemon):
    d = daemon(conf="[feeds]\nqueue = 1")
    paths = [d.link("feed", owner) for owner in ("anna", "bram", "anna-bram", "programme")]
    wires = [Wire(d.port) for _ in paths]

    def get_all():
        return [w.get(path) for w, path in zip(wires, paths)]

    def change():
        d.ctl("session", "cancel", d.sessions("anna", states=("booked",))[0]["id"])

    assert {w.get("/healthz").status for w in wires} == {200}  # let in, and read from
    # nothing has ever been made: one is, the others are told when to come back
    first = all_at_once(d, wires, paths)
    assert sorted(a.status for a in first) == [200, 503, 503, 503]
    for a in first:
        if a.status == 503:
            assert a.fields["retry-after"] == "5"
            assert a.fields["content-type"] == "text/plain; charset=utf-8"
            assert a.body == b"too much to do at once; try again\n"
    good = get_all()
    assert [a.status for a in good] == [200] * 4
    # all of them change: who cannot wait gets what was good until now, with its own tag and date
    change()
    again = all_at_once(d, wires, paths)
    assert [a.status for a in again] == [200] * 4
    same = ("etag", "last-modified")
    assert sorted(a.body == g.body and all(a.fields[n] == g.fields[n] for n in same)
                  for a, g in zip(again, good)) == [False, True, True, True]
    # ... and who has that already is told so
    good = get_all()
    change()
    again = all_at_once(d, wires, paths, *[f"If-None-Match: {a.fields['etag']}" for a in good])
    assert sorted(a.status for a in again) == [200, 304, 304, 304]
    # afterwards everybody sees the change
    assert not {a.fields["etag"] for a in get_all()} & {a.fields["etag"] for a in good}
    close_all(wires)


def test_before_there_is_anything_to_serve_it_says_when_to_come_back(daemon):
    d = daemon()
    path, me = d.link("feed", "anna"), d.link("me", "anna")
    good = get(d.port, path)
    d.stop()
    with not_ready(d):
        for asked in (path, path.replace(".ics", ".ifb"), me, tokens(1)[0], "/readyz"):
            answer = get(d.port, asked, f"If-None-Match: {good.fields['etag']}")
            assert answer.status == 503 and int(answer.fields["retry-after"]) > 0
            assert answer.fields["content-type"] == "text/plain; charset=utf-8"
            assert answer.fields["cache-control"] == "no-store"
            assert answer.body == b"tandemd is still starting\n"
        assert get(d.port, "/healthz").status == 200
        assert get(d.port, path, method="PROPFIND").status == 405
    assert is_whole(get(d.port, path), good)


# ---- what stays secret ---------------------------------------------------------------------------

def test_the_secrets_of_links_can_be_told(easy):
    """What looks at every daemon's log at its end finds a secret wherever it stands."""
    for link in easy.links():
        secret = link["url"].split("/")[-1].split(".")[0]
        for line in (secret, f'GET /feeds/{secret}.ics HTTP/1.1', f"xx{secret}yy", f"-{secret}"):
            assert secrets_in(f"2026 info\n{line}\n", easy.root) == {secret}
    assert secrets_in("Content-Type-Options-Nosniff ABCDEFGHIJKLmnopqrstuvwx", easy.root) == set()


@pytest.mark.parametrize("format_", ["text", "logfmt", "json"])
def test_no_error_brings_a_link_into_the_log(daemon, format_):
    d = daemon(conf=f"[log]\nlevel = debug\nformat = {format_}\n[server]\nmax_misses = 3\n"
                    "head_timeout = 1s\nmax_connections_per_address = 20\n[feeds]\nqueue = 1")
    path, me = d.link("feed", "anna"), d.link("me", "anna")
    report = d.link("report", "programme")
    secret = path.split("/")[-1].split(".")[0]
    host = "Host: x\r\n"
    for data in (f"GET {path} HTTP/1.1\r\n\r\n", f"GET {path}\r\n", f"GET {path} HTTP/3\r\n\r\n",
                 f"GET {path}\0 HTTP/1.1\r\n{host}\r\n", f"GET {path}%00 HTTP/1.1\r\n{host}\r\n",
                 f"BREW {path} HTTP/1.1\r\n{host}\r\n", f"POST {me} HTTP/1.1\r\n{host}\r\n",
                 f"GET {path} HTTP/1.1\n{host}\n", f"GET /{'x' * 9000}{path} HTTP/1.1\r\n",
                 f"GET /{secret} HTTP/1.1\r\n{host}\r\n", f"GET //feeds/{secret} HTTP/1.1\r\n{host}\r\n",
                 f"POST {me} HTTP/1.1\r\n{host}Content-Length: 99999\r\n\r\n",
                 f"GET /healthz HTTP/1.1\r\n{host}Referer: http://x{me}\r\nUser-Agent: {secret}\r\n"
                 f"Cookie: t={secret}\r\nX-Forwarded-For: {secret}\r\n{secret} : x\r\n\r\n",
                 f"GET {path} HTTP/1.1\r\n{host}User-Agent: {secret}\r\nReferer: {me}\r\n\r\n",
                 f"GET {path}?{secret} HTTP/1.1\r\n{host}If-None-Match: {secret}\r\n\r\n",
                 f"GET http://x{me}/ HTTP/1.1\r\n{host}\r\n", f"GET {report}.xls HTTP/1.1\r\n{host}\r\n"):
        with Wire(d.port) as w:
            w.say(data)
            w.s.shutdown(socket.SHUT_WR)
            assert w.ended().startswith(b"HTTP/1.1 ") or data.endswith((" HTTP/1.1\r\n", f"{path}\r\n"))
    with Wire(d.port) as w:  # a half head, cut by its time
        w.say(f"GET {path} HTTP/1.1\r\nHost:")
        assert w.hear().status == 408
    with Wire(d.port) as w:
        assert [w.get(path.replace(secret[:3], "AAA")).status for _ in range(9)][-1] == 429
        id_ = d.links("me", "anna")[0]["id"]
        d.ctl("link", "revoke", id_)
        assert w.get(me).status == 410
        d.ctl("link", "rotate", "anna")
        assert w.get(path).status == 429
    d.ctl("status")
    d.stop()
    d.look_at_log()
    assert secret not in d.log() and secret[4:20] not in d.log()


@pytest.mark.skipif(not os.environ.get("TANDEM_LONG"), reason="TANDEM_LONG=1 measures it")
def test_how_long_it_takes_tells_nothing(daemon, rng):
    """Unknown tokens, tokens but for one letter, and revoked ones: in turns, so that what else the
    machine does meets all alike. tests/unit/test_links_time.c counts the steps of the look-up; this
    is about all that follows it."""
    d = daemon(conf="[server]\nmax_misses = 0")
    path, gone = d.link("feed", "anna"), d.link("feed", "bram")
    d.ctl("link", "revoke", d.links("feed", "bram")[0]["id"])
    token = path[7:-4]
    near = f"/feeds/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}.ics"
    cases = {"far": (tokens(1)[0], 404), "far again": (tokens(1, "Z")[0], 404), "near": (near, 404),
             "gone": (gone, 410)}
    took = {name: [] for name in cases}
    with Wire(d.port) as w:
        for _ in range(20000):
            for name in rng.sample(list(cases), len(cases)):
                begin = time.perf_counter_ns()
                status = w.get(cases[name][0]).status
                took[name].append(time.perf_counter_ns() - begin)
                assert status == cases[name][1]
    typical = {}
    for name, times in took.items():
        times.sort()
        typical[name] = sum(times[len(times) // 10:len(times) // 2]) / (0.4 * len(times))
    print({name: f"{ns / 1000:.2f} us" for name, ns in typical.items()})
    assert max(typical.values()) - min(typical.values()) < 0.03 * typical["far"]
