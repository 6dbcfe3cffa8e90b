"""Obligations: what is due stands in everybody's feed, follows the roster, and is done."""
from harness import pairs_roster


def test_a_reload_says_how_many_move_come_and_go(easy):
    easy.edit_roster("name = Samen leren", "name = Samen leren\nreflection = 4w x 1h")
    shown = easy.ctl("reload", dry_run=True, json=True)
    assert shown["obligations"] == {"moved": 7, "added": 4, "cancelled": 0, "reopened": 0}
    assert easy.ctl("reload", json=True)["obligations"] == shown["obligations"]
    assert "obligations: 0 to move, 0 new, 0 to cancel, 0 to open again" in easy.ctl("reload")
    easy.edit_roster("reflection = 4w x 1h", "reflection = 8w x 1h\nplan_due = none")
    assert easy.ctl("reload", json=True)["obligations"] == \
        {"moved": 5, "added": 0, "cancelled": 7, "reopened": 0}
    easy.edit_roster("plan_due = none", "plan_due = 2026-10-15")
    assert easy.ctl("reload", json=True)["obligations"] == \
        {"moved": 0, "added": 0, "cancelled": 0, "reopened": 1}
    moves = [line.split("\t") for line in easy.ctl("audit").splitlines() if "obligation" in line]
    assert [m[3:6] for m in moves][0] == ["obligation move o2", "reflection 1 open 2026-10-12",
                                          "reflection 1 open 2026-09-28"]
    assert [m[3:6] for m in moves][-1] == ["obligation reopen o1", "plan cancelled 2026-09-21",
                                           "plan open 2026-10-15"]


def test_a_duo_that_goes_and_returns_is_counted(daemon):
    d = daemon(pairs_roster(4), {})
    whole = d.roster()
    d.write("roster.ini", whole[:whole.index("[duo d4]")])
    hash_ = d.ctl("reload", dry_run=True, json=True)
    assert hash_["obligations"] == {"moved": 0, "added": 0, "cancelled": 9, "reopened": 0}
    d.ctl("reload", "--accept", hash_["hash"])
    d.write("roster.ini", whole)
    assert d.ctl("reload", json=True)["obligations"]["reopened"] == 9
    # under another name it is the same duo
    d.write("roster.ini", whole.replace("[duo d4]", "[duo d5]\nwas = d4"))
    assert d.ctl("reload", json=True)["obligations"] == \
        {"moved": 0, "added": 0, "cancelled": 0, "reopened": 0}
    assert d.ctl("reload", json=True)["obligations"]["added"] == 0
