"""Whole series against a simple reading of RFC 5545: random rules (dateutil's) in zones whose clocks
change, with COUNT and every form of UNTIL, RDATE, EXDATE, moved, cancelled and THISANDFUTURE
instances, their components in any order; `tandemctl source check --busy` has to say the same.

The model is a dictionary, recurrence moment -> local time and length, that each property edits.
The seed is printed; TANDEM_SEED repeats a run, TANDEM_SERIES says how many.
"""
import datetime as dt
import os
import pathlib
import random
import subprocess
import time
import zoneinfo

import pytest

import ics_readings as readings

rrule = pytest.importorskip("dateutil.rrule")

ROOT = pathlib.Path(__file__).resolve().parents[2]
CTL = pathlib.Path(os.environ.get("TANDEM_BUILD", ROOT / "build")) / "tandemctl"
HOME, FLOATING = "Europe/Amsterdam", "floating"
TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"
ZONES = [HOME, NEW_YORK, "Australia/Lord_Howe", "UTC", FLOATING]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
STAMP = "%Y%m%dT%H%M%S"
FIRST, PAST = (dt.datetime(year, 1, 1) for year in (2026, 2028))
PARTS = {
    "DAILY": ["", "BYMONTH=3,10", "BYDAY=MO,WE,FR", "BYMONTHDAY=1,15,-1", "BYDAY=SU;BYMONTH=3,11"],
    "MONTHLY": ["BYDAY=1MO,-1FR", "BYMONTHDAY=-1,31", "BYMONTHDAY=29,30,31", "BYDAY=-1SU",
                "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "BYDAY=SU;BYSETPOS=1,-1",
                "BYMONTHDAY=13;BYDAY=FR", "BYDAY=SA,SU;BYSETPOS=2,-2"],
    "YEARLY": ["BYMONTH=2;BYMONTHDAY=29", "BYDAY=20MO", "BYYEARDAY=1,100,-1,366",
               "BYMONTH=3;BYDAY=-1SU", "BYMONTH=10;BYDAY=SU", "BYDAY=-1SU,1MO",
               "BYMONTH=1,3,5;BYMONTHDAY=-1", "BYMONTH=3,10;BYDAY=SU;BYSETPOS=-1",
               "BYWEEKNO=1,20,53;BYDAY=MO", "BYWEEKNO=13,43;BYDAY=SU,MO;WKST=SU"],
}


def local(moment, zone):
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)


class Series:
    """@lines: of the master. @instances: moment -> (local start, length)."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.zone = rnd.choice(ZONES)
        self.all_day = rnd.random() < 0.2
        if self.all_day:
            self.zone = FLOATING
        self.place = zoneinfo.ZoneInfo(HOME if self.zone == FLOATING else self.zone)
        self.lines, self.overrides, self.instances = [], [], {}
        self.start = self.random_start()
        self.put("DTSTART", self.start)
        self.length = self.random_length()
        self.put_rule()
        if rnd.random() < 0.3:
            self.put_rdates()
        if rnd.random() < 0.5:
            self.put_exdates()
        if not self.all_day and rnd.random() < 0.6:
            self.put_overrides()

    def utc(self, wall):
        return readings.to_utc(wall, self.place)

    def stamp(self, wall, zone=None):
        """Parameters and value of a time."""
        zone = zone or self.zone
        if self.all_day:
            return f";VALUE=DATE:{wall:%Y%m%d}"
        if zone == FLOATING:
            return f":{wall:{STAMP}}"
        return f":{wall:{STAMP}}Z" if zone == "UTC" else f";TZID={zone}:{wall:{STAMP}}"

    def put(self, name, wall, zone=None):
        self.lines.append(name + self.stamp(wall, zone))

    def random_start(self):
        rnd = self.rnd
        day = dt.datetime(2026, 1, 1) + dt.timedelta(rnd.choice(
            [0, rnd.randint(78, 90), rnd.randint(287, 303), rnd.randint(-900, 300)]))
        if self.all_day:
            return day
        return day.replace(hour=rnd.choice([0, 1, 2, 2, 2, 3, 9, 23]), minute=rnd.choice([0, 30, 45]))

    def random_length(self):
        """-> (days on the clock, seconds behind them). DTEND of a time is an exact length for all
        instances (3.8.5.3)."""
        rnd = self.rnd
        if self.all_day:
            days = rnd.choice([1, 1, 2])
            if days > 1 or rnd.random() < 0.5:
                self.put("DTEND", self.start + dt.timedelta(days))
            return days, 0
        end = self.start + dt.timedelta(minutes=rnd.choice([30, 60, 90, 600, 1500]))
        exact = int((self.utc(end) - self.utc(self.start)).total_seconds())
        if exact > 0 and rnd.random() < 0.5:
            self.put("DTEND", end)
            return 0, exact
        days, minutes = rnd.choice([0, 0, 0, 1]), rnd.choice([30, 60, 120])
        self.lines.append(f"DURATION:P{days}DT{minutes}M" if days else f"DURATION:PT{minutes}M")
        return days, 60 * minutes

    def random_rule(self):
        rnd = self.rnd
        freq = rnd.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"])
        more = "BYDAY=" + ",".join(rnd.sample(DAYS, rnd.randint(1, 4))) if freq == "WEEKLY" \
            else rnd.choice(PARTS[freq])
        parts = [f"FREQ={freq}"] + [more] * bool(more)
        # which year the days of week 1 before New Year belong to is nobody's agreement
        if rnd.random() < 0.5 and "BYWEEKNO" not in more:
            parts.append(f"INTERVAL={rnd.choice([1, 2, 3, 5])}")
        if rnd.random() < 0.2 and "WKST" not in more:
            parts.append("WKST=" + rnd.choice(["SU", "WE"]))
        return parts

    def put_rule(self):
        """DTSTART is the first instance, on the rule or off it, and counts (3.8.5.3)."""
        rnd, start = self.rnd, self.start
        parts = self.random_rule()
        found = [start]
        for at in rrule.rrulestr(";".join(parts), dtstart=start):
            if at > dt.datetime(2029, 6, 1):
                break
            found += [at] * (at != start)
        how = rnd.random()
        if how < 0.3:
            count = rnd.randint(1, 40)
            parts.append(f"COUNT={count}")
            found = found[:count]
        elif how < 0.6:
            ahead = rnd.choice([-2, rnd.randint(0, 500)])  # also before DTSTART
            until = start + dt.timedelta(ahead) if rnd.random() < 0.6 \
                else rnd.choice(found[:20])
            text, is_in = self.random_until(until)
            parts.append("UNTIL=" + text)
            found = [at for at in found if is_in(at) or at == start]
        self.lines.append("RRULE:" + ";".join(parts))
        self.instances = {self.utc(at): (at, self.length) for at in found}

    def random_until(self, until):
        """-> its text, whether an instance is before it."""
        how = self.rnd.random()
        # a DATE against a start in UTC: whose day is nobody's agreement
        if self.all_day or (how < 0.3 and self.zone != "UTC"):
            return f"{until:%Y%m%d}", lambda at: at.date() <= until.date()
        if how < 0.7 and self.zone != FLOATING:
            moment = self.utc(until)
            return f"{moment:{STAMP}}Z", lambda at: self.utc(at) <= moment
        return f"{until:{STAMP}}" + "Z" * (self.zone == "UTC"), lambda at: at <= until

    def put_rdates(self):
        rnd = self.rnd
        for _ in range(rnd.randint(1, 3)):
            at = self.start + dt.timedelta(rnd.randint(1, 300),
                                           0 if self.all_day else rnd.choice([0, 3600]))
            if not self.all_day and rnd.random() < 0.3:  # of another zone
                zone = NEW_YORK if self.zone != FLOATING else HOME
                moment = readings.to_utc(at, zoneinfo.ZoneInfo(zone))
                self.put("RDATE", at, zone)
                self.instances.setdefault(moment, (local(moment, self.place.key), self.length))
            elif self.all_day or rnd.random() < 0.5 or self.utc(at) in self.instances:
                self.put("RDATE", at)
                self.instances.setdefault(self.utc(at), (at, self.length))
            else:
                self.put("RDATE;VALUE=PERIOD", at)
                self.lines[-1] += "/PT5H"
                self.instances[self.utc(at)] = (at, (0, 5 * 3600))

    def put_exdates(self):
        rnd = self.rnd
        near = sorted(self.instances)[:60]
        for moment in rnd.sample(near, min(len(near), rnd.randint(1, 3))):
            at, how = self.instances.get(moment, (None, None))[0], rnd.random()
            if not at:
                continue
            if self.all_day:
                self.put("EXDATE", at)
            elif how < 0.2 and self.zone != "UTC":
                day = local(moment, self.place.key).date()
                self.lines.append(f"EXDATE;VALUE=DATE:{day:%Y%m%d}")
                self.instances = {m: v for m, v in self.instances.items()
                                  if local(m, self.place.key).date() != day}
                continue
            else:
                zone = self.zone if how < 0.6 and self.utc(at) == moment else \
                    rnd.choice(["UTC", TOKYO])
                self.put("EXDATE", at if zone == self.zone else local(moment, zone), zone)
            del self.instances[moment]

    def put_overrides(self):
        """Of all THISANDFUTURE that begin before an instance the last one moves it, by as much on
        the clock as it moves its own (3.2.13, 3.8.4.4); what is told of the instance goes before."""
        rnd, single, onward = self.rnd, {}, []
        near = sorted(self.instances)[:40]
        for moment in rnd.sample(near, min(len(near), rnd.randint(1, 4))):
            at = self.instances[moment][0]
            if self.utc(at) != moment or local(moment, self.place.key) != at:
                continue  # in a gap or an overlap: which local time is meant depends on the form
            new = at + dt.timedelta(rnd.choice([0, 0, 1, -1]), rnd.choice([0, 3600, -1800, 7200]))
            minutes, futures = rnd.choice([20, 90]), rnd.random() < 0.3
            cancelled = not futures and rnd.random() < 0.2
            zone = rnd.choice([self.zone, self.zone, "UTC", TOKYO])
            name = "RECURRENCE-ID" + ";RANGE=THISANDFUTURE" * futures
            wall = at if zone == self.zone else local(moment, zone)
            self.overrides.append([name + self.stamp(wall, zone), "DTSTART" + self.stamp(new),
                                   f"DURATION:PT{minutes}M"] + ["STATUS:CANCELLED"] * cancelled)
            if futures:
                onward.append((moment, new - at, (0, 60 * minutes)))
            else:
                single[moment] = None if cancelled else (new, (0, 60 * minutes))
        for moment in list(self.instances):
            before = [one for one in onward if one[0] <= moment]
            if moment in single:
                self.instances[moment] = single[moment]
            elif before:
                _, shift, length = max(before)
                self.instances[moment] = (self.instances[moment][0] + shift, length)

    def text(self):
        components = [self.lines, *self.overrides]
        self.rnd.shuffle(components)
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
        for component in components:
            lines += ["BEGIN:VEVENT", "UID:1", *component, "END:VEVENT"]
        return "\r\n".join([*lines, "END:VCALENDAR", ""])

    def busy(self):
        spans = []
        for moment, instance in self.instances.items():
            if not instance:
                continue
            at, (days, seconds) = instance
            start = moment if local(moment, self.place.key) == at else self.utc(at)
            end = self.utc(at + dt.timedelta(days)) if days else start
            spans.append((start, end + dt.timedelta(seconds=seconds)))
        home = zoneinfo.ZoneInfo(HOME)
        return readings.merged(spans, readings.to_utc(FIRST, home), readings.to_utc(PAST, home))


def said(seconds):
    return dt.datetime.fromtimestamp(seconds, readings.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_random_series_are_what_the_rfc_makes_of_them(tmp_path):
    seed = int(os.environ.get("TANDEM_SEED", time.time_ns() & 0xFFFFFFFF))
    print(f"rerun: TANDEM_SEED={seed}")
    rnd = random.Random(seed)
    path = tmp_path / "series.ics"
    for i in range(int(os.environ.get("TANDEM_SERIES", 200))):
        series = Series(rnd)
        path.write_bytes(series.text().encode())
        words = ["--busy", "--from", f"{FIRST:%Y-%m-%d}", "--to", f"{PAST:%Y-%m-%d}",
                 "--zone", HOME, "--set", "horizon=open"]
        done = subprocess.run([CTL, "source", "check", path, *words], capture_output=True,
                              text=True, timeout=30)
        expected = [f"{said(a)} {said(b)} busy" for a, b in series.busy()]
        assert done.stdout.splitlines() == expected, (seed, i, series.text(), done.stderr)
