"""The checks of `make lint` find what they are there for: each fault is planted."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path):
    for name in ("daemon", "include", "tests/lint"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def layers(folder):
    return subprocess.run(["sh", "tests/lint/layers.sh"], cwd=folder, capture_output=True, text=True)


def test_the_tree_is_clean(copy):
    done = layers(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file, include", [
    ("daemon/plan/window.c", '#include "store/db.h"'),
    ("daemon/cal/span.c", '#include "io/http.h"'),
    ("daemon/store/audit.c", '#include "setup/roster.h"'),
    ("daemon/base/err.c", '#include "cal/span.h"'),
    ("daemon/report/json.c", '#include "work/world.h"'),
    ("daemon/io/worker.c", '#include "serve/server.h"'),
    ("include/plan/model.h", '#include "io/worker.h"'),
    ("daemon/work/tick.c", "#include <sqlite3.h>"),
    ("daemon/cal/busy.c", "#include <libical/ical.h>"),
    ("daemon/serve/routes.c", "#include <uv.h>"),
    ("daemon/setup/roster.c", "#include <ini.h>"),
    ("daemon/work/token.c", "#include <sodium.h>"),
])
def test_a_forbidden_include_is_found(copy, file, include):
    path = copy / file
    path.write_text(include + "\n" + path.read_text())
    done = layers(copy)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{file}:1: "), done.stdout


def uncalled(folder, header, source, more=""):
    """What the check says of a tree of one module, and @more beside it."""
    files = {"include/a/b.h": header, "daemon/a/b.c": source, "tests/unit/test_b.c": more}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return subprocess.run(["awk", "-f", ROOT / "tests/lint/uncalled.awk", *files], cwd=folder,
                          capture_output=True, text=True, check=True).stdout


PROMISE = "struct x *x_next(const struct x *x,\n\t\t int n);\n"
MADE = "struct x *x_next(const struct x *x, int n)\n{\n\treturn x + n;\n}\n"


@pytest.mark.parametrize("more", [
    "", "/* x_next(x, 1) would do */\n", "/* x_next(x, 1)\n * x_next */\n", "int y = x_nexts(x);\n",
], ids=["nothing", "a comment", "a longer comment", "another name"])
def test_a_function_that_nobody_calls_is_found(tmp_path, more):
    assert uncalled(tmp_path, PROMISE, MADE, more) == "include/a/b.h: nobody calls x_next()\n"


@pytest.mark.parametrize("header, source, more", [
    (PROMISE, MADE, "int f(void)\n{\n\treturn x_next(x, 1) != x;\n}\n"),
    (PROMISE, MADE, "step_fn *step = x_next;\n"),
    (PROMISE, MADE + "int g(void)\n{\n\treturn !x_next(0, 0);\n}\n", ""),
    (PROMISE, "PART(x, next) /* makes x_next */\n", ""),
    ("static inline int x_one(void)\n{\n\treturn 1;\n}\n", "", ""),
    ("typedef int x_fn(int n);\n", "", ""),
], ids=["called", "its address", "in its own file", "made by a macro", "inline", "a type"])
def test_a_function_that_is_needed_is_not(tmp_path, header, source, more):
    assert uncalled(tmp_path, header, source, more) == ""
