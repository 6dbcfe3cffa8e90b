"""Requests that two programs could read in two ways: one answer each and the connection is closed,
and behind a proxy nobody ever gets an answer that is another's."""
import re
import shutil
import ssl
import subprocess
import threading

import pytest
from harness import EASY_ROSTER, EASY_TIMETABLES, REPO, SLOW, Daemon, free_port, wait_for
from malformed import NAMES, requests
from wire import Closed, Wire, get


@pytest.fixture(scope="module")
def shared_daemon():
    d = Daemon(roster=EASY_ROSTER, timetables=EASY_TIMETABLES,
               conf="[log]\nlevel = debug\n[server]\ntrusted_proxy = 127.0.0.1").start()
    yield d
    d.close()


@pytest.fixture
def d(shared_daemon):
    return shared_daemon


def counted(d):
    """Requests that were handled, the one that asks included, and those that were refused."""
    text = get(d.port, "/metrics").body.decode()
    return tuple(int(re.search(rf"^tandemd_http_{n}_total (\d+)$", text, re.M)[1])
                 for n in ("requests", "refused"))


def hidden(d):
    """A request that opens a feed which nobody else asks for here, and how the log would tell."""
    link = d.links("busy", "bram")[0]
    path = d.link("busy", "bram")
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), f"feed link={link['id']} "


def answers(w):
    """All that come until the other side closes."""
    got = []
    while True:
        try:
            got.append(w.hear())
        except Closed:
            return got


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cut", [None, 1, 17])
def test_one_answer_and_no_more(d, name, cut):
    smuggled, trace = hidden(d)
    data, why = requests(smuggled)[name]
    before = counted(d)
    with Wire(d.port) as w:
        assert w.get("/robots.txt").body.startswith(b"User-agent")
        behind = data + smuggled  # a whole request, too: its connection is gone by then
        step = cut or len(behind)
        for at in range(0, len(behind), step):
            try:
                w.say(behind[at:at + step])
            except OSError:
                break
        got = answers(w)
    assert [(a.status, a.body.decode()) for a in got] == [(400, f"400: {why}\n")]
    assert got[0].fields["connection"] == "close"
    after = counted(d)
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
    assert trace not in d.log()


# ---- behind a proxy ------------------------------------------------------------------------------

class Proxy:
    """A sample of contrib/ with other ports and paths."""

    def __init__(self, d, folder):
        self.d, self.folder, self.port = d, folder, free_port()
        self.process = None
        key, cert = folder / "key.pem", folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
                        "-days", "2", "-subj", "/CN=duo.example.nl"], check=True, capture_output=True)

    def sample(self, name, *changes):
        text = (REPO / "contrib" / name).read_text()
        for old, new in changes:
            assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
            text = text.replace(old, str(new))
        return text

    def start(self, *words):
        with open(self.folder / "proxy.out", "ab") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            cwd=self.folder,
                                            env={"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin"})
        wait_for("the proxy", self.answers)
        return self

    def answers(self):
        assert self.process.poll() is None, self.logs()
        try:
            with self.wire() as w:
                return w.get("/healthz").status == 200
        except OSError:
            return False

    def wire(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        w = Wire(self.port)
        w.lax = True
        w.s = context.wrap_socket(w.s, server_hostname="duo.example.nl")
        return w

    def logs(self):
        return "".join(p.read_text(errors="replace") for p in self.folder.iterdir()
                       if p.is_file() and p.suffix in (".log", ".out"))

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20 * SLOW)


def nginx(d, folder):
    p = Proxy(d, folder)
    p.sample_text = p.sample(
        "nginx.conf", ("server 127.0.0.1:8340;", f"server 127.0.0.1:{d.port};"),
        # one connection to tandemd for everybody: who is out of step is so for all
        ("keepalive 32;", "keepalive 1;"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{p.port} ssl http2;"),
        ("/etc/letsencrypt/live/duo.example.nl/fullchain.pem", folder / "cert.pem"),
        ("/etc/letsencrypt/live/duo.example.nl/privkey.pem", folder / "key.pem"),
        ("/var/log/nginx/tandemd.log", folder / "access.log"),
        ("/var/log/nginx/tandemd.error.log", folder / "error.log"))
    (folder / "tandemd.conf").write_text(p.sample_text)
    temp = "\n".join(f"{n}_temp_path {folder}/tmp;" for n in
                     ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/main.log crit;
events {{ }}
http {{ access_log off; {temp}
include {folder}/tandemd.conf; }}
""")
    return p.start("/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"))


def caddy(d, folder):
    if not shutil.which("caddy"):
        pytest.skip("caddy is not installed (make check-clients does it)")
    p = Proxy(d, folder)
    (folder / "Caddyfile").write_text(p.sample(
        "Caddyfile", ("\n{\n", "\n{\n\tadmin off\n\tauto_https off\n"),
        ("\nduo.example.nl {\n", f"\nhttps://duo.example.nl:{p.port} {{\n\tbind 127.0.0.1\n"
         f"\ttls {folder}/cert.pem {folder}/key.pem\n"),
        ("reverse_proxy 127.0.0.1:8340", f"reverse_proxy 127.0.0.1:{d.port}")))
    return p.start("caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile")


@pytest.fixture(params=[nginx, caddy], scope="module")
def proxy(request, shared_daemon, tmp_path_factory):
    p = request.param(shared_daemon, tmp_path_factory.mktemp(request.param.__name__))
    yield p
    p.stop()


HOST = "Host: duo.example.nl"


def ask(w, path, *fields):
    w.say("\r\n".join([f"GET {path} HTTP/1.1", HOST, *fields]) + "\r\n\r\n")
    return w.hear()


def through(d, proxy):
    """What asks for a feed by the proxy again and again, and faults that it found."""
    bodies = {d.link("feed", o): d.feed(o) for o in ("anna", "bram", "anna-bram")}
    ends, faults, n = threading.Event(), [], [0]

    def run():
        try:
            while not ends.is_set():
                with proxy.wire() as w:
                    for _ in range(20):
                        for path, body in bodies.items():
                            answer = ask(w, path)
                            n[0] += 1
                            if (answer.status, answer.body) != (200, body):
                                faults.append(answer)
        except Exception as e:  # noqa: BLE001 -- of a thread: shown by the test
            faults.append(e)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, ends, faults, n


def test_behind_a_proxy_each_request_has_its_own_answer(d, proxy):
    smuggled = hidden(d)[0].replace(b"Host: x", HOST.encode())
    mine = d.link("feed", "programme")
    body = d.feed("programme")
    thread, ends, faults, n = through(d, proxy)
    seen = {}
    for _ in range(3):
        for name in NAMES:
            data, _ = requests(smuggled)[name]
            data = data.replace(b"Host: x", HOST.encode())
            with proxy.wire() as w:
                first = ask(w, mine)
                assert first.status == 200 and first.body == body
                w.say(data)
                # a marked request behind it: its answer is the last, and the only one like it
                w.say(f"GET {mine} HTTP/1.1\r\n{HOST}\r\nConnection: close\r\n\r\n")
                got = []
                try:
                    while True:
                        got.append(w.hear())
                except (Closed, OSError):
                    pass
            assert got, f"no answer to {name}"
            statuses = [a.status for a in got]
            seen[name] = statuses
            marked = [a for a in got if a.body == body]
            assert len(marked) <= 1 and all(a is got[-1] for a in marked), (name, statuses)
            # what is left besides: one answer to the request itself, and one to what the proxy took
            # for a request of its own behind it
            assert len(got) - len(marked) <= 2, (name, statuses)
            if len(got) - len(marked) == 2:
                assert smuggled in data or b"abcd" in data, (name, statuses)
    ends.set()
    thread.join()
    print(f"{n[0]} requests beside; answers to {seen}")
    assert not faults, faults[:3]
    assert n[0] > 20


def test_a_proxy_passes_on_what_feeds_need(d, proxy):
    path = d.link("feed", "anna")
    direct = get(d.port, path)
    with proxy.wire() as w:
        answer = ask(w, path)
        assert answer.status == 200 and answer.body == direct.body
        for name in ("etag", "last-modified", "cache-control", "content-type", "vary"):
            assert answer.fields[name] == direct.fields[name], name
        same = ask(w, path, f"If-None-Match: {answer.fields['etag']}")
        assert same.status == 304 and same.fields["etag"] == direct.fields["etag"]
        small = ask(w, path, "Accept-Encoding: gzip", "User-Agent: curl/7")
        assert small.fields["content-encoding"] == "gzip"
        assert small.fields["etag"] == direct.fields["etag"][:-1] + '-gz"'


def test_behind_a_proxy_who_guesses_is_known_by_its_word_alone(d, proxy):
    """X-Forwarded-For of the client's own making does not reach the daemon as his address."""
    with proxy.wire() as w:
        got = [ask(w, f"/feeds/{i:024d}.ics", f"X-Forwarded-For: 203.0.113.{i}").status
               for i in range(80)]
    assert got[-1] == 429 and set(got) == {404, 429}
    with proxy.wire() as w:
        assert ask(w, d.link("feed", "anna")).status == 200


def test_no_link_stands_in_a_proxys_log(d, proxy):
    tokens = {link["url"].split("/")[-1].split(".")[0] for link in d.links()}
    with proxy.wire() as w:
        for link in d.links():
            path = "/" + link["url"].split("/", 3)[3]
            assert ask(w, path, f"Referer: https://duo.example.nl{path}").status == 200
    path = d.link("feed", "anna")
    for ending in (" HTTP/1.1\r\nBad Field\r\n\r\n", " HTTP/1.1\r\n\r\n", " HTTP/9.9\r\n\r\n"):
        with proxy.wire() as w:
            w.say(f"GET {path}{ending}")
            try:
                w.ended()
            except OSError:
                pass
    # tandemd gone: a proxy says 502, and it may not tell in its log of what
    d.stop()
    try:
        with proxy.wire() as w:
            assert ask(w, path).status == 502
    finally:
        d.start()
    log = proxy.logs()
    assert not [t for t in tokens if t in log], log[-3000:]
    if (proxy.folder / "access.log").exists():
        for line in (" GET /feeds/... 200 ", " GET /me/... 200 ", " GET /feeds/... 502 "):
            assert line in log
