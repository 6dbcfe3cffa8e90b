"""The generated table of Windows zone names: made anew, byte for byte, where CLDR's packages are;
and whether each name leads to a zone that the system has."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "daemon" / "cal" / "winzones.c"
# cldr-core and cldr-bcp47 of npm, of the version that the table names
CLDR = pathlib.Path(os.environ.get("TANDEM_CLDR", ROOT / "node_modules"))


def test_the_table_is_what_the_script_makes():
    if not (CLDR / "cldr-core").is_dir() or not (CLDR / "cldr-bcp47").is_dir():
        pytest.skip(f"no cldr-core and cldr-bcp47 in {CLDR} (TANDEM_CLDR)")
    made = subprocess.run([sys.executable, ROOT / "contrib" / "winzones.py", CLDR / "cldr-core",
                           CLDR / "cldr-bcp47"], capture_output=True, check=True).stdout
    version = rb"cldr-core ([0-9.]+)"
    if re.search(version, made)[1] != re.search(version, TABLE.read_bytes())[1]:
        pytest.skip("CLDR's packages are of another version than the table")
    assert made == TABLE.read_bytes()


def test_source_version_and_licence_are_noted():
    head = TABLE.read_text().split("#include")[0]
    assert re.search(r"contrib/winzones\.py", head)
    assert re.search(r"cldr-core \d+\.\d+\.\d+ \(CLDR \d+, supplemental/windowsZones\.json", head)
    assert (ROOT / re.search(r"(contrib/LICENSES/\S+\.txt)", head)[1]).is_file()


def test_every_name_is_a_zone_of_the_system():
    rows = re.findall(r'^\t\{"(.+)", "(.+)"\},$', TABLE.read_text(), re.M)
    assert len(rows) > 130
    assert [r[0].lower() for r in rows] == sorted({r[0].lower() for r in rows})
    for windows, iana in rows:
        assert (pathlib.Path("/usr/share/zoneinfo") / iana).is_file(), (windows, iana)
