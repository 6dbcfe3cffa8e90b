#!/usr/bin/python3
"""Runs commands and measures them: a process of its own, kept small.

The kernel counts towards a program's peak memory what the process held that called exec. A test
that has just made 16 MiB of calendar would measure itself; so it asks this one, which never holds
more than an answer: one JSON list of words a line in, one JSON object a line out. Processor time
and peak memory are those of the command and of every child that it waited for.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

CUT = 200_000  # bytes kept of an answer


def run(words, seconds=60):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        before = time.monotonic()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        pid = 0
        while pid == 0:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid == 0 and time.monotonic() - before > seconds:
                process.kill()
            if pid == 0:
                time.sleep(0.002)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return {"status": process.returncode, "cpu": usage.ru_utime + usage.ru_stime,
                "peak_kib": usage.ru_maxrss,
                "out": out.read(CUT).decode("utf-8", "backslashreplace"),
                "err": err.read(CUT).decode("utf-8", "backslashreplace")}


class Measurer:
    """The other side, for tests."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def run(self, *words):
        self.process.stdin.write(json.dumps([str(w) for w in words]).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
