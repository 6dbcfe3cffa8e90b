"""The same input gives the same plan, byte for byte, whichever thread is faster."""
import random

from harness import Daemon
from living import Programme


def bodies(d):
    return {(link["kind"], link["owner"]): d.get("/" + link["url"].split("/", 3)[3]).body
            for link in d.links() if link["kind"] in ("feed", "busy")}


def test_three_first_starts_give_the_same_bytes():
    seen = []
    for _ in range(3):
        programme = Programme(random.Random(7), duos=40, share=0.4)
        d = Daemon(roster=programme.roster(), timetables=programme.timetables())
        d.write_conf("[feeds]\nhost = same.example\n")
        text = (d.root / "tandemd.conf").read_text()
        (d.root / "tandemd.conf").write_text(
            text.replace("[server]\n", "[server]\nurl = http://same.example\n", 1))
        failed = True
        try:
            d.start()
            d.ctl("wait")
            seen.append((bodies(d), d.ctl("session", "list", json=True)["sessions"]))
            d.stop()
            failed = False
        finally:
            d.close(failed)
    assert len(seen[0][0]) > 100 and len(seen[0][1]) > 500
    assert seen[0] == seen[1] == seen[2]
