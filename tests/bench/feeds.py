#!/usr/bin/python3
"""The real daemon's feed beside nginx (one worker, the same bytes from disk) and Radicale (the same
events as a collection), in one run on one machine.

    feeds.py [--rounds N] [--seconds S]

wrk asks each in turn, round after round, so that whoever else works on the machine is in the way of
all of them; medians count. Beside requests a second stands the processor time of one request: that
of nginx's worker, and of the daemon's loop thread.

First wrk and who answers share one core: what is counted then is all that a request takes, on both
sides. With a core each it is wrk that is at its limit: who answers sooner goes to sleep sooner, and to
wake it is work of wrk's; that line stands below, without a goal."""
import argparse
import contextlib
import importlib.util
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "daemon"))
from harness import REPO, Daemon, free_port, wait_for  # noqa: E402

NGINX = """daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; etag on;
  keepalive_requests 100000000; open_file_cache max=16;
  default_type "text/calendar; charset=utf-8";
  client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
  uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  server {{ listen 127.0.0.1:{port}; root {root}/www; }}
}}
"""
RADICALE = """[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[storage]
filesystem_folder = {root}/store
[logging]
level = error
"""


def fetch(url, method="GET", body=None, headers=None):
    request = urllib.request.Request(url, body, headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers, answer.read()


def until_up(url):
    def up():
        try:
            return fetch(url)[0]
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
    return wait_for(url, up)


CORES = sorted(os.sched_getaffinity(0))


class Peer:
    """A program that serves one address: the thread `pid`, or the whole process (`threads`)."""

    def __init__(self, name, url, pid, connections=32, threads=False):
        self.name, self.url, self.pid, self.connections = name, url, pid, connections
        self.threads = threads
        os.sched_setaffinity(int(pid), {CORES[-1]})
        self.etag = fetch(url)[0]["ETag"]
        self.rates, self.costs = [], []

    def used_ns(self):
        if self.threads:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) * 10**9 // os.sysconf("SC_CLK_TCK")
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0])

    def round(self, seconds, headers=(), core=CORES[0]):
        words = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s"]
        for header in headers:
            words += ["-H", header]
        before = self.used_ns()
        done = subprocess.run([*words, self.url], capture_output=True, text=True, check=True)
        used = self.used_ns() - before
        requests = int(re.search(r"(\d+) requests in", done.stdout)[1])
        if "Non-2xx or 3xx" in done.stdout or "Socket errors" in done.stdout or not requests:
            raise SystemExit(f"{self.name} answered wrongly:\n{done.stdout}")
        self.rates.append(float(re.search(r"Requests/sec: *([\d.]+)", done.stdout)[1]))
        self.costs.append(used / requests / 1000)

    def figures(self):
        """Requests a second and microseconds a request; forgets them."""
        rate, cost = statistics.median(self.rates), statistics.median(self.costs)
        self.rates, self.costs = [], []
        return rate, cost


def machine_s():
    """Seconds that all processors together were busy, or kept from us by other machines."""
    user, nice, system, _, _, irq, soft, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def noticing_others(*peers):
    """Says so when the rounds inside had to share the machine."""
    def used_s():
        wrk = resource.getrusage(resource.RUSAGE_CHILDREN)
        return sum(peer.used_ns() for peer in peers) / 1e9 + wrk.ru_utime + wrk.ru_stime

    began, before = time.monotonic(), machine_s() - used_s()
    yield
    others = (machine_s() - used_s() - before) / (time.monotonic() - began)
    if others > 0.1:
        print(f"  other programs had {others:.1f} of {len(CORES)} processors meanwhile: of the two "
              f"ratios, that of processor time says more", flush=True)


def versus(ours, theirs, args, what, headers=lambda peer: (), core=CORES[-1]):
    """Interleaved rounds, wrk on @core; one to warm up, which does not count."""
    for peer in (ours, theirs):
        peer.round(1, headers(peer), core)
        peer.figures()
    for _ in range(args.rounds):
        for peer in (ours, theirs):
            peer.round(args.seconds, headers(peer), core)
    ratios = sorted(a / b for a, b in zip(ours.rates, theirs.rates))
    (our_rate, our_cost), (their_rate, their_cost) = ours.figures(), theirs.figures()
    ratio = statistics.median(ratios)
    print(f"{what:<26} tandemd {our_rate:8,.0f}/s {our_cost:6.2f} us   {theirs.name} "
          f"{their_rate:8,.0f}/s {their_cost:6.2f} us   ratio {ratio:.2f} "
          f"({ratios[0]:.2f} to {ratios[-1]:.2f}), of processor time {their_cost / our_cost:.2f}   "
          f"{'' if core != CORES[-1] else 'goal 1: reached' if ratio >= 1 else 'goal 1: missed'}",
          flush=True)


# ---- who is asked -------------------------------------------------------------------------------


def start_daemon():
    d = Daemon()
    for name in ("roster.ini", "holidays.ics"):
        shutil.copy(REPO / "conf" / "demo" / name, d.root)
    shutil.copytree(REPO / "conf" / "demo" / "timetables", d.root / "timetables")
    return d.start()


@contextlib.contextmanager
def running(*words):
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def nginx_serving(root, body):
    port = free_port()
    (root / "www").mkdir(parents=True)
    (root / "www" / "page").write_bytes(body)
    (root / "conf").write_text(NGINX.format(root=root, port=port))
    root.parent.chmod(0o755)  # its worker is nobody
    with running("nginx", "-p", root, "-c", root / "conf") as process:
        url = f"http://127.0.0.1:{port}/page"
        until_up(url)
        worker = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        yield Peer("nginx", url, worker)


@contextlib.contextmanager
def radicale_serving(root, body):
    port = free_port()
    root.mkdir()
    (root / "conf").write_text(RADICALE.format(root=root, port=port))
    with running("/usr/bin/python3", "-m", "radicale", "--config", root / "conf") as process:
        until_up(f"http://127.0.0.1:{port}/")
        url = f"http://127.0.0.1:{port}/anna/sessions/"
        fetch(url, "PUT", body, {"Content-Type": "text/calendar; charset=utf-8",
                                 "Authorization": "Basic YW5uYTph"})  # anna:a gets a folder
        got = fetch(url)[1]
        assert got.count(b"BEGIN:VEVENT") == body.count(b"BEGIN:VEVENT"), got[:2000]
        yield Peer("Radicale", url, process.pid, connections=4, threads=True)


# ---- the run ------------------------------------------------------------------------------------


def beside_nginx(ours, root, body, args):
    if not shutil.which("nginx"):
        print("feeds beside nginx: skipped, nginx is not here")
        return
    with nginx_serving(root / "nginx", body) as nginx:
        with noticing_others(ours, nginx):
            def unchanged(peer):
                return [f"If-None-Match: {peer.etag}"]
            versus(ours, nginx, args, f"feed 200, {len(body):,} bytes")
            versus(ours, nginx, args, "feed 304", unchanged)
            if CORES[0] != CORES[-1]:
                versus(ours, nginx, args, "  200, a core each", core=CORES[0])
                versus(ours, nginx, args, "  304, a core each", unchanged, core=CORES[0])


def beside_radicale(ours, root, body, args):
    if not importlib.util.find_spec("radicale"):
        print("feeds beside Radicale: skipped, Radicale is not here")
        return
    with radicale_serving(root / "radicale", body) as radicale:
        with noticing_others(ours, radicale):
            for peer in 3 * (ours, radicale):
                peer.round(args.seconds)
        (our_rate, our_cost), (their_rate, their_cost) = ours.figures(), radicale.figures()
        ratio = our_rate / their_rate
        print(f"{'collection as one GET':<26} tandemd {our_rate:8,.0f}/s {our_cost:6.2f} us   Radicale "
              f"{their_rate:8,.0f}/s {their_cost:,.0f} us   ratio {ratio:,.0f}, of processor time "
              f"{their_cost / our_cost:,.0f}   goal 100: {'reached' if ratio >= 100 else 'missed'}",
              flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=1)
    args = parser.parse_args()
    if not shutil.which("wrk"):
        print("feeds beside nginx and Radicale: skipped, wrk is not here")
        return
    root = Path(tempfile.mkdtemp(prefix="td", dir="/tmp"))
    d = None
    try:
        d = start_daemon()
        url = f"http://127.0.0.1:{d.port}{d.link('feed', 'marloes')}"
        body = fetch(url)[1]
        ours = Peer("tandemd", url, d.process.pid)
        beside_nginx(ours, root, body, args)
        beside_radicale(ours, root, body, args)
    finally:
        if d:
            d.close()
        shutil.rmtree(root, ignore_errors=True)


main()
