"""Feeds are made when somebody asks for them: once for all who ask, kept while there is room, and
with the Last-Modified of when they began to say what they say, not of when they were made."""
import http.client
import re
import time

from harness import EASY_ROSTER, EASY_TIMETABLES, SLOW, Daemon, pairs_roster


def metric(d, name):
    return int(re.search(rf"^tandemd_{name} (\d+)$", d.get("/metrics").text, re.M)[1])


def made(d):
    return metric(d, "feeds_made_total")


def test_nothing_is_made_before_somebody_asks(easy):
    assert made(easy) == 0 and metric(easy, "feeds_kept_bytes") == 0
    bytes_ = len(easy.feed("anna"))
    small = len(easy.get(easy.link("feed", "anna"),
                         {"Accept-Encoding": "gzip", "User-Agent": "curl/7"}).body)
    assert made(easy) == 1 and metric(easy, "feeds_kept_bytes") == bytes_ + small
    for _ in range(3):
        easy.feed("anna")
    assert made(easy) == 1
    easy.feed("anna", "busy")
    assert made(easy) == 2


def test_whole_and_unchanged_answers_are_counted_apart(easy):
    def counted():
        return metric(easy, "feeds_sent_total"), metric(easy, "feeds_unchanged_total")
    path = easy.link("feed", "anna")
    tag = easy.get(path)["ETag"]
    easy.get(path, {"If-None-Match": '"another"'})
    assert counted() == (2, 0)
    easy.get(path, {"If-None-Match": tag})
    easy.request("HEAD", path, {"If-None-Match": tag})
    assert counted() == (2, 2)
    easy.get("/feeds/nobody.ics")
    assert counted() == (2, 2)


def test_last_modified_is_when_it_changed_not_when_it_was_made(easy):
    first = easy.get(easy.link("feed", "bram"))
    s = easy.sessions()[3]["id"]
    easy.advance("2h")
    easy.ctl("session", "cancel", s)
    at = easy.now()
    easy.advance("3h")
    second = easy.get(easy.link("feed", "bram"))
    assert second["Last-Modified"] == at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert second["Last-Modified"] != first["Last-Modified"]
    # nobody fetched anna's feed before the change: she is told the same
    assert easy.get(easy.link("feed", "anna"))["Last-Modified"] == second["Last-Modified"]


def test_a_restart_serves_the_same_tags_of_feeds_that_nobody_asked_for(easy):
    paths = [easy.link(kind, owner) for kind in ("feed", "busy")
             for owner in ("anna", "bram", "anna-bram", "programme")]
    easy.ctl("session", "cancel", easy.sessions()[1]["id"])
    before = [(a["ETag"], a["Last-Modified"], a.body) for a in map(easy.get, paths[:4])]
    easy.restart()
    assert made(easy) == 0
    after = [(a["ETag"], a["Last-Modified"], a.body) for a in map(easy.get, paths)]
    assert after[:4] == before
    easy.restart()
    assert [(a["ETag"], a["Last-Modified"], a.body) for a in map(easy.get, paths)] == after


def test_a_conditional_request_is_answered_after_a_restart(easy):
    path = easy.link("feed", "anna")
    tag = easy.get(path)["ETag"]
    easy.restart()
    answer = easy.get(path, {"If-None-Match": tag})
    assert answer.status == 304 and answer.body == b"" and answer["ETag"] == tag
    assert easy.get(path, {"If-None-Match": '"other"'}).status == 200
    assert made(easy) == 1


def test_who_asks_at_the_same_time_waits_for_the_same_bytes(daemon):
    d = daemon(pairs_roster(40), {})
    path = d.link("feed", "programme")
    clients = [http.client.HTTPConnection("127.0.0.1", d.port, timeout=20 * SLOW)
               for _ in range(12)]
    for c in clients:
        c.connect()
    for c in clients:
        c.request("GET", path)
    answers = [c.getresponse() for c in clients]
    bodies = {a.read() for a in answers}
    assert {a.status for a in answers} == {200} and len(bodies) == 1
    # those that came later than the bytes did not have to wait, nor have them made again
    assert made(d) == 1
    for c in clients:
        c.close()


def test_what_does_not_fit_is_made_again_but_its_tag_is_known(daemon):
    d = daemon(EASY_ROSTER, EASY_TIMETABLES, conf="[feeds]\nmemory = 40 KiB\n")
    size = len(d.feed("anna"))
    assert 20 * 1024 < size < 40 * 1024
    tag = d.get(d.link("feed", "anna"))["ETag"]
    assert made(d) == 1
    d.feed("bram")  # there is room for one of them
    assert made(d) == 2 and metric(d, "feeds_kept_bytes") <= 40 * 1024
    assert d.get(d.link("feed", "anna"), {"If-None-Match": tag}).status == 304
    assert made(d) == 2
    assert d.get(d.link("feed", "anna"))["ETag"] == tag
    assert made(d) == 3
    d.write_conf("[feeds]\nmemory = 0 B\n")
    d.ctl("reload")
    d.feed("anna")
    d.feed("anna")
    assert made(d) == 5 and metric(d, "feeds_kept_bytes") <= 40 * 1024


def test_a_change_is_seen_by_the_next_get(easy):
    path = easy.link("feed", "anna")
    tags = {easy.get(path)["ETag"]}
    for s in easy.sessions()[:8]:
        easy.ctl("session", "cancel", s["id"])
        answer = easy.get(path)
        assert f"UID:{s['id']}@" in answer.text
        event = answer.text.split(f"UID:{s['id']}@")[1].split("END:VEVENT")[0]
        assert "STATUS:CANCELLED" in event
        tags.add(answer["ETag"])
    assert len(tags) == 9


def test_freebusy_is_of_its_day(easy):
    path = easy.link("feed", "anna").replace(".ics", ".ifb")
    first = easy.get(path)
    assert easy.get(path).body == first.body and made(easy) == 1
    assert easy.get(path, {"If-None-Match": first["ETag"]}).status == 304
    easy.advance("1d")
    second = easy.get(path)
    edge = re.compile(r"DTSTART:(\d{8})")
    assert int(edge.search(second.text)[1]) > int(edge.search(first.text)[1])


def test_a_large_feed_is_not_in_the_way_of_small_ones(daemon):
    d = daemon(pairs_roster(150), {})
    small = [d.link("feed", f"p{i}") for i in range(1, 9)]
    large = http.client.HTTPConnection("127.0.0.1", d.port, timeout=60 * SLOW)
    large.request("GET", d.link("feed", "programme"))
    begin = time.monotonic()
    for path in small:
        assert d.get(path).status == 200
    took = time.monotonic() - begin
    answer = large.getresponse()
    body = answer.read()
    assert answer.status == 200 and body.count(b"BEGIN:VEVENT") > 3000
    assert took < 2 * SLOW
    large.close()


def test_it_stops_while_feeds_are_made():
    d = Daemon(roster=pairs_roster(150))
    failed = True
    try:
        d.start()
        clients = []
        for owner in ("programme", "p1", "p2", "d1"):
            c = http.client.HTTPConnection("127.0.0.1", d.port, timeout=20 * SLOW)
            c.request("GET", d.link("feed", owner))
            clients.append(c)
        d.stop()
        for c in clients:
            c.close()
        failed = False
    finally:
        d.close(failed)
