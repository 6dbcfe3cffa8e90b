"""Two readings of a calendar that know nothing of ours: python3-recurring-ical-events (on
dateutil and icalendar) and ical.js (ical_js_busy.mjs). Each gives busy spans in UTC seconds,
merged and clipped, of every event that is neither cancelled nor called FREE by Outlook; or a
sentence why it could not read the file.

Zones: a wall-clock time is converted here by zoneinfo (the first of two in autumn, moved forward
by the gap in spring, RFC 5545 section 3.3.5) when its TZID means an IANA zone; else the reading's
own moments hold, which it has from the file's VTIMEZONE."""
import datetime as dt
import json
import re
import shutil
import signal
import subprocess
import zoneinfo

DEFAULT_LENGTH = dt.timedelta(minutes=50)
UTC = dt.timezone.utc

# TZIDs of ../shared/ics that mean an IANA zone: Windows names by CLDR, display names by their
# first city, fixed offsets; and what a suffix or prefix hides.
TZIDS = {
    "W. Europe Standard Time": "Europe/Berlin",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "GMT Standard Time": "Europe/London",
    "Pacific Standard Time": "America/Los_Angeles",
    "Eastern Standard Time": "America/New_York",
    "New Zealand Standard Time": "Pacific/Auckland",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "(GMT+10:00) Canberra, Melbourne, Sydney": "Australia/Sydney",
    "(UTC-05:00) Eastern Time (US and Canada)": "America/New_York",
    "(GMT +01:00)": "Etc/GMT-1",
}


def ical_js_library(build):
    """The file of ical.js in the build folder @build, where npm puts it once; None: it cannot."""
    library = build / "npm" / "node_modules" / "ical.js" / "dist" / "ical.js"
    npm = shutil.which("npm")
    if not shutil.which("node"):
        return None
    if not library.exists() and npm:
        library.parents[3].mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run([npm, "install", "--prefix", build / "npm", "--no-audit", "--no-fund",
                            "--ignore-scripts", "ical.js@2"], capture_output=True, timeout=120)
        except subprocess.TimeoutExpired:
            pass
    return library if library.exists() else None


def zone_of(tzid):
    """zoneinfo of what a TZID means, or None: only the file itself can say."""
    if tzid in TZIDS:
        tzid = TZIDS[tzid]
    if not tzid:
        return None
    name = tzid.strip('"').lstrip("/")
    name = re.sub(r"^(freeassociation\.sourceforge\.net|citadel\.org/\d+_\d+|mozilla\.org/\d+_\d+"
                  r"|softwarestudio\.org/\w+|Olson_\w+)/", "", name)
    name = re.sub(r" \d+$", "", name)
    for one in (name, *name.split(",")):
        for full in (one.strip(), "Europe/" + one.strip()):
            try:
                return zoneinfo.ZoneInfo(full)
            except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
                continue
    return None


def to_utc(wall, zone):
    """A wall-clock time without tzinfo -> aware, in UTC."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def day_start(day, zone):
    return to_utc(dt.datetime(day.year, day.month, day.day), zone)


def merged(spans, first, past):
    """Clipped to [first, past), sorted, touching ones made one -> list of (start, end) seconds."""
    out = []
    for a, b in sorted((max(a, first), min(b, past)) for a, b in spans):
        if a >= b:
            continue
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return [(int(a.timestamp()), int(b.timestamp())) for a, b in out]


def as_text(raw):
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    if raw[1:2] == b"\0":
        return raw.decode("utf-16-le")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def unfolded(text):
    return re.sub(r"(\r\n|\r|\n)[ \t]", "", text)


def file_zone(text, zone):
    """Of floating times: X-WR-TIMEZONE, else the source's."""
    said = re.search(r"(?im)^X-WR-TIMEZONE[^:\r\n]*:([^\r\n]+)", unfolded(text))
    return (zone_of(said[1].strip()) if said else None) or zone


def free_busy(text):
    """The periods of VFREEBUSY components, which neither reading expands."""
    spans = []
    for component in re.findall(r"(?s)BEGIN:VFREEBUSY(.*?)END:VFREEBUSY", unfolded(text)):
        for params, values in re.findall(r"(?m)^FREEBUSY([^:\r\n]*):([^\r\n]*)", component):
            if "FBTYPE=FREE" in params.upper():
                continue
            for value in values.split(","):
                times = re.fullmatch(r"(\d{8}T\d{6})Z/(?:(\d{8}T\d{6})Z|PT(?:(\d+)H)?(?:(\d+)M)?)",
                                     value.strip())
                if not times:
                    continue
                start = dt.datetime.strptime(times[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
                end = dt.datetime.strptime(times[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) \
                    if times[2] else start + dt.timedelta(hours=int(times[3] or 0),
                                                          minutes=int(times[4] or 0))
                spans.append((start, end))
    return spans


class TooLong(Exception):
    pass


def within(seconds, what):
    """what(), or TooLong: the readings have no limits of their own."""
    def stop(*_):
        raise TooLong(f"more than {seconds} s")
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        return what()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def span_of(start, end, floating, zone):
    """Two date or datetime values of the python reading -> UTC."""
    def one(value):
        if not isinstance(value, dt.datetime):
            return day_start(value, zone)
        if value.tzinfo is None:
            return to_utc(value, floating)
        name = getattr(value.tzinfo, "zone", None) or str(value.tzinfo)
        known = zone_of(name)
        return to_utc(value.replace(tzinfo=None), known) if known else value.astimezone(UTC)
    return one(start), one(end)


def python_reading(text, zone, first, past):
    import icalendar
    import recurring_ical_events
    spans = []
    floating = file_zone(text, zone)
    for calendar in icalendar.Calendar.from_ical(text, multiple=True):
        for event in calendar.walk("VEVENT"):
            start = event.get("DTSTART")
            if start is not None and "DTEND" not in event and "DURATION" not in event and \
                    "RECURRENCE-ID" not in event and isinstance(start.dt, dt.datetime):
                event.add("DURATION", DEFAULT_LENGTH)
        days = dt.timedelta(days=2)
        for event in recurring_ical_events.of(calendar).between((first - days).replace(tzinfo=None),
                                                                (past + days).replace(tzinfo=None)):
            if str(event.get("STATUS", "")).upper() in ("CANCELLED", "CANCELED") or \
                    str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE":
                continue
            start, end = event["DTSTART"].dt, event["DTEND"].dt
            if not isinstance(start, dt.datetime) and start == end:
                end = start + dt.timedelta(days=1)
            spans.append(span_of(start, end, floating, zone))
    return spans


def mapped(text):
    """TZIDs that the libraries do not know become those they mean."""
    def name(found):
        zone = zone_of(found[2])
        return f"{found[1]}{zone.key}" if zone else found[0]
    text = unfolded(text)
    text = re.sub(r'(TZID=)"?((?<=")[^"\r\n]*|[^":;\r\n]*|\(GMT \+01:00\))"?(?=[:;])',
                  lambda m: name(m), text)
    return re.sub(r"(?m)^(TZID:)([^\r\n]*)", lambda m: name(m), text)


def by_python(raw, zone, first, past):
    """-> merged spans, or a sentence."""
    text = as_text(raw)
    try:
        spans = within(3, lambda: python_reading(mapped(text), zone, first, past))
        return merged(spans + free_busy(text), first, past)
    except Exception as error:  # whatever a library throws at a strange file
        return f"{type(error).__name__}: {error}"[:160]


def js_span(one, floating, zone):
    if "T" not in one["start"]:
        start, end = (dt.date.fromisoformat(one[key][:10]) for key in ("start", "end"))
        return day_start(start, zone), day_start(max(end, start + dt.timedelta(days=1)), zone)
    known = dt.timezone.utc if one["zone"] == "UTC" else zone_of(one["zone"])
    if not known and one["utc"]:
        return tuple(dt.datetime.fromtimestamp(at, UTC) for at in one["utc"])
    walls = (dt.datetime.fromisoformat(one[key]) for key in ("start", "end"))
    return tuple(to_utc(wall, known or floating) for wall in walls)


def by_ical_js(node, library, script, folder, cases):
    """@cases: (raw, zone, first, past) each -> a list of merged spans, or a sentence, for each.
    @folder: where the mapped copies may stand."""
    words = []
    for i, (raw, _, _, past) in enumerate(cases):
        copy = folder / f"{i}.ics"
        copy.write_bytes(mapped(as_text(raw)).encode())
        words += [past.strftime("%Y-%m-%d"), copy]
    run = subprocess.run([node, script, library, *words], capture_output=True, text=True,
                         timeout=300, check=True)
    return [js_spans(json.loads(line), *case)
            for line, case in zip(run.stdout.splitlines(), cases, strict=True)]


def js_spans(answer, raw, zone, first, past):
    if "error" in answer:
        return answer["error"]
    text = as_text(raw)
    floating = file_zone(text, zone)
    try:
        spans = [js_span(one, floating, zone) for one in answer["occurrences"]]
    except (ValueError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    return merged(spans + free_busy(text), first, past)
