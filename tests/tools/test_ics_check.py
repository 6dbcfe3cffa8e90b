"""ics_check finds what libical finds: planted faults, so that its silence over feeds means
something."""
import os
import subprocess
from pathlib import Path

import pytest

BUILD = Path(os.environ.get("TANDEM_BUILD", Path(__file__).parents[2] / "build"))
GOOD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
BEGIN:VEVENT
UID:s1@x
DTSTAMP:20260831T053000Z
DTSTART:20260901T053000Z
DTEND:20260901T063000Z
SEQUENCE:0
SUMMARY:Werksessie
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
"""


TODO = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
BEGIN:VTODO
UID:o1@x
DTSTAMP:20260831T053000Z
DUE;VALUE=DATE:20260901
SEQUENCE:0
SUMMARY:Plan van aanpak
STATUS:NEEDS-ACTION
END:VTODO
END:VCALENDAR
"""


def check(tmp_path, text):
    path = tmp_path / "x.ics"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return subprocess.run([BUILD / "tests" / "ics_check", path], capture_output=True, text=True)


def test_silent_when_all_is_well(tmp_path):
    for text in (GOOD, TODO):
        done = check(tmp_path, text)
        assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("old,new,said", [
    ("UID:o1@x\n", "", "UID"), ("DTSTAMP:20260831T053000Z\n", "", "DTSTAMP"),
    ("SUMMARY:Plan van aanpak\n", "", "SUMMARY"), ("DUE;VALUE=DATE:2026", "DUE:x", "DUE")])
def test_a_fault_in_a_to_do_is_found(tmp_path, old, new, said):
    done = check(tmp_path, TODO.replace(old, new))
    assert done.returncode == 1 and said in done.stdout, done.stdout


@pytest.mark.parametrize("old,new,said", [
    ("DTSTAMP:20260831T053000Z\n", "", "DTSTAMP"),
    ("UID:s1@x\n", "", "UID"),
    ("SUMMARY:Werksessie\n", "SUMMARY:a\nSUMMARY:b\n", "SUMMARY"),
    ("DTSTART:20260901T053000Z", "DTSTART:gisteren", "DTSTART"),
    ("SEQUENCE:0\n", "SEQUENCE:0\nSEQUENCE:1\n", "SEQUENCE"),
    ("STATUS:CONFIRMED", "STATUS:ONZIN", "STATUS"),
    ("STATUS:CONFIRMED", "STATUS:NEEDS-ACTION", "STATUS"),  # of a VTODO
    ("SUMMARY:Werksessie", "SUMMARY Werksessie", ""),
    ("END:VEVENT\n", "", ""),
    (GOOD, "", "not one calendar"),
    (GOOD, "nothing", "not one calendar"),
    (GOOD, GOOD + GOOD, "not one calendar")])
def test_a_planted_fault_is_found(tmp_path, old, new, said):
    done = check(tmp_path, GOOD.replace(old, new))
    assert done.returncode == 1 and said in done.stdout, done.stdout
