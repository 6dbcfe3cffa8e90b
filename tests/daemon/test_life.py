"""Starting and ending: at any moment, with anything in the way."""
import re
import resource
import signal
import socket
import stat
import subprocess
import time

import pytest

from harness import BUILD, EASY_ROSTER, EASY_TIMETABLES, SLOW, Daemon, free_port


def test_term_ends_it_at_any_moment_of_its_start(daemon):
    """Once it hung: a timer was begun after everything had been closed."""
    d = daemon(start=False)
    for i in range(16):
        d.spawn()
        time.sleep(0.002 * i * SLOW)
        process, d.process = d.process, None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(timeout=5 * SLOW)
        finally:
            process.kill()
        # before its handler is there the signal itself ends it
        assert status in (0, -signal.SIGTERM), d.log()
        d.look_at_log()
    d.start()
    assert d.sessions()


def test_the_socket_is_for_its_user_and_group_only(easy):
    mode = stat.S_IMODE(easy.socket.stat().st_mode)
    assert mode == 0o660
    assert stat.S_IMODE((easy.root / "db.key").stat().st_mode) & 0o077 == 0
    easy.stop()
    assert not easy.socket.exists()


def test_the_socket_of_a_killed_daemon_is_taken_over(easy):
    easy.kill9()
    assert easy.socket.exists()
    assert easy.ask("status").status == 69
    easy.start()
    assert easy.ctl("status")


def test_a_second_daemon_on_the_same_socket_or_port_is_refused(easy):
    done = subprocess.run([BUILD / "tandemd", "-c", easy.conf], capture_output=True, timeout=20)
    assert done.returncode not in (0, 70) and done.stderr.count(b"\n") <= 2, done
    assert easy.ctl("status")
    text = easy.conf.read_text().replace(str(easy.port), str(free_port())).replace("= db", "= db2")
    (easy.root / "other.conf").write_text(text)
    done = subprocess.run([BUILD / "tandemd", "-c", easy.root / "other.conf"], capture_output=True,
                          timeout=20)
    assert done.returncode not in (0, 70) and done.stderr
    assert easy.ctl("status") and easy.socket.exists()


def test_a_database_without_its_key_is_refused(easy):
    easy.stop()
    (easy.root / "db.key").rename(easy.root / "away")
    done = subprocess.run([BUILD / "tandemd", "-c", easy.conf], capture_output=True, timeout=20)
    assert done.returncode == 78 and b"db.key" in done.stderr, done
    (easy.root / "away").rename(easy.root / "db.key")
    easy.start()


def test_a_stored_clock_goes_on_where_it_was(daemon):
    d = daemon()
    d.advance("36h")
    was = d.now()
    d.restart()
    assert d.now() == was
    d.stop()
    d.clock = None  # without --clock too
    d.start()
    assert d.now() == was and d.ctl("clock", json=True)["frozen"] is True


def test_a_running_clock_runs(daemon):
    d = daemon(clock="2026-08-31T07:30+")
    first = d.now()
    assert d.ctl("clock", json=True)["frozen"] is False
    time.sleep(1.1)
    assert 1 <= (d.now() - first).total_seconds() < 30 * SLOW
    d.advance("2d")
    assert d.ctl("clock", json=True)["frozen"] is False
    assert 2 * 86400 < (d.now() - first).total_seconds() < 2 * 86400 + 60 * SLOW


@pytest.mark.parametrize("words", [[], ["-x"], ["-c"], ["-c", "tandemd.conf", "more"]])
def test_usage(words):
    done = subprocess.run([BUILD / "tandemd", *words], capture_output=True, timeout=20)
    assert done.returncode == 64 and b"usage" in done.stderr.lower() and not done.stdout


def test_check_only(daemon):
    d = daemon(start=False)

    def check():
        return subprocess.run([BUILD / "tandemd", "-c", d.conf, "-t"], capture_output=True,
                              timeout=20)
    assert check().returncode == 0
    assert not (d.root / "db").exists() and not d.socket.exists()
    d.edit_roster("members = anna bram", "members = anna brum\ntopc = x")
    d.write_conf("[planner]\nw_gap = -1\nw_gep = 2\n")
    done = check()
    assert done.returncode == 78
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 4, lines
    for line, words in zip(lines, (["tandemd.conf:", "w_gap"], ["tandemd.conf:", "w_gep", "w_gap"],
                                   ["roster.ini:", "brum"], ["roster.ini:", "topc", "topic"])):
        assert all(word in line for word in words), line


def test_no_roster_that_was_ever_good(daemon):
    d = Daemon(roster=EASY_ROSTER.replace("start = 2026", "start = 2028"),
               timetables=EASY_TIMETABLES)
    done = subprocess.run([BUILD / "tandemd", "-c", d.conf], capture_output=True, timeout=20)
    assert done.returncode == 78 and b"roster.ini:" in done.stderr
    d.close()


def spawn_with_files(d, soft, hard):
    """Starts @d with these limits on open files."""
    with open(d.log_path, "ab") as log:
        d.process = subprocess.Popen(
            [BUILD / "tandemd", "-c", d.conf, "--clock", d.clock], stdout=log, stderr=log,
            cwd=d.root, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))
    d.until_ready()


def test_descriptors_follow_the_connections(daemon):
    """The soft limit that shells and service managers give is no limit on clients."""
    d = daemon(start=False, conf="[server]\nmax_connections = 400\n"
               "max_connections_per_address = 400\n")
    spawn_with_files(d, 256, 2000)
    sockets = []
    try:
        for _ in range(300):
            sockets.append(socket.create_connection(("127.0.0.1", d.port), timeout=10))
            sockets[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert sockets[-1].recv(1000).startswith(b"HTTP/1.1 200 ")
        open_now = re.search(r"tandemd_http_connections (\d+)", d.get("/metrics").text)[1]
        assert int(open_now) >= 300
    finally:
        for sock in sockets:
            sock.close()
    assert " descriptors " not in d.log()


def test_too_few_descriptors_are_said(daemon):
    d = daemon(start=False, conf="[server]\nmax_connections = 400\n")
    spawn_with_files(d, 256, 256)
    assert re.search(r"warn +descriptors wanted=912 limit=256\b", d.log()), d.log()
    d.ctl("wait")
    assert d.sessions()
