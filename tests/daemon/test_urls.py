"""Timetables by URL, from real servers and from ones that misbehave."""
import base64
import datetime as dt
import gzip
import os
import shutil
import sqlite3
import subprocess
import time

import pytest
from harness import (BUILD, MONDAY, SLOW, Failed, event, free_port, programme, section, timetable,
                     wait_for, weekly)
from webserver import Web, etagged, make_certificate

LESSONS = timetable(weekly("les", MONDAY, (9, 12)))
MORE = timetable(weekly("les", MONDAY, (9, 12)), weekly("meer", MONDAY, (13, 16)))
QUICK = "[import]\nfetch_timeout = 1s\nfetch_connect = 1s\n"


def roster(url, keys="allow_private=yes", **more):
    return (programme() +
            section("person", "anna", name="Anna", timetable=f"{url} {keys}".strip()) +
            section("person", "bram", name="Bram", timetable="none") +
            section("duo", "anna-bram", members="anna bram") +
            "".join(section("person", name, name=name, timetable=line)
                    for name, line in more.items()))


@pytest.fixture
def web():
    web = Web()
    yield web
    web.close()


def source(d, id_="anna-1"):
    return next(s for s in d.ctl("source", "list", json=True)["sources"] if s["id"] == id_)


def stored(d, id_="anna-1"):
    with sqlite3.connect(f"file:{d.root}/db?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return db.execute("SELECT * FROM source WHERE id = ?", (id_,)).fetchone()


def publication(d):
    return d.ctl("status", json=True)["publication"]


def refuses(d, sentence, id_="anna-1"):
    """A refresh fails with @sentence, which is shown; what is known stays."""
    before = source(d, id_)
    with pytest.raises(Failed) as failed:
        d.ctl("source", "refresh", id_)
    assert sentence in failed.value.err
    after = source(d, id_)
    assert sentence in after["error"]
    assert after["state"] == ("failed" if before["fetched_at"] else "never")
    assert (after["events"], after["horizon"]) == (before["events"], before["horizon"])
    return failed.value


# ---- servers that behave ----

def test_a_url_is_as_good_as_a_file(daemon, web):
    web.pages["/a.ics"] = LESSONS
    by_url = daemon(roster=roster(web.base + "/a.ics"))
    by_file = daemon(roster=roster("a.ics", ""), timetables={"a.ics": LESSONS})
    assert source(by_url)["state"] == "fresh"
    assert ([(s["start"], s["end"]) for s in by_url.sessions()] ==
            [(s["start"], s["end"]) for s in by_file.sessions()])


def test_webcal_is_http(daemon, web):
    web.pages["/a.ics"] = LESSONS
    d = daemon(roster=roster(f"webcal://127.0.0.1:{web.port}/a.ics"))
    assert source(d)["events"] == 1


def test_validators_outlive_a_restart(daemon, web):
    web.pages["/a.ics"] = etagged(LESSONS, Last_Modified="Mon, 31 Aug 2026 05:00:00 GMT")
    d = daemon(roster=roster(web.base + "/a.ics"))
    assert "If-None-Match" not in web.asked()[0]
    d.restart()
    wait_for("a second request", lambda: len(web.asked()) == 2)
    assert web.asked()[1]["If-None-Match"] == '"one"'
    assert web.asked()[1]["If-Modified-Since"] == "Mon, 31 Aug 2026 05:00:00 GMT"
    assert (source(d)["state"], source(d)["events"]) == ("fresh", 1)


def test_304_costs_nothing(daemon, web):
    web.pages["/a.ics"] = etagged(LESSONS)
    d = daemon(roster=roster(web.base + "/a.ics"))
    before, row = publication(d), tuple(stored(d))
    d.ctl("clock", "advance", "5m")
    at = publication(d)
    d.ctl("source", "refresh", "anna-1")
    assert len(web.asked()) == 2 and publication(d) == at and tuple(stored(d)) == row, before
    assert source(d)["fetched_at"] > "2026-08-31T05:34"  # it is known to be true by now


def test_a_server_without_conditions_causes_no_publication(daemon, web):
    count = []

    def page(request):  # names every answer anew
        count.append(1)
        request.answer(200, LESSONS.encode(), ETag=f'"{len(count)}"')
    web.pages["/a.ics"] = page
    d = daemon(roster=roster(web.base + "/a.ics"))
    before, row = publication(d), tuple(stored(d))
    for n in (2, 3):
        d.ctl("source", "refresh", "anna-1")
        assert web.asked()[-1]["If-None-Match"] == f'"{n - 1}"'  # remembered, not stored
    assert (publication(d), tuple(stored(d))) == (before, row)


def test_new_bytes_are_taken(daemon, web):
    web.pages["/a.ics"] = etagged(LESSONS)
    d = daemon(roster=roster(web.base + "/a.ics"))
    web.pages["/a.ics"] = etagged(MORE, '"two"')
    d.ctl("source", "refresh", "anna-1")
    assert source(d)["events"] == 2 and stored(d)["etag"] == '"two"'


def test_a_changed_policy_needs_the_bytes_again(daemon, web):
    web.pages["/a.ics"] = etagged(LESSONS)
    d = daemon(roster=roster(web.base + "/a.ics"))
    d.edit_roster("allow_private=yes", "allow_private=yes transparent=busy")
    d.ctl("reload")
    d.ctl("wait")
    assert len(web.asked()) == 2 and "If-None-Match" not in web.asked()[1]


def test_a_new_address_is_fetched_at_once(daemon, web):
    web.pages["/a.ics"], web.pages["/b.ics"] = LESSONS, MORE
    d = daemon(roster=roster(web.base + "/a.ics"))
    d.edit_roster("/a.ics", "/b.ics")
    d.ctl("reload")
    d.ctl("wait")
    assert source(d)["events"] == 2


def test_a_reload_while_a_fetch_runs_wins(daemon, web):
    def slow(request):
        web.hold()
        request.answer(200, LESSONS.encode())
    web.pages["/a.ics"], web.pages["/b.ics"] = slow, MORE
    d = daemon(roster=roster(web.base + "/a.ics"), start=False)
    d.start(wait=False)
    wait_for("the fetch", lambda: web.asked("/a.ics"))
    d.edit_roster("/a.ics", "/b.ics")
    d.ctl("reload")
    web.released.set()
    d.ctl("wait")
    assert source(d)["events"] == 2 and web.asked("/b.ics")


def test_gzip_is_asked_for_and_read(daemon, web):
    def page(request):
        assert "gzip" in request.headers["Accept-Encoding"]
        request.answer(200, gzip.compress(LESSONS.encode()), Content_Encoding="gzip")
    web.pages["/a.ics"] = page
    d = daemon(roster=roster(web.base + "/a.ics"))
    assert source(d)["events"] == 1


def test_user_agents_differ_by_source(daemon, web):
    web.pages["/a.ics"] = web.pages["/c.ics"] = web.pages["/d.ics"] = LESSONS
    daemon(roster=roster(web.base + "/a.ics",
                         cas=f"{web.base}/c.ics allow_private=yes kind=m365",
                         dirk=f'{web.base}/d.ics allow_private=yes "user_agent=De Dienst/2"'))
    assert web.asked("/a.ics")[0]["User-Agent"] == "tandemd"
    assert web.asked("/c.ics")[0]["User-Agent"].startswith("Mozilla/")
    assert web.asked("/d.ics")[0]["User-Agent"] == "De Dienst/2"


def test_no_proxy_of_the_environment(daemon, web, monkeypatch):
    proxy = Web()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.base)
    web.pages["/a.ics"] = LESSONS
    d = daemon(roster=roster(web.base + "/a.ics"))
    assert source(d)["events"] == 1 and proxy.log == []
    proxy.close()


# ---- real servers ----

@pytest.fixture
def nginx(tmp_path):
    port = free_port()
    (tmp_path / "www").mkdir()
    (tmp_path / "nginx.conf").write_text(f"""
        daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error;
        events {{ worker_connections 64; }}
        http {{
            log_format asked '$uri $status "$http_if_none_match" $sent_http_content_encoding';
            access_log {tmp_path}/access asked;
            types {{ text/calendar ics; }}
            gzip on; gzip_types text/calendar; gzip_min_length 1;
            client_body_temp_path {tmp_path}; proxy_temp_path {tmp_path};
            fastcgi_temp_path {tmp_path}; uwsgi_temp_path {tmp_path}; scgi_temp_path {tmp_path};
            server {{ listen 127.0.0.1:{port}; root {tmp_path}/www; }}
        }}""")
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error"],
                               stderr=subprocess.DEVNULL)
    yield tmp_path, f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def test_nginx_gzips_and_says_304(daemon, nginx):
    folder, base = nginx
    (folder / "www" / "a.ics").write_text(LESSONS)
    wait_for("nginx", lambda: (folder / "pid").exists())
    d = daemon(roster=roster(base + "/a.ics"))
    d.ctl("source", "refresh", "anna-1")
    d.restart()
    access = (folder / "access").read_text().splitlines()
    assert access[0] == '/a.ics 200 "-" gzip'
    assert [line.split()[1] for line in access[1:]] == ["304", "304"]
    assert all('W/' in line for line in access[1:])
    (folder / "www" / "a.ics").write_text(MORE)
    os.utime(folder / "www" / "a.ics", (1, 1))
    d.ctl("source", "refresh", "anna-1")
    assert source(d)["events"] == 2


@pytest.fixture
def radicale(tmp_path):
    port = free_port()
    (tmp_path / "users").write_text("anna:geheim\n")
    (tmp_path / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\ndelay = 0\n"
        f"htpasswd_filename = {tmp_path}/users\nhtpasswd_encryption = plain\n"
        f"[storage]\nfilesystem_folder = {tmp_path}/store\n[logging]\nlevel = debug\n")
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(["/usr/bin/python3", "-m", "radicale", "--config",
                                    tmp_path / "config"], stdout=log, stderr=log)
    yield tmp_path, port
    process.terminate()
    process.wait()


def put_calendar(port, text):
    import http.client
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request("PUT", "/anna/lessen/", body=text.encode(), headers={
        "Content-Type": "text/calendar", "Authorization": basic("anna", "geheim")})
    answer = c.getresponse()
    assert answer.status in (200, 201, 204), (answer.status, answer.read())
    c.close()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_radicale_ignores_conditions_and_the_hash_notices(daemon, radicale):
    folder, port = radicale

    def up():
        try:
            put_calendar(port, LESSONS)
            return True
        except ConnectionError:
            return False
    wait_for("radicale", up)
    url = f"http://127.0.0.1:{port}/anna/lessen/"
    d = daemon(roster=roster(url, "allow_private=yes auth_file=password"), start=False)
    (d.root / "password").write_text("anna:geheim\n")
    (d.root / "password").chmod(0o600)
    d.start()
    assert source(d)["events"] == 1
    before, row = publication(d), tuple(stored(d))
    d.ctl("source", "refresh", "anna-1")
    d.restart()
    d.ctl("source", "refresh", "anna-1")
    gets = (folder / "log").read_text().count("GET response status for '/anna/lessen/'")
    assert gets == 4, "one at each start, and one at each refresh"
    assert tuple(stored(d)) == row and source(d)["state"] == "fresh"
    at = publication(d)
    d.ctl("source", "refresh", "anna-1")
    assert publication(d) == at and before
    put_calendar(port, MORE)
    d.ctl("source", "refresh", "anna-1")
    assert source(d)["events"] == 2


# ---- guards ----

def test_loopback_is_refused_unless_allowed(daemon, web):
    web.pages["/a.ics"] = LESSONS
    d = daemon(roster=roster(web.base + "/a.ics", ""))
    assert source(d)["state"] == "never"
    assert "allow_private = yes" in source(d)["error"] and web.log == []
    for host in ("localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "2130706433",
                 "0x7f000001", "169.254.169.254", "10.0.0.1", "192.168.1.1", "[fe80::1]",
                 "[fd00:ec2::254]", "100.100.100.200"):
        done = subprocess.run([BUILD / "tandemctl", "source", "check",
                               f"http://{host}:{web.port}/a.ics"], capture_output=True, text=True)
        assert done.returncode == 77 and "allow_private" in done.stderr, (host, done)
    assert web.log == []
    d.edit_roster("/a.ics", "/a.ics allow_private=yes")
    d.ctl("reload")
    d.ctl("wait")
    assert source(d)["events"] == 1


def test_a_kept_connection_is_no_way_around_the_guard(daemon, web):
    web.pages["/a.ics"] = web.pages["/c.ics"] = LESSONS
    d = daemon(roster=roster(web.base + "/a.ics", cas=f"{web.base}/c.ics"))
    d.ctl("source", "refresh", "anna-1")
    refuses(d, "allow_private = yes", "cas-1")
    assert web.asked("/c.ics") == []


def test_redirects(daemon, web):
    web.pages["/a.ics"] = LESSONS
    for n in range(1, 7):
        web.pages[f"/{n}"] = lambda r, n=n: r.redirect(f"/{n - 1}" if n > 1 else "/a.ics",
                                                       (301, 302, 303, 307, 308)[n % 5])
    d = daemon(roster=roster(web.base + "/5"))
    assert source(d)["events"] == 1
    d.edit_roster("/5", "/6")
    d.ctl("reload")
    d.ctl("wait")
    assert "more than 5 redirects" in source(d)["error"]
    assert source(d)["events"] == 1
    web.pages["/6"] = lambda r: r.redirect("/6")
    refuses(d, "more than 5 redirects ([import] fetch_redirects)")
    for to, sentence in (("file:///etc/passwd", "something else than http"),
                         ("gopher://127.0.0.1/", "something else than http"),
                         ("http://", "nowhere")):
        web.pages["/6"] = lambda r, to=to: r.redirect(to)
        refuses(d, sentence)
    web.pages["/6"] = lambda r: r.answer(302, b"no Location")
    refuses(d, "redirects (302) to nowhere")


def test_https_never_becomes_http(daemon, web, tmp_path):
    safe = Web(certificate=make_certificate(tmp_path))
    web.pages["/a.ics"] = MORE
    safe.pages["/a.ics"] = LESSONS
    safe.pages["/down"] = lambda r: r.redirect(web.base + "/a.ics")
    web.pages["/up"] = lambda r: r.redirect(safe.base + "/a.ics")
    ca = f"allow_private=yes ca_file={tmp_path}/cert.pem"
    d = daemon(roster=roster(safe.base + "/a.ics", ca, cas=f"{safe.base}/down {ca}",
                             dirk=f"{web.base}/up {ca}",
                             eva=f"{safe.base}/a.ics allow_private=yes",
                             fem=f"webcals://127.0.0.1:{safe.port}/a.ics {ca}"))
    assert source(d)["events"] == 1
    assert "from https to http" in source(d, "cas-1")["error"] and web.asked("/a.ics") == []
    assert source(d, "dirk-1")["events"] == 1
    assert "certificate is not accepted" in source(d, "eva-1")["error"]
    assert source(d, "fem-1")["events"] == 1
    safe.close()


def test_passwords_go_home_only(daemon, web):
    other = Web()
    def guarded(request):
        if request.headers.get("Authorization") != basic("anna", "ge:heim"):
            request.answer(401, b"", WWW_Authenticate='Basic realm="x"')
        else:
            request.answer(200, LESSONS.encode())
    web.pages["/a.ics"] = guarded
    web.pages["/here"] = lambda r: r.redirect("/a.ics")
    web.pages["/away"] = lambda r: r.redirect(f"{other.base}/a.ics")
    web.pages["/name"] = lambda r: r.redirect(f"http://localhost:{web.port}/b.ics")
    other.pages["/a.ics"] = web.pages["/b.ics"] = LESSONS
    keys = "allow_private=yes auth_file=password"
    d = daemon(roster=roster(web.base + "/a.ics", keys, cas=f"{web.base}/here {keys}",
                             dirk=f"{web.base}/away {keys}", eva=f"{web.base}/name {keys}",
                             fem=f"http://anna:ge%3Aheim@127.0.0.1:{web.port}/a.ics "
                                 "allow_private=yes"), start=False)
    (d.root / "password").write_text("anna:ge:heim\n")
    (d.root / "password").chmod(0o600)
    d.start()
    for id_ in ("anna-1", "cas-1", "dirk-1", "eva-1", "fem-1"):
        assert source(d, id_)["events"] == 1, id_
    assert "Authorization" in web.asked("/away")[0]
    assert "Authorization" not in other.asked()[0]
    assert "Authorization" not in web.asked("/b.ics")[0]
    (d.root / "password").write_text("anna:fout\n")
    refuses(d, "(401)")
    (d.root / "password").write_text("anna\n")
    refuses(d, "does not hold a line user:password")
    (d.root / "password").chmod(0o640)
    refuses(d, "chmod 600")
    (d.root / "password").unlink()
    refuses(d, "auth_file: ")
    for secret in ("geheim", "ge:heim", "fout", "Zmo"):
        assert secret not in d.log() + d.ctl("source", "list")
    other.close()


def test_links_are_never_told(daemon, web):
    """A timetable's address is often a secret: no log, no list, no error holds it."""
    d = daemon(roster=roster(web.base + "/s3cret/a.ics?token=t0ken"),
               conf="[log]\nlevel = debug\n")
    refuses(d, "(404)")
    web.pages["/s3cret/a.ics"] = lambda r: r.redirect("/s3cret/b.ics")
    refuses(d, "(404)")
    web.pages["/s3cret/a.ics"] = lambda r: r.cut()
    refuses(d, "closed the connection")
    web.pages["/s3cret/a.ics"] = LESSONS
    d.ctl("source", "refresh", "anna-1")
    text = d.log() + d.ctl("source", "list") + d.ctl("source", "list", "--json") + \
        d.ctl("status") + d.ctl("config")
    assert "s3cret" not in text and "t0ken" not in text and str(web.port) not in text


# ---- servers that misbehave ----

def html(request):
    request.answer(200, b"<!DOCTYPE html><title>Inloggen</title>", Content_Type="text/html")


def drip(request):
    request.send_response(200)
    request.end_headers()
    for _ in range(100):
        request.wfile.write(b"x")
        request.wfile.flush()
        time.sleep(0.1)


def endless(request):
    request.send_response(200)
    request.send_header("Connection", "close")
    request.end_headers()
    while True:
        request.wfile.write(b"X-COMMENT:" + b"x" * 60000 + b"\r\n")


def endless_404(request):
    request.send_response(404)
    request.end_headers()
    while True:
        request.wfile.write(b"x" * 60000)


def endless_head(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")


BOMB = gzip.compress(LESSONS.encode() + bytes(200_000_000), 1)


def bomb(request):
    request.answer(200, BOMB, Content_Encoding="gzip")


def declared(request):
    request.send_response(200)
    request.send_header("Content-Length", str(10 ** 12))
    request.end_headers()


def cut_length(request):
    request.send_response(200)
    request.send_header("Content-Length", str(len(LESSONS)))
    request.end_headers()
    request.wfile.write(LESSONS[:200].encode())
    request.cut()


def cut_chunked(request):
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"80\r\n" + LESSONS[:128].encode() + b"\r\n")
    request.cut()


def cut_silently(request):  # without any length: only the calendar itself can tell
    request.send_response(200)
    request.send_header("Connection", "close")
    request.end_headers()
    request.wfile.write(LESSONS[:-40].encode())
    request.close_connection = True


def bad_gzip(request):
    request.answer(200, b"\x1f\x8b\x08\x00 this is no gzip at all", Content_Encoding="gzip")


def not_http(request):
    request.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)
    request.cut()


MISBEHAVIOUR = {
    "html": (html, "not a calendar"),
    "empty": (lambda r: r.answer(200, b""), "the server's answer is empty"),
    "nothing": (lambda r: r.answer(204, b"", Content_Length=None), "status 204"),
    "304_unasked": (lambda r: r.answer(304, b"", Content_Length=None), "status 304"),
    "slow_head": (lambda r: time.sleep(2), "not finished within 1 s ([import] fetch_timeout)"),
    "drip": (drip, "not finished within 1 s"),
    "endless": (endless, "larger than the limit of a body, 1048576 bytes ([import] body)"),
    "endless_404": (endless_404, "(404)"),
    "endless_head": (endless_head, "headers"),
    "bomb": (bomb, "larger than the limit of a body"),
    "declared": (declared, "larger than the limit of a body"),
    "cut_length": (cut_length, "cut off"),
    "cut_chunked": (cut_chunked, "cut off"),
    "cut_silently": (cut_silently, ""),
    "bad_gzip": (bad_gzip, "compression is damaged"),
    "not_http": (not_http, "not HTTP"),
    "hang_up": (lambda r: r.cut(), "closed the connection without an answer"),
    "400": (lambda r: r.answer(400, b"no"), "status 400"),
    "401": (lambda r: r.answer(401, b"no"), "user and password (401)"),
    "403": (lambda r: r.answer(403, b"no"), "refuses this address (403)"),
    "404": (lambda r: r.answer(404, b"no"), "nothing at this address (404)"),
    "410": (lambda r: r.answer(410, b"no"), "for good (410)"),
    "429": (lambda r: r.answer(429, b"no"), "too often (429)"),
    "500": (lambda r: r.answer(500, b"no"), "a fault (500)"),
    "503": (lambda r: r.answer(503, b"no"), "out of service (503)"),
}


def test_misbehaviour_costs_one_fetch_and_a_sentence(daemon, web):
    web.pages["/a.ics"] = LESSONS
    d = daemon(roster=roster(web.base + "/a.ics"),
               conf="[import]\nfetch_timeout = 1s\nfetch_connect = 1s\nbody = 1 MiB\n")
    feed = d.feed("anna")
    for name, (page, sentence) in MISBEHAVIOUR.items():
        web.pages["/a.ics"] = page
        before = time.monotonic()
        try:
            refuses(d, sentence)
        except AssertionError as e:
            raise AssertionError(f"{name}: {e}") from e
        assert time.monotonic() - before < 3 * SLOW, name
        assert d.feed("anna") == feed, name
    assert stored(d)["failures"] == len(MISBEHAVIOUR)
    web.pages["/a.ics"] = LESSONS
    d.ctl("source", "refresh", "anna-1")
    assert source(d)["state"] == "fresh" and stored(d)["failures"] == 0
    assert d.feed("anna") == feed


def test_nobody_listens_and_nobody_answers(daemon):
    d = daemon(roster=roster(f"http://127.0.0.1:{free_port()}/a.ics"), conf=QUICK)
    assert "does not take the connection" in source(d)["error"]


def test_the_daemon_answers_while_servers_hang(daemon, web):
    web.pages["/a.ics"] = lambda r: web.hold()
    d = daemon(roster=roster(web.base + "/a.ics"), start=False)
    d.start(wait=False)
    wait_for("the fetch", lambda: web.asked())
    worst = 0
    for _ in range(50):
        before = time.monotonic()
        assert d.get("/healthz").status == 200
        worst = max(worst, time.monotonic() - before)
    assert worst < 0.5 * SLOW
    before = time.monotonic()
    d.stop()  # in the middle of it; the harness looks at handles and leaks
    assert time.monotonic() - before < 3 * SLOW


def test_most_lessons_gone_is_held_back(daemon, web):
    def lessons(n):
        return timetable(*(event(f"u{i}", dt.datetime(2026, 9, 7, 9) + dt.timedelta(days=i),
                                 dt.datetime(2026, 9, 7, 11) + dt.timedelta(days=i))
                           for i in range(n)))
    web.pages["/a.ics"] = etagged(lessons(40), '"forty"')
    d = daemon(roster=roster(web.base + "/a.ics"))
    web.pages["/a.ics"] = etagged(lessons(4), '"four"')
    d.ctl("source", "refresh", "anna-1")
    assert (source(d)["state"], source(d)["events"]) == ("quarantined", 40)
    assert stored(d)["failures"] == 0 and stored(d)["etag"] == '"forty"'
    # the same again is still held; the old one again clears it, by a mere 304
    d.ctl("source", "refresh", "anna-1")
    assert source(d)["state"] == "quarantined"
    web.pages["/a.ics"] = etagged(lessons(40), '"forty"')
    d.ctl("source", "refresh", "anna-1")
    assert source(d)["state"] == "fresh"
    # taken by hand: what the server calls these bytes is not known, so they are asked for anew
    web.pages["/a.ics"] = etagged(lessons(4), '"four"')
    d.ctl("source", "refresh", "anna-1")
    d.ctl("source", "accept", "anna-1")
    assert (source(d)["state"], source(d)["events"]) == ("fresh", 4)
    assert stored(d)["etag"] == ""
    web.pages["/a.ics"] = etagged(lessons(40), '"forty"')
    d.ctl("source", "refresh", "anna-1")
    assert "If-None-Match" not in web.asked()[-1] and source(d)["events"] == 40


# ---- when, and how many at a time ----

def test_failures_in_a_row_wait_longer_each_time(daemon, web):
    web.pages["/a.ics"] = lambda r: r.answer(500, b"")
    d = daemon(roster=roster(web.base + "/a.ics", "allow_private=yes refresh=30m"))
    expected = [30, 60, 120, 240, 360, 360]  # minutes; 6 h is the most
    for n, most in enumerate(expected, 1):
        wait_for(f"request {n}", lambda n=n: len(web.asked()) == n)
        d.ctl("wait")
        row = stored(d)
        now = int(d.now().timestamp())
        assert row["failures"] == n
        wait = row["not_before"] - now
        assert 0.9 * most * 60 - 1 <= wait <= most * 60, (n, wait)
        d.advance(f"{(wait - 60) // 60}m")
        time.sleep(1.5)  # a tick a second
        assert len(web.asked()) == n, "asked before its time"
        if n < len(expected):
            d.advance("3m")
    # a restart knows of it, the hand of an admin does not mind it
    d.restart()
    time.sleep(1.5)
    assert len(web.asked()) == len(expected)
    web.pages["/a.ics"] = LESSONS
    d.ctl("source", "refresh", "anna-1")
    assert (stored(d)["failures"], stored(d)["not_before"]) == (0, 0)
    assert len(web.asked()) == len(expected) + 1


def test_a_server_may_ask_for_more_patience(daemon, web):
    web.pages["/a.ics"] = lambda r: r.answer(503, b"", Retry_After="7200")
    d = daemon(roster=roster(web.base + "/a.ics", "allow_private=yes refresh=30m"))
    wait = stored(d)["not_before"] - int(d.now().timestamp())
    assert 6480 <= wait <= 7200


def test_due_a_little_before_its_interval(daemon, web):
    web.pages["/a.ics"] = LESSONS
    d = daemon(roster=roster(web.base + "/a.ics", "allow_private=yes refresh=1h"))
    d.advance("53m")
    time.sleep(1.5)
    assert len(web.asked()) == 1
    d.advance("7m")
    wait_for("the refresh", lambda: len(web.asked()) == 2)


def test_two_at_a_time_from_one_host(daemon, web):
    def page(request):
        time.sleep(0.1)
        request.answer(200, LESSONS.encode())
    for i in range(8):
        web.pages[f"/{i}"] = page
    d = daemon(roster=roster(web.base + "/0", **{
        f"p{i}": f"{web.base}/{i} allow_private=yes" for i in range(1, 8)}))
    assert web.most_active == 2
    assert all(source(d, f"p{i}-1")["events"] == 1 for i in range(1, 8))
    web.most_active = 0
    d.conf.write_text(d.conf.read_text() + "[import]\nfetch_per_host = 4\n")
    d.ctl("reload")
    d.advance("1d")  # every source once a simulated day
    assert web.most_active == 4


# ---- before anything is configured ----

def test_source_check_fetches_with_the_same_guards(web):
    def check(*words):
        return subprocess.run([BUILD / "tandemctl", "source", "check", *words],
                              capture_output=True, text=True)
    web.pages["/a.ics"] = LESSONS
    web.pages["/h"] = html
    url = web.base + "/a.ics?token=t0ken"
    done = check(url)
    assert done.returncode == 77 and web.log == [] and "t0ken" not in done.stderr
    done = check(url, "--set", "allow_private=yes", "--from", "2026-08-31", "--to", "2026-09-07")
    assert done.returncode == 0 and done.stdout.startswith("events: 1\noccurrences: 3\n")
    done = check(url, "--set", "allow_private=yes", "--from", "2026-08-31", "--to", "2026-09-02",
                 "--busy")
    assert done.stdout == ("2026-08-31T07:00:00Z 2026-08-31T10:00:00Z busy\n"
                           "2026-09-01T07:00:00Z 2026-09-01T10:00:00Z busy\n")
    for path, status in (("/none", 66), ("/h", 65)):
        done = check(web.base + path, "--set", "allow_private=yes")
        assert done.returncode == status and done.stdout == "", done
