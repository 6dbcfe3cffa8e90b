#!/usr/bin/python3
"""What a reload costs when 10,000 persons stand in the roster: one of every hundred has another name,
nothing at all has changed, and every event is in another language.

    reload.py [--duos N]

In processor seconds of the daemon, which nobody else's work changes, and as it was waited for. Every
changed name must stand in the feed of her partner, under a newer LAST-MODIFIED."""
import argparse
import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "daemon"))
from harness import Daemon, pairs_roster  # noqa: E402

LIMIT_S = 2  # about twice what it took; what grows with the square of the roster takes minutes


def processor_s(d):
    fields = Path(f"/proc/{d.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reload(d, what):
    began, used = time.monotonic(), processor_s(d)
    d.ctl("reload", timeout=600)
    used = processor_s(d) - used
    print(f"{what:<28} {used:6.2f} s of processor time {time.monotonic() - began:7.2f} s waited")
    d.ctl("wait", timeout=600)
    return used


def newest(body):
    return max(re.findall(rb"LAST-MODIFIED:(\w+)", body))


def measure(d):
    """False: names cost more than they may."""
    partner = d.link("feed", "p99")
    before = newest(d.get(partner).body)
    text = d.roster()
    d.write("roster.ini", re.sub(r"name = Person (\d*00)\n", r"name = Somebody \1\n", text))
    names = reload(d, "1 of 100 has another name")
    after = d.get(partner).body
    assert b"Somebody 100" in after and newest(after) > before
    reload(d, "nothing has changed")
    d.edit_roster("[programme]\n", "[programme]\nlanguage = en\n")
    reload(d, "another language")
    return names < LIMIT_S


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--duos", type=int, default=5000)
    duos = options.parse_args().duos
    d = Daemon(pairs_roster(duos), {})
    failed = True
    try:
        d.start(wait=False)
        d.ctl("wait", timeout=1200)
        print(f"reload: {2 * duos} persons, {len(d.sessions())} sessions")
        good = measure(d)
        failed = False
    finally:
        d.close(failed)
    if not good:
        sys.exit(f"reload: names cost {LIMIT_S} s or more")


main()
