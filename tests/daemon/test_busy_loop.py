"""The loop thread never waits: while 1,000 timetables are read and 500 duos planned, at the start
and again after every file has changed, feeds are answered. Figures are printed; the bound that is
asserted is generous, since a test machine may be busy with other things."""
import random
import statistics
import threading
import time

from harness import SLOW, Daemon
from living import Control, Programme, feed_paths, get, seed

DUOS = 500 if SLOW == 1 else 60  # sanitizers: the same, but for the size
WORST_S = 1.0 * SLOW
LEAST = 20  # answers in a phase: the shortest is over before they are there, and some come after it


class Reader(threading.Thread):
    """A client that asks for one feed after the other until told to stop."""

    def __init__(self, port, paths):
        super().__init__(daemon=True)
        self.port, self.paths = port, paths
        self.took, self.wrong = [], []
        self.ends = threading.Event()

    def run(self):
        i = 0
        while not self.ends.is_set():
            path = self.paths[i % len(self.paths)]
            i += 1
            begin = time.monotonic()
            try:
                feed = get(self.port, path, timeout=10 * SLOW)
                if feed.status != 200 or not feed.body.endswith(b"END:VCALENDAR\r\n"):
                    self.wrong.append((path, feed.status))
            except OSError as e:
                self.wrong.append((path, repr(e)))
            self.took.append(time.monotonic() - begin)

    def stop(self):
        self.ends.set()
        self.join()

    def figures(self):
        took = sorted(self.took)
        return (f"{len(took)} answers, median {1000 * statistics.median(took):.1f} ms, 99th "
                f"percentile {1000 * took[len(took) * 99 // 100]:.1f} ms, "
                f"slowest {1000 * took[-1]:.1f} ms")


def read_while(d, paths, what, work):
    reader = Reader(d.port, paths)
    begin = time.monotonic()
    reader.start()
    try:
        work()
        end = time.monotonic() + 20 * WORST_S
        while len(reader.took) < LEAST and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        reader.stop()
    print(f"{what}: {time.monotonic() - begin:.1f} s; meanwhile {reader.figures()}")
    assert reader.wrong == []
    assert len(reader.took) >= LEAST
    assert max(reader.took) < WORST_S


def fresh(d):
    """All sources read, and this is what they said at `reading` already."""
    sources = Control(d.socket).json("source", "list")["sources"]
    assert len(sources) == 2 * DUOS
    return all(s["state"] == "fresh" for s in sources)


def test_feeds_are_answered_while_a_thousand_timetables_are_read():
    rng = random.Random(seed())
    programme = Programme(rng, duos=DUOS, share=0.5)
    d = Daemon(roster=programme.roster(), timetables=programme.timetables())
    failed = True
    try:
        d.start(wait=False)
        control = Control(d.socket, timeout=120)
        paths = sorted(feed_paths(control).values())
        rng.shuffle(paths)
        read_while(d, paths, "first start, read and planned", lambda: control.ask("wait"))
        assert fresh(d)
        first = control.json("status")["sessions"]
        assert first["booked"] > 20 * DUOS

        for person in programme.persons:
            programme.weeks[person] = programme.weeks[person][1:] or programme.weeks[person]
            d.write(f"{person}.ics", programme.timetable(person))
        # a day goes by, every source is read again, every duo planned again
        read_while(d, paths, "all changed, read and planned",
                   lambda: control.ask("clock", "advance", "1d"))
        assert fresh(d)
        version = control.json("status")["publication"]
        read_while(d, paths, "a day without news",
                   lambda: control.ask("clock", "advance", "1d"))
        assert control.json("status")["publication"] > version
        control.close()
        failed = False
    finally:
        d.close(failed)
