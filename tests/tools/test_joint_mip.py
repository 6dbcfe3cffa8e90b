"""Small programmes of coupled duos: our joint plan against CBC on the whole, to the last point.

The seed is printed with every failure; TANDEM_SEED repeats a run. Where cbc (coinor-cbc) is not
installed the comparison is skipped, visibly.
"""
import os
import shutil
import subprocess
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import joint_mip  # noqa: E402

BUILD = os.environ.get("TANDEM_BUILD", os.path.join(HERE, "..", "..", "build"))
DUMP = os.path.join(BUILD, "tests", "joint_dump")
SEED = int(os.environ.get("TANDEM_SEED", time.time_ns() % 1_000_000_007))
LONG = bool(os.environ.get("TANDEM_LONG"))
INSTANCES = 80 if LONG else 12


@pytest.mark.skipif(not shutil.which("cbc"), reason="cbc is not installed")
@pytest.mark.parametrize("number", range(INSTANCES))
def test_as_cheap_as_the_mip(number):
    duos = 2 + number % 3
    weeks = (6, 8, 12, 20)[number // 3 % 4] if LONG else (6, 8)[number % 2]
    arguments = [SEED * 100 + number, duos, weeks, (100, 67, 50)[number // 2 % 3],
                 (60, 65, 50, 40)[number % 4], number % 2, (0, 0, 1, 2)[number % 4]]
    run = subprocess.run([DUMP, *map(str, arguments)], capture_output=True, text=True,
                         timeout=120, check=True)
    one = joint_mip.read(run.stdout)
    cost, bound, one_after_another = one["answer"]
    best = joint_mip.optimum(one)
    rerun = f"TANDEM_SEED={SEED}; joint_dump {' '.join(map(str, arguments))}"
    assert cost == best, rerun
    assert bound <= best, rerun
    assert best <= one_after_another, rerun
