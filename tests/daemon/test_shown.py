"""Whatever a reload changes in what an event says, LAST-MODIFIED grows with it (clients skip it
otherwise), and of events that say the same it stays: both ways, in every feed."""
import re

from harness import MONDAY, moment, pairs_roster, programme, section, timetable, weekly
from ics_lint import lint, unescape

EVENT = re.compile(rb"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", re.S)
VERSION = re.compile(rb"(?:DTSTAMP|LAST-MODIFIED|SEQUENCE):.*\r\n")


def said(event):
    """What people see of an event, without its version."""
    return VERSION.sub(b"", event)


def field(event, name):
    return re.search(rf"{name}:(.*)\r\n".encode(), event)[1]


def reload(d):
    """Says yes to whatever it would cancel."""
    a = d.ask("reload")
    if a.status == 78 and "held back" in a.err:
        a = d.ask("reload", "--accept", re.search(r"--accept (\w+)", a.err)[1])
    assert a.status == 0, a.err
    d.ctl("wait")


class Readers:
    """Everybody's feeds, read again and again; the links are those that were ever there."""

    def __init__(self, d):
        self.d, self.paths = d, set()

    def read(self):
        """{session: {feed: event}}, and {session: what moves its version though nobody is told}."""
        for link in self.d.links():
            if link["kind"] in ("feed", "busy"):
                self.paths.add("/" + link["url"].split("/", 3)[3])
        events = {}
        for path in self.paths:
            answer = self.d.get(path)
            assert answer.status in (200, 410), (path, answer.status)
            for event in EVENT.findall(answer.body if answer.status == 200 else b""):
                id_ = field(event, "UID").split(b"@")[0].decode()
                events.setdefault(id_, {})[path] = event
        rows = {s["id"]: tuple(str(s[k]) for k in ("state", "start", "end", "attendees", "room",
                                                   "with", "pinned")) for s in self.d.sessions()}
        return events, rows

    @staticmethod
    def hold(before, after):
        """How many sessions' events say something else in @after, and how many the same."""
        (old, old_rows), (new, new_rows) = before, after
        other = same = 0
        for id_ in old.keys() & new.keys():
            both = old[id_].keys() & new[id_].keys()
            changed = [f for f in both if said(old[id_][f]) != said(new[id_][f])]
            versions = {(field(old[id_][f], "LAST-MODIFIED"), field(new[id_][f], "LAST-MODIFIED"))
                        for f in both}
            assert len(versions) < 2, f"{id_} has other versions in other feeds: {versions}"
            grown = any(was < is_ for was, is_ in versions)
            if changed:
                f = changed[0]
                assert grown, (said(old[id_][f]), said(new[id_][f]))
                other += id_[0] == "s"  # and not an obligation
            elif old[id_].keys() == new[id_].keys() and old_rows.get(id_) == new_rows.get(id_):
                assert not grown, f"{id_} says what it said: {new[id_]}"
                same += id_[0] == "s"
            if id_ in old_rows and old_rows[id_] == new_rows[id_]:
                assert all(field(old[id_][f], "SEQUENCE") == field(new[id_][f], "SEQUENCE")
                           for f in both), id_
        return other, same

    def over(self, change):
        before = self.read()
        change()
        return self.hold(before, self.read())


# ---- one at a time ----

def test_a_duo_renamed_by_was_with_a_new_topic(easy):
    easy.advance("10d")
    readers = Readers(easy)

    def change():
        easy.edit_roster("[duo anna-bram]", "[duo ab]\nwas = anna-bram")
        easy.edit_roster("topic = Herschrijven; module", "topic = Nakijken")
        reload(easy)
    other, _ = readers.over(change)
    assert other > 10
    event = next(e for e in lint(easy.feed("ab")).values() if "Werksessie" in e["SUMMARY"][1])
    assert "Nakijken" in unescape(event["DESCRIPTION"][1])


def test_who_was_in_a_duo_once_gets_another_name(daemon):
    d = daemon(pairs_roster(3), {})
    d.advance("20d")
    d.edit_roster("members = p1 p2", "members = p1 p5")
    reload(d)

    def change():
        d.edit_roster("name = Person 2\n", "name = Persephone\n")
        reload(d)
    other, same = Readers(d).over(change)
    assert "Persephone" in d.feed("p1").decode()
    assert 0 < other < same  # what the two did together, and nobody else's


def test_who_shares_a_duo_no_more_and_leaves(daemon):
    d = daemon(pairs_roster(3), {})
    d.advance("20d")
    d.edit_roster("members = p1 p2", "members = p1 p5")
    reload(d)

    def change():
        d.write("roster.ini", d.roster().replace(section("person", "p2", name="Person 2",
                                                         timetable="none"), ""))
        reload(d)
    readers = Readers(d)
    readers.over(change)  # her own feed names her now among the others
    assert "Person 2" in d.feed("p1").decode()


def test_the_zone_of_events_that_are_over(easy):
    easy.advance("20d")

    def change():
        easy.edit_roster("closed =", "zone = Europe/Brussels\nclosed =")
        reload(easy)
    other, same = Readers(easy).over(change)
    assert other > 10 and same == 0


def test_another_name_of_the_programme_stands_in_no_event(easy):
    def change():
        easy.edit_roster("name = Samen leren", "name = Leren samen")
        reload(easy)
    other, same = Readers(easy).over(change)
    assert other == 0 and same > 10
    assert "Leren samen" in easy.feed("anna").decode()


def test_a_moment_that_names_nobody_keeps_its_version(daemon):
    """Twenty-two come: their number is told, so another name of one of them is nobody's news."""
    d = daemon(pairs_roster(11, intervisie="1 x 2h", evaluation="none"), {})

    def change():
        d.edit_roster("name = Person 2\n", "name = Persephone\n")
        reload(d)
    other, same = Readers(d).over(change)
    moments = {s["id"] for s in d.sessions("programme", states=("booked",))}
    assert moments and other > 10 and same > 10
    assert any(f"UID:{id_}@" in d.feed("p1").decode() for id_ in moments)


def test_another_url(easy):
    """It counts from the reload on, and is told once."""
    text = easy.conf.read_text()
    readers = Readers(easy)

    def change():
        easy.conf.write_text(text.replace("[server]\n", "[server]\nurl = https://samen.example\n"))
        reload(easy)
    other, same = readers.over(change)
    assert other > 10 and same == 0
    assert "https://samen.example/s/s" in easy.feed("anna").decode().replace("\r\n ", "")
    assert readers.over(easy.restart)[0] == 0


def test_another_url_at_a_start(easy):
    readers = Readers(easy)

    def change():
        easy.stop()
        easy.conf.write_text(easy.conf.read_text().replace(
            "[server]\n", "[server]\nurl = https://samen.example\n"))
        easy.write("roster.ini", easy.roster() + "\n[person bad\n")  # whatever the roster says
        easy.start()
    other, same = readers.over(change)
    assert other > 10 and same == 0
    assert "https://samen.example/s/s" in easy.feed("anna").decode().replace("\r\n ", "")
    assert readers.over(easy.restart)[0] == 0


# ---- all of it ----

class Rosters:
    """A programme with everything whose names feeds show, changed at random, thing by thing."""

    NAMES = ["Anna de Vrieze", "Bram, Bos", "Bos", "Cees; Ægir", "Dirk", "Bram", "Eva Jansen"]
    TITLES = ["EN2A Spreken", "EN2A Lezen", "EN3B"]

    def __init__(self, d, rng):
        self.d, self.rng, self.made = d, rng, 0
        self.programme = {"name": "Samen leren", "visits": "2 x 1h", "intervisie": "2 x 2h",
                          "zone": "Europe/Amsterdam", "language": "nl"}
        self.persons = {p: {"name": n, "language": "nl", "works": "mon-fri 08:30-17:00"}
                        for p, n in zip("abcde", self.NAMES)}
        self.thirds = {"jan": "Jan Expert", "b12": "B1.2"}
        self.duos = {"ab": {"members": "a b", "topic": "Toetsen", "expert": "jan 2 x 2h",
                            "room": "b12"},
                     "cd": {"members": "c d", "topic": "Lezen"}}
        self.lesson, self.title, self.url, self.away = "lesson=^EN", self.TITLES[0], "", {}
        self.conf = None

    def files(self):
        text = programme(**self.programme)
        for p, keys in self.persons.items():
            lessons = f'a.ics "{self.lesson}"' if self.lesson else "a.ics"
            text += section("person", p, timetable=lessons if p == "a" else "none", **keys)
        text += section("expert", "jan", name=self.thirds["jan"], timetable="none")
        text += section("room", "b12", name=self.thirds["b12"], timetable="none")
        for duo, keys in self.duos.items():
            text += section("duo", duo, **keys)
        lessons = timetable(weekly("les", MONDAY, (9, 10), days="TU", summary=self.title))
        return text, {"a.ics": lessons.replace("END:VEVENT", "LOCATION:D2\r\nEND:VEVENT")}

    def write(self):
        text, timetables = self.files()
        self.d.write("roster.ini", text)
        for path, lessons in timetables.items():
            self.d.write(path, lessons)
        if self.conf is None:
            self.conf = self.d.conf.read_text()
        self.d.conf.write_text(self.conf.replace("[server]\n", "[server]\n" + self.url))

    def other(self, holder, key, values):
        holder[key] = self.rng.choice([v for v in values if v != holder.get(key)])

    def change(self):
        rng = self.rng
        what = rng.choice("name name language mine topic was members third zone title lesson url "
                          "works leave programme".split())
        person = self.persons[rng.choice(list(self.persons))]
        duo = rng.choice(list(self.duos))
        if what == "name":
            self.other(person, "name", self.NAMES)
        elif what == "language":
            self.other(self.programme, "language", ("nl", "en"))
        elif what == "mine":
            self.other(person, "language", ("nl", "en"))
        elif what == "topic":
            self.other(self.duos[duo], "topic", ("Toetsen", "Lezen", "Rekenen; \\n"))
        elif what == "was":
            self.made += 1
            keys = dict(self.duos.pop(duo), was=duo)
            self.duos[f"{duo.split('-')[0]}-{self.made}"] = keys
        elif what == "members":
            first = self.duos[duo]["members"][0]
            taken = "".join(k["members"] for k in self.duos.values())
            free = [p for p in self.persons if p not in taken] or [self.duos[duo]["members"][2]]
            self.duos[duo]["members"] = f"{first} {rng.choice(free)}"
        elif what == "third":
            self.other(self.thirds, rng.choice(["jan", "b12"]), ("Jan Expert", "B1.2", "Zaal, 3"))
        elif what == "zone":
            self.other(self.programme, "zone", ("Europe/Amsterdam", "Europe/Brussels"))
        elif what == "title":
            self.title = rng.choice(self.TITLES)
        elif what == "lesson":
            self.lesson = rng.choice(("", "lesson=^EN", "lesson=^EN2"))
        elif what == "url":
            self.url = rng.choice(("", "url = https://samen.example\n"))
        elif what == "works":
            self.other(person, "works", ("mon-fri 08:30-17:00", "mon-wed 08:30-17:00"))
        elif what == "leave":
            self.leave_or_return(duo)
        else:
            self.other(self.programme, "name", ("Samen leren", "Leren samen"))
        return what

    def leave_or_return(self, duo):
        if self.away:
            self.persons.update(self.away["persons"])
            self.duos.update(self.away["duos"])
            self.away = {}
            return
        gone = self.duos[duo]["members"].split()[1]
        if gone == "a":
            return
        self.away = {"persons": {gone: self.persons.pop(gone)},
                     "duos": {d: self.duos.pop(d) for d in list(self.duos)
                              if gone in self.duos[d]["members"].split()}}


def test_random_reloads(daemon, rng):
    rosters = Rosters(None, rng)
    text, timetables = rosters.files()
    d = rosters.d = daemon(text, timetables)
    readers, counts, done = Readers(d), [0, 0], {}

    def change():
        changes = [rosters.change() for _ in range(rng.choice((0, 1, 1, 2, 3)))]
        rosters.write()
        d.ctl("source", "refresh", "a-1")  # its lessons may be called otherwise
        reload(d)
        for what in changes:
            done[what] = done.get(what, 0) + 1
    for i in range(24):
        if rng.random() < 0.3:
            d.advance(f"{rng.randrange(1, 12)}d")
            d.ctl("wait")
        coming = [s for s in d.sessions(states=("booked",)) if moment(s["start"]) > d.now()]
        if rng.random() < 0.3 and coming:
            d.ctl("session", "cancel", rng.choice(coming)["id"])
            d.ctl("wait")
        got = readers.over(change)
        counts = [a + b for a, b in zip(counts, got)]
        if i % 8 == 7:
            assert readers.over(d.restart)[0] == 0
    print(counts, done)
    assert counts[0] > 100 and counts[1] > 100 and len(done) > 8, (counts, done)
