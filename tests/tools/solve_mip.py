"""One instance of the solver file (design 8) as a mixed integer programme for CBC.

A year is a path from the start (day -1) to the end (day D). Variables: x_I_J, the path goes from
node I straight to node J (every arc that the rules allow: nothing is left out, so its optimum is
the optimum); s_K_L, the session on node K has L units (binary). With whole s the path is forced,
so x may be continuous. Run as a program: solve_mip.py FILE prints `cost N cpu SECONDS`.
"""
import os
import re
import subprocess
import sys
import tempfile


def read(text):
    """The instance as a dict; the file is taken to be valid."""
    one = {"w_even": 0, "fixed": {}, "slots": {}}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        key, figures = words[0], [int(w) for w in words[1:]]
        if key == "slot":
            day, units, cost = figures
            cheapest = one["slots"].setdefault(day, {})
            cheapest[units] = min(cost, cheapest.get(units, cost))
        elif key in ("fixed", "work"):
            if one["fixed"].get(figures[0]) != "work":
                one["fixed"][figures[0]] = key
        else:
            one[key] = figures[0]
    for day in one["fixed"]:
        one["slots"].pop(day, None)
    return one


def gap_cost(one, gap):
    return one["w_gap"] * max(0, gap - one["cadence"]) ** 2 + one["w_even"] * gap * gap


def allowed(one, i, j):
    """May j follow i with nothing between? i, j are days; -1 is the start, D the end."""
    work_i = i in one["slots"] or one["fixed"].get(i) == "work"
    work_j = j in one["slots"] or one["fixed"].get(j) == "work"
    both_given = i not in one["slots"] and j not in one["slots"]
    return both_given or not (work_i and work_j) or j - i >= one["min_gap"]


def write_lp(one, out):
    end = one["days"]
    nodes = sorted({-1, end} | set(one["slots"]) | set(one["fixed"]))
    number = {day: n for n, day in enumerate(nodes)}
    into, outof = {d: [] for d in nodes}, {d: [] for d in nodes}
    cost = []
    for a, i in enumerate(nodes):
        for j in nodes[a + 1:]:
            if allowed(one, i, j):
                name = f"x_{number[i]}_{number[j]}"
                cost.append((gap_cost(one, j - i), name))
                outof[i].append(name)
                into[j].append(name)
            if j in one["fixed"]:
                break
    chosen = {}
    for day, lengths in one["slots"].items():
        for units, price in lengths.items():
            if units <= one["units"]:
                name = f"s_{number[day]}_{units}"
                chosen.setdefault(day, []).append((units, name))
                cost.append((price - one["w_unused"] * units, name))

    def total(terms):
        return "\n ".join(f"{'+' if c >= 0 else '-'} {abs(c)} {name}" for c, name in terms)

    out.write("Minimize\n obj: " + total(cost) + "\nSubject To\n")
    for day in nodes:
        sessions = [(-1, name) for _, name in chosen.get(day, [])]
        is_open = day in one["slots"]
        right = 0 if is_open else 1
        for way, arcs in (("in", into[day]), ("out", outof[day])):
            if day == (-1 if way == "in" else end):
                continue
            terms = [(1, name) for name in arcs] + (sessions if is_open else [])
            if terms:
                out.write(f" {way}_{number[day]}: {total(terms)} = {right}\n")
    budget = [(units, name) for day in chosen for units, name in chosen[day]]
    if budget:
        out.write(f" budget: {total(budget)} <= {one['units']}\n")
        out.write("Binaries\n " + "\n ".join(name for _, name in budget) + "\n")
    out.write("End\n")


def optimum(one):
    """(cost, CPU seconds) by CBC; raises when it proves no optimum."""
    with tempfile.TemporaryDirectory() as folder:
        lp, solution = os.path.join(folder, "one.lp"), os.path.join(folder, "one.sol")
        with open(lp, "w", encoding="ascii") as out:
            write_lp(one, out)
        before = os.times()
        run = subprocess.run(
            ["cbc", lp, "ratioGap", "0", "allowableGap", "0", "solve", "solution", solution],
            capture_output=True, text=True, timeout=300, check=True)
        after = os.times()
        with open(solution, encoding="ascii") as answer:
            first = answer.readline()
    match = re.match(r"Optimal - objective value (-?[0-9.]+)", first)
    if not match:
        raise RuntimeError(f"cbc: {first.strip()}\n{run.stdout[-2000:]}")
    value = float(match.group(1))
    whole = round(value)
    if abs(value - whole) > 1e-3:
        raise RuntimeError(f"cbc: {value} is not whole")
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return whole + one["w_unused"] * one["units"], cpu


if __name__ == "__main__":
    with open(sys.argv[1], encoding="ascii") as instance:
        print("cost %d cpu %.3f" % optimum(read(instance.read())))
