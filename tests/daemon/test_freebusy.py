"""TOKEN.ifb: the booked time behind a feed's token as one VFREEBUSY, and nothing else."""
from icalendar import Calendar

from harness import moment


def test_it_is_exactly_the_booked_time(easy):
    cancelled, moved = [s["id"] for s in easy.sessions(states=("booked",))[:2]]
    easy.ctl("session", "cancel", cancelled, "ziek")
    for kind, owner in (("feed", "anna"), ("busy", "anna"), ("feed", "anna-bram")):
        answer = easy.get(easy.link(kind, owner).replace(".ics", ".ifb"))
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        (block,) = Calendar.from_ical(answer.body).walk("VFREEBUSY")
        periods = block["FREEBUSY"] if isinstance(block["FREEBUSY"], list) else [block["FREEBUSY"]]
        busy = sorted((p.start, p.end) for p in periods)
        assert busy == sorted((moment(s["start"]), moment(s["end"]))
                              for s in easy.sessions(owner, states=("booked", "held")))
        assert b"SUMMARY" not in answer.body and b"Anna" not in answer.body


def test_unchanged_is_304_and_a_stranger_gets_404(easy):
    path = easy.link("feed", "anna").replace(".ics", ".ifb")
    first = easy.get(path)
    again = easy.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert easy.get("/feeds/" + "x" * 24 + ".ifb").status == 404
