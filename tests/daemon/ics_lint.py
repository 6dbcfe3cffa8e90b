"""A lint of feeds, of our own: what RFC 5545, 7986 and the clients of design 5-publish ask. No
validator in Debian knows the half of it."""
import re

KNOWN_CALENDAR = {"VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "X-WR-TIMEZONE",
                  "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "COLOR", "X-APPLE-CALENDAR-COLOR", "URL",
                  "DESCRIPTION", "X-WR-CALDESC"}
ONCE = ("UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS",
        "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")
# what would make clients ask, answer or repeat
NEVER = ("METHOD", "ORGANIZER", "ATTENDEE", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "DURATION")


def unfold(body):
    """The content lines of @body, after the checks on bytes."""
    assert body.endswith(b"END:VCALENDAR\r\n"), body[-60:]
    assert not body.startswith(b"\xef\xbb\xbf")
    assert b"\n" not in body.replace(b"\r\n", b""), "a line that does not end in CRLF"
    assert b"\r" not in body.replace(b"\r\n", b"")
    lines = []
    for physical in body.split(b"\r\n")[:-1]:
        assert len(physical) <= 75, f"{len(physical)} octets: {physical!r}"
        physical.decode("utf-8")  # a cut character is an error here
        assert physical, "an empty line"
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", physical), physical
        if physical[:1] in b" \t":
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
    assert not re.search(r"(?<!\\)(\\\\)*\\[^\\;,nN]", text), f"a wrong escape in {text!r}"
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", text), f"a bare ; or , in {text!r}"
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], text)


def lint(body, busy=False):
    """Raises on anything wrong; returns the events as {uid: {property: (parameters, value)}}."""
    lines = [split(line) for line in unfold(body)]
    assert lines[0] == ("BEGIN", {}, "VCALENDAR")
    stack, calendar, zones, events, current = [], [], {}, {}, None
    for name, parameters, value in lines:
        assert name not in NEVER or (stack[-1:] != ["VEVENT"] and name == "RRULE"), name
        if name == "BEGIN":
            stack.append(value)
            if value == "VEVENT":
                assert stack == ["VCALENDAR", "VEVENT"]
                current = {}
        elif name == "END":
            assert stack.pop() == value
            if value == "VEVENT":
                uid = current["UID"][1]
                assert uid not in events, f"{uid} stands twice"
                events[uid] = current
        elif stack == ["VCALENDAR"]:
            calendar.append((name, parameters, value))
        elif stack == ["VCALENDAR", "VEVENT"]:
            assert name == "CATEGORIES" or name not in current, f"{name} twice in an event"
            current[name] = (parameters, value)
        elif stack == ["VCALENDAR", "VTIMEZONE"] and name == "TZID":
            zones[value] = True
        elif stack[:2] == ["VCALENDAR", "VTIMEZONE"]:
            assert name in ("TZNAME", "TZOFFSETFROM", "TZOFFSETTO", "DTSTART", "RRULE"), name
    assert stack == []
    lint_calendar(calendar, zones, lines)
    for event in events.values():
        lint_event(event, zones, busy)
    return events


def lint_calendar(calendar, zones, lines):
    names = [name for name, _, _ in calendar]
    assert len(names) == len(set(names)), names
    assert set(names) <= KNOWN_CALENDAR, set(names) - KNOWN_CALENDAR
    values = {name: (parameters, value) for name, parameters, value in calendar}
    assert names[:2] == ["VERSION", "PRODID"]
    assert values["VERSION"][1] == "2.0" and values["CALSCALE"][1] == "GREGORIAN"
    assert values["NAME"][1] == values["X-WR-CALNAME"][1] != ""
    assert values["REFRESH-INTERVAL"] == ({"VALUE": "DURATION"}, "PT1H")
    assert values["X-PUBLISHED-TTL"][1] == "PT1H"
    assert re.match(r"[a-z]+$", values["COLOR"][1])
    assert re.match(r"#[0-9A-Fa-f]{6}$", values["X-APPLE-CALENDAR-COLOR"][1])
    assert values["URL"][1].startswith("http")
    zone = values["X-WR-TIMEZONE"][1]
    if zone != "UTC":
        assert list(zones) == [zone]
        begin = lines.index(("BEGIN", {}, "VTIMEZONE"))
        end = lines.index(("END", {}, "VTIMEZONE"))
        assert end - begin <= 18, "Google breaks on a long VTIMEZONE"


def lint_event(event, zones, busy):
    for name in ONCE:
        assert name in event, f"no {name} in {event}"
    for name in ("DTSTART", "DTEND"):
        parameters, value = event[name]
        assert parameters.get("TZID") in zones, event[name]
        assert re.match(r"\d{8}T\d{6}$", value)
    assert event["DTSTART"][1] < event["DTEND"][1]
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        assert re.match(r"\d{8}T\d{6}Z$", event[name][1])
    assert event["DTSTAMP"] == event["LAST-MODIFIED"]
    assert re.match(r"\d+$", event["SEQUENCE"][1])
    assert re.match(r"s\d+@[^@\s]+$", event["UID"][1])
    cancelled = event["STATUS"][1] == "CANCELLED"
    assert event["STATUS"][1] in ("CONFIRMED", "CANCELLED")
    assert event["TRANSP"][1] == ("TRANSPARENT" if cancelled else "OPAQUE")
    assert event["X-MICROSOFT-CDO-BUSYSTATUS"][1] == ("FREE" if cancelled else "BUSY")
    summary = unescape(event["SUMMARY"][1])
    assert cancelled == summary.startswith(("VERVALLEN: ", "CANCELLED: "))
    if busy:
        assert not {"DESCRIPTION", "LOCATION", "URL", "CATEGORIES"} & set(event), event
        assert summary.split(": ")[-1] in ("Bezet", "Busy")
    else:
        text = unescape(event["DESCRIPTION"][1])
        assert f"/s/{event['UID'][1].split('@')[0]}" in text
        assert "/me/" not in text and "/feeds/" not in text, "a secret stands in a feed"
