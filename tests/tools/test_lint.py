"""The layer check finds what it is there for: each forbidden include is planted in a copy."""
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
