"""Feeds over random lives of a programme (feed_history.py). TANDEM_SEED=N repeats one; make
check-long lives many, in every zone."""
import random

import pytest

from feed_history import ZONES, History
from living import LONG, seed

# what has to have happened in a life that is worth it
ALL = {"move", "cancel", "rename", "url", "return", "restart", "rhythm", "hand_in",
       "link"}


def live(daemon, rng, steps, zone=None, must=frozenset()):
    """At least so many steps, and then until everything that must has happened."""
    life = History(daemon, rng, zone)
    print("zone", life.zone)
    life.start()
    life.hold_by_others(life.hold())
    for i in range(5 * steps):
        if i >= steps and must <= set(life.done):
            break
        life.step()
        bodies = life.hold()
        if i % 10 == 9:
            life.hold_by_others(bodies)
    print(life.done)
    assert must <= set(life.done), life.done


def test_versions_never_fall_over_a_random_history(daemon, rng):
    live(daemon, rng, 30, "Europe/Amsterdam", ALL)


@pytest.mark.parametrize("zone", sorted(set(ZONES) - {"Europe/Amsterdam"}))
def test_in_other_zones(daemon, rng, zone):
    live(daemon, rng, 6, zone)


@pytest.mark.parametrize("life", range(30) if LONG else [])  # make check-long
def test_many_lives(daemon, life):
    live(daemon, random.Random(f"{seed()} {life}"), 150, None, ALL)
