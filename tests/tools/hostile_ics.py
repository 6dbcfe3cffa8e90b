#!/usr/bin/python3
"""Hostile calendars, each with a name: what somebody could put behind a timetable's address.

    hostile_ics.py --list            names, and what is expected of them
    hostile_ics.py NAME > bad.ics    one of them
    hostile_ics.py --all FOLDER      all of them as files

KINDS maps a name to a Kind: a function that gives the bytes, and what `tandemctl source check`
answers: 0 (read, warnings or not), 65 (refused, with a sentence) and words that stand in the
answer. Everything is deterministic: random bytes come from a seed.
"""
import random
import sys
from pathlib import Path

KIB, MIB = 1 << 10, 1 << 20
BODY = 16 * MIB  # the limit of a body, and of an unfolded line, components, lines of one ...
LINE = 64 * KIB
COMPONENTS, COMPONENT_LINES, NESTING = 200_000, 10_000, 8
START = "20260302T080000Z"  # a Monday

KINDS = {}


class Kind:
    def __init__(self, make, status, says):
        self.make, self.status, self.says = make, status, says


def kind(name, status=0, says=""):
    """Names a function without arguments that gives bytes, or text to be encoded."""
    def named(make):
        assert name not in KINDS, name
        KINDS[name] = Kind(make, status, says)
        return make
    return named


def add(name, status, says, make):
    kind(name, status, says)(make)


def content(name):
    made = KINDS[name].make()
    return made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")


# ---- bricks ------------------------------------------------------------------------------------

def calendar(*parts):
    """Lines (or whole blocks of them) inside one VCALENDAR."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *parts,
                        "END:VCALENDAR", ""])


def event(*lines, start=START, uid="u", length="PT1H"):
    head = ["BEGIN:VEVENT", f"UID:{uid}"]
    if start is not None:
        head.append(start if start.startswith("DTSTART") else f"DTSTART:{start}")
    if length:
        head.append(f"DURATION:{length}")
    return "\r\n".join([*head, *lines, "END:VEVENT"])


def good(uid="good"):
    return event(uid=uid)


def with_line(*lines, **more):
    """One event with these lines, one good event beside it."""
    return calendar(event(*lines, **more), good())


def many(n, make):
    return "\r\n".join(make(i) for i in range(n))


def rule(text, **more):
    return with_line(f"RRULE:{text}", **more)


def moments(n, first=0, step=1):
    """Distinct UTC moments, an hour apart."""
    import datetime as dt
    at = dt.datetime(2026, 1, 1)
    return [(at + dt.timedelta(hours=first + i * step)).strftime("%Y%m%dT%H%M%SZ")
            for i in range(n)]


def zone(name, *parts):
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *parts, "END:VTIMEZONE"])


def observance(*lines, what="STANDARD", start="16010101T000000", before="+0200", after="+0100"):
    return "\r\n".join([f"BEGIN:{what}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}",
                        f"TZOFFSETTO:{after}", *lines, f"END:{what}"])


def in_zone(name, *parts, n=1):
    """A calendar whose events are in a zone that the file itself describes."""
    return calendar(*parts, many(n, lambda i: event(
        start=f"DTSTART;TZID={name}:202603{2 + i % 28:02d}T080000", uid=f"z{i}")), good())


# ---- not a calendar ----------------------------------------------------------------------------

NOT = "not a calendar"
for _name, _make in {
        "empty": lambda: b"",
        "one-byte": lambda: b"B",
        "newlines-only": lambda: b"\r\n" * 100,
        "blank-megabytes": lambda: b" " * (8 * MIB),
        "newline-megabytes": lambda: b"\n" * (8 * MIB),
        "fold-megabytes": lambda: b"\r\n " * (4 * MIB),
        "nul-megabytes": lambda: b"\0" * (8 * MIB),
        "ff-megabytes": lambda: b"\xff" * (8 * MIB),
        "html": lambda: "<!DOCTYPE html><html><body>Log in</body></html>",
        "html-around-a-calendar": lambda: "<pre>\r\n" + calendar(good()) + "</pre>",
        "json": lambda: '{"BEGIN":"VCALENDAR","VEVENT":[]}',
        "xml-xcal": lambda: '<?xml version="1.0"?><icalendar><vcalendar/></icalendar>',
        "gzip-bytes": lambda: b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + random.Random(1).randbytes(4096),
        "zip-bytes": lambda: b"PK\x03\x04" + random.Random(2).randbytes(4096),
        "random-bytes": lambda: random.Random(3).randbytes(256 * KIB),
        "a-vcard": lambda: "BEGIN:VCARD\r\nFN:X\r\nEND:VCARD\r\n",
        "begin-alone": lambda: "BEGIN",
        "begin-colon": lambda: "BEGIN:",
        "begin-calendar-too-late": lambda: "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 100 +
        calendar(good()),
        "bom-only": lambda: b"\xef\xbb\xbf",
        "utf16-bom-only": lambda: b"\xff\xfe",
        "utf16-half-a-character": lambda: b"\xff\xfeB",
        "utf32": lambda: calendar(good()).encode("utf-32"),
        "ebcdic": lambda: calendar(good()).encode("cp500"),
        "rot-utf7": lambda: calendar(good()).replace("B", "+AEI-"),
        "escape-codes-in-front": lambda: "\x1b[2J\x1b]0;owned\x07\r\n\x9b31m",
        "begins-with-an-event": lambda: event() + "\r\n",
}.items():
    add(_name, 65, NOT, _make)

kind("one-over-the-body-limit", 65, "larger than")(
    lambda: (calendar(good()) + "X").ljust(BODY + 1, "\n"))
kind("at-the-body-limit")(lambda: calendar(good()).ljust(BODY, "\n"))
kind("calendar-alone-is-empty")(lambda: calendar())
kind("text-in-front")(lambda: "Set-Cookie: x\r\n\r\n" + calendar(good()))
kind("noise-behind")(lambda: calendar(good()).encode() + random.Random(4).randbytes(64 * KIB))

# ---- nesting and balance -----------------------------------------------------------------------

DEEP = "nested deeper than"


def nest(depth, name, inside=""):
    return calendar(f"BEGIN:{name}\r\n" * depth + inside + f"END:{name}\r\n" * depth + good())


add("nest-events-to-the-limit", 0, "", lambda: nest(NESTING - 1, "VEVENT"))
add("nest-events-over-the-limit", 65, DEEP, lambda: nest(NESTING, "VEVENT"))
for _name in ("VEVENT", "VALARM", "VCALENDAR", "VTIMEZONE", "X-FOO"):
    add(f"nest-{_name.lower()}-100000", 65, DEEP, lambda n=_name: nest(100_000, n))
add("nest-open-only-400000", 65, DEEP, lambda: "BEGIN:VCALENDAR\r\n" * 400_000)
add("nest-mixed", 65, DEEP, lambda: calendar(
    "\r\n".join(f"BEGIN:{n}" for n in ("VEVENT", "VALARM", "VTODO") * 1000)))
add("calendars-in-calendars", 0, "", lambda: "BEGIN:VCALENDAR\r\n" * 6 + good() + "\r\n" +
    "END:VCALENDAR\r\n" * 6)

CUT = "it was cut off"
_one = calendar(good())
for _name, _make, _says in [
        ("cut-after-begin", lambda: "BEGIN:VCALENDAR", CUT),
        ("cut-before-the-end", lambda: _one[:-len("END:VCALENDAR\r\n")], CUT),
        ("cut-in-the-last-line", lambda: _one[:-6], "inside VCALENDAR"),
        ("cut-in-an-event", lambda: _one[:80], CUT),
        ("cut-in-a-fold", lambda: calendar()[:-15] + "BEGIN:VEVENT\r\nSUMMARY:a\r\n ", CUT),
        ("cut-in-a-character", lambda: calendar()[:-15].encode() + b"SUMMARY:\xe2\x82", CUT),
        ("cut-second-calendar", lambda: _one + _one[:60], CUT),
        ("cut-large", lambda: calendar(many(50_000, lambda i: event(uid=str(i))))[:3 * MIB], "inside"),
        ("begins-only", lambda: calendar()[:-17] + "BEGIN:VEVENT\r\n" * 5, CUT),
        ("end-without-begin", lambda: _one + "END:VEVENT\r\n", "without its BEGIN"),
        ("ends-100000", lambda: _one + "END:VCALENDAR\r\n" * 100_000, "without its BEGIN"),
        ("ends-crossed", lambda: calendar("BEGIN:VEVENT", "BEGIN:VALARM", "END:VEVENT",
                                          "END:VALARM"), "inside VALARM"),
        ("end-of-another", lambda: calendar("BEGIN:VEVENT", "END:VTODO"), "inside VEVENT"),
        ("calendar-ends-in-event", lambda: "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n"
         "END:VCALENDAR\r\n", "inside VEVENT"),
        ("end-with-rubbish", lambda: calendar("BEGIN:VEVENT", "END:VEVENT rubbish"), "inside"),
        ("end-of-nothing", lambda: calendar("END:"), "inside VCALENDAR"),
        ("begin-of-nothing", lambda: calendar("BEGIN:", "END:"), "without a component's name"),
        ("begin-with-a-nul", lambda: calendar("BEGIN:VEV\0ENT", "END:VEV\0ENT"),
         "without a component's name"),
        ("begin-with-escapes", lambda: calendar("BEGIN:\x1b[2J", "END:\x1b[2J"), "BEGIN"),
        ("begin-with-bad-utf8", lambda: calendar("SUMMARY:\u20ac").encode()[:-15] +
         b"BEGIN:\xff\xfe\r\n", "BEGIN"),
        ("end-name-longer", lambda: calendar("BEGIN:X-" + "A" * 40, "END:X-" + "A" * 10), "END:"),
]:
    add(_name, 65, _says, _make)
add("vtimezone-escape-codes", 0, "", lambda: in_zone("CampusX", zone(
    "CampusX", observance("RRULE:FREQ=\x1b[2J", before="\x1b[31m", start="\x1b[2J"))))
add("vtimezone-c1-codes", 0, "", lambda: in_zone("Campus\x9b2J", zone(
    "Campus\x9b2J", observance("RRULE:FREQ=\x9b2J", before="\x9b31m", start="\x9b2J"))))
add("vtimezone-bidi", 0, "", lambda: in_zone("CampusX", zone(
    "CampusX", "TZNAME:\u202e", observance("RRULE:FREQ=\u202eYLIAD", before="\u202e00+"))))
kind("component-name-60000-bytes")(
    lambda: calendar("BEGIN:X-" + "A" * 60_000, "END:X-" + "A" * 60_000, good()))
kind("marks-with-parameters")(lambda: calendar("BEGIN;X=1:VEVENT", good(), "END;X=1:VEVENT"))
kind("marks-in-odd-case")(
    lambda: calendar(good()).replace("BEGIN:VEVENT", "bEgIn :vEvEnT\t").replace(
        "END:VEVENT", "end: vevent"))
kind("begin-folded")(lambda: calendar(good()).replace("BEGIN:VEVENT", "BEG\r\n IN:VEV\r\n ENT"))

# ---- counts ------------------------------------------------------------------------------------

MANY = "components"
_empty = "BEGIN:VEVENT\r\nEND:VEVENT\r\n"
_tiny = "BEGIN:VEVENT\nDTSTART:%s\nEND:VEVENT\n" % START
add("empty-events-199999", 0, "199999", lambda: calendar(_empty * (COMPONENTS - 1)))
add("empty-events-over", 65, MANY, lambda: calendar(_empty * COMPONENTS))
add("tiny-events-199999", 0, "199999", lambda: calendar(_tiny * (COMPONENTS - 1)))
add("calendars-200000", 0, "", lambda: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" * COMPONENTS)
add("calendars-with-zones-100000", 0, "", lambda: "".join(
    f"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Nowhere/{i}\r\nEND:VCALENDAR\r\n" for i in range(100_000)))
add("alarms-190000", 0, "", lambda: calendar(
    event(*["BEGIN:VALARM\r\nREPEAT:999999999\r\nEND:VALARM"] * 190_000)))
add("todos-200001", 65, MANY, lambda: calendar("BEGIN:VTODO\r\nEND:VTODO\r\n" * 200_001))
add("lines-in-event-to-the-limit", 0, "", lambda: calendar(
    event(*["X-A:b"] * (COMPONENT_LINES - 3))))
add("lines-in-event-over", 65, "lines in one VEVENT", lambda: calendar(
    event(*["X-A:b"] * COMPONENT_LINES)))
add("lines-in-header-over", 65, "lines in one VCALENDAR", lambda: calendar(
    *["X-A:b"] * COMPONENT_LINES))
add("lines-in-unknown-over", 65, "lines in one X-FOO", lambda: calendar(
    "BEGIN:X-FOO", *["x"] * 10_001, "END:X-FOO"))
add("attendees-9990", 0, "", lambda: calendar(
    event(*[f"ATTENDEE;CN=\"{i}\":mailto:a{i}@b.c" for i in range(9990)])))
add("dtstart-9990-times", 0, "a second DTSTART", lambda: calendar(
    event(*[f"DTSTART:{START}"] * 9990)))
add("events-150000-distinct", 0, "", lambda: calendar(many(150_000, lambda i: "\n".join(
    ["BEGIN:VEVENT", f"UID:{i}", f"DTSTART:202603{1 + i % 28:02d}T{i % 24:02d}0000Z",
     "DURATION:PT1S", "END:VEVENT"]))))
add("events-60000-ten-years-long", 0, "", lambda: calendar(many(60_000, lambda i: event(
    uid=str(i), start="20200101T000000Z", length=f"P{3000 + i % 60}D"))))
add("attachments-16-MiB", 0, "", lambda: calendar(
    event(*["ATTACH;ENCODING=BASE64:" + "QUJD" * 15_000] * 260)))

# ---- lines -------------------------------------------------------------------------------------

LONG = "longer than"
add("line-at-the-limit", 0, "", lambda: with_line("SUMMARY:" + "b" * (LINE - 8)))
add("line-over-the-limit", 65, LONG, lambda: with_line("SUMMARY:" + "b" * (LINE - 7)))
add("line-15-MiB", 65, LONG, lambda: with_line("SUMMARY:" + "b" * (15 * MIB)))
add("line-15-MiB-dropped", 0, "", lambda: with_line("X-A:" + "b" * (15 * MIB)))
add("line-15-MiB-of-name", 0, "", lambda: with_line("b" * (15 * MIB)))
add("line-without-end", 65, CUT, lambda: "BEGIN:VCALENDAR\r\nX-A:" + "b" * (15 * MIB))
add("line-of-folds-over", 65, LONG, lambda: with_line("SUMMARY:" + "\r\n b" * LINE))
add("line-of-folds-over-dropped", 0, "", lambda: with_line("X-A:" + "\r\n b" * (4 * LINE)))
add("begin-line-over", 65, LONG, lambda: calendar("BEGIN:X-" + "A" * LINE, good()))
add("line-of-folds-to-the-limit", 0, "", lambda: with_line("X-A:" + "\r\n b" * (LINE - 4)))
add("folds-of-nothing-5000000", 0, "", lambda: with_line("X-A:b" + "\n " * 5_000_000))
add("empty-lines-in-a-fold-5000000", 0, "", lambda: with_line("X-A:b" + "\r\n" * 5_000_000 + " c"))
add("tab-folds", 0, "", lambda: with_line("SUM\r\n\tMARY:\r\n\tx"))
add("cr-only", 0, "", lambda: calendar(good()).replace("\r\n", "\r"))
add("cr-cr-lf", 0, "", lambda: calendar(good()).replace("\r\n", "\r\r\n"))
add("lf-cr", 0, "", lambda: calendar(good()).replace("\r\n", "\n\r"))
add("cr-megabytes", 0, "", lambda: calendar(good(), "\r" * (8 * MIB)))
add("mixed-line-ends", 0, "", lambda: calendar(*["X-A:b\r", "X-B:c\n\n", "X-C:d\r\r\r"] * 3000))
add("vertical-tabs-as-ends", 65, NOT, lambda: calendar(good()).replace("\r\n", "\v"))
add("unicode-line-ends", 65, NOT, lambda: calendar(good()).replace("\r\n", "\u2028"))
add("unfolded-prose-9000", 0, "not a property", lambda: with_line(*["just some prose"] * 9000))
add("name-of-60000-bytes", 0, "", lambda: with_line("X" * 60_000 + ":1"))
add("name-missing", 0, "", lambda: with_line(":value", ";X=1:value", "=:;"))
add("value-missing", 0, "", lambda: with_line("DTEND", "DTEND;", "DTEND;TZID", "STATUS:", "UID"))
add("colons-60000", 0, "", lambda: with_line("RDATE" + ":" * 60_000))
add("semicolons-60000", 0, "", lambda: with_line("RDATE" + ";" * 60_000 + ":" + START))
add("equals-60000", 0, "", lambda: with_line("RDATE;TZID" + "=" * 60_000 + ":20260303T080000"))
add("parameters-10000", 0, "", lambda: with_line(
    "RDATE;" + ";".join(f"P{i}=v" for i in range(8000)) + f":{START}"))
add("parameters-10000-in-9000-lines", 0, "", lambda: with_line(
    *["RDATE;" + ";".join(f"P{i}=v" for i in range(200)) + f":{START}"] * 9000))
add("parameter-without-end", 0, "", lambda: with_line("RDATE;TZID=\"Europe/Amsterdam"))
add("quote-never-closed", 0, "", lambda: with_line("DTEND;TZID=\"Europe/Amsterdam:20260302T100000",
                                                   length=None))
add("quotes-60000", 0, "", lambda: with_line("RDATE;TZID=" + "\"" * 60_000 + f":{START}"))
add("quotes-odd-60001", 0, "", lambda: with_line("SUMMARY;X=" + "\"" * 60_001 + ":x"))
add("quote-colon-quote", 0, "", lambda: with_line("RDATE;X=\":\";Y=\";:\";TZID=UTC:" + START[:-1]))
add("backslashes-60000", 0, "", lambda: with_line("SUMMARY:" + "\\" * 60_000,
                                                  "CATEGORIES:" + "\\," * 30_000))

# ---- encodings ---------------------------------------------------------------------------------

add("utf16-le", 0, "UTF-16", lambda: calendar(good()).encode("utf-16-le"))
add("utf16-be", 0, "UTF-16", lambda: calendar(good()).encode("utf-16-be"))
add("utf16-odd-length", 0, "UTF-16", lambda: calendar(good()).encode("utf-16") + b"\n")
add("utf16-bom-of-the-other", 65, NOT, lambda: b"\xfe\xff" + calendar(good()).encode("utf-16-le"))
for _what, _codes in {"high": [0xD800], "low": [0xDC00], "swapped": [0xDC00, 0xD800],
                      "twice": [0xDBFF, 0xDBFF]}.items():
    add(f"utf16-surrogate-{_what}", 0, "UTF-16", lambda c=_codes: with_line(
        "UID2:x", "SUMMARY:" + "".join(map(chr, c)) * 2000).encode("utf-16", "surrogatepass"))
add("utf16-surrogate-at-the-end", 0, "UTF-16",
    lambda: calendar(good()).encode("utf-16") + b"\x00\xd8")
add("utf16-15-MiB", 0, "UTF-16", lambda: calendar(
    many(60_000, lambda i: event(uid=f"{i}"))).encode("utf-16-le"))
add("utf16-becomes-half-as-much-again", 0, "UTF-16", lambda: calendar(
    event(*["X-A:" + "\u20ac" * 20_000] * 380)).encode("utf-16-le"))
add("latin1", 0, "Latin-1", lambda: with_line("SUMMARY:caf\xe9").encode("latin-1"))
add("latin1-15-MiB", 0, "Latin-1", lambda: calendar(
    event(*["X-A:" + "\xe9" * 30_000] * 500)).encode("latin-1"))
_bad = {"overlong": b"\xc0\xaf", "five-bytes": b"\xf8\x88\x80\x80\x80", "ff": b"\xff",
        "surrogate": b"\xed\xa0\x80", "too-high": b"\xf4\x90\x80\x80", "lone-tail": b"\x80",
        "nul": b"\0"}
for _what, _bytes in _bad.items():
    # valid UTF-8 beside it, so that it is not taken for Latin-1
    add(f"bytes-{_what}-in-uid", 0, "no text", lambda b=_bytes: calendar(
        event(uid="\u20ac@"), good()).encode().replace(b"@", b * 3))
    add(f"bytes-{_what}-in-title", 0, "", lambda b=_bytes: calendar(
        event("SUMMARY:\u20ac@"), good()).encode().replace(b"@", b * 3000))
add("bytes-ff-in-start", 0, "is not a date", lambda: with_line(
    "SUMMARY:\u20ac", start="2026@0101T080000Z").encode().replace(b"@", b"\xff"))
add("bytes-ff-in-tzid", 0, "not a zone name", lambda: with_line(
    "SUMMARY:\u20ac", start="DTSTART;TZID=@:20260302T080000").encode().replace(b"@", b"\xff"))
add("bytes-ff-in-rule", 0, "no text", lambda: with_line(
    "SUMMARY:\u20ac", "RRULE:FREQ=@").encode().replace(b"@", b"\xff"))
add("bytes-ff-everywhere", 0, "", lambda: calendar(good(), *["X\u20ac@" * 10] * 9000).encode()
    .replace(b"@", b"\xff\xfe\xfd"))
add("nul-in-start", 0, "is not a date", lambda: with_line(start="2026\00302T080000Z"))
add("nul-lines", 0, "", lambda: with_line(*["\0" * 100] * 3000))
add("bom-before-every-line", 0, "", lambda: "\ufeff" + calendar(good()).replace(
    "\r\n", "\r\n\ufeff").rstrip("\ufeff"))
add("escape-codes-in-tzid", 0, "", lambda: with_line(start="DTSTART;TZID=\x1b[2J\x07:20260302T080000"))
add("escape-codes-in-value", 0, "", lambda: with_line(start="\x1b[31m20260302"))
add("c1-codes-in-value", 0, "", lambda: with_line(start="\x9b31m2026", uid="\u20ac"))
add("bidi-in-tzid", 0, "", lambda: with_line(start="DTSTART;TZID=\u202eamadretsmA:20260302T080000"))

# ---- dates and lengths -------------------------------------------------------------------------

for _what in ["20244001T090000Z", "00000101T000000Z", "20260230T080000Z", "20260332T080000Z",
              "20261301T080000Z", "20260302T250000Z", "20260302T086000Z", "20260302T080061Z",
              "20260302T240001Z", "100000101T000000Z", "-20260302T080000Z", "2026-03-02T08:00:00Z",
              "20260302T080000ZZ", "20260302T0800Z", "20260302X080000Z", "20260302 080000",
              "\uff12\uff10\uff12\uff16\uff10\uff13\uff10\uff12", "99999999999999999999", "0", "T",
              "20260302T080000+0100", "today", "%s%s%n", "9" * 60_000]:
    add("start-" + (_what if len(_what) < 30 and _what.isascii() and "%" not in _what
                    else "full-width" if len(_what) < 30 and not _what.isascii()
                    else "format" if len(_what) < 30 else "60000-digits"),
        0, "is not a date or time", lambda w=_what: with_line(start=w))
add("start-missing", 0, "no DTSTART", lambda: with_line(start=None))
add("start-empty", 0, "", lambda: with_line(start="DTSTART:"))
add("start-of-time", 0, "", lambda: rule("FREQ=DAILY", start="00010101T000000Z"))
add("end-of-time", 0, "", lambda: rule("FREQ=DAILY", start="99991231T235959Z", length="P9D"))
add("end-of-time-in-zone", 0, "", lambda: rule(
    "FREQ=YEARLY;COUNT=5", start="DTSTART;TZID=Pacific/Kiritimati:99991231T235959"))
add("start-of-time-in-zone", 0, "", lambda: rule(
    "FREQ=YEARLY", start="DTSTART;TZID=Pacific/Kiritimati:00010101T000000"))
add("end-before-start", 0, "ends before it starts", lambda: with_line(
    "DTEND:20200101T000000Z", length=None))
add("end-after-8000-years", 0, "", lambda: with_line(
    "DTEND:99991231T235959Z", start="00010101T000000Z", length=None))
add("day-long-as-8000-years", 0, "", lambda: with_line(
    "DTEND;VALUE=DATE:99991231", start="DTSTART;VALUE=DATE:00010101", length=None))
for _what in ["P99999999999999999999W", "P999999999W", "-P1D", "P", "PT", "P1Y", "P1M", "PT1.5H",
              "P1DT", "1H", "PT1H-1H", "P-1D", "PT" + "1H" * 20_000, "P" + "0" * 60_000 + "D"]:
    add("duration-" + (_what if len(_what) < 30 else f"{_what[:3]}...{len(_what)}"),
        0, "", lambda w=_what: with_line(f"DURATION:{w}", length=None))
add("duration-longest-with-rule", 0, "", lambda: rule("FREQ=DAILY", length="P3660D"))
add("duration-longest-hourly-rule", 0, "", lambda: rule("FREQ=HOURLY", length="P3660D",
                                                        start="20200101T000000Z"))

# ---- rules -------------------------------------------------------------------------------------

for _name, _text, _says in [
        ("secondly", "FREQ=SECONDLY", "only the first ones count"),
        ("secondly-2e9", "FREQ=SECONDLY;COUNT=2000000000", ""),
        ("secondly-from-year-1", "FREQ=SECONDLY", ""),
        ("minutely", "FREQ=MINUTELY", "only the first ones count"),
        ("hourly-30-february", "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", ""),
        ("secondly-30-february", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", ""),
        ("secondly-at-no-second", "FREQ=SECONDLY;BYSECOND=60;INTERVAL=7", ""),
        ("minutely-odd-interval", "FREQ=MINUTELY;INTERVAL=1439;BYHOUR=3;BYMONTHDAY=29;BYMONTH=2",
         ""),
        ("yearly-30-february", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", ""),
        ("yearly-30-february-count", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1000000000", ""),
        ("daily-366th-of-february", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", ""),
        ("weekno-53-interval-1000", "FREQ=YEARLY;BYWEEKNO=53;INTERVAL=1000", ""),
        ("interval-0", "FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
        ("interval-2e31", "FREQ=DAILY;INTERVAL=2147483648", ""),
        ("interval-max", "FREQ=SECONDLY;INTERVAL=2147483647", ""),
        ("interval-2e63", "FREQ=YEARLY;INTERVAL=9223372036854775808", ""),
        ("interval-minus", "FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("count-0", "FREQ=DAILY;COUNT=0", ""),
        ("count-2e63", "FREQ=DAILY;COUNT=9223372036854775808", ""),
        ("count-minus", "FREQ=DAILY;COUNT=-5", ""),
        ("until-before-start", "FREQ=DAILY;UNTIL=19000101T000000Z", ""),
        ("until-rubbish", "FREQ=DAILY;UNTIL=whenever", "skipped"),
        ("until-9999", "FREQ=MINUTELY;UNTIL=99991231T235959Z", ""),
        ("until-half", "FREQ=DAILY;UNTIL=2026", "skipped"),
        ("freq-missing", "INTERVAL=2", "without FREQ"),
        ("freq-unknown", "FREQ=FORTNIGHTLY", "skipped"),
        ("freq-empty", "FREQ=", "skipped"),
        ("freq-twice", "FREQ=DAILY;FREQ=SECONDLY", ""),
        ("freq-60000", "FREQ=" + "D" * 60_000, "skipped"),
        ("parts-60000", "FREQ=DAILY" + ";COUNT=3" * 7000, ""),
        ("unknown-parts", "FREQ=DAILY;X-EVIL=1;BYEASTER=0", ""),
        ("rscale", "RSCALE=CHINESE;FREQ=YEARLY;SKIP=FORWARD", ""),
        ("semicolons", ";" * 60_000, "skipped"),
        ("byday-54mo", "FREQ=YEARLY;BYDAY=54MO", ""),
        ("byday-0mo", "FREQ=MONTHLY;BYDAY=0MO", ""),
        ("byday-9e18", "FREQ=MONTHLY;BYDAY=9223372036854775808MO", ""),
        ("byday-60000", "FREQ=WEEKLY;BYDAY=" + "MO," * 20_000, ""),
        ("byday-rubbish", "FREQ=WEEKLY;BYDAY=XX", "skipped"),
        ("bysetpos-minus-366", "FREQ=YEARLY;BYSETPOS=-366;BYDAY=MO,TU", ""),
        ("bysetpos-0", "FREQ=YEARLY;BYSETPOS=0;BYDAY=MO", ""),
        ("bymonth-13", "FREQ=YEARLY;BYMONTH=13", ""),
        ("byyearday-minus-366", "FREQ=YEARLY;BYYEARDAY=-366", ""),
        ("byhour-25", "FREQ=DAILY;BYHOUR=25", ""),
        ("wkst-rubbish", "FREQ=WEEKLY;WKST=XX", ""),
        ("every-second-of-every-day", "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) +
         ";BYMINUTE=" + ",".join(map(str, range(60))) + ";BYSECOND=" +
         ",".join(map(str, range(60))), "more than"),
        ("every-second-last-one", "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=" +
         ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))) +
         ";BYSECOND=" + ",".join(map(str, range(60))) + ";BYSETPOS=-1", ""),
        ("everything-at-once", "FREQ=YEARLY;BYMONTH=1,2,3;BYWEEKNO=1,53;BYYEARDAY=1,366;"
         "BYMONTHDAY=-31,31;BYDAY=1MO,-1SU;BYHOUR=0,23;BYMINUTE=0,59;BYSECOND=0,59;BYSETPOS=1,-1",
         "")]:
    _start = "00010101T000000Z" if "year-1" in _name else START
    add(f"rule-{_name}", 0, _says, lambda t=_text, s=_start: rule(t, start=s))
add("rule-nul", 0, "", lambda: rule("FREQ=DAILY\0;COUNT=2"))
add("rules-9990-in-one-event", 0, "", lambda: with_line(*["RRULE:FREQ=DAILY;COUNT=3"] * 9990))
add("rules-9990-endless", 0, "", lambda: with_line(*["RRULE:FREQ=HOURLY"] * 9990))
add("rules-9990-rare", 0, "", lambda: with_line(
    *["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;INTERVAL=37"] * 9990))
TOO = "more than"
add("events-2000-secondly", 65, TOO, lambda: calendar(many(2000, lambda i: event(
    "RRULE:FREQ=SECONDLY", uid=str(i)))))
add("events-20000-30-february", 0, "never matches", lambda: calendar(many(20_000, lambda i: event(
    "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", uid=str(i)))))
add("events-20000-yearly-30-february", 0, "", lambda: calendar(many(20_000, lambda i: event(
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", uid=str(i)))))
add("events-20000-rare", 65, TOO, lambda: calendar(many(20_000, lambda i: event(
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;INTERVAL=37", uid=str(i)))))
add("events-20000-daily-from-year-1", 65, TOO, lambda: calendar(many(20_000, lambda i: event(
    "RRULE:FREQ=DAILY;COUNT=2000000000;BYHOUR=8", uid=str(i), start="00010101T000000Z"))))
add("events-20000-daily", 65, TOO, lambda: calendar(many(20_000, lambda i: event(
    "RRULE:FREQ=DAILY", uid=str(i)))))
add("exrule-secondly", 0, "", lambda: with_line("EXRULE:FREQ=SECONDLY",
                                                "RRULE:FREQ=DAILY;COUNT=5"))
add("exrules-9990-endless", 0, "", lambda: with_line(*["EXRULE:FREQ=MINUTELY"] * 9990,
                                                     "RRULE:FREQ=DAILY"))
add("exrule-takes-all-secondly", 0, "", lambda: with_line("EXRULE:FREQ=SECONDLY",
                                                          "RRULE:FREQ=SECONDLY"))

# ---- RDATE and EXDATE --------------------------------------------------------------------------

_list = moments(3000)
add("exdates-3000-in-a-line", 0, "", lambda: with_line(
    "RRULE:FREQ=HOURLY;COUNT=3000", "EXDATE:" + ",".join(_list)))
add("exdates-700000", 65, TOO, lambda: calendar(event(
    "RRULE:FREQ=DAILY;COUNT=3", *["EXDATE:" + ",".join(_list)] * 233)))
add("exdates-of-days-1700000", 65, TOO, lambda: calendar(event(
    "RRULE:FREQ=DAILY;COUNT=3", *["EXDATE;VALUE=DATE:" + "20260303," * 7000] * 250)))
add("exdates-in-45000-events", 0, "", lambda: calendar(many(45_000, lambda i: event(
    "EXDATE:20260303T080000Z,20260304T080000Z", uid=str(i)))))
add("rdates-700000", 65, TOO, lambda: calendar(event(*["RDATE:" + ",".join(_list)] * 233)))
add("rdates-90000", 0, "", lambda: calendar(event(*["RDATE:" + ",".join(_list)] * 30)))
add("rdates-rubbish-9990", 0, "", lambda: with_line(*["RDATE:rubbish,%s"] * 9990))
add("rdates-commas", 0, "", lambda: with_line(*["RDATE:" + "," * 60_000] * 200))
add("rdates-unknown-zones-9990", 0, "", lambda: with_line(
    *[f"RDATE;TZID=Nowhere/{i}:20260303T080000" for i in range(9990)]))
add("rdates-known-zones-in-turn", 0, "", lambda: with_line(*[
    f"RDATE;TZID={z}:20260303T080000" for z in ("Europe/Paris", "Asia/Tokyo", "UTC", "Nowhere",
                                                "America/Lima")] * 1900))
add("rdate-periods-9990-long", 0, "", lambda: with_line(
    *[f"RDATE;VALUE=PERIOD:{m}/P3000D" for m in moments(9990)]))
add("rdate-period-backwards", 0, "", lambda: with_line(
    "RDATE;VALUE=PERIOD:20260303T080000Z/20200101T000000Z,20260303T080000Z/-PT1H,/,//,1/"))
add("rdate-in-year-9999", 0, "", lambda: with_line("RDATE:99991231T235959Z,00010101T000000Z"))
add("exdate-takes-all", 0, "", lambda: with_line("RRULE:FREQ=DAILY;COUNT=2",
                                                 "EXDATE:20260302T080000Z,20260303T080000Z"))

# ---- UIDs and overrides ------------------------------------------------------------------------

add("one-uid-100000-times", 0, "", lambda: calendar(many(100_000, lambda i: event(
    length=""))))
add("one-uid-190000-times", 65, "of one UID", lambda: calendar(many(190_000, lambda i: event(
    length=""))))
add("one-uid-20000-times", 0, "", lambda: calendar(many(20_000, lambda i: event(
    f"SEQUENCE:{i * 7919 % 20_000}", start=f"202603{1 + i % 28:02d}T080000Z"))))
add("no-uid-50000", 0, "", lambda: calendar(many(50_000, lambda i: event(uid=""))))
add("events-195000-with-a-rule", 0, "195000", lambda: calendar(
    "BEGIN:VEVENT\nUID:%d\nDTSTART:20260302T080000Z\nRRULE:FREQ=DAILY;COUNT=1\nEND:VEVENT\n" * 195_000
    % tuple(range(195_000))))
add("uids-of-60000-bytes", 0, "", lambda: calendar(many(260, lambda i: event(
    uid="x" * 60_000 + str(i)))))
add("uid-60000-bytes-twice", 0, "", lambda: calendar(*[event(uid="x" * 60_000)] * 200))
add("sequence-rubbish", 0, "", lambda: with_line("SEQUENCE:" + "9" * 60_000, "SEQUENCE:-1"))
add("sequence-minus", 0, "", lambda: with_line("SEQUENCE:-99999999999999999999"))


def overrides(n, extra="", master="RRULE:FREQ=HOURLY;COUNT=20000"):
    at = moments(n)
    return calendar(*([event(master, start="20260101T000000Z")] if master else []),
                    many(n, lambda i: event(f"RECURRENCE-ID{extra}:{at[i]}",
                                            start=at[(i + 1) % n])))


add("overrides-10000", 0, "", lambda: overrides(10_000))
add("overrides-10000-without-master", 0, "", lambda: overrides(10_000, master=None))
add("overrides-20000-follow", 0, "", lambda: overrides(20_000, ";RANGE=THISANDFUTURE"))
add("overrides-100-follow-endless", 0, "", lambda: overrides(
    100, ";RANGE=THISANDFUTURE", master="RRULE:FREQ=SECONDLY"))
add("overrides-30000-of-one-instance", 0, "", lambda: calendar(
    event("RRULE:FREQ=DAILY;COUNT=9"), many(30_000, lambda i: event(
        f"RECURRENCE-ID:{START}", f"SEQUENCE:{i * 7919 % 30_000}"))))
add("overrides-with-rules", 0, "", lambda: calendar(event("RRULE:FREQ=DAILY;COUNT=9"), many(
    5000, lambda i: event(f"RECURRENCE-ID:{START}", "RRULE:FREQ=SECONDLY"))))
add("override-of-itself", 0, "", lambda: calendar(
    event(f"RECURRENCE-ID:{START}"), event(f"RECURRENCE-ID:{START}", "RRULE:FREQ=DAILY")))
add("override-far-future", 0, "", lambda: calendar(event("RRULE:FREQ=DAILY"), event(
    f"RECURRENCE-ID;RANGE=THISANDFUTURE:{START}", start="99991231T235959Z")))
add("override-far-past", 0, "", lambda: calendar(event("RRULE:FREQ=DAILY"), event(
    f"RECURRENCE-ID;RANGE=THISANDFUTURE:{START}", start="00010101T000000Z")))
add("override-far-past-secondly", 0, "", lambda: calendar(event("RRULE:FREQ=SECONDLY"), event(
    f"RECURRENCE-ID;RANGE=THISANDFUTURE:{START}", start="00010101T000000Z")))
add("override-id-rubbish", 0, "", lambda: with_line("RECURRENCE-ID:never"))
add("override-range-rubbish", 0, "", lambda: with_line(
    f"RECURRENCE-ID;RANGE=THISANDPRIOR:{START}", f"RECURRENCE-ID;RANGE=\"\":{START}"))

# ---- zones -------------------------------------------------------------------------------------

for _what in ["../../../etc/passwd", "/etc/passwd", "/../x", "Europe", "Europe/", "localtime",
              "posixrules", "tzdata.zi", "right/Europe/Amsterdam", "Etc/../UTC", "/", "//", ".", "..",
              "/freeassociation.sourceforge.net/Tzfile/Europe/Amsterdam", "%s%n%s", "*", "~",
              "Europe/Amsterdam 1", "GMT+9999", "UTC+25:99", "(UTC+01:00)", "(UTC", "TZ=x", "zone.tab",
              "/mozilla.org/20050126_1/", "Europe/Amsterdam\\0", "\u20ac" * 80]:
    add("tzid-" + (_what.replace("/", "|") if _what.isascii() else "of-euro-signs"), 0, "",
        lambda w=_what: with_line(start=f"DTSTART;TZID=\"{w}\":20260302T080000"))
add("tzid-60000", 0, "", lambda: with_line(start="DTSTART;TZID=" + "E" * 60_000 +
                                           ":20260302T080000"))
add("tzid-slashes", 0, "", lambda: with_line(start="DTSTART;TZID=" + "/a" * 120 +
                                             ":20260302T080000"))
add("tzid-nul", 0, "", lambda: with_line(start="DTSTART;TZID=Europe\0/Amsterdam:20260302T080000"))
add("tzid-empty", 0, "", lambda: with_line(start="DTSTART;TZID=:20260302T080000"))
add("tzids-50000-distinct", 0, "", lambda: calendar(many(50_000, lambda i: event(
    start=f"DTSTART;TZID=Nowhere/{i}:20260302T080000", uid=str(i)))))
add("tzids-50000-display-names", 0, "", lambda: calendar(many(50_000, lambda i: event(
    start=f"DTSTART;TZID=\"(UTC+01:00) Amsterdam, Nowhere {i}\":20260302T080000", uid=str(i)))))
add("wr-timezone-rubbish-9990", 0, "", lambda: calendar(
    *[f"X-WR-TIMEZONE:../../{i}" for i in range(9990)], good()))
add("wr-timezone-60000", 0, "", lambda: calendar("X-WR-TIMEZONE:" + "A" * 60_000, good()))

_yearly = "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"
for _what, _parts in {
        "nothing": [],
        "never": [observance("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")],
        "secondly": [observance("RRULE:FREQ=SECONDLY")],
        "secondly-2e9": [observance("RRULE:FREQ=SECONDLY;COUNT=2000000000")],
        "rule-rubbish": [observance("RRULE:FREQ=OFTEN;BYDAY=99XX")],
        "daily-for-ever": [observance("RRULE:FREQ=DAILY"),
                           observance("RRULE:FREQ=DAILY", what="DAYLIGHT", after="+0200",
                                      before="+0100")],
        "offset-huge": [observance(_yearly, after="+99999999", before="-99999999")],
        "offset-99h": [observance(_yearly, after="+9959", before="-9959")],
        "offset-rubbish": [observance(_yearly, after="later", before="")],
        "no-offset": ["BEGIN:STANDARD", "DTSTART:16010101T000000", "END:STANDARD"],
        "start-rubbish": [observance(_yearly, start="20244001T000000")],
        "start-in-its-own-zone": [observance(_yearly).replace("DTSTART:",
                                                              "DTSTART;TZID=CampusX:")],
        "nested-zones": [zone("Inner", observance())],
        "events-inside": [event(), observance(_yearly)],
        "tzid-twice": ["TZID:CampusX", "TZID:Other", observance(_yearly)],
        "one-very-long": [observance(*["COMMENT:" + "x" * 60_000] * 200)],
}.items():
    add(f"vtimezone-{_what}", 0, "", lambda p=_parts: in_zone("CampusX", zone("CampusX", *p)))
add("vtimezone-observances-10000", 0, "", lambda: in_zone(
    "CampusX", zone("CampusX", many(10_000, lambda i: observance(
        _yearly, start=f"{1601 + i % 400}0101T{i % 24:02d}0000")))))
add("vtimezone-rules-9990", 0, "", lambda: in_zone(
    "CampusX", zone("CampusX", observance(*[_yearly] * 9990))))
add("vtimezone-rules-never-9990", 0, "", lambda: in_zone(
    "CampusX", zone("CampusX", observance(*["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"] * 9990))))
add("vtimezone-rdates-150000", 0, "", lambda: in_zone(
    "CampusX", zone("CampusX", observance(*["RDATE:" + ",".join(m[:-1] for m in _list)] * 50))))
add("vtimezones-10000-used", 0, "", lambda: calendar(many(10_000, lambda i: zone(
    f"Campus{i}", observance(_yearly), observance(
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", what="DAYLIGHT", before="+0100",
        after="+0200"))), many(10_000, lambda i: event(
            start=f"DTSTART;TZID=Campus{i}:20260302T080000", uid=str(i)))))
add("vtimezones-5000-never-used-each", 0, "", lambda: calendar(many(5000, lambda i: zone(
    f"Campus{i}", observance("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"))), many(
        5000, lambda i: event(start=f"DTSTART;TZID=Campus{i}:20260302T080000", uid=str(i)))))
add("vtimezone-same-name-10000", 0, "", lambda: in_zone(
    "CampusX", many(10_000, lambda i: zone("CampusX", observance(_yearly))), n=5000))
add("vtimezone-same-name-in-each-of-30000-calendars", 0, "", lambda: many(30_000, lambda i: in_zone(
    "CampusX", zone("CampusX", observance(_yearly)))))
add("x-wr-timezone-another-in-each-of-80000-calendars", 0, "", lambda: many(
    80_000, lambda i: calendar(f"X-WR-TIMEZONE:W. Europe Standard Time {i}",
                               event(start="20260302T080000", uid=str(i)))))
add("vtimezone-false-amsterdam", 0, "", lambda: in_zone(
    "Europe/Amsterdam", zone("Europe/Amsterdam", observance(_yearly, after="-1100")), n=20))
add("vtimezone-named-as-a-path", 0, "", lambda: in_zone(
    "../../etc/passwd", zone("../../etc/passwd", observance(_yearly))))
add("vtimezone-name-60000", 0, "", lambda: in_zone(
    "Z" * 60_000, zone("Z" * 60_000, observance(_yearly))))
add("vtimezone-without-name", 0, "", lambda: in_zone(
    "CampusX", "BEGIN:VTIMEZONE", observance(_yearly), "END:VTIMEZONE"))
add("vtimezone-behind-its-events", 0, "", lambda: calendar(
    event(start="DTSTART;TZID=CampusX:20260302T080000"), zone("CampusX", observance(_yearly))))
add("vtimezone-events-in-secondly-zone-20000", 0, "", lambda: in_zone(
    "CampusX", zone("CampusX", observance("RRULE:FREQ=SECONDLY")), n=20_000))

# ---- titles, free-busy, and our own lines ------------------------------------------------------

add("titles-60000-bytes", 0, "", lambda: calendar(many(250, lambda i: event(
    "SUMMARY:" + "Canceled " * 6600, uid=str(i)))))
add("titles-150000", 0, "", lambda: calendar(many(150_000, lambda i: event(
    "SUMMARY:Cancele", uid=str(i), length=""))))
add("title-of-commas", 0, "", lambda: with_line("CATEGORIES:" + "," * 60_000,
                                                *["CATEGORIES:" + "a," * 30_000] * 100))
_fb = "\r\n".join(["BEGIN:VFREEBUSY", "UID:f", "%s", "END:VFREEBUSY"])
add("freebusy-75000", 0, "", lambda: calendar(_fb % "\r\n".join(
    ["FREEBUSY:" + ",".join(f"{m}/PT1H" for m in _list[:2500])] * 30)))
add("freebusy-700000", 65, TOO, lambda: calendar(_fb % "\r\n".join(
    ["FREEBUSY:" + ",".join(f"{m}/PT1H" for m in _list[:2500])] * 260)))
add("freebusy-rubbish", 0, "", lambda: calendar(_fb % "\r\n".join(
    ["FREEBUSY:/", "FREEBUSY:20260303T080000Z", "FREEBUSY;FBTYPE=" + "B" * 60_000 +
     ":20260303T080000Z/PT1H", "FREEBUSY:20260303T080000Z/P9999999D",
     "FREEBUSY:20260303T080000Z/20200101T000000Z", "FREEBUSY:20260303T080000/PT1H"])))
add("freebusy-8000-years", 0, "", lambda: calendar(
    _fb % "FREEBUSY:00010101T000000Z/99991231T235959Z"))
add("our-own-lines", 0, "", lambda: with_line(
    "X-TANDEM-LINE:-1", "X-TANDEM-MATCH:4294967295", "X-TANDEM-RRULE:1 FREQ=SECONDLY",
    "X-TANDEM-BUSY:1", "X-TANDEM-LINE:99999999999999999999"))
add("own-lines-folded-into-a-uid", 0, "", lambda: with_line(
    uid="1\\nX-TANDEM-MATCH:1\\r\\nEND:VEVENT"))
add("words-unknown", 0, "", lambda: with_line("STATUS:" + "X" * 60_000, "TRANSP:MAYBE",
                                              "X-MICROSOFT-CDO-BUSYSTATUS:" + "Y" * 60_000))
add("method-unknown", 0, "", lambda: calendar("METHOD:EXPLODE", "CALSCALE:" + "M" * 60_000, good()))
add("method-cancel", 0, "", lambda: calendar("METHOD:CANCEL", good()))


# ---- mutations of an ordinary calendar ---------------------------------------------------------

def ordinary():
    return calendar(
        zone("CampusX", observance(_yearly), observance(
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", what="DAYLIGHT", before="+0100",
            after="+0200")),
        many(40, lambda i: event(
            "RRULE:FREQ=WEEKLY;UNTIL=20260701T000000Z;BYDAY=MO,WE", "STATUS:CONFIRMED",
            "EXDATE;TZID=CampusX:20260309T080000,20260316T080000", "SUMMARY:Les \u20ac",
            start=f"DTSTART;TZID={'CampusX' if i % 2 else 'Europe/Amsterdam'}:20260302T{i % 24:02d}0000",
            uid=f"m{i}")),
        event("RECURRENCE-ID;TZID=CampusX:20260311T010000", "TRANSP:OPAQUE", uid="m1"),
        _fb % "FREEBUSY:20260303T080000Z/PT1H")


def mutated(seed):
    rnd = random.Random(seed)
    text = bytearray(ordinary().encode())
    for _ in range(rnd.choice((1, 3, 10, 40))):
        at = rnd.randrange(len(text))
        how = rnd.randrange(6)
        if how == 0:
            text[at] = rnd.randrange(256)
        elif how == 1:
            text[at] ^= 1 << rnd.randrange(8)
        elif how == 2:
            del text[at:at + rnd.randrange(1, 60)]
        elif how == 3:
            other = rnd.randrange(len(text))
            text[at:at] = text[other:other + rnd.randrange(1, 200)]
        elif how == 4:
            text[at:at] = rnd.choice((b"\0", b"\r\n ", b"\"", b";", b":", b",", b"9" * 30, b"\n"))
        else:
            lines = bytes(text).split(b"\r\n")
            a, b = rnd.randrange(len(lines)), rnd.randrange(len(lines))
            lines[a], lines[b] = lines[b], lines[a]
            text = bytearray(b"\r\n".join(lines))
    return bytes(text)


for _seed in range(20):
    add(f"mutated-{_seed:02d}", None, "", lambda s=_seed: mutated(s))


def main(words):
    if words == ["--list"]:
        for name, k in KINDS.items():
            print(name, {0: "read", 65: "refused", None: "either"}[k.status], k.says, sep="\t")
    elif len(words) == 2 and words[0] == "--all":
        for i, name in enumerate(KINDS):
            Path(words[1], f"{i:03d}.ics").write_bytes(content(name))
    elif len(words) == 1 and words[0] in KINDS:
        sys.stdout.buffer.write(content(words[0]))
    else:
        print(__doc__, file=sys.stderr)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
