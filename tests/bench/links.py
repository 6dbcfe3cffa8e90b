#!/usr/bin/python3
"""100,000 links in the running daemon: what each costs in memory before and after it was used, that
no feed is made before somebody asks, and how long a start and a new link take.

    links.py [--links N]

The links are put into the store from outside while the daemon is stopped: named, of two kinds, with
options, and with a client that came last. Then every one is used once."""
import argparse
import re
import socket
import sqlite3
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "daemon"))
from harness import Daemon, pairs_roster  # noqa: E402

GOAL = 4096
DUOS = 100
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.{}.0"


def resident(d):
    text = Path(f"/proc/{d.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+)", text)[1]) * 1024


def metric(d, name):
    return int(re.search(rf"^tandemd_{name} (\d+)", d.get("/metrics").text, re.M)[1])


def insert(d, n):
    db = sqlite3.connect(d.root / "db")
    with db:
        db.executemany(
            "INSERT INTO link (kind, owner, label, generation, created_at, revoked_at, used_at,"
            " agent, alarm_min) VALUES (?, ?, ?, 1, 1756000000, 0, 0, ?, ?)",
            (("feed" if i % 4 else "busy", f"p{i % (2 * DUOS) + 1}", f"Telefoon {i}",
              AGENT.format(i % 9), -1 if i % 3 else 15) for i in range(n)))
    db.close()


def start(d):
    began = time.monotonic()
    d.start(wait=False)
    ready = time.monotonic() - began
    d.ctl("wait", timeout=600)
    return ready


def use_all(d, paths):
    """A HEAD of every link over one connection, some at a time; how many were answered with 200."""
    good = 0
    with socket.create_connection(("127.0.0.1", d.port), timeout=60) as sock:
        for i in range(0, len(paths), 50):
            some = paths[i:i + 50]
            sock.sendall(b"".join(b"HEAD %s HTTP/1.1\r\nHost: x\r\nUser-Agent: bench/1\r\n\r\n"
                                  % path.encode() for path in some))
            got = b""
            while got.count(b"\r\n\r\n") < len(some):
                got += sock.recv(65536)
            good += got.count(b"HTTP/1.1 200 ")
    return good


def run(d, n):
    start(d)
    d.stop()
    bare_s = start(d)
    bare = resident(d)
    d.stop()
    insert(d, n)
    full_s = start(d)
    full, made = resident(d), metric(d, "feeds_made_total")
    paths = ["/" + link["url"].split("/", 3)[3] for link in d.links() if "Telefoon" in link["label"]]
    listed = resident(d)
    began = time.monotonic()
    good = use_all(d, paths)
    used_s = time.monotonic() - began
    d.ctl("wait", timeout=600)
    used, kept = resident(d), metric(d, "feeds_kept_bytes")
    variants = metric(d, "feeds_made_total")
    began = time.monotonic()
    d.ctl("link", "new", "feed", "p1", "one more")
    new_s = time.monotonic() - began
    before, after = (full - bare) / n, (used - bare - kept) / n
    print(f"{n:,} links in the daemon   {before:,.0f} bytes each at the start, {after:,.0f} after each "
          f"was used (feeds kept, {kept / 1e6:.1f} MB, apart)   goal {GOAL:,}: "
          f"{'reached' if max(before, after) <= GOAL else 'missed'}")
    print(f"  resident {bare / 2**20:.1f} MiB without, {full / 2**20:.1f} with them, "
          f"{listed / 2**20:.1f} when listed, {used / 2**20:.1f} when used; feeds made {made} at the "
          f"start, {variants} when all were asked for")
    print(f"  feeds are served {full_s:.2f} s after the start ({bare_s:.2f} s without); all used in "
          f"{used_s:.1f} s; one more link takes {1000 * new_s:.0f} ms", flush=True)
    if good != n or made != 0:
        print(f"  {good:,} of {n:,} links were answered; {made} feeds made before anybody asked")
    return good == n and made == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--links", type=int, default=100000)
    n = parser.parse_args().links
    d = Daemon(roster=pairs_roster(DUOS), conf="[feeds]\nlinks_per_owner = 1000\n")
    try:
        return 0 if run(d, n) else 1
    finally:
        d.close()


if __name__ == "__main__":
    sys.exit(main())
