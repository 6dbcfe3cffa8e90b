"""The lint finds what it is there for: one planted fault for each of its rules, and no rule in it
that no fault has tried."""
import ast
import traceback
from pathlib import Path

import pytest

import ics_lint
from ics_lint import lint

GOOD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tandemd//tandemd 0.1.0//EN
CALSCALE:GREGORIAN
NAME:Samen leren – Anna
X-WR-CALNAME:Samen leren – Anna
X-WR-TIMEZONE:Europe/Amsterdam
REFRESH-INTERVAL;VALUE=DURATION:PT1H
X-PUBLISHED-TTL:PT1H
COLOR:teal
X-APPLE-CALENDAR-COLOR:#008080
URL:https://samen.example.nl
BEGIN:VTIMEZONE
TZID:Europe/Amsterdam
BEGIN:STANDARD
DTSTART:20251026T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20250330T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:s7@samen.example.nl
DTSTAMP:20260831T053000Z
LAST-MODIFIED:20260831T053000Z
CREATED:20260831T053000Z
SEQUENCE:0
DTSTART;TZID=Europe/Amsterdam:20260901T130000
DTEND;TZID=Europe/Amsterdam:20260901T150000
SUMMARY:Werksessie met Bram\\, Bos
DESCRIPTION:Onderwerp: naïef\\nVerplaatsen of afzeggen:\\n : https://samen.
 example.nl/s/s7
URL:https://samen.example.nl/s/s7
LOCATION:B12
CATEGORIES:Werksessie
STATUS:CONFIRMED
TRANSP:OPAQUE
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
BEGIN:VEVENT
UID:s8@samen.example.nl
DTSTAMP:20260901T053000Z
LAST-MODIFIED:20260901T053000Z
SEQUENCE:3
DTSTART;TZID=Europe/Amsterdam:20261203T130000
DTEND;TZID=Europe/Amsterdam:20261203T150000
SUMMARY:VERVALLEN: Intervisie
DESCRIPTION:Verplaatsen of afzeggen: https://samen.example.nl/s/s8
URL:https://samen.example.nl/s/s8
CATEGORIES:Intervisie
STATUS:CANCELLED
TRANSP:TRANSPARENT
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
"""
BUSY = "".join(line for line in GOOD.replace("Werksessie met Bram\\, Bos", "Bezet")
               .replace("VERVALLEN: Intervisie", "VERVALLEN: Bezet").splitlines(True)
               if not line.startswith(("DESCRIPTION", " example", "URL:https://samen.example.nl/s",
                                       "LOCATION", "CATEGORIES")))
UTC = (GOOD.replace(";TZID=Europe/Amsterdam", "").replace("0000\nDTEND", "0000Z\nDTEND")
       .replace("50000\nSUMMARY", "50000Z\nSUMMARY").replace("ONE:Europe/Amsterdam", "ONE:UTC"))
RING = """BEGIN:VALARM
UID:s7-alarm@samen.example.nl
ACTION:DISPLAY
DESCRIPTION:Werksessie met Bram\\, Bos
TRIGGER:-PT15M
END:VALARM
"""
ALARMED = GOOD.replace("END:VEVENT\n", RING + "END:VEVENT\n", 1)
ZONE = UTC[UTC.index("BEGIN:VTIMEZONE"):UTC.index("BEGIN:VEVENT")]
UTC = UTC.replace(ZONE, "")
ZONE = GOOD[GOOD.index("BEGIN:VTIMEZONE"):GOOD.index("BEGIN:VEVENT")]
FIRST = GOOD[GOOD.index("BEGIN:VEVENT"):GOOD.index("BEGIN:VEVENT\nUID:s8")]
DAYLIGHT = ZONE[ZONE.index("BEGIN:DAYLIGHT"):ZONE.index("END:VTIMEZONE")]

DUE = GOOD.replace("END:VCALENDAR\n", """BEGIN:VEVENT
UID:o3@samen.example.nl
DTSTAMP:20260831T053000Z
LAST-MODIFIED:20260831T053000Z
CREATED:20260831T053000Z
SEQUENCE:0
DTSTART;VALUE=DATE:20261012
DTEND;VALUE=DATE:20261013
SUMMARY:Reflectieverslag 1 inleveren met Bram Bos
DESCRIPTION:Bekijken: https://samen.example.nl/s/o3
URL:https://samen.example.nl/s/o3
CATEGORIES:Mijlpaal
STATUS:CONFIRMED
TRANSP:TRANSPARENT
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
BEGIN:VEVENT
UID:o4@samen.example.nl
DTSTAMP:20260831T053000Z
LAST-MODIFIED:20260831T053000Z
SEQUENCE:1
DTSTART;VALUE=DATE:20261123
DTEND;VALUE=DATE:20261124
SUMMARY:VERVALLEN: Reflectieverslag 2 inleveren met Bram Bos
DESCRIPTION:Bekijken: https://samen.example.nl/s/o4
URL:https://samen.example.nl/s/o4
CATEGORIES:Mijlpaal
STATUS:CANCELLED
TRANSP:TRANSPARENT
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
""")
TODO = (DUE.replace("BEGIN:VEVENT\nUID:o", "BEGIN:VTODO\nUID:o").replace("DTSTART;VALUE", "DUE;VALUE")
        .replace("DTEND;VALUE=DATE:20261013\n", "").replace("DTEND;VALUE=DATE:20261124\n", ""))
TODO = TODO[:TODO.index("BEGIN:VTODO")] + (
    TODO[TODO.index("BEGIN:VTODO"):].replace("TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
                                             "PERCENT-COMPLETE:0")
    .replace("END:VEVENT", "END:VTODO").replace("STATUS:CONFIRMED", "STATUS:NEEDS-ACTION"))
DONE = TODO.replace("NEEDS-ACTION\nPERCENT-COMPLETE:0",
                    "COMPLETED\nPERCENT-COMPLETE:100\nCOMPLETED:20261009T100000Z")

# what is wrong: what stands there, what is put in its place (the first time only)
FAULTS = {
    "byte order mark": ("BEGIN:VCALENDAR", "\ufeffBEGIN:VCALENDAR"),
    "cut short": ("END:VCALENDAR\n", ""),
    "text behind it": ("END:VCALENDAR\n", "END:VCALENDAR\n\n"),
    "LF alone": ("SEQUENCE:0\n", "SEQUENCE:0\\LF"),
    "bare CR": ("met Bram", "met\rBram"),
    "76 octets": ("LOCATION:B12", "LOCATION:" + "x" * 67),
    "empty line": ("LOCATION:B12\n", "LOCATION:B12\n\n"),
    "a character cut by folding": ("LOCATION:B12", "LOCATION:é\\CUT"),
    "a control": ("met Bram", "met \x07Bram"),
    "delete": ("met Bram", "met \x7fBram"),
    "a tab": ("met Bram", "met\tBram"),
    "a C1 control": ("met Bram", "met \x85Bram"),
    "folded by a tab": (" example.nl/s/s7", "\texample.nl/s/s7"),
    "no colon": ("LOCATION:B12", "LOCATION B12"),
    "lower case": ("LOCATION:B12", "Location:B12"),
    "a wrong escape": ("met Bram", "met \\Bram"),
    "a backslash at the end": ("Bram\\, Bos", "Bram Bos\\"),
    "a bare comma": ("Bram\\, Bos", "Bram, Bos"),
    "a bare semicolon": ("Bram\\, Bos", "Bram\\\\; Bos"),
    "a bare comma in a place": ("LOCATION:B12", "LOCATION:B12, B13"),
    "a bare comma in the name": ("Samen leren – Anna", "Samen, leren"),
    "stamps without Z": ("DTSTAMP:20260831T053000Z\nLAST-MODIFIED:20260831T053000Z",
                         "DTSTAMP:20260831T053000\nLAST-MODIFIED:20260831T053000"),
    "a day": (":20260901T130000", ":20260901"),
    "an unknown component": ("BEGIN:VEVENT", "BEGIN:VJOURNAL\nEND:VJOURNAL\nBEGIN:VEVENT"),
    "a property behind an alarm": ("STATUS:CONFIRMED", "BEGIN:VALARM\nEND:VALARM\nSTATUS:CONFIRMED"),
    "an alarm that nobody wants": ("END:VEVENT\n", RING + "END:VEVENT\n"),
    "a component not closed": ("END:VEVENT\n", ""),
    "two ends": ("END:VEVENT\n", "END:VEVENT\nEND:VEVENT\n"),
    "never closed": ("END:VCALENDAR\n", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"),
    "the zone behind the events": (FIRST + GOOD[GOOD.index("BEGIN:VEVENT\nUID:s8"):],
                                   FIRST + "END:VCALENDAR\n"),
    "a property behind the events": ("END:VCALENDAR", "X-LATE:1\nEND:VCALENDAR"),
    "METHOD": ("CALSCALE", "METHOD:PUBLISH\nCALSCALE"),
    "ORGANIZER": ("STATUS:CONFIRMED", "ORGANIZER:mailto:a@b.nl\nSTATUS:CONFIRMED"),
    "ATTENDEE": ("STATUS:CONFIRMED", "ATTENDEE:mailto:a@b.nl\nSTATUS:CONFIRMED"),
    "RRULE": ("STATUS:CONFIRMED", "RRULE:FREQ=DAILY\nSTATUS:CONFIRMED"),
    "RDATE": ("STATUS:CONFIRMED", "RDATE:20260901T130000Z\nSTATUS:CONFIRMED"),
    "DURATION": ("DTEND;TZID=Europe/Amsterdam:20260901T150000", "DURATION:PT2H"),
    "a property twice": ("LOCATION:B12", "LOCATION:B12\nLOCATION:B12"),
    "a calendar's property twice": ("CALSCALE:GREGORIAN", "CALSCALE:GREGORIAN\nCALSCALE:GREGORIAN"),
    "VERSION not first": ("VERSION:2.0\nPRODID:-//tandemd//tandemd 0.1.0//EN",
                          "PRODID:-//tandemd//tandemd 0.1.0//EN\nVERSION:2.0"),
    "VERSION 1.0": ("VERSION:2.0", "VERSION:1.0"),
    "PRODID without a language": ("0.1.0//EN", "0.1.0"),
    "another scale": ("CALSCALE:GREGORIAN", "CALSCALE:JULIAN"),
    "two names": ("X-WR-CALNAME:Samen", "X-WR-CALNAME:Sammen"),
    "an interval of a day": ("DURATION:PT1H", "DURATION:P1D"),
    "an interval without its type": (";VALUE=DURATION", ""),
    "a day between publications": ("TTL:PT1H", "TTL:P1D"),
    "a colour of no name": ("COLOR:teal", "COLOR:tael"),
    "two colours": ("#008080", "#FF0000"),
    "no address": ("URL:https://samen.example.nl\n", "URL:samen.example.nl\n"),
    "a page's secret": ("URL:https://samen.example.nl\n", "URL:https://samen.example.nl/me/x\n"),
    "a feed's secret": ("LOCATION:B12", "LOCATION:https://samen.example.nl/feeds/x.ics"),
    "no VTIMEZONE": (ZONE, ""),
    "a VTIMEZONE of another name": ("TZID:Europe/Amsterdam\n", "TZID:Europe/Paris\n"),
    "two VTIMEZONEs": (ZONE, ZONE + ZONE),
    "a zone of Windows": ("X-WR-TIMEZONE:Europe/Amsterdam", "X-WR-TIMEZONE:W. Europe Standard Time"),
    "a long VTIMEZONE": ("TZNAME:CET\n", "TZNAME:CET\n" + "COMMENT:x\n" * 2),
    "a comment in the VTIMEZONE": ("TZNAME:CET\n", "TZNAME:CET\nCOMMENT:x\n"),
    "TZOFFSETTO twice": ("TZOFFSETTO:+0100\n", "TZOFFSETTO:+0100\n" * 2),
    "no TZOFFSETFROM": ("TZOFFSETFROM:+0200\n", ""),
    "dates in a VTIMEZONE": ("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "RDATE:20261025T030000"),
    "a rule that ends": ("BYDAY=-1SU", "BYDAY=-1SU;UNTIL=20300101T000000Z"),
    "summer time alone": ("BEGIN:DAYLIGHT", "BEGIN:STANDARD"),
    "three rules": (DAYLIGHT, "BEGIN:STANDARD\nDTSTART:20250101T000000\nTZOFFSETFROM:+0100\n"
                    "TZOFFSETTO:+0100\nTZNAME:X\nEND:STANDARD\n"),
    "a rule a week late": ("BYMONTH=10;BYDAY=-1SU", "BYMONTH=12;BYDAY=-1SU"),
    "a wrong offset": ("TZOFFSETTO:+0200", "TZOFFSETTO:+0300"),
    "another TZID": (";TZID=Europe/Amsterdam", ";TZID=Europe/Paris"),
    "no TZID": (";TZID=Europe/Amsterdam", ""),
    "UTC beside a TZID": ("T130000", "T130000Z"),
    "an unknown property": ("STATUS:CONFIRMED", "X-FOO:1\nSTATUS:CONFIRMED"),
    "a parameter": ("SUMMARY:", "SUMMARY;LANGUAGE=nl:"),
    "over before it begins": ("0901T150000", "0901T130000"),
    "another DTSTAMP": ("DTSTAMP:20260831T053000Z", "DTSTAMP:20260831T053001Z"),
    "changed before it was made": ("CREATED:20260831", "CREATED:20260901"),
    "a SEQUENCE that is no number": ("SEQUENCE:0", "SEQUENCE:-1"),
    "a UID of an address": ("UID:s7@", "UID:7@"),
    "a UID without a host": ("UID:s7@samen.example.nl", "UID:s7"),
    "TENTATIVE": ("STATUS:CONFIRMED", "STATUS:TENTATIVE"),
    "transparent and on": ("TRANSP:OPAQUE", "TRANSP:TRANSPARENT"),
    "opaque and cancelled": ("TRANSP:TRANSPARENT", "TRANSP:OPAQUE"),
    "free and on": ("BUSYSTATUS:BUSY", "BUSYSTATUS:FREE"),
    "busy and cancelled": ("BUSYSTATUS:FREE", "BUSYSTATUS:BUSY"),
    "cancelled without saying so": ("VERVALLEN: ", ""),
    "on and saying cancelled": ("SUMMARY:Werk", "SUMMARY:VERVALLEN: Werk"),
    "no title": ("SUMMARY:Werksessie met Bram\\, Bos", "SUMMARY:"),
    "another event's page": ("URL:https://samen.example.nl/s/s7",
                             "URL:https://samen.example.nl/s/s8"),
    "a text without the page": ("example.nl/s/s7\n", "example.nl/s/\n"),
    "an empty place": ("LOCATION:B12", "LOCATION:"),
    "no category": ("CATEGORIES:Werksessie", "CATEGORIES:"),
    "UIDs of two hosts": ("UID:s8@samen", "UID:s8@damen"),
    "not in order": (":20261203T1", ":20260203T1"),
    **{f"no {name}": (f"\n{name}{rest}\n", "\n") for name, rest in (
        ("VERSION", ":2.0"), ("CALSCALE", ":GREGORIAN"), ("NAME", ":Samen leren – Anna"),
        ("X-WR-CALNAME", ":Samen leren – Anna"), ("X-WR-TIMEZONE", ":Europe/Amsterdam"),
        ("REFRESH-INTERVAL", ";VALUE=DURATION:PT1H"), ("X-PUBLISHED-TTL", ":PT1H"),
        ("PRODID", ":-//tandemd//tandemd 0.1.0//EN"), ("COLOR", ":teal"),
        ("X-APPLE-CALENDAR-COLOR", ":#008080"), ("URL", ":https://samen.example.nl"),
        ("UID", ":s7@samen.example.nl"), ("DTSTAMP", ":20260831T053000Z"),
        ("LAST-MODIFIED", ":20260831T053000Z"), ("SEQUENCE", ":0"), ("STATUS", ":CONFIRMED"),
        ("DTSTART", ";TZID=Europe/Amsterdam:20260901T130000"), ("TRANSP", ":OPAQUE"),
        ("DTEND", ";TZID=Europe/Amsterdam:20260901T150000"), ("CATEGORIES", ":Werksessie"),
        ("SUMMARY", ":Werksessie met Bram\\, Bos"), ("X-MICROSOFT-CDO-BUSYSTATUS", ":BUSY"))},
}
ALARM_FAULTS = {
    "two alarms": (RING, RING + RING),
    "an alarm for what is cancelled": (
        "STATUS:CONFIRMED\nTRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\n",
        "STATUS:CANCELLED\nTRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:FREE\n",
        "SUMMARY:", "SUMMARY:VERVALLEN: ", "DESCRIPTION:Werk", "DESCRIPTION:VERVALLEN: Werk"),
    "an alarm that repeats": ("TRIGGER:-PT15M\n", "TRIGGER:-PT15M\nREPEAT:2\n"),
    "an alarm at the end": ("TRIGGER:", "TRIGGER;RELATED=END:"),
    "an alarm of another event": ("UID:s7-alarm", "UID:s8-alarm"),
    "an alarm by mail": ("ACTION:DISPLAY", "ACTION:EMAIL"),
    "an alarm of another text": ("DESCRIPTION:Werksessie", "DESCRIPTION:Sessie"),
    "an alarm at another time": ("-PT15M", "-PT20M"),
}
BUSY_FAULTS = {
    "a UID twice": ("UID:s8@samen.example.nl", "UID:s7@samen.example.nl"),
    "a place in a busy feed": ("STATUS:CONFIRMED", "LOCATION:B12\nSTATUS:CONFIRMED"),
    "a text in a busy feed": ("STATUS:CONFIRMED", "DESCRIPTION:x\nSTATUS:CONFIRMED"),
    "a name in a busy feed": ("SUMMARY:Bezet", "SUMMARY:Bram"),
    "what is due in a busy feed": ("UID:s8@", "UID:o8@"),
}
UTC_FAULTS = {
    "a VTIMEZONE of UTC": ("BEGIN:VEVENT", ZONE + "BEGIN:VEVENT"),
    "UTC with a TZID": ("DTSTART:", "DTSTART;TZID=UTC:"),
}
ODD_FAULTS = {
    "rules and dates": ("TZNAME:CET\n", "TZNAME:CET\nRDATE:20261025T030000\n"),
    "a date too late": ("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "RDATE:20260902T020000"),
}
DUE_FAULTS = {
    "two days": ("DATE:20261013", "DATE:20261014"),
    "a moment": ("START;VALUE=DATE:20261012", "START;VALUE=DATE:20261012T000000"),
    "a day without its type": ("START;VALUE=DATE", "START"),
    "a time that is taken": ("20261013\nSUMMARY:Ref", "20261013\nLOCATION:B12\nSUMMARY:Ref"),
    "opaque": ("Mijlpaal\nSTATUS:CONFIRMED\nTRANSP:TRANSPARENT",
               "Mijlpaal\nSTATUS:CONFIRMED\nTRANSP:OPAQUE"),
    "busy": ("CONFIRMED\nTRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
             "CONFIRMED\nTRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY"),
    "the STATUS of a to-do": ("Mijlpaal\nSTATUS:CONFIRMED", "Mijlpaal\nSTATUS:NEEDS-ACTION"),
    "no day": ("DTSTART;VALUE=DATE:20261012\n", ""),
    "days not in order": ("DATE:20261123\nDTEND;VALUE=DATE:20261124",
                          "DATE:20261001\nDTEND;VALUE=DATE:20261002"),
    "before a session": ("UID:s8@", "UID:o8@"),
    "a session behind it": (DUE[DUE.index("BEGIN:VEVENT\nUID:o4"):],
                            FIRST.replace("s7", "s9") + "END:VCALENDAR\n"),
    "an alarm for what is due": ("BUSYSTATUS:FREE\nEND:VEVENT\nBEGIN:VEVENT\nUID:o4",
                                 f"BUSYSTATUS:FREE\n{RING}END:VEVENT\nBEGIN:VEVENT\nUID:o4"),
    "one as a to-do": ("BEGIN:VEVENT\nUID:o4" + DUE.split("BEGIN:VEVENT\nUID:o4")[1],
                       "BEGIN:VTODO\nUID:o4" + TODO.split("BEGIN:VTODO\nUID:o4")[1]),
}
TODO_FAULTS = {
    "a to-do without a day": ("DUE;VALUE=DATE:20261012\n", ""),
    "a to-do that is confirmed": ("NEEDS-ACTION", "CONFIRMED"),
    "half done": ("PERCENT-COMPLETE:0", "PERCENT-COMPLETE:50"),
    "a to-do that is shown as free": ("PERCENT", "TRANSP:TRANSPARENT\nPERCENT"),
}
DONE_FAULTS = {
    "done at no moment": ("COMPLETED:20261009T100000Z\n", ""),
    "done on a day": ("COMPLETED:20261009T100000Z", "COMPLETED:20261009"),
    "a mark on a to-do": ("SUMMARY:Reflectie", "SUMMARY:\u2713 Reflectie"),
}
# a feed, how it is linted, and what is planted in it
ALL = [(GOOD, {}, FAULTS), (BUSY, {"busy": True}, BUSY_FAULTS), (UTC, {}, UTC_FAULTS),
       (GOOD, {"odd_zone": True}, ODD_FAULTS), (DUE, {}, DUE_FAULTS), (TODO, {}, TODO_FAULTS),
       (DONE, {}, DONE_FAULTS), (ALARMED, {"alarm": 15}, ALARM_FAULTS)]
PLANTED = [(text, how, name, fault) for text, how, faults in ALL for name, fault in faults.items()]


def wire(text):
    body = text.replace("\n", "\r\n").encode()
    return body.replace(b"\\LF", b"\n").replace(b"\xc3\xa9\\CUT", b"x" * 65 + b"\xc3\r\n \xa9")


def plant(text, old, new, *more):
    if more:
        text = plant(text, *more)
    if old.startswith(FIRST):  # turned round: the zone stands between the events
        return text.replace(ZONE, "").replace(old, FIRST + ZONE + old[len(FIRST):])
    assert old in text
    return text.replace(old, new, 1)


def broken_rule(text, how):
    """The line of the lint whose assertion says no; None: it passes."""
    try:
        lint(wire(text), **how)
    except AssertionError as e:
        frames = traceback.extract_tb(e.__traceback__)
        return [f.lineno for f in frames if f.filename == ics_lint.__file__][-1]
    return None


def test_what_is_right_passes():
    events = lint(wire(GOOD))
    assert list(events) == ["s7@samen.example.nl", "s8@samen.example.nl"]
    assert events["s7@samen.example.nl"]["LOCATION"] == ({}, "B12")
    assert lint(wire(BUSY), busy=True).keys() == events.keys() == lint(wire(UTC)).keys()
    for text in (DUE, TODO, DONE):
        assert lint(wire(text)).keys() == events.keys()
        assert list(lint(wire(text), obligations=True)) == ["o3@samen.example.nl",
                                                            "o4@samen.example.nl"]


def test_an_alarm_passes_where_it_is_wanted():
    events = lint(wire(ALARMED), alarm=15)
    assert events["s7@samen.example.nl"]["VALARM"]["TRIGGER"] == "-PT15M"
    assert "VALARM" not in events["s8@samen.example.nl"]
    lint(wire(ALARMED.replace("-PT15M", "PT0S")), alarm=0)


def test_a_zone_without_rules_passes_where_it_is_known_to_be_one():
    listed = GOOD.replace("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "RDATE:20260329T020000")
    listed = listed.replace("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "RDATE:20261025T030000")
    assert lint(wire(listed), odd_zone=True).keys() == lint(wire(GOOD)).keys()


@pytest.mark.parametrize("text,how,fault", [pytest.param(text, how, fault, id=name)
                                            for text, how, name, fault in PLANTED])
def test_a_planted_fault_is_found(text, how, fault):
    assert broken_rule(plant(text, *fault), how) is not None


def test_no_rule_is_untried():
    """Each assert of the lint is the one that some fault breaks."""
    tried = {broken_rule(plant(text, *fault), how) for text, how, _, fault in PLANTED}
    untried = [ast.unparse(rule.test)
               for rule in ast.walk(ast.parse(Path(ics_lint.__file__).read_text()))
               if isinstance(rule, ast.Assert) and
               not tried & set(range(rule.lineno, rule.end_lineno + 1))]
    assert not untried, untried
