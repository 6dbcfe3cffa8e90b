#!/usr/bin/python3
"""10,000 connections that stay open, each having fetched a feed: what they cost the daemon, and
whether it still answers at once.

    idle.py [--connections N]
"""
import argparse
import re
import resource
import socket
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "daemon"))
from harness import Daemon, pairs_roster  # noqa: E402

GOAL_MIB = 200
SPARE = 200  # descriptors besides connections, here and in the daemon


def resident(pid):
    return int(re.search(r"VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def get(sock, path):
    """A whole answer; how many bytes of body it had."""
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += sock.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    n = int(re.search(rb"Content-Length: (\d+)", head)[1])
    seen = len(body)
    while seen < n:
        seen += len(sock.recv(65536))
    return n


def timed(sock, path):
    began = time.monotonic()
    get(sock, path)
    return 1000 * (time.monotonic() - began)


def run(d, n):
    path = d.link("feed", "p1")
    dial = lambda: socket.create_connection(("127.0.0.1", d.port), timeout=10)  # noqa: E731
    with dial() as first:
        size = get(first, path)
        alone = statistics.median(timed(first, path) for _ in range(100))
    before = resident(d.process.pid)
    began = time.monotonic()
    idle = []
    for _ in range(n):
        idle.append(dial())
        get(idle[-1], path)
    took = time.monotonic() - began
    open_now = int(re.search(r"tandemd_http_connections (\d+)", d.get("/metrics").text)[1])
    after = resident(d.process.pid)
    with dial() as fresh:
        new_ms = timed(fresh, path)
    old_ms = statistics.median(timed(sock, path) for sock in idle[::n // 100])
    for sock in idle:
        sock.close()
    if open_now < n:
        print(f"  only {open_now:,} of {n:,} connections stayed open")
        return False
    mib = after / 2**20
    print(f"{n:,} idle connections     {mib:6.1f} MiB resident, {before / 2**20:.1f} MiB without: "
          f"{(after - before) / n:,.0f} bytes each   goal {GOAL_MIB} MiB: "
          f"{'reached' if mib < GOAL_MIB else 'missed'}")
    print(f"  opened, and {size:,} bytes fetched over each, in {took:.1f} s; then a new one is "
          f"answered in {new_ms:.2f} ms, one that idled in {old_ms:.2f} ms, one alone in "
          f"{alone:.2f} ms", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=10000)
    n = parser.parse_args().connections
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < n + SPARE:
        print(f"{n:,} idle connections: skipped, a process may only have {hard:,} files open")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (n + SPARE, hard))
    d = Daemon(roster=pairs_roster(1), conf=f"[server]\nmax_connections = {n + 100}\n"
               f"max_connections_per_address = {n + 100}\nidle_timeout = 1h\n")
    try:
        d.start()
        return 0 if run(d, n) else 1
    finally:
        d.close()


sys.exit(main())
