"""tandemctl source check, to the letter of design 8: the real program on the calendars of
tests/data/ics (each beside its .expected busy list) and on awkward input."""
import json
import os
import pathlib
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CTL = pathlib.Path(os.environ.get("TANDEM_BUILD", ROOT / "build")) / "tandemctl"
DATA = ROOT / "tests" / "data" / "ics"
CASES = sorted(DATA.glob("*.expected"))
SHARED = pathlib.Path(os.environ.get("TANDEM_ICS", ROOT.parent / "shared" / "ics"))


def ctl(*words, json_=False):
    first = ["--json"] if json_ else []
    return subprocess.run([CTL, *first, "source", "check", *map(str, words)],
                          capture_output=True, text=True, timeout=30)


def write(tmp_path, name, *lines):
    path = tmp_path / name
    path.write_bytes("\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""]).encode())
    return path


def event(start, *more, uid="1"):
    return ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", "DURATION:PT1H", *more, "END:VEVENT"]


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_busy_list(path):
    head, *expected = path.read_text().splitlines()
    done = ctl(path.with_suffix(".ics"), "--busy", *head.removeprefix("# ").split())
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == expected


def test_there_are_cases():
    assert len(CASES) > 50


def test_summary_and_json_say_the_same(tmp_path):
    path = write(tmp_path, "a.ics", *event("20260302T080000Z"),
                 *event("20260303T080000Z", "STATUS:CANCELLED", uid="2"),
                 *event("20260230T080000Z", uid="3"))
    words = [path, "--from", "2026-03-01", "--to", "2026-04-01", "--set", "horizon=open"]
    answer = json.loads(ctl(*words, json_=True).stdout)
    assert answer["events"] == 3 and answer["skipped"] == 1 and answer["occurrences"] == 2
    assert answer["range"] == "2026-03-02..2026-03-03"
    assert answer["zones"] == ["UTC"] and answer["horizon"] == "open"
    assert answer["share_free"] == 0.5
    assert answer["warnings"][0] == \
        "line 15: event skipped: DTSTART 20260230T080000Z is not a date or time"
    assert answer["warnings"][1].startswith("1 of 2 timed events come out free (50 %)")
    text = ctl(*words).stdout
    for line in ("events: 3 (1 skipped)", "occurrences: 2", "zones: UTC", "horizon: open",
                 "share_free: 0.500", "warnings: 2", *answer["warnings"]):
        assert line in text.splitlines()


def test_json_before_or_behind_and_with_busy(tmp_path):
    path = write(tmp_path, "a.ics", *event("20260302T080000Z"))
    done = ctl(path, "--json", "--busy", "--from", "2026-03-01", "--to", "2026-03-08")
    assert json.loads(done.stdout)["busy"] == [
        {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:00:00Z", "level": "busy"}]


def test_a_directory_is_one_timetable(tmp_path):
    """An override in another file finds its series; warnings name their file."""
    write(tmp_path, "a.ics", *event("20260302T080000Z", "RRULE:FREQ=WEEKLY;COUNT=2"))
    write(tmp_path, "b.ics", *event("20260310T120000Z", "RECURRENCE-ID:20260309T080000Z"),
          *event("20260303T080000", uid="2"))
    (tmp_path / "notes.txt").write_text("not a calendar")
    words = [tmp_path, "--from", "2026-03-01", "--to", "2026-04-01", "--set", "horizon=open"]
    done = ctl(*words, "--busy")
    assert done.stdout.splitlines() == [
        "2026-03-02T08:00:00Z 2026-03-02T09:00:00Z busy",
        "2026-03-03T07:00:00Z 2026-03-03T08:00:00Z busy",
        "2026-03-10T12:00:00Z 2026-03-10T13:00:00Z busy"]
    assert "b.ics: line 8: 1 event without a zone; read as Europe/Amsterdam" in done.stderr
    (tmp_path / "c.ics").write_text("<!DOCTYPE html>")
    done = ctl(*words)
    assert done.returncode == 65 and not done.stdout
    assert "c.ics: not a calendar: line 1: <!DOCTYPE html" in done.stderr


def test_default_window_and_zone(tmp_path):
    """60 days back to 400 ahead of today, local days."""
    day = 86400
    now = int(time.time())
    stamp = lambda d: time.strftime("%Y%m%dT120000Z", time.gmtime(now + d * day))
    path = write(tmp_path, "a.ics", *(line for i, d in enumerate((-70, -50, 0, 390, 410))
                                      for line in event(stamp(d), uid=str(i))))
    assert "occurrences: 3" in ctl(path).stdout


REFUSED = [
    (b"", "not a calendar: line 1: it is empty"),
    (b"  \r\n\r\n", "not a calendar: line 1: it is empty"),
    (b"<!DOCTYPE html>\n<html>", "not a calendar: line 1: <!DOCTYPE html"),
    (b"\n  <html>BEGIN:VCALENDAR\nEND:VCALENDAR", "not a calendar: line 2: <html>"),
    (b'{"error": "login"}', "not a calendar: line 1: {\"error\""),
    (b"x" * 5000 + b"\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", "not a calendar: line 1: xxx"),
    (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260302T0800", "it was cut off"),
    (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "line 3: END:VCALENDAR inside VEVENT"),
    (b"BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", "line 3: END:VCALENDAR without"),
    (b"BEGIN:VCALENDAR\n" * 9 + b"END:VCALENDAR\n" * 9, "line 9: components nested deeper than 8"),
    (b"BEGIN:VCALENDAR\nMETHOD:" + b"a" * 70000 + b"\nEND:VCALENDAR\n", "line 2: longer than 65536"),
    (b"BEGIN:VCALENDAR\nMETHOD:a\n" + b" aaaaaaaaa\n" * 9000 + b"END:VCALENDAR\n",
     "line 2: longer than 65536"),
    (b"BEGIN:VCALENDAR\n" + b"X:1\n" * 10001 + b"END:VCALENDAR\n", "more than 10000 lines"),
    (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\nEND:X\n" * 200001 + b"END:VCALENDAR\n",
     "more than 200000 components"),
    (b"BEGIN:VCALENDAR\nX:" + b"a\n" * (9 << 20), "larger than"),
]


@pytest.mark.parametrize("bytes_, sentence", REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_refused_files(tmp_path, bytes_, sentence):
    path = tmp_path / "a.ics"
    path.write_bytes(bytes_)
    before = time.monotonic()
    done = ctl(path)
    assert done.returncode == 65 and done.stdout == ""
    assert sentence in done.stderr and done.stderr.count("\n") == 1
    assert time.monotonic() - before < 2


def test_exit_statuses(tmp_path):
    path = write(tmp_path, "a.ics", *event("20260302T080000Z"))
    (tmp_path / "empty").mkdir()
    for words, status, sentence in (
            ([], 64, "usage"), ([path, "--nope"], 64, "--nope"), ([path, path], 64, "one WHAT"),
            ([path, "--from"], 64, "wants a value"), ([path, "--from", "soon"], 64, "--from"),
            ([path, "--from", "2026-03-02", "--to", "2026-03-02"], 64, "empty window"),
            ([path, "--zone", "Mars"], 64, "Mars"), ([path, "--kind", "unti"], 64, "untis"),
            ([path, "--set", "transparant=busy"], 64, "did you mean transparent?"),
            ([path, "--set", "ignore=("], 64, "ignore"), ([path, "--set", "ignore"], 64, "KEY"),
            ([tmp_path / "none.ics"], 66, "none.ics"), ([tmp_path / "empty"], 65, "no .ics"),
            (["/dev/zero"], 65, "not a regular file"),
            (["ftp://example.org/a.ics"], 65, "only http"),
            (["file:///etc/hostname"], 65, "only http"), (["http://[::1/a"], 65, "address"),
            (["http://localhost:1/a.ics?token=s3cret"], 77, "localhost: "),
            (["http://127.0.0.1:1/", "--set", "allow_private=yes"], 74, "connection")):
        done = ctl(*words)
        assert (done.returncode, done.stdout) == (status, ""), (words, done)
        assert sentence in done.stderr


def test_preset_and_key_in_any_order(tmp_path):
    path = write(tmp_path, "a.ics", *event("20260302T080000Z", "TRANSP:TRANSPARENT"))
    window = ["--from", "2026-03-01", "--to", "2026-03-08", "--busy"]
    for words in (["--kind", "untis", "--set", "transparent=free"],
                  ["--set", "transparent=free", "--kind", "untis"]):
        assert ctl(path, *words, *window).stdout == ""
    assert ctl(path, "--kind", "untis", *window).stdout.count("busy") == 1


def test_titles_never_come_out(tmp_path):
    path = write(tmp_path, "a.ics", *event("20260302T080000Z", "SUMMARY:secret-title",
                                           "LOCATION:secret-place", "ATTENDEE:mailto:secret@x"))
    for words in ([], ["--busy"], ["--json"]):
        done = ctl(path, *words)
        assert "secret" not in done.stdout + done.stderr


def test_every_shared_calendar_is_read_or_refused_in_time():
    files = [p for p in SHARED.rglob("*") if p.is_file() and "golden" not in p.parts
             and (p.suffix == ".ics" or p.name.startswith(("fuzz", "poc")))]
    if not files:
        pytest.skip(f"no calendars in {SHARED}")
    for path in files:
        before = time.monotonic()
        done = ctl(path, "--from", "1990-01-01", "--to", "2040-01-01", "--busy")
        assert done.returncode in (0, 65), (path, done.stderr)
        assert time.monotonic() - before < 2, path


def test_a_large_calendar_is_no_limit(tmp_path):
    """20,000 events in one VCALENDAR: components are no lines of their calendar."""
    start = time.mktime((2026, 3, 1, 8, 0, 0, 0, 0, 0))
    lines = []
    for i in range(20000):
        lines += event(time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(start + i * 3600)), uid=str(i))
    path = write(tmp_path, "a.ics", *lines)
    before = time.monotonic()
    done = ctl(path, "--from", "2026-01-01", "--to", "2030-01-01", json_=True)
    assert time.monotonic() - before < 2
    assert json.loads(done.stdout)["occurrences"] == 20000


def test_zones_are_told_apart(tmp_path):
    """A name of the file's own may hold blanks."""
    rules = ["BEGIN:VTIMEZONE", "TZID:Our Campus", "BEGIN:STANDARD", "DTSTART:19700101T000000",
             "TZOFFSETFROM:+0500", "TZOFFSETTO:+0500", "END:STANDARD", "END:VTIMEZONE"]
    lesson = [line.replace("DTSTART:", "DTSTART;TZID=Our Campus:")
              for line in event("20260302T090000")]
    path = write(tmp_path, "a.ics", *rules, *lesson, *event("20260303T090000Z", uid="2"))
    words = [path, "--from", "2026-03-01", "--to", "2026-04-01"]
    assert 'zones: "Our Campus" UTC' in ctl(*words).stdout.splitlines()
    assert json.loads(ctl(*words, json_=True).stdout)["zones"] == ["Our Campus", "UTC"]
