"""build/tests/solve against CBC on random years, and the solver file to the letter.

The seed is printed with every failure; TANDEM_SEED repeats a run. TANDEM_BUILD is the build
folder. Where cbc (coinor-cbc) is not installed the comparison is skipped, visibly.
"""
import os
import random
import shutil
import subprocess
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import solve_mip  # noqa: E402

BUILD = os.environ.get("TANDEM_BUILD", os.path.join(HERE, "..", "..", "build"))
SOLVE = os.path.join(BUILD, "tests", "solve")
SEED = int(os.environ.get("TANDEM_SEED", time.time_ns() % 1_000_000_007))
INSTANCES = 1000 if os.environ.get("TANDEM_LONG") else 64

HEAD = "days 9\nunits 6\ncadence 3\nmin_gap 2\nw_gap 20\nw_unused 50\n"


def run(*arguments):
    return subprocess.run([SOLVE, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def solve_text(tmp_path, text):
    path = tmp_path / "one.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run(path), str(path)


def year(number):
    """A random year of real size as text; every other one has given days and a min_gap of its own."""
    rng = random.Random(SEED * 1000 + number)
    days, units = rng.randint(180, 200), rng.randint(280, 320)
    lines = [
        f"days {days}",
        f"units {units}",
        f"cadence {rng.choice([3, 4, 5, 6])}",
        f"w_gap {rng.choice([5, 20, 20, 100])}",
        f"w_unused {rng.choice([20, 50, 50, 120])}",
    ]
    if rng.random() < 0.8:
        lines.append(f"w_even {rng.choice([0, 1, 1, 4])}")
    if number % 2:
        lines.append(f"min_gap {rng.randint(1, 4)}")
        for _ in range(rng.randint(3, 10)):
            lines.append(f"{rng.choice(['fixed', 'work'])} {rng.randrange(days)}")
    else:
        lines.append("min_gap 2")
    for day in range(days):
        if rng.random() < 0.55:
            place = rng.randrange(60)
            for length in range(4, rng.randint(4, 16) + 1):
                short, long = max(0, 8 - length), max(0, length - 8)
                lines.append(
                    f"slot {day} {length} {place + 6 * short + 3 * long + rng.randrange(20)}")
    rng.shuffle(lines)
    return "\n".join(lines) + "\n"


def cost_of(one, sessions):
    """The cost of a plan by the definition, for the whole of the tool's output."""
    points = sorted([(-1, False), (one["days"], False)]
                    + [(day, False) for day in one["fixed"]]
                    + [(day, True) for day, _ in sessions])
    assert len({day for day, _ in points}) == len(points)
    total = 0
    for (i, chosen_i), (j, chosen_j) in zip(points, points[1:]):
        work_i = chosen_i or one["fixed"].get(i) == "work"
        work_j = chosen_j or one["fixed"].get(j) == "work"
        if work_i and work_j and (chosen_i or chosen_j):
            assert j - i >= one["min_gap"], (i, j)
        total += solve_mip.gap_cost(one, j - i)
    used = sum(units for _, units in sessions)
    assert used <= one["units"]
    total += one["w_unused"] * (one["units"] - used)
    return total + sum(one["slots"][day][units] for day, units in sessions)


def parse_output(text):
    first, *rest = text.splitlines()
    assert first.split()[0] == "cost"
    sessions = []
    for line in rest:
        word, day, units = line.split()
        assert word == "session"
        sessions.append((int(day), int(units)))
    assert sessions == sorted(sessions)
    return int(first.split()[1]), sessions


@pytest.mark.skipif(not shutil.which("cbc"), reason="cbc (coinor-cbc) is not installed")
@pytest.mark.parametrize("number", range(INSTANCES))
def test_a_year_is_as_cheap_as_cbc_proves(tmp_path, number):
    print(f"TANDEM_SEED={SEED}")
    text = year(number)
    done, _ = solve_text(tmp_path, text)
    assert (done.returncode, done.stderr) == (0, "")
    cost, sessions = parse_output(done.stdout)
    one = solve_mip.read(text)
    assert cost == cost_of(one, sessions)
    assert len(sessions) > 10
    assert cost == solve_mip.optimum(one)[0], f"TANDEM_SEED={SEED} number {number}"


def test_the_order_of_lines_does_not_matter(tmp_path):
    print(f"TANDEM_SEED={SEED}")
    lines = year(1).splitlines()
    answers = set()
    for turn in range(5):
        random.Random(SEED + turn).shuffle(lines)
        answers.add(solve_text(tmp_path, "\n".join(lines))[0].stdout)
    assert len(answers) == 1


@pytest.mark.parametrize("text, output", [
    # no slots: one gap from -1 to 9, 20 * 7^2 + 6 units unused
    (HEAD, "cost 1280\n"),
    # -1..4 and 4..9 are 5 long each: 2 * 20 * 2^2, 3 units unused, the cheaper of equal slots
    (HEAD + "slot 4 3 7\nslot 4 3 5\nslot 4 3 9\n", "cost 315\nsession 4 3\n"),
    # a longer slot than units is never chosen; one on a fixed day is ignored
    (HEAD + "slot 4 7 0\nfixed 3\nslot 3 6 0\n", "cost 500\n"),
    # after fixed work on day 3 nothing on day 4, after another fixed day it may
    (HEAD + "work 3\nslot 4 6 0\n", "cost 500\n"),
    (HEAD + "fixed 3\nfixed 3\nslot 4 6 0\n", "cost 100\nsession 4 6\n"),
    # the same day given both ways is work
    (HEAD + "work 3\nfixed 3\nslot 4 6 0\n", "cost 500\n"),
    (HEAD + "fixed 3\nwork 3\nslot 4 6 0\n", "cost 500\n"),
    # two given days are as they are
    (HEAD + "work 3\nwork 4\n", "cost 400\n"),
    # even gaps cost too: 25 + 25
    (HEAD + "w_even 1\nslot 4 6 0\n", "cost 210\nsession 4 6\n"),
    # of equal plans the empty list, then the smallest
    ("days 4\nunits 2\ncadence 9\nmin_gap 0\nw_gap 1\nw_unused 0\nslot 1 1 0\n", "cost 0\n"),
    ("days 4\nunits 2\ncadence 9\nmin_gap 0\nw_gap 1\nw_unused 1\n"
     "slot 0 2 0\nslot 2 1 0\nslot 1 1 0\nslot 0 1 0\n", "cost 0\nsession 0 1\nsession 1 1\n"),
    # the bounds: an empty year, no units, sums beyond 32 bits
    ("days 0\nunits 0\ncadence 0\nmin_gap 0\nw_gap 0\nw_unused 0\n", "cost 0\n"),
    ("days 4096\nunits 4096\ncadence 0\nmin_gap 1000000\nw_gap 1000000\nw_unused 1000000\n"
     "w_even 1000000\n", f"cost {2 * 10**6 * 4097**2 + 4096 * 10**6}\n"),
    # comments, blanks, CR LF, no newline at the end
    ("# all\r\n\r\n" + HEAD.replace("\n", " # why\r\n") + "\t slot  4\t3 5", "cost 315\nsession 4 3\n"),
])
def test_small_files_give_what_the_definition_says(tmp_path, text, output):
    done, _ = solve_text(tmp_path, text)
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


@pytest.mark.parametrize("text, line, says", [
    ("", 1, "days"),
    (HEAD.replace("days 9\n", ""), 5, "days"),
    (HEAD.replace("cadence 3\n", ""), 5, "cadence"),
    (HEAD.replace("w_unused 50\n", "# w_unused 50\n"), 6, "w_unused"),
    (HEAD + "units 6\n", 7, "units"),
    (HEAD + "\n# so\nslot 9 1 1\n", 9, "outside"),
    ("fixed 9\n" + HEAD, 1, "outside"),
    (HEAD + "slot 1 0 1\n", 7, "UNITS"),
    (HEAD + "slot 1 2\n", 7, "few"),
    (HEAD + "slot 1 2 3 4\n", 7, "many"),
    (HEAD + "slot 1 2 -3\n", 7, "COST"),
    (HEAD + "slot 1 2 3.0\n", 7, "COST"),
    (HEAD + "slot 1 2 1000001\n", 7, "COST"),
    (HEAD + "slto 1 2 3\n", 7, "slot"),
    (HEAD + "cost 7\n", 7, "unknown"),
    (HEAD.replace("days 9", "days 4097"), 1, "4096"),
    (HEAD.replace("units 6", "units 4097"), 2, "4096"),
    (HEAD.encode() + b"slot 1 \x00 3\n", 7, "UNITS"),
    (b"\xef\xbb\xbf" + HEAD.encode(), 1, "unknown"),
])
def test_anything_else_is_refused_by_line(tmp_path, text, line, says):
    done, path = solve_text(tmp_path, text)
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr.startswith(f"{path}:{line}: ") and done.stderr.count("\n") == 1
    assert says in done.stderr


def test_wrong_use_and_missing_files_have_their_own_status(tmp_path):
    assert run().returncode == 64
    assert run("a", "b").returncode == 64
    assert run(tmp_path / "none").returncode == 66
    assert run(tmp_path).returncode == 74
