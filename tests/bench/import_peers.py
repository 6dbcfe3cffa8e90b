"""What other programs need for the timetables of bench_import, beside its lines in the same run:

    bench_import write FOLDER; import_peers.py FOLDER BUILD

python3-icalendar parses (and recurring_ical_events expands a year), Radicale does what it does with
an upload (parse, check), ical.js parses and expands. One that is not installed is named as such."""

import contextlib
import io
import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
import ics_readings  # noqa: E402

FROM, TO = date(2026, 8, 1), date(2027, 8, 1)
JS = """
const ICAL = (await import(process.argv[1])).default;
const text = (await import("node:fs")).readFileSync(process.argv[2], "utf-8");
const to = ICAL.Time.fromDateString("2027-08-01");
let best = 1e9;
for (let turn = 0; turn < 3; turn++) {
  const start = performance.now();
  const root = new ICAL.Component(ICAL.parse(text));
  for (const component of root.getAllSubcomponents("vevent")) {
    const walk = new ICAL.Event(component).iterator();
    for (let at = walk.next(); at && at.compare(to) < 0; at = walk.next()) ;
  }
  best = Math.min(best, performance.now() - start);
}
console.log(JSON.stringify(best));
"""


def best_ms(work):
    """The best of three turns, as bench_import counts."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):
            work()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def icalendar_ms(path):
    import icalendar
    import recurring_ical_events

    text = path.read_bytes()
    return best_ms(lambda: recurring_ical_events.of(
        icalendar.Calendar.from_ical(text)).between(FROM, TO))


def radicale_ms(path):
    import logging

    from radicale import item

    logging.disable(logging.CRITICAL)
    text = path.read_text(encoding="utf-8")

    def upload():
        components = list(item.read_components(text))
        item.check_and_sanitize_items(components, is_collection=True, tag="VCALENDAR")

    return best_ms(upload)


def ical_js_ms(path, build):
    library = ics_readings.ical_js_library(build)
    if not library:
        raise ImportError("ical.js")
    done = subprocess.run(
        ["node", "--input-type=module", "-e", JS, library.resolve().as_uri(), str(path)],
        capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def main(folder, build):
    peers = {
        "python3-icalendar": icalendar_ms,
        "Radicale": radicale_ms,
        "ical.js": lambda path: ical_js_ms(path, build),
    }
    for path in sorted(folder.glob("*.ics"), key=lambda path: -path.stat().st_size):
        for name, work in peers.items():
            label = f"import {path.stem:<30} {name:<18}"
            try:
                print(f"{label} {work(path):10.1f} ms", flush=True)
            except ImportError:
                print(f"{label}   not here", flush=True)
            except (subprocess.SubprocessError, ValueError) as error:
                print(f"{label}   failed: {error}", flush=True)


main(Path(sys.argv[1]), Path(sys.argv[2]))
