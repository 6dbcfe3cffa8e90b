"""Feeds over random lives of a programme (feed_history.py). TANDEM_SEED=N repeats one; make
check-long lives many, in every zone."""
import random

import pytest

from feed_history import ZONES, History
from living import LONG, seed


def live(daemon, rng, steps, zone=None, must=()):
    life = History(daemon, rng, zone)
    print("zone", life.zone)
    life.start()
    life.hold_by_others(life.hold())
    for i in range(steps):
        life.step()
        bodies = life.hold()
        if i % 10 == 9:
            life.hold_by_others(bodies)
    for what in must:  # what chance has passed over
        while life.away:
            life.leave_or_return()
            life.hold()
        if what not in life.done:
            getattr(life, "do_" + what)()
            life.hold()
    print(life.done)
    return life.done


def test_versions_never_fall_over_a_random_history(daemon, rng):
    done = live(daemon, rng, 60, "Europe/Amsterdam", ("url", "rhythm", "hand_in", "restart"))
    assert {"move", "cancel", "rename", "url", "return", "restart", "rhythm", "hand_in"} <= set(done)


@pytest.mark.parametrize("zone", sorted(set(ZONES) - {"Europe/Amsterdam"}))
def test_in_other_zones(daemon, rng, zone):
    live(daemon, rng, 8, zone)


@pytest.mark.parametrize("life", range(30) if LONG else [])  # make check-long
def test_many_lives(daemon, life):
    live(daemon, random.Random(f"{seed()} {life}"), 150)
