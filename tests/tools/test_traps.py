"""Every trap of design 3-import is a named case: the tables of tests/data/ics/README.md name cases
that exist, and every row names one."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "ics"
ROWS = [line.strip("|").split("|") for line in (DATA / "README.md").read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| input ")]


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip()[:40] for row in ROWS])
def test_row_has_its_case(row):
    cases = [case for case in re.split(r", (?=\w)", row[1].strip()) if case]
    assert cases
    for case in cases:
        file, _, name = case.partition(": ")
        if not name:
            assert (DATA / f"{case}.ics").exists() and (DATA / f"{case}.expected").exists(), case
            continue
        folder = "unit" if file.endswith(".c") else "tools"
        assert name in (ROOT / "tests" / folder / file).read_text(), case


def test_every_calendar_has_its_list_and_every_list_its_calendar():
    assert {p.stem for p in DATA.glob("*.ics")} == {p.stem for p in DATA.glob("*.expected")}


def test_there_are_rows():
    assert len(ROWS) >= 36
