"""contrib/demo.sh around stand-ins for the two programs: what it prints, how it ends, and that
nothing of it stays behind. The real ones need the demo's port; these need none."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINKS = "1\tme\tanna\tfirst\thttp://127.0.0.1:8340/me/abc\n2\tfeed\tanna\t\thttp://x/feeds/d.ics\n"

# Ends in its own time after one signal; a second one cuts it short, as the daemon's would.
DAEMON = """#!/usr/bin/python3
import os, pathlib, signal, socket, sys, time
here = pathlib.Path("build/demo")
(here / "words").write_text(" ".join(sys.argv[1:]))
(here / "pid").write_text(str(os.getpid()))
{early}
def stop(number, frame):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.unlink(here / "control")
    time.sleep(0.6)
    (here / "stopped").write_text("cleanly")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
door = socket.socket(socket.AF_UNIX)
door.bind(str(here / "control"))
(here / "up").touch()
while True:
    time.sleep(60)
"""
# Answers as long as the daemon is up; `wait` only at the third time of asking.
CTL = """#!/usr/bin/python3
import os, pathlib, sys
here = pathlib.Path("build/demo")
words = sys.argv[3:]
if not (here / "up").exists() or not (here / "control").exists():
    sys.exit(69)
if words == ["wait"]:
    asked = here / "asked"
    asked.write_text(asked.read_text() + "x" if asked.exists() else "x")
    sys.exit(0 if len(asked.read_text()) > 2 else 75)
if words == ["clock"]:
    print("2026-09-03T10:15")
if words == ["link", "list"]:
    sys.stdout.write((here.parent / "links").read_text())
"""


def as_in_a_terminal():
    """Who runs the tests in the background may have had these ignored, and a shell cannot trap
    what was ignored when it began (POSIX, "trap")."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def demo(tmp_path):
    (tmp_path / "contrib").mkdir()
    (tmp_path / "build").mkdir()
    shutil.copy(ROOT / "contrib" / "demo.sh", tmp_path / "contrib")
    (tmp_path / "build" / "links").write_text(LINKS)

    class Demo:
        path = tmp_path
        state = tmp_path / "build" / "demo"

        def program(self, name, text):
            file = tmp_path / "build" / name
            file.write_text(text)
            file.chmod(0o755)

        def start(self, early=""):
            self.program("tandemd", DAEMON.format(early=early))
            self.program("tandemctl", CTL)
            self.log = open(tmp_path / "log", "w+", encoding="utf-8")
            self.script = subprocess.Popen(
                ["sh", "contrib/demo.sh", "build"],
                cwd=tmp_path,
                stdout=self.log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=as_in_a_terminal,
            )
            return self

        def text(self):
            return (tmp_path / "log").read_text(encoding="utf-8")

        def wait_for(self, true):
            until = time.monotonic() + 20
            while not true():
                assert time.monotonic() < until and self.script.poll() is None, self.text()
                time.sleep(0.05)

        def end(self):
            status = self.script.wait(timeout=20)
            with pytest.raises(ProcessLookupError):  # nobody of its session is left
                os.killpg(self.script.pid, 0)
            return status

    made = Demo()
    yield made
    try:
        os.killpg(made.script.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    made.script.wait()
    made.log.close()


def test_prints_the_links_unchanged_once_all_is_planned(demo):
    demo.start().wait_for(lambda: "Stop: Ctrl-C" in demo.text())
    assert LINKS in demo.text()
    assert "2026-2027" in demo.text() and "2026-09-03T10:15" in demo.text()
    assert (demo.state / "asked").read_text() == "xxx"
    words = (demo.state / "words").read_text()
    assert words == "-c conf/demo/tandemd.conf --clock 2026-08-31T07:30+"
    demo.script.send_signal(signal.SIGTERM)
    assert demo.end() == 0


@pytest.mark.parametrize(
    "number, whole_group",
    [
        (signal.SIGTERM, False),
        (signal.SIGTERM, True),
        (signal.SIGINT, False),
        (signal.SIGINT, True),
        (signal.SIGHUP, False),
    ],
)
def test_a_signal_stops_the_daemon_cleanly(demo, number, whole_group):
    """Ctrl-C reaches everybody in the terminal's group, kill only the script."""
    demo.start().wait_for(lambda: (demo.state / "asked").exists())
    time.sleep(2)  # past the first seconds
    if whole_group:
        os.killpg(demo.script.pid, number)
    else:
        demo.script.send_signal(number)
    assert demo.end() == 0
    assert (demo.state / "stopped").read_text() == "cleanly"


def test_a_daemon_that_cannot_start_gives_its_status_and_no_links(demo):
    demo.start(early="print('tandemd: no', file=sys.stderr); time.sleep(0.5); sys.exit(74)")
    assert demo.end() == 74
    assert demo.text() == "tandemd: no\n"


def test_a_daemon_that_dies_later_ends_the_demo(demo):
    demo.start().wait_for(lambda: "Stop: Ctrl-C" in demo.text())
    os.kill(int((demo.state / "pid").read_text()), signal.SIGKILL)
    assert demo.end() == 128 + signal.SIGKILL


def test_links_of_another_demo_are_not_shown(demo):
    """Its socket answers, while ours cannot even start."""
    demo.state.mkdir(parents=True)
    (demo.state / "up").touch()
    (demo.state / "control").touch()
    demo.start(early="time.sleep(1); sys.exit(74)")
    assert demo.end() == 74
    assert demo.text() == ""


def test_stopping_before_anything_is_up(demo):
    demo.start(early="time.sleep(30)").wait_for(lambda: (demo.state / "pid").exists())
    demo.script.send_signal(signal.SIGTERM)
    assert demo.end() == 128 + signal.SIGTERM
    assert "http" not in demo.text()
