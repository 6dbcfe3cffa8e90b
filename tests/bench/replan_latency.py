#!/usr/bin/python3
"""How long a feed takes while 1,000 duos are planned again: a weight of the planner is changed and
the daemon told to reload, which plans every duo within one change.

    replan_latency.py [--duos N]

A process of its own, ahead of others where it may be, asks at a fixed pace: feeds of random members,
half of them with the ETag of last time; a request that is due while its connection is busy waits, and
its wait counts. Beside each goes one byte to a program that only sends it back: what that takes is
what the machine takes, planning included, and no daemon can be faster."""
import argparse
import collections
import multiprocessing
import os
import random
import re
import select
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "daemon"))
from harness import Daemon  # noqa: E402
from living import Control, Programme, feed_paths  # noqa: E402

GOAL_MS = 20
# nothing keeps a session where it is, and gaps count twice: a quarter of them moves
CHANGE = "[planner]\nw_move = 0\nlunch = 0\nw_gap = 40\n"
RATE = 150  # of each kind, a second
CONNECTIONS = 4  # of each kind
KINDS = {"feed": "GET", "known": "GET with ETag", "echo": "one byte sent back"}


class Client:
    """One connection that stays open."""

    def __init__(self, port, kind):
        self.kind = kind
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = self.path = None
        self.got = b""

    def send(self, path, etags, due):
        self.due, self.path = due, path
        if self.kind == "echo":
            self.sock.sendall(b"x")
            return
        known = etags.get(path) if self.kind == "known" else None
        condition = f"If-None-Match: {known}\r\n" if known else ""
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{condition}\r\n".encode())

    def receive(self, etags):
        """The status once the whole answer is there, else None."""
        part = self.sock.recv(1 << 18)
        if not part:
            raise OSError("closed")
        if self.kind == "echo":
            return 200
        self.got += part
        head, sep, body = self.got.partition(b"\r\n\r\n")
        if not sep:
            return None
        status = int(head[9:12])
        if status == 200:
            if len(body) < int(re.search(rb"Content-Length: (\d+)", head)[1]):
                return None
            if not body.endswith(b"END:VCALENDAR\r\n"):
                status = 0
            etags[self.path] = re.search(rb'ETag: ("[^"]*")', head)[1].decode()
        self.got = b""
        return status


def probe(port, echo_port, paths, stop, out):
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        pass
    rng = random.Random(1)
    etags, busy, took = {}, {}, []
    idle = {kind: collections.deque(Client(echo_port if kind == "echo" else port, kind)
                                    for _ in range(CONNECTIONS)) for kind in KINDS}
    due = {kind: time.monotonic() + i / RATE / len(KINDS) for i, kind in enumerate(KINDS)}
    while not stop.is_set() or busy:
        for kind, clients in idle.items():
            while clients and due[kind] <= time.monotonic() and not stop.is_set():
                client = clients.popleft()
                client.send(rng.choice(paths), etags, due[kind])
                busy[client.sock] = client
                due[kind] += 1 / RATE
        waits = [due[kind] - time.monotonic() for kind, clients in idle.items() if clients]
        for sock in select.select(list(busy), [], [], max(0, min(waits, default=0.1)))[0]:
            client = busy[sock]
            status = client.receive(etags)
            if status is not None:
                took.append((client.kind, client.due, time.monotonic() - client.due, status))
                del busy[sock]
                idle[client.kind].append(client)
    out.send(took)


def echo(listener):
    ready = [listener]
    while True:
        for sock in select.select(ready, [], [])[0]:
            if sock is listener:
                ready.append(listener.accept()[0])
                ready[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            elif data := sock.recv(100):
                sock.sendall(data)
            else:
                ready.remove(sock)


class Prober:
    def __init__(self, port, paths):
        listener = socket.create_server(("127.0.0.1", 0))
        self.echo = multiprocessing.Process(target=echo, args=(listener,), daemon=True)
        self.echo.start()
        self.ends = multiprocessing.Event()
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=probe, args=(port, listener.getsockname()[1], paths, self.ends, theirs),
            daemon=True)
        self.process.start()

    def stop(self):
        self.ends.set()
        took = self.pipe.recv()
        self.process.join()
        self.echo.kill()
        return took


def ms(took, share):
    return 1000 * took[min(len(took) - 1, int(len(took) * share))]


def phase(took, what, since, until):
    """Prints a line for each kind; their 99th percentiles."""
    p99 = {}
    print(f"  {what}, {until - since:.1f} s")
    for kind, name in KINDS.items():
        some = [(t, s) for k, due, t, s in took if k == kind and since <= due < until]
        times = sorted(t for t, _ in some)
        unchanged = sum(s == 304 for _, s in some)
        print(f"    {name:<20} {len(times):6,} answers, {unchanged:6,} of them 304: median "
              f"{ms(times, .5):6.2f} ms, 99th percentile {ms(times, .99):6.2f} ms, slowest "
              f"{times[-1] * 1000:6.1f} ms", flush=True)
        p99[kind] = ms(times, .99)
    return p99



def run(d, duos):
    control = Control(d.socket, timeout=600)
    control.ask("wait")
    before = {s["id"]: s["start"] for s in control.json("session", "list")["sessions"]}
    # that of the whole programme has tens of megabytes, and is another story: sources.py
    paths = sorted(path for (owner, _, _), path in feed_paths(control).items()
                   if owner != "programme")
    d.write_conf(CHANGE)
    held = d.ask("reload", timeout=600).err  # so many sessions at once need a yes
    accept = re.findall(r"--accept \w+", held)[0].split()
    prober = Prober(d.port, paths)
    time.sleep(2)
    quiet = time.monotonic()
    time.sleep(4)
    began = time.monotonic()
    control = Control(d.socket, timeout=600)
    control.ask("reload", *accept)
    reloaded = time.monotonic()
    control.ask("wait")
    ended = time.monotonic()
    time.sleep(2)
    took = prober.stop()
    after = {s["id"]: s["start"] for s in control.json("session", "list")["sessions"]}
    moved = sum(after.get(id_) != start for id_, start in before.items())
    print(f"feeds while {duos:,} duos are planned again: {len(before):,} sessions, {moved:,} of them "
          f"moved, on {len(os.sched_getaffinity(0))} cores")
    phase(took, "before", quiet, began)
    p99 = phase(took, "while planning", began, ended)
    worst = max(p99["feed"], p99["known"])
    phase(took, "just after, all of it new", ended, ended + 2)
    print(f"  planned and served after {reloaded - began:.1f} s, idle again after "
          f"{ended - began:.1f} s")
    wrong = [s for _, _, _, s in took if s not in (200, 304)]
    print(f"  99th percentile {worst:.2f} ms, the machine's own {p99['echo']:.2f} ms   goal {GOAL_MS} "
          f"ms: {'reached' if worst < GOAL_MS else 'missed'}", flush=True)
    if wrong or not moved:
        print(f"  {len(wrong)} feeds were answered wrongly, {moved} sessions moved")
    return not wrong and moved > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--duos", type=int, default=1000)
    duos = parser.parse_args().duos
    programme = Programme(random.Random(5), duos=duos, share=0.5)
    d = Daemon(roster=programme.roster(), timetables=programme.timetables())
    try:
        d.start(wait=False)
        return 0 if run(d, duos) else 1
    finally:
        d.close()


sys.exit(main())
