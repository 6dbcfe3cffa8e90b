"""Every hostile calendar through `tandemctl source check`: it is read, or refused with exactly one
sentence; never a signal, never more than 2 s of processor time or 64 MiB beyond what the program
holds for a calendar of one series, and what it prints does nothing to a terminal."""
import os
import re
from pathlib import Path

import pytest

import hostile_ics
from measure import Measurer

ROOT = Path(__file__).resolve().parents[2]
CTL = Path(os.environ.get("TANDEM_BUILD", ROOT / "build")) / "tandemctl"
WINDOW = ["--from", "2026-01-01", "--to", "2027-01-01"]
SANITIZED = bool(re.search(rb"__asan_init|__tsan_init", CTL.read_bytes())) if CTL.exists() else False
CPU_S, PEAK_KIB = 2.0, 64 << 10
# C0 but for the line's end, DEL, C1, and what turns the direction of writing
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def measurer():
    m = Measurer()
    yield m
    m.close()


@pytest.fixture(scope="module")
def base(measurer, tmp_path_factory):
    """Peak memory, in KiB, with next to nothing: one series, so that the parser runs."""
    path = tmp_path_factory.mktemp("base") / "small.ics"
    path.write_text(hostile_ics.rule("FREQ=DAILY;COUNT=2"))
    seen = measurer.run(CTL, "source", "check", path, *WINDOW)
    assert seen["status"] == 0, seen["err"]
    return seen["peak_kib"]


def test_there_are_kinds():
    assert len(hostile_ics.KINDS) >= 150


@pytest.mark.parametrize("name", hostile_ics.KINDS)
def test_hostile(name, measurer, base, tmp_path):
    kind = hostile_ics.KINDS[name]
    path = tmp_path / "hostile.ics"
    path.write_bytes(hostile_ics.content(name))
    seen = measurer.run(CTL, "source", "check", path, *WINDOW)
    path.unlink()
    answer = f"exit {seen['status']}\n{seen['err'][:1000]}{seen['out'][:1000]}"
    assert seen["status"] in ((0, 65) if kind.status is None else (kind.status,)), answer
    if seen["status"] == 0:
        assert seen["err"] == "" and seen["out"].startswith("events: "), answer
    else:
        assert seen["out"] == "" and seen["err"].count("\n") == 1, answer
        assert re.match(r"tandemctl: \S.*\S\n$", seen["err"]), answer
        assert len(seen["err"]) < 600, answer
    assert kind.says in seen["out"] + seen["err"], answer
    assert not UNSAFE.search(seen["out"] + seen["err"]), repr(answer)
    if not SANITIZED:
        assert seen["cpu"] <= CPU_S
        assert seen["peak_kib"] - base <= PEAK_KIB, f"{seen['peak_kib'] - base} KiB"
