"""contrib/bootstrap on machines that have not everything: with a dpkg and an apt-get of ours."""
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
FAKES = {
    # installed: a file with names, one a line
    "dpkg-query": 'grep -qx "$4" "$STATE/installed" && echo "install ok installed"',
    "apt-cache": '! grep -qx "$2" "$STATE/unknown"',
    # of what it is asked for, nothing is installed if one is unknown
    "apt-get": '''echo "$*" >> "$STATE/calls"
for word; do case "$word" in update) exec sh -c "exit ${UPDATE:-0}" ;; esac; done
names=; for word; do case "$word" in install) names=1 ;; -*) ;; *) [ -z "$names" ] ||
  names="$names $word" ;; esac; done
for name in ${names#1}; do if grep -qx "$name" "$STATE/unknown"; then exit 100; fi; done
for name in ${names#1}; do echo "$name" >> "$STATE/installed"; done''',
    "id": "echo 0",
    "sudo": "exit 1",
}


@pytest.fixture
def machine(tmp_path):
    """run(words, unknown=[…]) -> (exit status, stderr, what is installed then, apt-get's calls)."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name, text in FAKES.items():
        (bin_ / name).write_text("#!/bin/sh\n" + text + "\n")
        (bin_ / name).chmod((bin_ / name).stat().st_mode | stat.S_IXUSR)
    for name in ("installed", "unknown", "calls"):
        (tmp_path / name).write_text("")

    def run(*words, unknown=(), **env):
        (tmp_path / "unknown").write_text("".join(f"{name}\n" for name in unknown))
        done = subprocess.run(["sh", "contrib/bootstrap", *words], cwd=REPO, capture_output=True,
                              text=True, env={**os.environ, "STATE": str(tmp_path), **env,
                                              "PATH": f"{bin_}:{os.environ['PATH']}"})
        return (done.returncode, done.stderr, (tmp_path / "installed").read_text().split(),
                (tmp_path / "calls").read_text().splitlines())
    run.bin = bin_
    return run


def listed(set_):
    lines = (REPO / "contrib" / "packages.txt").read_text().splitlines()
    names = [line.split()[1].split("|")[0] for line in lines if line.startswith(set_ + " ")]
    return [name for name in names if name != "npm" or not shutil.which("npm")]


def test_a_set_is_installed_at_once_and_once(machine):
    status, _, installed, calls = machine("deps", "clients")
    assert status == 0 and sorted(installed) == sorted(listed("clients"))
    assert [("update" in c, "install" in c) for c in calls] == [(True, False), (False, True)]
    assert machine("deps", "clients")[3] == calls  # nothing is asked again


def test_what_is_needed_and_not_to_be_had_is_a_failure(machine):
    assert machine("deps", "clients", unknown=["calcurse"])[0] == 100


def test_some_goes_on_without_it_and_says_so(machine):
    status, said, installed, _ = machine("some", "clients", unknown=["calcurse", "thunderbird"])
    assert status == 0 and "going on without: calcurse thunderbird" in said
    assert sorted(installed) == sorted(set(listed("clients")) - {"calcurse", "thunderbird"})
    assert "going on" not in machine("some", "clients")[1]


def test_without_a_mirror_the_lists_that_are_here_serve(machine):
    status, said, installed, _ = machine("deps", "clients", UPDATE="100")
    assert status == 0 and installed and "lists that are here" in said


def test_who_may_not_install_gets_the_command_to_type(machine):
    (machine.bin / "id").write_text("#!/bin/sh\necho 1000\n")
    status, said, installed, calls = machine("deps", "clients")
    assert status == 69 and "sudo apt-get update && sudo apt-get install -y" in said
    assert "thunderbird" in said and not installed and not calls
    status, said, installed, _ = machine("some", "clients")
    assert status == 0 and not installed and "going on without: vdirsyncer khal" in said


def test_ci_runs_the_clients_too():
    text = (REPO / ".ci" / "run").read_text()
    assert text.index("bootstrap check") < text.index("make check-clients") and "set -eu" in text
