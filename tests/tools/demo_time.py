"""The demo's calendars as other libraries read them (python3-icalendar, recurring_ical_events).

A second opinion, written apart from the daemon: who is busy when, and how much time the members
of each duo share. Run it to see the table; test_demo_files.py holds it to what the demo promises.
"""

import configparser
import pathlib
import re
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

DEMO = pathlib.Path(__file__).resolve().parents[2] / "conf" / "demo"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# What the two Outlook shapes call Europe/Amsterdam (Windows names, CLDR).
OUTLOOK_ZONES = {
    "W. Europe Standard Time",
    "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
}
CANCELLED = re.compile(r"^(canceled|geannuleerd|vervallen|vervalt)", re.IGNORECASE)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Sections(dict):
    """configparser wants one value a key; a roster repeats them. Values become lists."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and isinstance(self.get(key), list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def roster():
    reader = configparser.RawConfigParser(dict_type=Sections, strict=False, delimiters=("=",))
    reader.read_string((DEMO / "roster.ini").read_text(encoding="utf-8"))
    found = {}
    for name in reader.sections():
        kind, _, ident = name.partition(" ")
        values = {k: v.split("\n") for k, v in reader[name].items()}
        found.setdefault(kind, {})[ident] = values
    return found


def days(first, last):
    while first <= last:
        yield first
        first += timedelta(days=1)


def closed_days():
    found = set()
    for event in calendar(DEMO / "holidays.ics").walk("VEVENT"):
        last = event.decoded("DTEND") - timedelta(days=1)
        found.update(days(event.decoded("DTSTART"), last))
    return found


def calendar(path):
    """The calendar with every time as Amsterdam's wall clock, without a zone."""
    text = path.read_bytes().decode("utf-8").replace("\r\n", "\n").replace("\n ", "")
    # zones of the file are all Amsterdam by another name: drop them and keep the wall clock
    text = re.sub(r"BEGIN:VTIMEZONE\n.*?END:VTIMEZONE\n", "", text, flags=re.DOTALL)
    text = re.sub(r"X-WR-TIMEZONE:.*\n", "", text)

    def zone_gone(match):
        name = match.group(1).strip('"')
        assert name == "Europe/Amsterdam" or name in OUTLOOK_ZONES, name
        return ""

    text = re.sub(r';TZID=("[^"]*"|[^:;]*)', zone_gone, text)

    def utc_gone(match):
        then = datetime.strptime(match.group(), "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        return then.astimezone(AMSTERDAM).strftime("%Y%m%dT%H%M%S")

    text = re.sub(r"\b\d{8}T\d{6}Z", utc_gone, text)
    text = re.sub(r"UNTIL=(\d{8})(?=[;\n])", r"UNTIL=\1T235959", text)
    return icalendar.Calendar.from_ical(text)


def files(person, sections):
    for line in person["timetable"]:
        word = line.split()[0]
        if word == "none":
            continue
        if word.startswith("source:"):
            word = sections["source"][word[len("source:"):]]["path"][0]
        path = DEMO / word
        yield from sorted(path.glob("*.ics")) if path.is_dir() else [path]


def level(event):
    """busy, tentative or free; the rules of the design's import as far as the demo needs them."""
    status, marked = str(event.get("STATUS", "")), str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", ""))
    all_day = not isinstance(event.decoded("DTSTART"), datetime)
    if status == "CANCELLED" or marked == "FREE" or CANCELLED.match(str(event.get("SUMMARY", ""))):
        return "free"
    if all_day and not marked and event.get("TRANSP") == "TRANSPARENT":
        return "free"
    return "tentative" if "TENTATIVE" in (status, marked) else "busy"


def busy_spans(person, sections, first, past):
    """(start, end, title) of all that is busy or tentative, by start, on the wall clock."""
    ignore = [re.search(r'"ignore=([^"]*)"', line) for line in person["timetable"]]
    ignore = [re.compile(m.group(1)) for m in ignore if m]
    found = []
    for path in files(person, sections):
        for event in recurring_ical_events.of(calendar(path)).between(first, past):
            title = str(event.get("SUMMARY", ""))
            if level(event) == "free" or any(p.search(title) for p in ignore):
                continue
            start, end = event.decoded("DTSTART"), event.decoded("DTEND")
            if not isinstance(start, datetime):
                start = datetime.combine(start, datetime.min.time())
                end = datetime.combine(end, datetime.min.time())
            found.append((start, end, title))
    return sorted(found)


def horizon(spans, past):
    """End of the last week with at least half the median number of lessons."""
    weeks = {}
    for start, _, _ in spans:
        monday = start.date() - timedelta(days=start.weekday())
        weeks[monday] = weeks.get(monday, 0) + 1
    if not weeks:
        return past
    counts = sorted(weeks.values())
    median = (counts[len(counts) // 2] + counts[(len(counts) - 1) // 2]) / 2
    return max(monday for monday, n in weeks.items() if 2 * n >= median) + timedelta(days=7)


def work_hours(person, day):
    for line in person.get("works", ["mon-fri 08:30-17:00"]):
        names, hours = line.split()
        for part in names.split(","):
            a, _, b = part.partition("-")
            if WEEKDAYS.index(a) <= day.weekday() <= WEEKDAYS.index(b or a):
                return tuple(
                    datetime.combine(day, datetime.strptime(h, "%H:%M").time())
                    for h in hours.split("-")
                )
    return None


def is_absent(person, day):
    for line in person.get("absent", []):
        first, _, last = line.split()[0].partition("..")
        if date.fromisoformat(first) <= day <= date.fromisoformat(last or first):
            return True
    return False


def free_of(person, spans, day, buffer_min=10):
    """Free spans of a working day, kept `buffer_min` away from what is busy."""
    hours = work_hours(person, day)
    if not hours or is_absent(person, day):
        return []
    margin, at, found = timedelta(minutes=buffer_min), hours[0], []
    for start, end, _ in spans:
        if end + margin <= at or start - margin >= hours[1]:
            continue
        if start - margin > at:
            found.append((at, start - margin))
        at = max(at, end + margin)
    if at < hours[1]:
        found.append((at, hours[1]))
    return found


class Year:
    """Everything read once: persons' busy spans and horizons, and the open days."""

    def __init__(self):
        self.sections = roster()
        programme = self.sections["programme"][""]
        self.first = date.fromisoformat(programme["start"][0])
        self.past = date.fromisoformat(programme["end"][0]) + timedelta(days=1)
        shut = closed_days()
        self.open_days = [
            d
            for d in days(self.first, self.past - timedelta(days=1))
            if d.weekday() < 5 and d not in shut
        ]
        self.persons = self.sections["person"]
        self.duos = self.sections["duo"]
        self.busy, self.horizon = {}, {}
        for ident, person in self.persons.items():
            spans = busy_spans(person, self.sections, self.first, self.past)
            self.busy[ident], self.horizon[ident] = spans, horizon(spans, self.past)

    def by_day(self, ident):
        table = {}
        for span in self.busy[ident]:
            for day in days(span[0].date(), (span[1] - timedelta(seconds=1)).date()):
                table.setdefault(day, []).append(span)
        return table

    def known_until(self, duo):
        return min(self.horizon[m] for m in self.duos[duo]["members"][0].split())

    def windows(self, duo):
        """Shared free spans of at least an hour on open days that are known to both."""
        members = self.duos[duo]["members"][0].split()
        tables = [self.by_day(m) for m in members]
        known, found = self.known_until(duo), []
        for day in self.open_days:
            if day >= known:
                break
            mine, theirs = (
                free_of(self.persons[m], tables[i].get(day, []), day)
                for i, m in enumerate(members)
            )
            for a in mine:
                for b in theirs:
                    start, end = max(a[0], b[0]), min(a[1], b[1])
                    if end - start >= timedelta(minutes=60):
                        found.append((start, end))
        return found

    def windows_of(self, ident):
        """Free spans of one person on open days that are known."""
        table = self.by_day(ident)
        return [
            span
            for day in self.open_days
            if day < self.horizon[ident]
            for span in free_of(self.persons[ident], table.get(day, []), day)
        ]

    def hours_a_week(self, ident):
        """Lessons and meetings together, of an ordinary week (the median)."""
        weeks = {}
        for start, end, _ in self.busy[ident]:
            monday = start.date() - timedelta(days=start.weekday())
            weeks[monday] = weeks.get(monday, 0) + (end - start).total_seconds() / 3600
        return sorted(weeks.values())[len(weeks) // 2] if weeks else 0.0


def main():
    year = Year()
    print("person      busy h/week  known until")
    for ident in year.persons:
        print(f"{ident:<11} {year.hours_a_week(ident):>10.1f}   {year.horizon[ident]}")
    print(f"\n{len(year.open_days)} open days")
    print("duo              weeks  windows/week  shared h/week  weeks without  known until")
    for duo in year.duos:
        known, windows = year.known_until(duo), year.windows(duo)
        weeks = {d - timedelta(days=d.weekday()) for d in year.open_days if d < known}
        used = {s.date() - timedelta(days=s.weekday()) for s, _ in windows}
        hours = sum((e - s).total_seconds() for s, e in windows) / 3600
        print(
            f"{duo:<16} {len(weeks):>5}  {len(windows) / len(weeks):>12.1f}"
            f"  {hours / len(weeks):>13.1f}  {len(weeks - used):>13}  {known}"
        )


if __name__ == "__main__":
    main()
