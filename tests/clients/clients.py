"""Calendar clients that only need to be called, and the table of all."""
import datetime as dt
import json
import re
import shutil

from client import DAYS, FIRST, HERE, NODE_MODULES, Client, at, in_utc
from desktop import EvolutionDataServer, Thunderbird


class Khal(Client):
    """vdirsyncer, which fetches into files, and khal, which shows them."""
    needs, family = ("vdirsyncer", "khal"), "vdirsyncer"

    def subscribe(self):
        (self.folder / "data").mkdir()
        for name in ("vdirsyncer.conf", "khal.conf"):
            text = (HERE / name).read_text()
            (self.folder / name).write_text(text.format(folder=self.folder, url=self.url))
        self.vdirsyncer("discover")

    def vdirsyncer(self, *words):
        # by Debian's own interpreter: another python3 on PATH has none of its modules
        self.run("/usr/bin/python3", "/usr/bin/vdirsyncer", "-c", "vdirsyncer.conf", *words,
                 stdin=b"y\n" * 9)

    def refresh(self):
        self.vdirsyncer("sync")

    def rows(self):
        out = self.run("/usr/bin/python3", "/usr/bin/khal", "-c", "khal.conf", "list", FIRST,
                       f"{DAYS}d", "--day-format", "", "--format",
                       "{start-long}\t{end-long}\t{status}\t{title}")
        rows = set()
        for line in out.split("\n"):
            if line:
                start, end, status, title = line.split("\t")
                after = at(end) + dt.timedelta(days=1) if len(end) == 10 else at(end)
                rows.add((at(start), after, title, status.strip() == "CANCELLED"))
        return rows


class Calcurse(Client):
    """Knows no URLs and no status: people fetch and import into an emptied calendar."""
    needs = ("calcurse",)

    def refresh(self):
        (self.folder / "feed.ics").write_bytes(self.fetched())
        shutil.rmtree(self.folder / "calendar", ignore_errors=True)
        (self.folder / "calendar").mkdir()
        said = self.run("calcurse", "-D", "calendar", "-i", "feed.ics")
        assert "0 skipped" in said, said

    def rows(self):
        out = self.run("calcurse", "-D", "calendar", "-Q", "--filter-type", "cal", "--from",
                       FIRST.strftime("%m/%d/%Y"), "--days", DAYS, "--output-datefmt", "%Y-%m-%d",
                       "--format-apt", "%(start:%Y-%m-%dT%H:%M)\t%(end:%Y-%m-%dT%H:%M)\t%m\n",
                       "--format-event", "all day\t%m\n",
                       "--format-recur-apt", "%m is no single event\n")
        rows, day = set(), None
        for line in out.split("\n"):
            if re.fullmatch(r"\d{4}-\d\d-\d\d:", line):
                day = at(line[:-1])
            elif "\t" in line:
                *span, title = line.split("\t")
                start, end = map(at, span) if len(span) == 2 else (day, day + dt.timedelta(days=1))
                rows.add((start, end, title, title.startswith("VERVALLEN: ")))
        return rows


class PythonIcalendar(Client):
    needs = ("python:icalendar",)

    def refresh(self):
        import icalendar
        self.calendar = icalendar.Calendar.from_ical(self.fetched())

    def rows(self):
        return {(in_utc(e["DTSTART"].dt), in_utc(e["DTEND"].dt), str(e["SUMMARY"]),
                 e["STATUS"] == "CANCELLED") for e in self.calendar.walk("VEVENT")}


class PythonVobject(Client):
    """Strict: refuses what its table of properties does not allow."""
    needs = ("python:vobject",)

    def refresh(self):
        import vobject
        self.calendars = list(vobject.readComponents(self.fetched().decode()))
        for calendar in self.calendars:
            calendar.validate(raiseException=True)

    def rows(self):
        assert len(self.calendars) == 1
        return {(in_utc(e.dtstart.value), in_utc(e.dtend.value), e.summary.value,
                 e.status.value == "CANCELLED") for e in self.calendars[0].vevent_list}


class Node(Client):
    """A script of ours around a library from npm, which prints rows as JSON."""
    script = None

    def refresh(self):
        # the script lies where node looks for node_modules from: the libraries' folder
        script = shutil.copy(HERE / self.script, NODE_MODULES.parent)
        self.shown = json.loads(self.run("node", script, self.url, env={"TZ": "UTC"}))

    def rows(self):
        return {(at_utc(s), at_utc(e), title, status == "CANCELLED")
                for s, e, title, status in self.shown}


def at_utc(text):
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


class IcalJs(Node):
    needs = ("node", "npm:ical.js")
    script = "ical-js.mjs"


class NodeIcal(Node):
    needs = ("node", "npm:node-ical")
    script = "node-ical.mjs"


CLIENTS = {
    "khal": Khal,
    "calcurse": Calcurse,
    "python3-icalendar": PythonIcalendar,
    "python3-vobject": PythonVobject,
    "ical.js": IcalJs,
    "node-ical": NodeIcal,
    "evolution-data-server": EvolutionDataServer,
    "Thunderbird": Thunderbird,
}
