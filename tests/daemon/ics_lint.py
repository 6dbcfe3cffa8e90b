"""A lint of feeds, of our own: what RFC 5545, 7986 and the clients of design 5-publish ask. No
validator in Debian knows the half of it. test_ics_lint.py plants a fault for every rule here."""
import bisect
import datetime as dt
import functools
import re
import unicodedata
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

UTC = dt.timezone.utc
NEEDED_CALENDAR = {"VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "X-WR-TIMEZONE",
                   "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "COLOR", "X-APPLE-CALENDAR-COLOR", "URL"}
NEEDED = {"UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "SUMMARY", "STATUS"}
NEEDED_EVENT = NEEDED | {"DTSTART", "DTEND", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"}
NEEDED_TODO = NEEDED | {"DUE", "PERCENT-COMPLETE"}
KNOWN_EVENT = NEEDED_EVENT | {"CREATED"}
NEEDED_FULL = {"DESCRIPTION", "URL", "CATEGORIES"}
# what would make clients ask, answer or repeat
NEVER = {"METHOD", "ORGANIZER", "ATTENDEE", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "DURATION"}
# RFC 7986 section 5.9 takes names of CSS, Apple takes figures: the same colour in both
COLOURS = {"aqua": "#00FFFF", "blue": "#0000FF", "green": "#008000", "maroon": "#800000",
           "navy": "#000080", "olive": "#808000", "purple": "#800080", "red": "#FF0000",
           "teal": "#008080"}
PREFIXES = ("VERVALLEN: ", "CANCELLED: ")
ZONE_LINES = 18  # "about 15": Google breaks on a long VTIMEZONE


# ---- bytes, lines, texts ----

def unfold(body):
    """The content lines of @body, after the checks on bytes."""
    assert body.startswith(b"BEGIN:VCALENDAR\r\n"), body[:60]  # no byte order mark either
    assert body.endswith(b"END:VCALENDAR\r\n"), body[-60:]
    assert not re.search(rb"(?<!\r)\n", body), "a line that ends in LF alone"
    assert not re.search(rb"\r(?!\n)", body), "a bare CR"
    lines = []
    for physical in body.split(b"\r\n")[:-1]:
        assert len(physical) <= 75, f"{len(physical)} octets: {physical!r}"
        assert physical, "an empty line"
        text = physical.decode("utf-8", "replace")
        assert text.encode() == physical, f"no UTF-8, or a character cut by folding: {physical!r}"
        assert not any(unicodedata.category(c) == "Cc" for c in text), f"a control: {physical!r}"
        if physical[:1] == b" ":
            lines[-1] += physical[1:]
        else:
            lines.append(physical)
    return [line.decode("utf-8") for line in lines]


def split(line):
    """"DTSTART;TZID=X:1" -> ("DTSTART", {"TZID": "X"}, "1")"""
    m = re.match(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*))*):(.*)$', line, re.S)
    assert m, f"not a content line: {line!r}"
    parameters = dict(p.split("=", 1) for p in m[2].split(";")[1:])
    return m[1], parameters, m[3]


def unescape(text):
    assert re.fullmatch(r"(?:[^\\]|\\[\\;,nN])*", text), f"a wrong escape in {text!r}"
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", text), f"a bare ; or , in {text!r}"
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], text)


def utc(text):
    assert re.fullmatch(r"\d{8}T\d{6}Z", text), f"{text} is no moment in UTC"
    return dt.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def local(text):
    assert re.fullmatch(r"\d{8}T\d{6}", text), f"{text} is no local moment"
    return dt.datetime.strptime(text, "%Y%m%dT%H%M%S")


# ---- components ----

def parts(lines):
    """The properties of the calendar, those of its VTIMEZONEs by part, its events and to-dos, and
    the alarms of each."""
    calendar, zones, events, alarms, stack = [], [], [], [], []
    for line in lines:
        name, parameters, value = split(line)
        if name == "BEGIN":
            stack.append(value)
            assert stack[1:] in ([], ["VTIMEZONE"], ["VEVENT"], ["VTODO"], ["VTIMEZONE", "STANDARD"],
                                 ["VTIMEZONE", "DAYLIGHT"], ["VEVENT", "VALARM"]), stack
            assert not (value == "VTIMEZONE" and events), "a VTIMEZONE behind what needs it"
            if value in ("VEVENT", "VTODO"):
                events.append((value, []))
                alarms.append([])
            elif value == "VALARM":
                alarms[-1].append([])
            elif len(stack) > 1:
                zones.append((value, []))
        elif name == "END":
            assert stack.pop(-1) == value, f"END:{value}"
        elif stack[-1:] in (["VEVENT"], ["VTODO"]):
            assert not alarms[-1], f"{name} behind an alarm"
            events[-1][1].append((name, parameters, value))
        elif stack[-1:] == ["VALARM"]:
            alarms[-1][-1].append((name, parameters, value))
        elif len(stack) > 1:
            zones[-1][1].append((name, value))
        else:
            assert not zones and not events, f"{name} behind the components"
            calendar.append((name, parameters, value))
    return calendar, zones, events, alarms


def table(properties, where):
    """{name: (parameters, value)}, each name once."""
    names = [name for name, _, _ in properties]
    assert not NEVER & set(names), f"{NEVER & set(names)} in {where}"
    assert len(set(names)) == len(names), f"a property twice in {where}: {names}"
    return {name: (parameters, value) for name, parameters, value in properties}


def lint_calendar(properties):
    values = table(properties, "the calendar")
    assert set(values) == NEEDED_CALENDAR, set(values) ^ NEEDED_CALENDAR
    assert list(values)[:2] == ["VERSION", "PRODID"]
    for name, (parameters, _) in values.items():
        assert parameters == ({"VALUE": "DURATION"} if name == "REFRESH-INTERVAL" else {}), name
    values = {name: value for name, (_, value) in values.items()}
    assert values["VERSION"] == "2.0"
    assert re.fullmatch(r"-//[\w .-]+//[\w .-]+//[A-Z]{2}", values["PRODID"]), values["PRODID"]
    assert values["CALSCALE"] == "GREGORIAN"
    assert unescape(values["NAME"]).strip() and values["NAME"] == values["X-WR-CALNAME"]
    assert values["REFRESH-INTERVAL"] == "PT1H"
    assert values["X-PUBLISHED-TTL"] == "PT1H"  # to Outlook a lower limit
    assert COLOURS.get(values["COLOR"]) == values["X-APPLE-CALENDAR-COLOR"]
    assert re.fullmatch(r"https?://[^\s/]+(/[^\s?#]*[^\s?#/])?", values["URL"]), values["URL"]
    return values


def lint_zone(zones, name, odd):
    """What the VTIMEZONE says: a function of local moments. None: the calendar is in UTC."""
    if name == "UTC":
        assert not zones, "UTC needs no VTIMEZONE"
        return None
    assert re.fullmatch(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*", name), f"{name} is no plain IANA name"
    assert zones[:1] == [("VTIMEZONE", [("TZID", name)])], f"the VTIMEZONE is not that of {name}"
    assert "VTIMEZONE" not in [word for word, _ in zones[1:]], "two VTIMEZONEs"
    n = sum(2 + len(lines) for _, lines in zones)
    assert odd or n <= ZONE_LINES, f"{n} lines of VTIMEZONE"
    rules = []
    for word, lines in zones[1:]:
        names = [name for name, _ in lines if name != "RDATE"]
        needed = {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"} | (set() if odd else {"TZNAME"})
        assert needed <= set(names) <= needed | {"TZNAME", "RRULE"}, names
        assert len(set(names)) == len(names), names
        assert odd or "RDATE" not in dict(lines), "dates where rules would do"
        assert not {"RRULE", "RDATE"} <= set(dict(lines)), "both RRULE and RDATE"
        assert re.fullmatch(r"FREQ=YEARLY;BYMONTH=\d+;(BYMONTHDAY=[\d,]+;)?BYDAY=-?\d?[A-Z]{2}",
                            dict(lines).get("RRULE", "FREQ=YEARLY;BYMONTH=1;BYDAY=1MO"))
        rules.append(word)
    assert odd or sorted(rules) in (["STANDARD"], ["DAYLIGHT", "STANDARD"]), rules
    return zone_says(repr(zones[1:]))


def offset(text):
    sign, hours, minutes, seconds = re.fullmatch(r"([+-])(\d\d)(\d\d)(\d\d)?", text).groups()
    return (-1 if sign == "-" else 1) * dt.timedelta(hours=int(hours), minutes=int(minutes),
                                                    seconds=int(seconds or 0))


@functools.lru_cache(maxsize=64)
def zone_says(text):
    """By RFC 5545 section 3.6.5: the part with the last onset counts."""
    onsets = []
    for _, lines in eval(text):  # repr() of ours, hashable for the cache
        values, start = dict(lines), local(dict(lines)["DTSTART"])
        to, dates = offset(values["TZOFFSETTO"]), [start]
        if "RRULE" in values:
            dates += rrulestr(values["RRULE"], dtstart=start).between(
                start, dt.datetime(start.year + 60, 1, 1))
        for name, value in lines:
            if name == "RDATE":
                dates += [local(v) for v in value.split(",")]
        onsets += [(at, to) for at in dates]
    onsets.sort()
    moments = [at for at, _ in onsets]
    return lambda at: onsets[max(0, bisect.bisect_right(moments, at) - 1)][1]


def lint_time(event, name, zone, says):
    """The moment of DTSTART or DTEND, as a client takes it that has only the file."""
    parameters, value = event[name]
    if says is None:
        assert parameters == {}, f"{name} in UTC with {parameters}"
        return utc(value)
    assert parameters == {"TZID": zone}, f"{name} with {parameters}, not in {zone}"
    at = local(value)
    truth = at.replace(tzinfo=ZoneInfo(zone))
    assert says(at) in (truth.utcoffset(), truth.replace(fold=1).utcoffset()), \
        f"by the VTIMEZONE {value} is at {says(at)}, by {zone} at {truth.utcoffset()}"
    return truth.astimezone(UTC)


def lint_event(event, calendar, says, busy):
    names = set(event)
    assert NEEDED_EVENT <= names, f"no {NEEDED_EVENT - names} in {event}"
    assert names <= KNOWN_EVENT | (set() if busy else NEEDED_FULL | {"LOCATION"}), names
    for name, (parameters, _) in event.items():
        assert name in ("DTSTART", "DTEND") or parameters == {}, f"{name} with {parameters}"
    start, end = (lint_time(event, name, calendar["X-WR-TIMEZONE"], says)
                  for name in ("DTSTART", "DTEND"))
    assert start < end, event
    event = {name: value for name, (_, value) in event.items()}
    cancelled = lint_versions(event, "s")
    assert event["STATUS"] in ("CONFIRMED", "CANCELLED")
    assert event["TRANSP"] == ("TRANSPARENT" if cancelled else "OPAQUE")
    assert event["X-MICROSOFT-CDO-BUSYSTATUS"] == ("FREE" if cancelled else "BUSY")
    if busy:
        summary = unescape(event["SUMMARY"])
        assert summary.split(": ")[-1] in ("Bezet", "Busy"), summary
    else:
        lint_texts(event, calendar)
    return start


def lint_versions(event, letter):
    """What every event and to-do has; whether it is cancelled."""
    assert event["DTSTAMP"] == event["LAST-MODIFIED"]
    assert utc(event.get("CREATED", event["DTSTAMP"])) <= utc(event["DTSTAMP"])
    assert re.fullmatch(r"0|[1-9]\d{0,8}", event["SEQUENCE"]), event["SEQUENCE"]
    assert re.fullmatch(letter + r"[1-9]\d*@[A-Za-z0-9.-]+", event["UID"]), event["UID"]
    cancelled = event["STATUS"] == "CANCELLED"
    summary = unescape(event["SUMMARY"])
    assert cancelled == summary.startswith(PREFIXES), summary
    return cancelled


def date(text):
    assert re.fullmatch(r"\d{8}", text), f"{text} is no day"
    return dt.datetime.strptime(text, "%Y%m%d").date()


def lint_obligation(component, event, calendar):
    """A date at which something is due: an all-day event that takes no time, or a to-do."""
    names, todo = set(event), component == "VTODO"
    needed = (NEEDED_TODO if todo else NEEDED_EVENT) | NEEDED_FULL
    assert needed <= names, f"no {needed - names} in {event}"
    assert names <= needed | {"CREATED"} | ({"COMPLETED"} if todo else set()), names
    for name, (parameters, _) in event.items():
        days = ("DUE",) if todo else ("DTSTART", "DTEND")
        assert parameters == ({"VALUE": "DATE"} if name in days else {}), f"{name} with {parameters}"
    event = {name: value for name, (_, value) in event.items()}
    cancelled = lint_versions(event, "o")
    day = date(event["DUE" if todo else "DTSTART"])
    if todo:
        done = event["STATUS"] == "COMPLETED"
        assert done or cancelled or event["STATUS"] == "NEEDS-ACTION", event["STATUS"]
        assert event["PERCENT-COMPLETE"] == ("100" if done else "0")
        assert done == ("COMPLETED" in event), "COMPLETED says when, and only of what is completed"
        utc(event.get("COMPLETED", event["DTSTAMP"]))
        assert "\u2713" not in event["SUMMARY"], "a to-do has a box for it"
    else:
        assert date(event["DTEND"]) == day + dt.timedelta(days=1), "one day: its end is the next"
        assert cancelled or event["STATUS"] == "CONFIRMED"
        assert event["TRANSP"] == "TRANSPARENT", "a date takes no time"
        assert event["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"
    lint_texts(event, calendar)
    return day


def lint_texts(event, calendar):
    assert NEEDED_FULL <= set(event), f"no {NEEDED_FULL - set(event)} in {event}"
    page = f"{calendar['URL']}/s/{event['UID'].split('@')[0]}"
    assert event["URL"] == page
    assert unescape(event["DESCRIPTION"]).endswith(f": {page}"), event["DESCRIPTION"]
    assert unescape(event["CATEGORIES"]).strip() and unescape(event["SUMMARY"]).strip()
    assert unescape(event.get("LOCATION", "-")).strip()


def lint_alarm(alarms, event, alarm):
    """RFC 5545 section 3.6.6, RFC 9074 section 4: at most one, @alarm minutes before."""
    assert len(alarms) <= 1, "two alarms in an event"
    assert alarm is not None, f"an alarm in a feed that has none: {alarms}"
    assert event["STATUS"][1] == "CONFIRMED", "an alarm for what is cancelled"
    values = table(alarms[0], "an alarm")
    assert list(values) == ["UID", "ACTION", "DESCRIPTION", "TRIGGER"], list(values)
    assert all(parameters == {} for parameters, _ in values.values()), values
    values = {name: value for name, (_, value) in values.items()}
    assert values["UID"] == event["UID"][1].replace("@", "-alarm@"), values["UID"]
    assert values["ACTION"] == "DISPLAY"
    assert values["DESCRIPTION"] == event["SUMMARY"][1]
    assert values["TRIGGER"] == (f"-PT{alarm}M" if alarm else "PT0S"), values["TRIGGER"]
    return values


def lint(body, busy=False, odd_zone=False, obligations=False, alarm=None):
    """Raises on anything wrong; returns the events of sessions as {uid: {property: (parameters,
    value)}}, an alarm's properties under VALARM, or those of obligations. @odd_zone: its changes fit
    no yearly rules and are listed. @alarm: minutes before; None: no event has one."""
    lines = unfold(body)
    assert not re.search(r"/(me|feeds|report)/", "\n".join(lines)), "a secret stands in a feed"
    properties, zones, found, alarms = parts(lines)
    calendar = lint_calendar(properties)
    says = lint_zone(zones, calendar["X-WR-TIMEZONE"], odd_zone)
    events, starts, due, days = {}, [], {}, []
    for (component, properties), rings in zip(found, alarms):
        event = table(properties, "an event")
        uid = event.get("UID", ({}, ""))[1]
        assert uid not in events and uid not in due, f"{uid} stands twice"
        if component == "VTODO" or uid.startswith("o"):
            assert not busy, "what is due stands in a busy feed"
            days.append(lint_obligation(component, event, calendar))
            assert not rings, "an alarm for what is due"
            due[uid] = event
        else:
            assert not due, "sessions behind what is due"
            starts.append(lint_event(event, calendar, says, busy))
            events[uid] = event
            if rings:
                event["VALARM"] = lint_alarm(rings, event, None if busy else alarm)
    assert starts == sorted(starts), "events are not in the order of time"
    assert days == sorted(days), "what is due is not in the order of time"
    assert len({component for component, properties in found
                if ("UID", "o") in [(n, v[:1]) for n, _, v in properties]}) <= 1, "both ways"
    assert len({uid.split("@")[1] for uid in {**events, **due}}) <= 1, "UIDs of several hosts"
    return due if obligations else events
