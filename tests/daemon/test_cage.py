"""The cage killed from outside, in a daemon that serves: SIGKILL for its small process, idle or
with a child at work, and for a child in the middle of an import. Each costs at most one failed
import, with a sentence, and nothing that was known before."""
import os
import signal
import threading
import time
from pathlib import Path

from harness import MONDAY, SLOW, programme, section, timetable, wait_for, weekly

ROSTER = (
    programme() +
    section("person", "anna", name="Anna", timetable="anna.ics horizon=open") +
    section("person", "bram", name="Bram", timetable="none") +
    section("duo", "ab", members="anna bram"))
# series go through libical: long enough to be met at work
LESSONS = weekly("a", MONDAY, (9, 12))
LONG = timetable(LESSONS, *(weekly(f"w{n}", MONDAY, (9, 10), until="20260907T220000Z")
                            for n in range(12000)))
CONF = "[import]\nrule_steps = 1000000000\noccurrences = 10000000\n"


def children(pid):
    out = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            out += [int(p) for p in (task / "children").read_text().split()]
    except OSError:
        pass
    return out


def small_process(d):
    cages = [p for p in children(d.process.pid)
             if b"--cage" in Path(f"/proc/{p}/cmdline").read_bytes()]
    assert len(cages) == 1
    return cages[0]


def runs(pid):
    """Neither gone nor a zombie, which some first processes of containers leave."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def source(d, name="anna-1"):
    return next(s for s in d.ctl("source", "list", json=True)["sources"] if s["id"] == name)


def kill_at_work(d, whom):
    """Kills the small process ("cage") or its first child as soon as there is one."""
    cage = small_process(d)
    done = threading.Event()
    killed = []

    def watch():
        end = time.monotonic() + 20 * SLOW
        while time.monotonic() < end and not done.is_set():
            at_work = children(cage)
            if at_work:
                os.kill(cage if whom == "cage" else at_work[0], signal.SIGKILL)
                killed.append(at_work[0])
                return
            time.sleep(0.0002)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread, killed, done


def start(daemon):
    d = daemon(ROSTER, {"anna.ics": timetable(LESSONS)}, conf=CONF)
    assert source(d)["state"] == "fresh" and source(d)["events"] == 1
    return d


def test_the_small_process_killed_while_idle(daemon):
    d = start(daemon)
    for i in range(1, 4):
        before = small_process(d)
        os.kill(before, signal.SIGKILL)
        d.write("anna.ics", timetable(LESSONS, *(weekly(f"w{n}", MONDAY, (13, 13 + i))
                                                 for n in range(i))))
        d.ctl("source", "refresh", "anna-1")
        assert source(d)["events"] == 1 + i and small_process(d) != before


def test_a_child_killed_at_work_is_one_failed_import(daemon):
    d = start(daemon)
    feed = d.feed("anna", "busy")
    thread, killed, done = kill_at_work(d, "child")
    d.write("anna.ics", LONG)
    wait_for("a child at work", lambda: killed)
    thread.join()
    # (a second look at the file, if its writing was seen twice, may have mended it since)
    wait_for("the failed import", lambda: "outcome=failed events=1 " in d.log())
    assert "killed from outside" in d.log()
    if source(d)["state"] == "failed":
        assert source(d)["events"] == 1 and d.feed("anna", "busy") == feed
    d.ctl("source", "refresh", "anna-1", timeout=120)
    assert source(d)["state"] == "fresh" and source(d)["events"] == 12001


def test_the_small_process_killed_at_work_is_replaced(daemon):
    """The import that it took with it is tried once more by the next one."""
    d = start(daemon)
    thread, killed, done = kill_at_work(d, "cage")
    d.write("anna.ics", LONG)
    wait_for("a child at work", lambda: killed)
    thread.join()
    wait_for("the import", lambda: source(d)["events"] == 12001 or source(d)["state"] == "failed",
             60)
    assert source(d)["state"] == "fresh"
    wait_for("the orphan's end", lambda: not runs(killed[0]))
