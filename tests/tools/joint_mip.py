"""A programme of coupled duos (the text of joint_dump) as one mixed integer programme for CBC.

Each duo's year is a path from the start to the end over the days that have a session, as in
solve_mip. A session is a day, a start, a length and (where the duo needs one) a resource: a
binary for each. At most one session of a person, and as many as it holds of a resource, covers
any point of time, the buffer behind a person's session included. A duo has one anchor; a session
that is not on it pays for the rhythm. Nothing is left out, so its optimum is the optimum.
"""
import os
import re
import subprocess
import sys
import tempfile


def read(text):
    one = {"duos": {}, "resources": {}}
    for line in text.splitlines():
        key, *words = line.split()
        if key == "duo":
            one["duos"][int(words[0])] = {
                "days": int(words[2]), "units": int(words[4]), "cadence": int(words[6]),
                "persons": [], "anchors": [], "starts": [], "need": False}
        elif key == "person":
            one["duos"][int(words[0])]["persons"].append(words[1])
        elif key == "anchor":
            one["duos"][int(words[0])]["anchors"].append((int(words[1]), int(words[2])))
        elif key == "need":
            one["duos"][int(words[0])]["need"] = True
        elif key == "start":
            duo, day, weekday, hour, at, units, length, cost, *resources = map(int, words)
            one["duos"][duo]["starts"].append((day, weekday, hour, at, units, length, cost,
                                               resources))
        elif key == "resource":
            one["resources"][int(words[0])] = (int(words[1]), int(words[2]))
        elif key == "answer":
            one["answer"] = tuple(map(int, words))
        else:
            one[key] = int(words[0])
    return one


class Programme:
    """The lines of an LP file as they come up."""

    def __init__(self, one):
        self.one, self.cost, self.rows, self.binaries = one, [], [], []
        self.covered = {}  # (what, day, point): names
        self.constant = 0
        for number, duo in one["duos"].items():
            self.add_duo(number, duo)
        for (what, day, point), names in sorted(self.covered.items(), key=str):
            room = 1 if isinstance(what, str) else one["resources"][what][0]
            if len(names) > room:
                self.row(f"c_{what}_{day}_{point}", [(1, n) for n in names], "<=", room)

    def row(self, name, terms, sense, right):
        self.rows.append(f" {name}: {self.total(terms)} {sense} {right}")

    @staticmethod
    def total(terms):
        return "\n ".join(f"{'+' if c >= 0 else '-'} {abs(c)} {name}" for c, name in terms)

    def gap_cost(self, duo, gap):
        over = max(0, gap - duo["cadence"])
        return self.one["w_gap"] * over * over + self.one["w_even"] * gap * gap

    def cover(self, what, day, start, past, name):
        for point in range(start // self.one["point_s"], past // self.one["point_s"]):
            self.covered.setdefault((what, day, point), []).append(name)

    def add_duo(self, number, duo):
        self.constant += self.one["w_unused"] * duo["units"]
        by_day, on_anchor, used = {}, {}, []
        for k, start in enumerate(duo["starts"]):
            day, weekday, hour, at, units, length, cost, resources = start
            for resource in resources if duo["need"] else [None]:
                name = f"s_{number}_{k}" + ("" if resource is None else f"_{resource}")
                self.binaries.append(name)
                self.cost.append((cost + self.one["rhythm"] - self.one["w_unused"] * units, name))
                by_day.setdefault(day, []).append(name)
                on_anchor.setdefault((day, weekday, hour), []).append(name)
                used.append((units, name))
                for person in set(duo["persons"]):
                    self.cover(person, day, at, at + length + self.one["buffer"], name)
                if resource is not None:
                    past = at + length + self.one["resources"][resource][1]
                    self.cover(resource, day, at, past, name)
        if used:
            self.row(f"budget_{number}", used, "<=", duo["units"])
        self.add_rhythm(number, duo, on_anchor)
        self.add_path(number, duo, by_day)

    def add_rhythm(self, number, duo, on_anchor):
        anchors = [f"y_{number}_{a}" for a in range(len(duo["anchors"]))]
        if not anchors:
            return
        self.binaries += anchors
        self.row(f"anchor_{number}", [(1, name) for name in anchors], "=", 1)
        for (day, weekday, hour), names in on_anchor.items():
            for a, anchor in enumerate(duo["anchors"]):
                if anchor != (weekday, hour):
                    continue
                on = f"t_{number}_{day}_{a}"  # a session on the anchor, and it is the anchor
                self.cost.append((-self.one["rhythm"], on))
                self.row(f"on_{number}_{day}_{a}", [(1, on)] + [(-1, n) for n in names], "<=", 0)
                self.row(f"an_{number}_{day}_{a}", [(1, on), (-1, anchors[a])], "<=", 0)

    def add_path(self, number, duo, by_day):
        end = duo["days"]
        nodes = [-1] + sorted(by_day) + [end]
        into, outof = {d: [] for d in nodes}, {d: [] for d in nodes}
        for a, i in enumerate(nodes):
            for j in nodes[a + 1:]:
                if i == -1 or j == end or j - i >= self.one["min_gap"]:
                    name = f"x_{number}_{i + 1}_{j + 1}"
                    self.cost.append((self.gap_cost(duo, j - i), name))
                    outof[i].append(name)
                    into[j].append(name)
        for day in nodes:
            sessions = [(-1, name) for name in by_day.get(day, [])]
            for way, arcs in (("in", into[day]), ("out", outof[day])):
                if day != (-1 if way == "in" else end):
                    self.row(f"{way}_{number}_{day + 1}", [(1, a) for a in arcs] + sessions,
                             "=", 0 if sessions else 1)

    def write(self, out):
        out.write("Minimize\n obj: " + self.total(self.cost) + "\nSubject To\n")
        out.write("\n".join(self.rows) + "\n")
        out.write("Binaries\n " + "\n ".join(self.binaries) + "\nEnd\n")


def optimum(one, timeout=300):
    """The cost of the cheapest set of years by CBC; raises when it proves none."""
    programme = Programme(one)
    with tempfile.TemporaryDirectory() as folder:
        lp, solution = os.path.join(folder, "one.lp"), os.path.join(folder, "one.sol")
        with open(lp, "w", encoding="ascii") as out:
            programme.write(out)
        run = subprocess.run(
            ["cbc", lp, "ratioGap", "0", "allowableGap", "0", "solve", "solution", solution],
            capture_output=True, text=True, timeout=timeout, check=True)
        with open(solution, encoding="ascii") as answer:
            first = answer.readline()
    match = re.match(r"Optimal - objective value (-?[0-9.]+)", first)
    if not match:
        raise RuntimeError(f"cbc: {first.strip()}\n{run.stdout[-2000:]}")
    value = float(match.group(1))
    whole = round(value)
    if abs(value - whole) > 1e-3:
        raise RuntimeError(f"cbc: {value} is not whole")
    return whole + programme.constant


if __name__ == "__main__":
    print(optimum(read(sys.stdin.read())))
