"""Real clients subscribe over loopback and must come to show the truth, whatever happens to the
sessions: a changed title, a move, a cancellation, a booking, a restart. Run by make check-clients."""
import re
import time

import pytest

from client import missing
from clients import CLIENTS
from harness import EASY_ROSTER, EASY_TIMETABLES, SLOW, as_arg, moment

# what makes a client stumble: separators, a quote, letters of two and four octets, a long line
PARTNER = 'Bram "de Æ" Bos; van, Ðorp 🐦 tot Lange-Naam ter Vouwing over de vijfenzeventig'


class Subscription:
    """A daemon, and one link of anna's that only this client knows."""

    def __init__(self, d, name):
        self.d, self.name, self.partner = d, name, "Bram Bos"
        self.link = d.ctl("link", "new", "feed", "anna", name, json=True)

    def truth(self):
        """What anna must be shown, from what the daemon says to its admin."""
        rows = set()
        titles = {"work": f"Werksessie met {self.partner}", "intervisie": "Intervisie",
                  "evaluation": "Evaluatie", "visit": "Lesbezoek"}
        for s in self.d.sessions("anna", states=("booked", "held", "missed", "cancelled")):
            gone = s["state"] == "cancelled"
            rows.add((moment(s["start"]), moment(s["end"]),
                      ("VERVALLEN: " if gone else "") + titles[s["kind"]], gone))
        return rows

    def metric(self, name):
        return int(re.search(rf"^tandemd_{name} (\d+)$", self.d.get("/metrics").text, re.M)[1])

    def rename(self, name):
        self.d.edit_roster(f"name = {self.partner}\n", f"name = {name}\n")
        self.partner = name
        self.d.ctl("reload")

    def move_and_cancel(self):
        """A move in time, a cancellation, a booking in its place; what is left to the planner."""
        d = self.d
        work = [s for s in d.sessions("anna", states=("booked",), kind="work")
                if moment(s["start"]) > d.now()]
        slots = d.ctl("slots", "anna-bram", "--week", "2026-W38", "--length", "1h", json=True)
        d.ctl("session", "move", work[0]["id"], as_arg(moment(slots["slots"][0]["start"])), "1h")
        d.ctl("session", "cancel", work[4]["id"])
        slots = d.ctl("slots", "anna-bram", "--week", "2027-W14", "--length", "90m", json=True)
        d.ctl("session", "book", "anna-bram", as_arg(moment(slots["slots"][0]["start"])), "90m")
        d.ctl("wait")


def soon(client, get, good):
    """What get() gives as soon as it is good, or at the end of the client's patience."""
    end = time.monotonic() + client.patience * SLOW
    while not good(value := get()) and time.monotonic() < end:
        time.sleep(0.5)
    return value


def converges(subscription, client):
    """One refresh is enough: no client needs two for one change."""
    truth = subscription.truth()
    client.refresh()
    shown = soon(client, client.rows, lambda rows: rows == truth)
    assert shown == truth, f"shown and not true: {shown - truth}\nnot shown: {truth - shown}"
    return truth


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_converges(daemon, tmp_path, name):
    kind = CLIENTS[name]
    if missing(kind.needs):
        pytest.skip(f"{name} is not here: no {', '.join(missing(kind.needs))}")
    d = daemon(EASY_ROSTER, EASY_TIMETABLES)
    subscription = Subscription(d, name)
    client = kind(tmp_path, subscription.link["url"])
    try:
        client.subscribe()
        first = converges(subscription, client)
        assert len(first) > 20 and not any(row[3] for row in first)
        subscription.rename(PARTNER)
        converges(subscription, client)
        subscription.move_and_cancel()
        moved = converges(subscription, client)
        assert sum(row[3] for row in moved) == 1 and {r[:2] for r in moved} != {r[:2] for r in first}
        d.restart()
        unchanged = subscription.metric("feeds_unchanged_total")
        assert converges(subscription, client) == moved
        if kind.conditional:
            assert soon(client, lambda: subscription.metric("feeds_unchanged_total"),
                        lambda n: n > unchanged) > unchanged, "it was sent what it had"
    finally:
        client.close()
    row = next(link for link in d.links() if link["id"] == subscription.link["id"])
    assert moment(row["used_at"]) == d.now()
    print(name, "is", row["agent"])
