"""Fixtures: a daemon per test (`daemon`), or one shared by a module's reading tests (`easy`)."""
import os
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import BUILD, EASY_ROSTER, EASY_TIMETABLES, Daemon  # noqa: E402


def pytest_configure(config):
    for program in ("tandemd", "tandemctl"):
        if not (BUILD / program).exists():
            raise pytest.UsageError(f"{BUILD / program} is not there: make, or set TANDEM_BUILD")


def pytest_report_header(config):
    return f"daemon tests: {BUILD}"


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    setattr(item, "report_" + report.when, report)


def went_wrong(node):
    return any(getattr(node, "report_" + when, None) is not None and
               getattr(node, "report_" + when).failed for when in ("setup", "call"))


@pytest.fixture
def daemon(request):
    """A maker of daemons: daemon(roster=…, timetables=…, conf=…, clock=…, start=True). All are
    stopped at the end and held to a clean stop; the logs of a failed test are printed."""
    made = []

    def make(roster=EASY_ROSTER, timetables=None, start=True, **kw):
        if timetables is None and roster is EASY_ROSTER:
            timetables = EASY_TIMETABLES
        d = Daemon(roster=roster, timetables=timetables, **kw)
        made.append(d)
        return d.start() if start else d

    yield make
    failed = went_wrong(request.node)
    faults = []
    for d in made:
        try:
            d.close(failed)
        except AssertionError as e:
            faults.append(str(e))
    assert not faults, "\n".join(faults)


@pytest.fixture
def easy(daemon):
    """The smallest programme that has everything: anna with lessons, bram without, one duo."""
    return daemon()


@pytest.fixture
def rng(request):
    """Random numbers that a failure can be repeated with: the same ones for the same test and
    the same TANDEM_SEED."""
    seed = os.environ.get("TANDEM_SEED") or "1"
    print(f"rerun with TANDEM_SEED={seed}")
    return random.Random(f"{seed} {request.node.name}")
