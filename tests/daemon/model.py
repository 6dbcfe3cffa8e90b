"""Busy time, open days and hours by a computation of the tests' own: dateutil, zoneinfo and
recurring_ical_events, nothing of tandemd. Half-open intervals of aware datetimes."""
import datetime as dt

import icalendar
import recurring_ical_events

from harness import AMSTERDAM, UTC, minutes, moment

ONE_DAY = dt.timedelta(days=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def day_start(day, zone=AMSTERDAM):
    return dt.datetime.combine(day, dt.time(), zone).astimezone(UTC)


def as_moment(value, zone=AMSTERDAM):
    """A DTSTART's value: floating time counts in @zone, a date is its first moment."""
    if not isinstance(value, dt.datetime):
        return day_start(value, zone)
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(UTC)


def busy_of(ics, first, past, zone=AMSTERDAM):
    """[(start, end)] of what an ordinary policy calls busy in [first, past) (dates)."""
    calendar = icalendar.Calendar.from_ical(ics)
    spans = []
    for e in recurring_ical_events.of(calendar).between(first, past):
        start, end = e["DTSTART"].dt, e["DTEND"].dt
        timed = isinstance(start, dt.datetime)
        if str(e.get("STATUS", "")) == "CANCELLED":
            continue
        if str(e.get("TRANSP", "")) == "TRANSPARENT" and not timed:
            continue
        spans.append((as_moment(start, zone), as_moment(end, zone)))
    return sorted(set(spans))


def overlaps(spans, start, end):
    return [s for s in spans if s[0] < end and start < s[1]]


class Person:
    def __init__(self, id_, works=None, absent=(), budget=75 * 60, timetables=(), horizon=None):
        """works: [(set of weekdays 0..6, (hour, minute), (hour, minute))]; absent: [(first, last)];
        timetables: [ics text]; horizon: None for none, else an aware datetime."""
        self.id, self.absent, self.budget = id_, absent, budget
        self.works = works or [({0, 1, 2, 3, 4}, (8, 30), (17, 0))]
        self.timetables, self.horizon = timetables, horizon
        self.duos = []

    def busy(self, first, past):
        return [span for ics in self.timetables for span in busy_of(ics, first, past)]

    def works_at(self, start, end, zone=AMSTERDAM):
        a, b = start.astimezone(zone), end.astimezone(zone)
        if a.date() != b.date() or any(f <= a.date() <= l for f, l in self.absent):
            return False
        return any(a.weekday() in days and (a.hour, a.minute) >= first and
                   (b.hour, b.minute) <= last for days, first, last in self.works)


class Programme:
    """What the roster says of the programme, and the rules that hold for any plan of it."""

    def __init__(self, start, end, closed=(), buffer=10, min_gap=2, session=(60, 180), step=15,
                 grid=5, reserve=None):
        self.start, self.end, self.closed = start, end, closed
        self.buffer, self.min_gap = dt.timedelta(minutes=buffer), min_gap
        self.session, self.step, self.grid = session, step, grid
        self.persons, self.duos = {}, {}
        self.open_days = []
        day = start
        while day <= end:
            if day.weekday() < 5 and not any(f <= day <= l for f, l in closed):
                self.open_days.append(day)
            day += ONE_DAY
        self.number = {day: i for i, day in enumerate(self.open_days)}
        self.reserve = self.whole_reserve() if reserve is None else reserve

    def whole_reserve(self):
        """intervisie 3 x 2h, reflection 6w x 1h, visits 2 x 1h, steering 30m, evaluation 1h: what
        a programme with the defaults keeps free of work on its first day."""
        reflections = ((self.end - self.start).days + 1) // 42
        return 3 * 120 + reflections * 60 + 2 * 60 + 30 + 60

    # ---- the rules ----

    def hold(self, sessions, exempt=()):
        """Every rule on everything that is planned or stood; @exempt: ids of sessions that may lie
        on busy time (they were there before it, inside the freeze window or over already)."""
        live = [s for s in sessions if s["state"] in ("booked", "provisional", "held")]
        busy = {p.id: p.busy(self.start, self.end + ONE_DAY) for p in self.persons.values()}
        for s in live:
            self.hold_one(s, busy, s["id"] in exempt)
        for duo in self.duos:
            self.hold_distances(duo, [s for s in live if s["duo"] == duo])
        for person in self.persons.values():
            self.hold_person(person, [s for s in live if person.id in s["attendees"]])

    def hold_one(self, s, busy, exempt):
        start, end = moment(s["start"]), moment(s["end"])
        day = start.astimezone(AMSTERDAM).date()
        assert day in self.number, f"{s} lies on a closed day"
        if s["kind"] in ("intervisie", "evaluation"):
            assert s["duo"] == "" and minutes(s) == (120 if s["kind"] == "intervisie" else 60), s
            members = {m for duo in self.duos.values() for m in duo}
            assert len(s["attendees"]) >= 2 and set(s["attendees"]) <= members, s
        else:
            assert sorted(s["attendees"]) == sorted(self.duos[s["duo"]]), s
            low, high = self.session
            assert low <= minutes(s) <= high and (minutes(s) - low) % self.step == 0, s
        assert start.astimezone(AMSTERDAM).minute % self.grid == 0, s
        for id_ in s["attendees"]:
            person = self.persons[id_]
            assert person.works_at(start, end), f"{s}: {id_} does not work then"
            if not exempt:
                clash = overlaps(busy[id_], start - self.buffer, end + self.buffer)
                assert not clash, f"{s}: {id_} is busy {clash}"
            if s["state"] == "booked" and person.horizon:
                assert end <= person.horizon, f"{s} is booked on unknown time of {id_}"

    def hold_distances(self, duo, sessions):
        days = sorted(self.number[moment(s["start"]).astimezone(AMSTERDAM).date()]
                      for s in sessions)
        for a, b in zip(days, days[1:]):
            assert a != b, f"{duo} has two sessions on {self.open_days[a]}"
            assert b - a >= self.min_gap, f"{duo}: {self.open_days[a]}, {self.open_days[b]}"

    def hold_person(self, person, sessions):
        spans = sorted((moment(s["start"]), moment(s["end"]), s["id"]) for s in sessions)
        for a, b in zip(spans, spans[1:]):
            assert a[1] <= b[0], f"{person.id} is in {a[2]} and {b[2]} at once"
        total = sum(minutes(s) for s in sessions)
        work = sum(minutes(s) for s in sessions if s["kind"] == "work")
        assert total <= person.budget, f"{person.id}: {total} planned > {person.budget}"
        # what is planned of other kinds was reserved
        assert work + self.reserve <= person.budget, \
            f"{person.id}: {work} planned + {self.reserve} reserved > {person.budget}"


# ---- random programmes ----

def hours_text(days, first, last):
    return (",".join(WEEKDAYS[d] for d in sorted(days)) +
            f" {first[0]:02}:{first[1]:02}-{last[0]:02}:{last[1]:02}")
