"""Every calendar of ../shared/ics (or $TANDEM_ICS): its busy time is right, or its refusal is.

Two readings that know nothing of ours (ics_readings.py) see the same files; golden files of other
projects say more about some. Who is right where they differ stands in the tables below, by the
paragraph: RFC 5545 unless another one is named. A note that is no longer needed is a failure.
Skipped, visibly, where the calendars or ical.js are not there."""
import datetime as dt
import json
import os
import pathlib
import re
import shutil
import subprocess
import zoneinfo

import pytest

import ics_readings as readings

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TANDEM_BUILD", ROOT / "build"))
SHARED = pathlib.Path(os.environ.get("TANDEM_ICS", ROOT.parent / "shared" / "ics"))
OWN = ROOT / "tests" / "data" / "ics"
AMSTERDAM = zoneinfo.ZoneInfo("Europe/Amsterdam")
FILES = sorted(p for p in SHARED.rglob("*") if p.suffix in (".ics", ".ical")
               or p.name.startswith(("fuzz", "poc")))
NAMES = [str(p.relative_to(SHARED)) for p in FILES]

# What must be refused: file -> the sentence, and why (RFC 5545 section 3.4: a calendar stream is
# one or more whole VCALENDAR objects; design 3-import, "Bad input").
REFUSED = {
    "ical4j/invalid/overlaps.ics": "not a calendar: line 1: BEGIN:VEVENT",
    "libical/spanlist.ics": "not a calendar: line 1: BEGIN:VEVENT",
    "icalendar/fuzz_testcase_vtimezone_lone_cr.ics": "not a calendar: line 1: BEGIN:VTIMEZONE",
    "libical/crash.ics": "inside VTIMEZONE, which began in line 153",  # an END is damaged
    "libical/fuzz460946139": "not a calendar: line 1",
    "libical/fuzz492956874": "not a calendar: line 1",
    "libical/fuzz56171": "not a calendar: line 1",
    "libical/issue253.ics": "not a calendar: line 1: BEGIN:VCALENDAR",  # a control byte behind it
    "libical/poc-05": "END:VEVENT inside xEVENT, which began in line 2",
    "own/nest_vcalendar_1000.ics": "line 9: components nested deeper than 8",
    "own/truncated_mid_event.ics": "it was cut off",
}

PYTHON, JS = "recurring-ical-events", "ical.js"
CANNOT = "cannot read it: "

# Where a reading differs from ours, and why ours is right.
NOTES = {
    ("caldavtester/freebusy/events/15.ics", PYTHON): CANNOT + "3.8.2.6: FREEBUSY is a list",
    ("icalendar/issue_27_multiple_periods_in_freebusy_one_freebusy.ics", PYTHON):
        CANNOT + "3.8.2.6: FREEBUSY is a list",
    ("caldavtester/freebusy/events/7.ics", PYTHON):
        "3.2.13, 3.8.4.4: THISANDFUTURE moves all later instances; it moves one",
    ("recurring-ical-events/issue_75_range_parameter.ics", PYTHON):
        "3.2.13, 3.8.4.4: as above; of the RDATE in the range too",
    ("recurring-ical-events/issue_75_range_parameter.ics", JS):
        "3.3.10: UNTIL as DATE against a DATE-TIME start, undefined; we take the whole day, it "
        "the midnight before",
    ("ical.net/EmptyLines4.ics", JS):
        "3.3.5: VALUE=DATE before a DATE-TIME; we read the value, it cuts the time off",
    ("ical4j/valid/blankTzid.ics", JS): CANNOT + "an empty TZID is no TZID",
    ("ical4j/valid/google_aus_holidays.ics", JS): CANNOT + "3.3.4: VALUE=DATE-TIME before a DATE",
    ("recurring-ical-events/Germany_Holidays.ics", JS): CANNOT + "3.3.4: a DATE without VALUE",
    ("ical4j/invalid/phpicalendar_sample.ics", PYTHON):
        "3.3.10: BYDAY=1MO ends with a blank; it loses the rule behind its EXDATEs",
    ("ical4j/invalid/phpicalendar_sample.ics", JS): CANNOT + "blanks at the ends of lines",
    ("icalendar/parsing_error.ics", PYTHON): CANNOT + "one EXDATE of three is damaged",
    ("icalendar/parsing_error.ics", JS): CANNOT + "one EXDATE of three is damaged",
    ("icalendar/rfc_5545_RDATE_example.ics", PYTHON):
        CANNOT + "3.6.1: a VEVENT has a DTSTART; without it is skipped, each with a warning",
    ("icalendar/rfc_5545_RDATE_example.ics", JS): CANNOT + "3.6.1: as above",
    ("kcalendarcore/UntilInUTC/Until_TestCase05.ics", JS):
        "3.3.10: UNTIL in UTC ends before 09:00 in Los Angeles; it knows no zone that the file "
        "does not define",
    ("node-ical/badRRULE.ics", PYTHON):
        "3.3.10: RRULE:RRULE:AnythingRandom is no rule: skipped with a warning; it reads on",
    ("node-ical/badRRULE.ics", JS): "3.3.10: as above",
    ("node-ical/daily-count-exdate-recurrence-id.ics", PYTHON):
        CANNOT + "3.8.2.2: an override that ends before it starts has our default length",
    ("node-ical/daily-count-exdate-recurrence-id.ics", JS): "3.8.2.2: as above; it has none",
    ("recurring-ical-events/end_before_start_event.ics", PYTHON): CANNOT + "3.8.2.2: as above",
    ("recurring-ical-events/end_before_start_event.ics", JS): "3.8.2.2: as above; it has none",
    ("node-ical/large-file-with-late-error.ics", PYTHON):
        CANNOT + "two DTENDs in one event: the first counts",
    ("own/dst_nl_edges.ics", PYTHON):
        "3.8.5.3: with DTEND the *same exact duration* holds for all instances: the night of the "
        "hour change ends an hour earlier on the clock; it keeps the clock",
    ("own/dst_nl_edges.ics", JS): "3.8.5.3: as above",
    ("own/eol_cr_only.ics", PYTHON): "3.1 wants CRLF; CR alone is read by us (design)",
    ("own/eol_cr_only.ics", JS): CANNOT + "CR alone",
    ("own/rrule_impossible_feb30.ics", JS):
        "3.3.10: an invalid date is ignored, not moved to March; DTSTART counts (3.8.5.3)",
    ("own/rrule_secondly_forever.ics", PYTHON): CANNOT + "no limit",
    ("own/rrule_secondly_forever.ics", JS): CANNOT + "no limit",
    ("recurring-ical-events/issue_107_omitting_last_event.ics", PYTHON):
        "3.3.10: UNTIL is inclusive; it reads the Windows zone wrong",
    ("recurring-ical-events/issue_148_exdate_and_rdate_updated.ics", PYTHON):
        "3.8.7.4, RFC 5546 2.1.5: the higher SEQUENCE replaces the lower; it mixes both",
    ("vobject/ms_tzid.ics", PYTHON): CANNOT + "the UNTIL of a VTIMEZONE",
    ("vobject/ruby_rrule.ics", JS): CANNOT + "FREQ=DAILY\\;: an escape too many is read by us",
    ("ical.net/ByMonthDay1.ics", JS):
        "3.8.2.2: DTEND without TZID means DTSTART's zone; it finds an end before the start",
    ("ical.net/ByMonthDay1.ics", PYTHON):
        "3.6.5: US-Eastern is defined by the file's own VTIMEZONE; it reads floating times",
}

# Where neither reading agrees: the golden file or the own small calendar that says the same.
ALONE = {
    "ical4j/invalid/phpicalendar_sample.ics": "trailing_blanks_and_lower_case",
    "ical.net/ByMonthDay1.ics": "dtend_without_zone_is_in_dtstarts",
    "icalendar/parsing_error.ics": "damaged_exdates_do_not_spoil_the_others",
    "icalendar/rfc_5545_RDATE_example.ics": "impossible_dates_skip_their_event",
    "node-ical/badRRULE.ics": "unparsable_rule_skips_its_event",
    "node-ical/daily-count-exdate-recurrence-id.ics": "end_before_start_has_default_length",
    "recurring-ical-events/end_before_start_event.ics": "end_before_start_has_default_length",
    "own/dst_nl_edges.ics": "dtend_is_an_exact_length",
    "own/eol_cr_only.ics": "lines_end_in_cr",
    "own/rrule_secondly_forever.ics": "below_daily_rules_are_bounded",
    "recurring-ical-events/issue_75_range_parameter.ics": "thisandfuture_moves_rdates_too",
}


def ctl(path, *words):
    return subprocess.run([BUILD / "tandemctl", "source", "check", path, "--busy",
                           "--set", "horizon=open", *map(str, words)],
                          capture_output=True, text=True, timeout=60)


def seconds(stamp):
    return int(dt.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp())


def spans(stdout):
    """Busy lines, levels aside -> merged (start, end)."""
    out = []
    for line in stdout.splitlines():
        a, b, _ = line.split()
        if out and out[-1][1] == seconds(a):
            out[-1] = (out[-1][0], seconds(b))
        else:
            out.append((seconds(a), seconds(b)))
    return out


# Everything that is not cancelled or called FREE is busy, as the readings have it.
OPAQUE = ["--set", "transparent=busy", "--set", "tentative=busy", "--set", "cancelled=none"]


def window(text):
    """From a month before the first start to 800 days behind the last."""
    body = re.sub(r"(?s)BEGIN:VTIMEZONE.*?END:VTIMEZONE", "", readings.unfolded(text))
    days = []
    for year, month, day in re.findall(
            r"(?m)^(?:DTSTART|RECURRENCE-ID|RDATE|FREEBUSY)[^:\r\n]*:(\d{4})(\d\d)(\d\d)", body):
        if 1971 <= int(year) < 2100 and 1 <= int(month) <= 12 and 1 <= int(day) <= 28:
            days.append(dt.date(int(year), int(month), int(day)))
    days = days or [dt.date(2026, 1, 1)]
    return min(days) - dt.timedelta(days=30), max(days) + dt.timedelta(days=800)


def our_reading(path, first, past, *words):
    """Merged spans, or the sentence of the refusal."""
    done = ctl(path, "--from", first, "--to", past, *(words or OPAQUE))
    assert done.returncode in (0, 65), done.stderr
    return spans(done.stdout) if done.returncode == 0 else done.stderr.strip()


@pytest.fixture(scope="module")
def cases():
    """name -> (raw, zone, first, past) and our reading."""
    out = {}
    for name, path in zip(NAMES, FILES):
        raw = path.read_bytes()
        first, past = window(readings.as_text(raw))
        case = (raw, AMSTERDAM, readings.day_start(first, AMSTERDAM),
                readings.day_start(past, AMSTERDAM))
        out[name] = case, our_reading(path, first, past)
    return out


@pytest.fixture(scope="module")
def ical_js(cases, tmp_path_factory):
    """name -> ical.js's reading. The library is installed by name into the build folder, once."""
    library = readings.ical_js_library(BUILD)
    if not library:
        pytest.skip("no node, or npm could not install ical.js: it is not asked")
    answers = readings.by_ical_js(shutil.which("node"), library,
                                  ROOT / "tests" / "tools" / "ical_js_busy.mjs",
                                  tmp_path_factory.mktemp("js"),
                                  [case for case, _ in cases.values()])
    return dict(zip(cases, answers))


def test_the_calendars_are_here():
    if not FILES:
        pytest.skip(f"no calendars in {SHARED}: 121 readings and six kinds of golden files are "
                    "not compared")
    assert len(FILES) >= 121
    assert set(REFUSED) <= set(NAMES) and set(ALONE) <= set(NAMES)
    assert {name for name, _ in NOTES} <= set(NAMES)


def judge(name, who, ours, theirs):
    note = NOTES.get((name, who))
    if name in REFUSED:
        assert isinstance(ours, str) and REFUSED[name] in ours
        assert note is None
    elif isinstance(theirs, str):
        assert note and note.startswith(CANNOT), f"{who}: {theirs}"
    elif note:
        assert not note.startswith(CANNOT), f"{who} can read it now"
        assert theirs != ours, f"{who} agrees now: the note is stale"
    else:
        text = lambda all_: [f"{dt.datetime.utcfromtimestamp(a)}..{dt.datetime.utcfromtimestamp(b)}"
                             for a, b in all_]
        assert isinstance(ours, list), ours
        assert ours == theirs, (f"only ours: {text(sorted(set(ours) - set(theirs))[:5])}, only "
                                f"{who}: {text(sorted(set(theirs) - set(ours))[:5])}")


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_recurring_ical_events(name, cases):
    pytest.importorskip("recurring_ical_events")
    case, ours = cases[name]
    judge(name, PYTHON, ours, readings.by_python(*case))


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_ical_js(name, cases, ical_js):
    judge(name, JS, cases[name][1], ical_js[name])


def test_where_we_stand_alone_a_small_calendar_says_why():
    alone = {name for name, _ in NOTES if {(name, PYTHON), (name, JS)} <= set(NOTES)}
    assert alone == set(ALONE)
    for case in ALONE.values():
        assert (OWN / f"{case}.expected").exists() and (OWN / f"{case}.ics").exists(), case


# ---- golden files of other projects ---------------------------------------------------------

def need(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


def test_golden_caldavtester():
    """21 files as one person: a directory."""
    folder = need("caldavtester", "freebusy")
    stamp = lambda s: f"{s[:4]}-{s[4:6]}-{s[6:11]}:{s[11:13]}:{s[13:]}"
    for query in json.loads((folder / "expected.json").read_text())["queries"]:
        levels = {}
        for key, level in (("tentative", "tentative"), ("busy", "busy"), ("unavailable", "busy")):
            for period in query.get(key, []):
                a, b = (seconds(stamp(p)) for p in period.split("/"))
                levels.update({minute: level for minute in range(a, b, 60)})
        done = ctl(folder / "events", "--zone", "UTC", "--from", stamp(query["start"])[:10],
                   "--to", stamp(query["end"])[:10], "--set", "transparent=free")
        got = {}
        for line in done.stdout.splitlines():
            a, b, level = line.split()
            got.update({minute: level for minute in range(seconds(a), seconds(b), 60)})
        assert got == levels


def test_golden_sutd():
    """Floating with rules, and the same timetable as its own project writes it out."""
    words = ["--zone", "Asia/Singapore", "--from", "2024-09-01", "--to", "2025-01-01"]
    before, after = (ctl(need("sutd", way, "2024_term3.ics"), *words).stdout
                     for way in ("inputs", "outputs"))
    assert before == after and before.count("\n") > 100


def test_golden_tiss(tmp_path):
    """Better TISS adds six floating events of its own and changes no time."""
    golden = need("tiss", "golden", "test_icalendar_noshorthands_de_success.ical").read_text()
    own = re.compile(r"(?s)BEGIN:VEVENT(?:(?!END:VEVENT).)*?\nDTSTART:\d{8}T\d{6}\s.*?END:VEVENT\s+")
    kept, added = own.subn("", golden)
    assert added == 6
    (tmp_path / "golden.ics").write_text(kept)
    words = ["--zone", "Europe/Vienna", "--from", "2025-01-01", "--to", "2027-01-01"]
    before, after = ctl(need("tiss", "calendar_de.ics"), *words), ctl(tmp_path / "golden.ics", *words)
    assert before.stdout == after.stdout and before.stdout.count("\n") > 40


@pytest.mark.parametrize("name", ["single-event-no-tz", "single-events-DTSTART-DTEND"])
def test_golden_x_wr_timezone(name):
    """A calendar with X-WR-TIMEZONE, and as that project writes it with the zone at each time."""
    words = ["--zone", "Asia/Tokyo", "--from", "2000-01-01", "--to", "2040-01-01"]
    before, after = (ctl(need("x-wr-timezone", f"{name}.{way}.ics"), *words).stdout
                     for way in ("in", "out"))
    assert before == after and before


def kde_clock(name, at):
    """The wall clock of the event's zone. US-Eastern is what the files say it is, for ever: summer
    from the first Sunday of April to the last of October."""
    if "UntilInUTC" in name:
        zone = zoneinfo.ZoneInfo("America/Los_Angeles")
        return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%dT%H:%M:%S")
    clock = dt.datetime.utcfromtimestamp(at) - dt.timedelta(hours=5)
    sundays = lambda month: [day for day in range(1, 32 if month == 10 else 31)
                             if dt.date(clock.year, month, day).weekday() == 6]
    if dt.datetime(clock.year, 4, sundays(4)[0], 1) <= clock < \
            dt.datetime(clock.year, 10, sundays(10)[-1], 5):
        clock += dt.timedelta(hours=1)
    return clock.isoformat()


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("kcalendarcore/")])
def test_golden_kcalendarcore(name):
    """.next.ref: the first starts, on the clock (its offsets are those of DTSTART throughout);
    .recurson.ref: the days up to the end of 2020."""
    path = SHARED / name
    want = [line.split(" ")[0]
            for line in path.with_name(path.name + ".next.ref").read_text().splitlines()]
    # one minute each, so that no start hides behind the one before it
    done = ctl(path, "--from", "1996-07-01", "--to", "2130-01-01", "--set", "default_length=60s")
    starts = [kde_clock(name, a) for a, _ in spans(done.stdout)]
    assert starts[:len(want)] == want
    assert len(starts) == len(want) or len(want) == 500
    days = sorted({start[:10] for start in starts if start < "2021"})
    assert days == path.with_name(path.name + ".recurson.ref").read_text().split()


AMBR = re.compile(r"(?ms)^# name: \w+\[(\w+)\]$.*?'''\n(.*?)\n  '''$")
# The golden file's own repair is another reading: why ours differs.
AMBR_NOTES = {}


def ambr():
    for path in sorted(SHARED.glob("allenporter-ical/golden/*.ambr")):
        for name, text in AMBR.findall(path.read_text()):
            yield name, "\r\n".join(line.removeprefix("  ") for line in text.split("\n")) + "\r\n"


@pytest.mark.parametrize("name, text", list(ambr()), ids=[name for name, _ in ambr()])
def test_golden_allenporter(name, text, tmp_path):
    """A calendar and the same as that project repairs it give the same busy time."""
    path = need("allenporter-ical", f"{name}.ics")
    repaired = tmp_path / "repaired.ics"
    repaired.write_text(text, newline="")
    first, past = window(text)
    got, want = (our_reading(p, first, past) for p in (path, repaired))
    assert isinstance(want, list) and want
    assert (got == want) == (name not in AMBR_NOTES)


# What calcard says that is not so, or does not say that is: file -> why. Each of these files is one
# that both readings above give as we do, or stands in NOTES.
CALCARD_NOTES = {
    "ical4j/invalid/phpicalendar_sample.ics": "3.6.2: a VTODO takes no time; it expands them too",
    "ical4j/valid/Australian_TV_Melbourne.ics":
        "3.3.10: weekly rules without BYDAY; it loses the first instance",
    "ical4j/valid/EstoniaHolidays.ics":
        "3.8.5.3: DTSTART is the first instance; it loses those of rules with BYMONTHDAY",
    "ical4j/valid/google_aus_holidays.ics":
        "3.2.19: TZID must not stand beside a DATE, which has no zone; it reads the day there",
    "icalendar/issue_27_multiple_periods_in_freebusy_one_freebusy.ics":
        "3.6.4: a VFREEBUSY is busy in its FREEBUSY periods; it takes DTSTART to DTEND",
    "icalendar/issue_722_timezone_transition_ambiguity.ics":
        "3.6.5: MyTimezone is what the file defines; it reads the times as floating",
    "node-ical/bad_custom_ms_tz2.ics":
        "3.3.6, 3.8.2.5: -PT1W1D2H3M4S is no duration: one day; it drops the event",
    "node-ical/daily-count-exdate-recurrence-id.ics":
        "3.8.2.2: the override ends before it starts; it has no length there",
    "node-ical/ms_timezones.ics":
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE is free (design 3-import); it has no levels",
    "node-ical/tentative-apple-calendar.ics":
        "3.8.1.11: STATUS:CANCELLED is free; it has no levels",
    "node-ical/whole_day_moved_over_dst_change_berlin.ics":
        "3.8.4.4: the override of 28 October replaces that day; it keeps both",
    "node-ical/windows-quoted-tz-rrule.ics":
        "3.8.2.2: DTEND has a TZID of its own, three hours west; it reads DTSTART's",
}


def calcard(path):
    """Its events, one JSON value after the other -> (start, end, component)."""
    text, decoder, at, out = path.read_text().rstrip(), json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        out += [(seconds(e["start"]), seconds(e["end"]), e["comp_id"]) for e in value["events"]]
        while at < len(text) and text[at].isspace():
            at += 1
    return out


def without(these, those):
    """What of these spans is in none of those; both sorted and disjoint."""
    out = []
    for a, b in these:
        for c, d in those:
            if d <= a or c >= b:
                continue
            if c > a:
                out.append((a, c))
            a = max(a, d)
            if a >= b:
                break
        if a < b:
            out.append((a, b))
    return out


@pytest.mark.parametrize("name", [n for n in NAMES
                                  if (SHARED / n).with_suffix(".calcard.json").exists()])
def test_second_opinion_of_calcard(name):
    """At most 100 instances a rule, floating times and days in Pacific/Auckland; a timed event
    without end lasts until midnight there, and for default_length here."""
    auckland = zoneinfo.ZoneInfo("Pacific/Auckland")
    events = calcard((SHARED / name).with_suffix(".calcard.json"))
    if not events:
        pytest.skip("calcard expands nothing of it")
    counts = {c: sum(one == c for _, _, one in events) for _, _, c in events}
    instant = lambda at: dt.datetime.fromtimestamp(at, readings.UTC)
    first = dt.datetime.fromtimestamp(min(a for a, _, _ in events), auckland).date()
    past = dt.datetime.fromtimestamp(max(b for _, b, _ in events) + 86400, auckland).date()
    day = lambda one: readings.day_start(one, auckland)
    no_end = lambda b: b % 86400 == 86399 or \
        dt.datetime.fromtimestamp(b, auckland).strftime("%H%M%S") == "235959"
    want = readings.merged([(instant(a), instant(a + 3000 if no_end(b) else b))
                            for a, b, _ in events], day(first), day(past))
    got = our_reading(SHARED / name, first, past, *OPAQUE, "--zone", "Pacific/Auckland")
    missing = without(want, got) if isinstance(got, list) else want
    extra = without(got, want) if isinstance(got, list) and max(counts.values()) < 100 else []
    show = lambda all_: [f"{instant(a):%F %T}..{instant(b):%F %T}" for a, b in all_[:6]]
    if name in REFUSED:
        assert REFUSED[name] in got
        return
    if name in CALCARD_NOTES:
        assert missing or extra, "the note is stale"
        return
    assert not missing and not extra, f"we lack {show(missing)}, it lacks {show(extra)}"
