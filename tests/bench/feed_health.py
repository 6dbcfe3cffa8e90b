#!/usr/bin/python3
"""What 100,000 calendars still show: every link fetches its feed, then a session of everybody moves;
how long `status`, /metrics, a member's page, `feeds OWNER` and `feeds` take, before and after, and
what other GETs wait meanwhile.

    feed_health.py [--links N]"""
import argparse
import http.client
import re
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "daemon"))
from harness import Daemon, pairs_roster  # noqa: E402
from links import DUOS, insert, resident, start  # noqa: E402

ROUNDS = 5


def fetch_all(d, paths):
    """A GET of every link over one connection, one behind the other."""
    connection = http.client.HTTPConnection("127.0.0.1", d.port, timeout=60)
    began = time.monotonic()
    for path in paths:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()
    return time.monotonic() - began


def timed(what, do):
    times = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        do()
        times.append((time.monotonic() - began) * 1000)
    print(f"  {what}: {statistics.median(times):.0f} ms", flush=True)


def others(d, path, do):
    """The slowest of many GETs of one small feed while @do is at work."""
    waits, over = [], threading.Event()

    def ask():
        while not over.is_set():
            began = time.monotonic()
            d.get(path)
            waits.append((time.monotonic() - began) * 1000)
    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(ROUNDS):
        do()
    over.set()
    thread.join()
    waits.sort()
    print(f"  a feed meanwhile: median {waits[len(waits) // 2]:.1f} ms, 99th of {len(waits)} "
          f"{waits[len(waits) * 99 // 100]:.1f} ms, slowest {waits[-1]:.1f} ms", flush=True)


def ask_all(d):
    me = d.link("me", "p1")
    timed("status", lambda: d.ctl("status"))
    timed("/metrics", lambda: d.get("/metrics"))
    timed("a member's page", lambda: d.get(me))
    timed("feeds p1", lambda: d.ctl("feeds", "p1"))
    timed("feeds, all", lambda: d.ctl("feeds", timeout=600))
    others(d, d.link("feed", "p2"), lambda: d.ctl("status"))
    print("  " + " ".join(re.findall(r'tandemd_feed_links(\S+ \d+)', d.get("/metrics").text)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--links", type=int, default=100_000)
    n = parser.parse_args().links
    d = Daemon(pairs_roster(DUOS, session="1h..1h", preferred="1h", budget="25h"), {},
               conf="[feeds]\nmemory = 64 MiB\n")
    failed = True
    try:
        d.start()
        d.stop()
        insert(d, n)
        ready = start(d)
        paths = ["/" + link["url"].split("/", 3)[3] for link in d.links()
                 if link["kind"] in ("feed", "busy")]
        print(f"{len(paths)} links of {2 * DUOS} persons; ready after {ready * 1000:.0f} ms")
        took = fetch_all(d, paths)
        print(f"all fetched in {took:.1f} s; {resident(d) / 2**20:.0f} MiB")
        print("all fresh:")
        ask_all(d)
        for i in range(1, DUOS + 1):
            s = next(s for s in d.sessions(f"d{i}", states=("booked",), kind="work"))
            d.ctl("session", "cancel", s["id"])
        d.ctl("wait")
        print("all behind:")
        ask_all(d)
        print(f"ready again after {start_again(d) * 1000:.0f} ms, none known to be current:")
        ask_all(d)
        failed = False
    finally:
        d.close(failed)


def start_again(d):
    d.stop()
    return start(d)


if __name__ == "__main__":
    main()
