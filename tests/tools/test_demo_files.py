"""The demo's files: each calendar has the shape that conf/demo/README.md claims, and the duos
share as much time as the demo needs. Read with libraries that are not ours; where tandemctl is
built, its reading must agree with theirs to the minute."""

import os
import pathlib
import re
import shlex
import subprocess
from datetime import date, datetime, timedelta, timezone

import demo_time
import icalendar
import pytest

TIMETABLES = demo_time.DEMO / "timetables"
CALENDARS = sorted(demo_time.DEMO.rglob("*.ics"))
NAMES = [str(p.relative_to(demo_time.DEMO)) for p in CALENDARS]
TANDEMCTL = (
    pathlib.Path(os.environ.get("TANDEM_BUILD", demo_time.DEMO.parents[1] / "build")) / "tandemctl"
)


@pytest.fixture(scope="module")
def year():
    return demo_time.Year()


def lines(name):
    """Unfolded content lines."""
    text = (TIMETABLES / name).read_bytes().decode("utf-8")
    return re.sub(r"\r?\n ", "", text).replace("\r\n", "\n").splitlines()


def values(name, prop):
    return [line for line in lines(name) if re.match(prop + r"[;:]", line)]


def times(name):
    """DTSTART, DTEND, EXDATE and the like of events, without the zones' own."""
    text = "\n".join(lines(name))
    text = re.sub(r"BEGIN:VTIMEZONE\n.*?END:VTIMEZONE\n", "", text, flags=re.DOTALL)
    found = re.findall(r"^(?:DTSTART|DTEND|EXDATE|RDATE|RECURRENCE-ID)[;:].*$", text, re.MULTILINE)
    assert found
    return found


# ---- every file ----


@pytest.mark.parametrize("name", NAMES)
def test_reads_with_another_library(name):
    raw = (demo_time.DEMO / name).read_bytes()
    events = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    assert events
    for event in events:
        assert event.get("UID") and event.get("SUMMARY") and event.get("DTSTART")
        assert not event.errors


@pytest.mark.parametrize("name", NAMES)
def test_lines_end_and_fold_as_claimed(name):
    raw = (demo_time.DEMO / name).read_bytes()
    if name.endswith("pieter.ics"):  # claims bare LF
        assert b"\r" not in raw
    else:
        assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    assert raw.endswith(b"\n")
    for line in raw.split(b"\n"):
        assert len(line.rstrip(b"\r")) <= 75
        line.decode("utf-8")  # no fold inside a character


def test_small_enough_for_a_repository():
    sizes = [p.stat().st_size for p in CALENDARS]
    assert max(sizes) <= 60_000 and sum(sizes) <= 250_000


def test_every_calendar_is_in_use_and_nothing_else_lies_there(year):
    used = {p for person in year.persons.values() for p in demo_time.files(person, year.sections)}
    used.add(demo_time.DEMO / "holidays.ics")
    assert used == set(CALENDARS)
    assert used == {p for p in demo_time.DEMO.rglob("*") if p.is_file() and p.suffix == ".ics"}


def test_uids_are_one_series_each():
    """A UID stands for one event and its overrides."""
    for path in CALENDARS:
        masters = set()
        for event in icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT"):
            if event.get("RECURRENCE-ID") is None:
                assert str(event["UID"]) not in masters, (path, event["UID"])
                masters.add(str(event["UID"]))
        for event in icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT"):
            assert str(event["UID"]) in masters


# ---- the shapes ----


def test_marloes_has_a_zone_rules_exceptions_and_moved_lessons():
    assert "BEGIN:VTIMEZONE" in lines("marloes.ics")
    assert all(";TZID=Europe/Amsterdam:" in line for line in times("marloes.ics"))
    assert values("marloes.ics", "EXDATE") and len(values("marloes.ics", "RECURRENCE-ID")) == 3
    # UNTIL in UTC, as RFC 5545 wants it beside a zone
    rules = [r for r in values("marloes.ics", "RRULE") if "WEEKLY" in r]
    assert rules and all(re.search(r"UNTIL=\d{8}T\d{6}Z", r) for r in rules)


def test_ruben_is_utc_without_rules_for_twelve_weeks(year):
    assert not values("ruben.ics", "RRULE") and not values("ruben.ics", "BEGIN:VTIMEZONE")
    assert all(re.match(r"DT(START|END):\d{8}T\d{6}Z$", line) for line in times("ruben.ics"))
    assert all(line == "LOCATION:" for line in values("ruben.ics", "LOCATION"))
    titles = values("ruben.ics", "SUMMARY")
    assert any("\\;" in t for t in titles) and any("\\\\" in t for t in titles)
    assert max(map(len, titles)) > 60
    first, last = year.busy["ruben"][0][0].date(), year.busy["ruben"][-1][1].date()
    assert first == date(2026, 8, 31) and last == date(2026, 11, 20)
    assert year.horizon["ruben"] == date(2026, 8, 31) + timedelta(weeks=12)


def test_yasmina_floats_with_one_rule_a_lesson_and_empty_exceptions():
    assert not values("yasmina.ics", "BEGIN:VTIMEZONE")
    assert all(re.match(r"(DTSTART|DTEND|EXDATE):\d{8}T\d{6}$", x) for x in times("yasmina.ics"))
    for event in demo_time.calendar(TIMETABLES / "yasmina.ics").walk("VEVENT"):
        start, gone = event.decoded("DTSTART"), event["EXDATE"].dts[0].dt
        assert event.get("RRULE") and (gone - start).days % 7 != 0


def test_gerard_is_outlook_with_windows_zones():
    assert "TZID:W. Europe Standard Time" in lines("gerard.ics")
    timed = [line for line in times("gerard.ics") if "VALUE=DATE" not in line]
    assert all(";TZID=W. Europe Standard Time:" in line for line in timed)
    statuses = {v.partition(":")[2] for v in values("gerard.ics", "X-MICROSOFT-CDO-BUSYSTATUS")}
    assert statuses == {"BUSY", "FREE", "TENTATIVE", "OOF"}
    assert any(re.match("SUMMARY:Geannuleerd", v) for v in values("gerard.ics", "SUMMARY"))
    assert "STATUS:CANCELLED" not in lines("gerard.ics")  # cancelled in the title only


def test_femke_is_google_with_a_cancelled_and_a_moved_lesson():
    assert "X-WR-TIMEZONE:Europe/Amsterdam" in lines("femke.ics")
    assert any(re.match(r"DTSTART:\d{8}T\d{6}Z$", line) for line in times("femke.ics"))
    overrides = [
        e
        for e in icalendar.Calendar.from_ical((TIMETABLES / "femke.ics").read_bytes()).walk("VEVENT")
        if e.get("RECURRENCE-ID")
    ]
    assert sorted(str(e["STATUS"]) for e in overrides) == ["CANCELLED"] * 2 + ["CONFIRMED"] * 2


def test_joost_has_lessons_and_appointments_apart(year):
    assert len(list(demo_time.files(year.persons["joost"], year.sections))) == 2
    assert values("joost/lessen.ics", "DURATION") and values("joost/lessen.ics", "RDATE")
    assert all("COUNT=" in r for r in values("joost/lessen.ics", "RRULE") if "WEEKLY" in r)
    floating = [t for t in times("joost/afspraken.ics") if "VALUE=DATE" not in t]
    assert all(re.match(r"DT(START|END):\d{8}T\d{6}$", t) for t in floating)


def test_ingrid_is_a_folder_of_transparent_utc_lessons():
    names = [n for n in NAMES if "/ingrid/" in n]
    assert len(names) == 4
    for name in names:
        name = name[len("timetables/"):]
        assert not values(name, "RRULE")
        assert all(re.match(r"DT(START|END):\d{8}T\d{6}Z$", t) for t in times(name))
        assert set(values(name, "TRANSP")) == {"TRANSP:TRANSPARENT"}


def test_pieter_names_a_zone_without_saying_what_it_is():
    assert not values("pieter.ics", "BEGIN:VTIMEZONE")
    assert all(";TZID=Europe/Amsterdam:" in t for t in times("pieter.ics"))
    assert all(re.search(r"UNTIL=\d{8}(;|$)", r) for r in values("pieter.ics", "RRULE"))


def test_dirk_is_outlook_on_the_web_with_a_display_name_as_zone():
    assert not values("dirk.ics", "BEGIN:VTIMEZONE")
    assert all(';TZID="(UTC+01:00) Amsterdam, ' in t for t in times("dirk.ics"))


# ---- the programme ----


def test_ten_persons_in_five_duos(year):
    assert len(year.persons) == 10 and len(year.duos) == 5
    members = [m for duo in year.duos.values() for m in duo["members"][0].split()]
    assert sorted(members) == sorted(year.persons)
    assert year.persons["naima"]["timetable"] == ["none"]
    assert sum(float(p.get("factor", ["1.0"])[0]) < 1 for p in year.persons.values()) >= 2
    programme = year.sections["programme"][""]
    assert programme["budget"] == ["75h"]
    assert (year.first, year.past) == (date(2026, 8, 31), date(2027, 7, 10))


def test_holidays_of_the_year():
    shut = demo_time.closed_days()
    for day in [
        "2026-10-14",  # herfstvakantie
        "2026-12-25",
        "2027-01-01",
        "2027-02-24",  # voorjaarsvakantie
        "2027-03-29",  # Tweede Paasdag
        "2027-04-27",  # Koningsdag
        "2027-05-06",  # Hemelvaart
        "2027-05-17",  # Tweede Pinksterdag
    ]:
        assert date.fromisoformat(day) in shut
    assert date(2026, 10, 19) not in shut and date(2027, 1, 4) not in shut


def test_nobody_teaches_in_the_holidays(year):
    shut = demo_time.closed_days()
    for ident in year.persons:
        for start, _, title in year.busy[ident]:
            assert start.date() not in shut or ident == "joost", (ident, start, title)


def test_weeks_are_a_teachers(year):
    """18 to 24 lesson hours of 50 minutes, and meetings; fewer for who works less."""
    for ident, person in year.persons.items():
        factor = float(person.get("factor", ["1.0"])[0])
        if ident != "naima":
            assert 15 * factor <= year.hours_a_week(ident) <= 23, ident


def shared_hours_a_week(year, duo):
    known = year.known_until(duo)
    weeks = {d - timedelta(days=d.weekday()) for d in year.open_days if d < known}
    return sum((e - s).total_seconds() for s, e in year.windows(duo)) / 3600 / len(weeks)


@pytest.mark.parametrize(
    "duo, least, most",
    [
        ("marloes-femke", 6, 20),
        ("gerard-naima", 6, 20),
        ("joost-dirk", 3, 8),
        ("ruben-ingrid", 2, 8),
        ("yasmina-pieter", 0.3, 0.8),
    ],
)
def test_shared_time_is_easy_or_hard_as_intended(year, duo, least, most):
    assert least <= shared_hours_a_week(year, duo) <= most
    assert len(year.windows(duo)) >= 10  # some sessions exist in every duo


# ---- against the daemon's own reading ----


def merged(spans):
    """Sorted, disjoint (start, end), neighbours joined."""
    out = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def ours(words):
    answer = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.skipif(not TANDEMCTL.exists(), reason=f"{TANDEMCTL} is not built")
@pytest.mark.parametrize("ident", sorted(demo_time.roster()["person"]))
def test_daemon_reads_the_same_busy_time(year, ident):
    got = []
    for line in year.persons[ident]["timetable"]:
        words = shlex.split(line)
        if words[0] == "none":
            continue
        if words[0].startswith("source:"):
            keys = year.sections["source"][words[0][len("source:"):]]
            words = [f"{k}={v[0]}" for k, v in keys.items() if k != "path"]
            words.insert(0, keys["path"][0])
        check = [str(TANDEMCTL), "source", "check", str(demo_time.DEMO / words[0]), "--busy"]
        check += ["--from", str(year.first), "--to", str(year.past)]
        # free must come out free, not unknown: the horizon has its own test
        for word in words[1:] + ["horizon=open"]:
            check += ["--set", word]
        for span in ours(check).splitlines():
            start, end, level = span.split()
            assert level in ("busy", "tentative")
            got.append(tuple(wall_clock(text) for text in (start, end)))
    want = [(start, end) for start, end, _ in year.busy[ident]]
    assert merged(got) == merged(want)


def wall_clock(text):
    then = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return then.astimezone(demo_time.AMSTERDAM).replace(tzinfo=None)
