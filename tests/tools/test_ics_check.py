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


def check(tmp_path, text):
    path = tmp_path / "x.ics"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return subprocess.run([BUILD / "tests" / "ics_check", path], capture_output=True, text=True)


def test_silent_when_all_is_well(tmp_path):
    done = check(tmp_path, GOOD)
    assert (done.returncode, done.stdout) == (0, "")


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
