"""What a test asks of a calendar client; clients.py and desktop.py have one class for each.

A client is made with a folder of its own and the URL it subscribes to. refresh() makes it ask the
server again, as it does by its own timer; rows() are what it now shows to people:

    {(start, end, title, cancelled)}    UTC moments, of all-day events the first day and the day after
                                        the last; the title as displayed

`needs` are the commands, Python modules or files without which the test is skipped. `conditional`:
it must get nothing but 304s when it asks for an unchanged feed. `patience`: seconds that it may take
after refresh() until rows() are true. A client that has tasks and reminders shows them by todos(),
{(day, title, done, cancelled)}, and alarms(), how many events have one. `family`: what the server's log calls it (serve/agent.c).
"""
import datetime as dt
import importlib.util
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

from harness import AMSTERDAM, BUILD, SLOW, UTC

HERE = Path(__file__).parent
NODE_MODULES = BUILD / "clients" / "node_modules"
FIRST, LAST = dt.date(2026, 8, 1), dt.date(2027, 12, 31)  # all that a feed of the test can hold
DAYS = (LAST - FIRST).days


def missing(needs):
    """What of @needs is not on this machine."""
    def there(need):
        if need.startswith("npm:"):
            return (NODE_MODULES / need[4:]).is_dir()
        if need.startswith("python:"):
            return importlib.util.find_spec(need[7:]) is not None
        return shutil.which(need) is not None
    return [need for need in needs if not there(need)]


class Client:
    needs, conditional, patience, family = (), False, 0, "other"

    def __init__(self, folder, url):
        self.folder, self.url = Path(folder), url

    def subscribe(self):
        pass

    def close(self):
        pass

    def run(self, *words, stdin=b"", env=None):
        env = {**os.environ, "HOME": str(self.folder), "TZ": "Europe/Amsterdam",
               "LC_ALL": "C.UTF-8", **(env or {})}
        done = subprocess.run([str(w) for w in words], env=env, input=stdin, cwd=self.folder,
                              capture_output=True, timeout=60 * SLOW)
        out, err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == 0, f"{words[0]} ended with {done.returncode}\n{err}{out}"
        return out

    def fetched(self):
        """The bytes, for clients that read files or are libraries."""
        with urllib.request.urlopen(self.url, timeout=20 * SLOW) as answer:
            return answer.read()


def at(text, form="%Y-%m-%dT%H:%M"):
    """What a client wrote in the time of its user, or a day."""
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    return dt.datetime.strptime(text, form).replace(tzinfo=AMSTERDAM).astimezone(UTC)


def in_utc(value):
    """What a library made of a moment, or of a day."""
    return value.astimezone(UTC) if isinstance(value, dt.datetime) else value
