"""Clients that need a desktop: a session bus, and for Thunderbird a screen. They ask and show in
their own time, hence `patience`: seconds until what is true must be seen."""
import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
from urllib.parse import urlsplit

from client import HERE, Client
from harness import SLOW, UTC


ALL_DAY = 8  # of the flags in Thunderbird's cache


def from_seconds(seconds):
    """... or a day as "20260921"."""
    if isinstance(seconds, str):
        return dt.datetime.strptime(seconds, "%Y%m%d").date()
    return dt.datetime.fromtimestamp(seconds, UTC)


class Desktop(Client):
    """Ends all that it started: a process group each."""

    def __init__(self, folder, url):
        super().__init__(folder, url)
        self.processes = []
        (self.folder / "run").mkdir(mode=0o700)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                    "TZ": "Europe/Amsterdam", "XDG_RUNTIME_DIR": str(self.folder / "run"),
                    "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1",
                    "MOZ_CRASHREPORTER_DISABLE": "1"}

    def spawn(self, *words, **kw):
        log = open(self.folder / "log", "ab")
        kw = {"stdin": subprocess.DEVNULL, "stdout": log, **kw}
        process = subprocess.Popen([str(w) for w in words], stderr=log, cwd=self.folder,
                                   env=self.env, start_new_session=True, **kw)
        log.close()
        self.processes.append(process)
        return process

    def close(self):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for process in reversed(self.processes):
                try:
                    os.killpg(process.pid, sign)
                    process.wait(timeout=10 * SLOW)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    pass


class EvolutionDataServer(Desktop):
    needs = ("dbus-run-session", "/usr/libexec/evolution-calendar-factory", "python:gi")
    conditional, patience, family = True, 20, "evolution"
    keeps_last_tasks = True  # of a feed that has none any more

    def subscribe(self):
        url = urlsplit(self.url)
        sources = self.folder / ".config" / "evolution" / "sources"
        sources.mkdir(parents=True)
        text = (HERE / "eds.source").read_text()
        (sources / "tandem.source").write_text(
            text.format(host=url.hostname, port=url.port, path=url.path))
        self.client = self.spawn("dbus-run-session", "--", "/usr/bin/python3",
                                 HERE / "eds-client.py", stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)

    def ask(self, command):
        self.client.stdin.write(command.encode() + b"\n")
        self.client.stdin.flush()
        line = self.client.stdout.readline()
        assert line, (self.folder / "log").read_text()[-4000:]
        return json.loads(line)

    def refresh(self):
        self.ask("refresh")

    def rows(self):
        return {(from_seconds(s), from_seconds(e), title, cancelled)
                for s, e, title, cancelled in self.ask("rows")}

    def todos(self):
        return {(from_seconds(day), title, done, cancelled)
                for day, title, done, cancelled in self.ask("todos")}

    def alarms(self):
        return self.ask("alarms")


class Thunderbird(Desktop):
    """Asks by its own timer, every six seconds; what it shows stands in the cache of its profile."""
    needs = ("thunderbird", "Xvfb", "dbus-run-session")
    conditional, patience, family = True, 60, "thunderbird"
    keeps_last_tasks = False

    def subscribe(self):
        self.profile = self.folder / "profile"
        self.profile.mkdir()
        (self.profile / "user.js").write_text(
            (HERE / "thunderbird-user.js").read_text().replace("{url}", self.url))
        screen = self.spawn("Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten",
                            "tcp", stdout=subprocess.PIPE)
        self.env["DISPLAY"] = ":" + screen.stdout.readline().decode().strip()
        self.spawn("dbus-run-session", "--", "thunderbird", "--profile", self.profile,
                   "--no-remote", "--new-instance", "-calendar")

    def refresh(self):
        pass

    def shown(self, query):
        cache = self.profile / "calendar-data" / "cache.sqlite"
        if not cache.exists():
            return []
        try:
            db = sqlite3.connect(f"file:{cache}?mode=ro", uri=True, timeout=5)
            found = db.execute(query).fetchall()
            db.close()
            return found
        except sqlite3.OperationalError:  # it is just being made
            return []

    def rows(self):
        rows = set()
        for start, end, title, status, flags in self.shown(
                "select event_start, event_end, title, ical_status, flags from cal_events"):
            start, end = from_seconds(start // 10**6), from_seconds(end // 10**6)
            if flags & ALL_DAY:
                start, end = start.date(), end.date()
            rows.add((start, end, title, status == "CANCELLED"))
        return rows

    def todos(self):
        return {(from_seconds(due // 10**6).date(), title, status == "COMPLETED",
                 status == "CANCELLED") for due, title, status in
                self.shown("select todo_due, title, ical_status from cal_todos")}

    def alarms(self):
        return self.shown("select count(distinct item_id) from cal_alarms")[0][0]
