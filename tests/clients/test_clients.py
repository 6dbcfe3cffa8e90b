"""Real clients subscribe over loopback and must come to show the truth, whatever happens to the
sessions: a changed name, a move, a cancellation, a booking, something handed in, a partner who leaves
and returns, a restart; few events and hundreds. Run by make check-clients."""
import datetime as dt
import re
import time

import pytest

from client import missing
from clients import CLIENTS
from harness import EASY_ROSTER, EASY_TIMETABLES, SLOW, as_arg, moment, pairs_roster
from simulated import Newcomer

# what makes a client stumble: separators, a quote, letters of two and four octets, a long line
PARTNER = 'Bram "de Æ" Bos; van, Ðorp 🐦 tot Lange-Naam ter Vouwing over de vijfenzeventig'
DUE = {"plan": "Plan van aanpak", "reflection": "Reflectieverslag", "evaluation": "Eindevaluatie"}
DEBUG = "[log]\nlevel = debug"


class Subscription:
    """A daemon, and one link of anna's that only this client knows."""

    def __init__(self, d, name, *options):
        self.d, self.name, self.partner = d, name, "Bram Bos"
        self.link = d.ctl("link", "new", "feed", "anna", name, *options, json=True)

    def truth(self):
        """What anna must be shown, from what the daemon says to its admin."""
        rows = set()
        titles = {"work": f"Werksessie met {self.partner}", "intervisie": "Intervisie",
                  "evaluation": "Evaluatie", "visit": "Lesbezoek"}
        for s in self.d.sessions("anna", states=("booked", "held", "missed", "cancelled")):
            gone = s["state"] == "cancelled"
            rows.add((moment(s["start"]), moment(s["end"]),
                      ("VERVALLEN: " if gone else "") + titles[s["kind"]], gone))
        for day, title, done, gone in self.due():
            rows.add((day, day + dt.timedelta(days=1), ("\u2713 " if done else "") + title, gone))
        return rows

    def due(self):
        """{(day, title, done, cancelled)} of what anna has to hand in."""
        due = set()
        for o in self.d.ctl("obligation", "list", "anna", json=True)["obligations"]:
            gone, done = (o["state"] == word for word in ("cancelled", "done"))
            title = DUE[o["kind"]] + (f" {o['number']}" if o["kind"] == "reflection" else "")
            title += (" ingeleverd met " if done else " inleveren met ") + self.partner
            due.add((dt.date.fromisoformat(o["due"]), ("VERVALLEN: " if gone else "") + title, done,
                     gone))
        return due

    def answers(self):
        """[(status, agent)] of all that this link was asked for, by the server's own log."""
        found = re.findall(rf" feed link={self.link['id']} status=(\d+) bytes=\d+ agent=(\w+)$",
                           self.d.log(), re.M)
        return [(int(status), agent) for status, agent in found]

    def rename(self, name):
        self.d.edit_roster(f"name = {self.partner}\n", f"name = {name}\n")
        self.partner = name
        self.d.ctl("reload")

    def move_and_cancel(self):
        """A move in time, a cancellation, a booking in its place; something is handed in."""
        d = self.d
        work = [s for s in d.sessions("anna", states=("booked",), kind="work")
                if moment(s["start"]) > d.now()]
        slots = d.ctl("slots", "anna-bram", "--week", "2026-W38", "--length", "1h", json=True)
        d.ctl("session", "move", work[0]["id"], as_arg(moment(slots["slots"][0]["start"])), "1h")
        d.ctl("session", "cancel", work[4]["id"])
        d.ctl("obligation", "done", d.ctl("obligation", "list", "anna",
                                          json=True)["obligations"][0]["id"])
        slots = d.ctl("slots", "anna-bram", "--week", "2027-W14", "--length", "90m", json=True)
        d.ctl("session", "book", "anna-bram", as_arg(moment(slots["slots"][0]["start"])), "90m")
        d.ctl("wait")

    def reload(self, roster):
        """Whatever it cancels."""
        self.d.write("roster.ini", roster)
        a = self.d.ask("reload")
        if a.status:
            self.d.ctl("reload", "--accept", re.search(r"--accept (\w+)", a.err)[1])
        self.d.ctl("wait")


def soon(client, get, good):
    """What get() gives as soon as it is good, or at the end of the client's patience."""
    end = time.monotonic() + client.patience * SLOW
    while not good(value := get()) and time.monotonic() < end:
        time.sleep(0.5)
    return value


def converges(truth, client, get=None):
    """One refresh is enough: no client needs two for one change."""
    client.refresh()
    shown = soon(client, get or client.rows, lambda rows: rows == truth)
    assert shown == truth, f"shown and not true: {shown - truth}\nnot shown: {truth - shown}"
    return truth


def skip_without(name):
    if missing(CLIENTS[name].needs):
        pytest.skip(f"{name} is not here: no {', '.join(missing(CLIENTS[name].needs))}")


def timed(rows, cancelled):
    """Without what is due on a day."""
    return {row for row in rows if isinstance(row[0], dt.datetime) and row[3] == cancelled}


def agents(subscription):
    return {agent for _, agent in subscription.answers()}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_converges(daemon, tmp_path, name):
    skip_without(name)
    d = daemon(EASY_ROSTER, EASY_TIMETABLES, conf=DEBUG)
    subscription = Subscription(d, name)
    client = CLIENTS[name](tmp_path, subscription.link["url"])
    try:
        client.subscribe()
        first = converges(subscription.truth(), client)
        assert len(first) > 20 and not any(row[3] for row in first)
        subscription.rename(PARTNER)
        converges(subscription.truth(), client)
        subscription.move_and_cancel()
        moved = converges(subscription.truth(), client)
        assert sum(row[3] for row in moved) == 1 and {r[:2] for r in moved} != {r[:2] for r in first}
        roster = d.roster()
        subscription.reload(roster[:roster.index("[person bram]")])
        left = converges(subscription.truth(), client)
        assert all(row[3] or "\u2713" in row[2] for row in left if PARTNER in row[2])
        subscription.reload(roster)
        back = converges(subscription.truth(), client)
        assert timed(back, cancelled=True) >= timed(left, cancelled=True)  # for ever
        assert len(timed(back, cancelled=False)) > 20
        d.restart()
        before = subscription.answers()
        assert converges(subscription.truth(), client) == back
        if client.conditional:
            after = soon(client, lambda: subscription.answers()[len(before):],
                         lambda answers: len(answers) > 1)
            assert after and set(after) == {(304, client.family)}, "it was sent what it had"
    finally:
        client.close()
    assert agents(subscription) == {client.family}
    row = next(link for link in d.links() if link["id"] == subscription.link["id"])
    assert moment(row["used_at"]) == d.now()
    print(name, "is", row["agent"])


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_shows_hundreds(daemon, tmp_path, name):
    """The feed of a whole programme, and one change in it."""
    skip_without(name)
    d = daemon(pairs_roster(12), {}, conf=DEBUG)
    newcomer = Newcomer(d.links("feed", "programme")[0]["url"])

    def truth():
        newcomer.fetch()
        rows = set(newcomer.rows().values())
        assert {row[:2] for row in timed(rows, cancelled=False)} == \
            {(moment(s["start"]), moment(s["end"]))
             for s in d.sessions(states=("booked",))}
        return rows

    client = CLIENTS[name](tmp_path, newcomer.url)
    try:
        client.subscribe()
        assert len(converges(truth(), client)) > 300
        d.ctl("session", "cancel", d.sessions(kind="work")[200]["id"])
        d.ctl("wait")
        assert sum(row[3] for row in converges(truth(), client)) == 1
    finally:
        client.close()


@pytest.mark.parametrize("name", [name for name in CLIENTS if hasattr(CLIENTS[name], "todos")])
def test_a_link_of_its_own_way(daemon, tmp_path, name):
    """What is due as tasks, and a reminder of every session that is still to come."""
    skip_without(name)
    d = daemon(EASY_ROSTER, EASY_TIMETABLES)
    subscription = Subscription(d, name, "--alarm", "15m", "--obligations", "todos")
    client = CLIENTS[name](tmp_path, subscription.link["url"])

    def sessions():
        return {row for row in subscription.truth() if isinstance(row[0], dt.datetime)}

    try:
        client.subscribe()
        converges(sessions(), client)
        converges(subscription.due(), client, client.todos)
        assert client.alarms() == len(timed(sessions(), cancelled=False))
        subscription.move_and_cancel()
        converges(sessions(), client)
        due = converges(subscription.due(), client, client.todos)
        assert sum(done for _, _, done, _ in due) == 1
        assert client.alarms() == len(timed(sessions(), cancelled=False))
        d.ctl("link", "set", subscription.link["id"], "--alarm", "none", "--obligations", "events")
        converges(subscription.truth(), client)
        if not client.keeps_last_tasks:
            converges(set(), client, client.todos)
        assert client.alarms() == 0
    finally:
        client.close()
