"""Links that a person has several of: what each is for, how its feed is made, how it gets onto a
phone, and what is changed of one while its neighbours live on."""
import re
import sqlite3
import subprocess
from email.utils import parsedate_to_datetime

import icalendar
import pytest
import vobject

from harness import EASY_ROSTER, EASY_TIMETABLES, Daemon
from ics_lint import lint


@pytest.fixture(scope="module")
def shared():
    d = Daemon(roster=EASY_ROSTER, timetables=EASY_TIMETABLES).start()
    yield d
    d.close()


def path_of(link):
    return "/" + link["url"].split("/", 3)[3]


def new(d, *words):
    return d.ctl("link", "new", *words, json=True)


def one(d, id_):
    return next(link for link in d.links() if link["id"] == id_)


def audit(d):
    return [r for r in d.ctl("audit", json=True)["audits"] if r["what"].startswith("link ")]


# ---- options ----

def test_a_link_is_for_a_client_and_made_its_way(easy):
    link = new(easy, "feed", "anna", "Annas telefoon", "--client", "apple", "--alarm", "15m",
               "--obligations", "todos")
    assert (link["client"], link["alarm_min"], link["obligations"]) == ("apple", 15, "todos")
    assert one(easy, link["id"]) == link
    plain = one(easy, new(easy, "feed", "anna", "laptop")["id"])
    assert (plain["client"], plain["alarm_min"], plain["obligations"]) == ("other", None, "events")
    busy = new(easy, "busy", "anna", "voor de buren", "--client", "google")
    assert (busy["client"], busy["alarm_min"], busy["obligations"]) == ("google", None, None)
    easy.restart()
    assert [one(easy, x["id"]) for x in (link, plain, busy)] == [link, plain, busy]
    row = audit(easy)[0]
    assert row["what"] == f"link new {link['id']}" and row["way"] == "control"
    assert row["is"] == ('feed of anna "Annas telefoon" client apple alarm 15m '
                         "obligations todos")
    assert link["url"].split("/")[-1].split(".")[0] not in easy.ctl("audit")


def test_the_list_is_of_one_owner_when_asked(easy):
    every = easy.links()
    for owner in ("anna", "anna-bram", "programme"):
        want = [link for link in every if link["owner"] == owner]
        assert easy.ctl("link", "list", owner, json=True)["links"] == want != every
        lines = easy.ctl("link", "list", owner).splitlines()
        assert [line.split("\t") for line in lines] == [
            [str(x["id"]), x["kind"], x["owner"], x["label"], x["url"]] for x in want]


@pytest.mark.parametrize("words,status,sentence", [
    ("list nobody", 66, "nobody"), ("show 999", 66, "no link 999"), ("show x", 64, "x"),
    ("set 999 --alarm none", 66, "no link 999"), ("set 1", 64, "say what"),
    ("set x --alarm none", 64, "x"), ("set 2 --alarm 5w", 64, "up to 4w"),
    ("set 2 --alarm -5m", 64, "none, or up to"), ("set 2 --alarm soon", 64, "soon"),
    ("set 2 --alarm", 64, "needs a value"), ("set 2 --client fax", 64, "thunderbird"),
    ("set 2 --obligations all", 64, "events, todos, none"), ("set 2 --label ", 64, "1 to 100"),
    ("set 2 --alarm 5m --alarm 6m", 64, "twice"), ("set 1 --alarm 5m", 64, "has no alarms"),
    ("set 3 --alarm 5m", 64, "busy has no alarms"), ("set 3 --obligations none", 64, "busy shows"),
    ("new busy anna x --alarm 5m", 64, "busy has no alarms"),
    ("new me anna x --obligations todos", 64, "me shows no obligations"),
    ("new feed anna x --label y", 64, "takes no --label"),
    ("new feed " + "a" * 33 + " x", 66, "aaa")])
def test_what_no_link_can_be(shared, words, status, sentence):
    assert [link["kind"] for link in shared.links()][:3] == ["me", "feed", "busy"]
    answer = shared.ask("link", *words.split(" "))
    assert answer.status == status and sentence in answer.err, answer.err


@pytest.mark.parametrize("label", ["a\tb", "a\nb", "\x7f", "\x01", b"\xff\xfe", "x" * 101])
def test_a_label_is_one_line_of_text(shared, label):
    line = b'link new feed anna "' + (label if isinstance(label, bytes) else label.encode()) + b'"'
    answer = shared.control_raw(line + b"\n")
    assert b"err usage" in answer or b"err parse" in answer, answer


def test_odd_labels_are_text_everywhere(easy):
    for label in ("<script>alert(1)</script>", "=cmd()", "a\"b\\c", "Zoë & Cö", "%s%n", "x" * 100):
        link = new(easy, "feed", "anna", label)
        assert link["label"] == label
        assert f"\tfeed\tanna\t{label}\t" in easy.ctl("link", "list", "anna")
    page = easy.get(easy.link("me", "anna")).text
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page


def test_an_owner_has_so_many_links_and_no_more(daemon):
    d = daemon(conf="[feeds]\nlinks_per_owner = 4\n")
    had = len(d.links(owner="anna"))
    last = [new(d, "feed", "anna", f"n{i}")["id"] for i in range(4 - had)][-1]
    answer = d.ask("link", "new", "feed", "anna", "one more")
    assert answer.status == 65 and "anna has 4 open links" in answer.err
    new(d, "feed", "bram", "his")
    d.ctl("link", "revoke", last)
    new(d, "feed", "anna", "one more")


def test_what_is_set_is_written_down_once(easy):
    link = new(easy, "feed", "anna", "telefoon")
    for _ in range(2):
        is_now = easy.ctl("link", "set", link["id"], "--label", "Zoë", "--alarm", "1h30m", json=True)
        assert is_now == {**link, "label": "Zoë", "alarm_min": 90}
    rows = audit(easy)
    assert [r["what"] for r in rows] == [f"link new {link['id']}", f"link set {link['id']}"]
    assert '"telefoon" client other alarm none' in rows[1]["was"]
    assert '"Zoë" client other alarm 1h30m' in rows[1]["is"]
    easy.ctl("link", "revoke", link["id"])
    easy.ctl("link", "revoke", link["id"])
    assert "no longer in use" in easy.ctl("link", "set", link["id"], "--alarm", "1h", expect=75).err
    assert "no longer in use" in easy.ctl("link", "show", link["id"], expect=75).err
    assert len(audit(easy)) == 3


def test_a_dry_run_of_links_changes_nothing(easy):
    link = new(easy, "feed", "anna", "telefoon")
    easy.get(path_of(link))
    before = easy.links(), easy.ctl("audit"), easy.get(path_of(link)).body
    is_then = easy.ctl("link", "set", link["id"], "--alarm", "5m", dry_run=True, json=True)
    assert is_then["alarm_min"] == 5
    easy.ctl("link", "new", "feed", "anna", "x", "--alarm", "1d", dry_run=True)
    assert (easy.links(), easy.ctl("audit"), easy.get(path_of(link)).body) == before
    easy.ctl("link", "set", link["id"], "--alarm", "5w", dry_run=True, expect=64)


# ---- alarms ----

def test_alarms_stand_in_that_links_feed_alone(easy):
    link = new(easy, "feed", "anna", "telefoon", "--alarm", "15m")
    gone = easy.sessions("anna")[3]["id"]
    easy.ctl("session", "cancel", gone)
    easy.advance("10d")
    plain, ringing = easy.get(easy.link("feed", "anna")), easy.get(path_of(link))
    states = {s["id"]: s["state"] for s in easy.sessions("anna")}
    events, same = lint(ringing.body, alarm=15), lint(plain.body)
    assert ringing["ETag"] != plain["ETag"] and events.keys() == same.keys()
    assert {states[uid.split("@")[0]] for uid in events} >= {"booked", "held", "cancelled"}
    for uid, event in events.items():
        assert ("VALARM" in event) == (states[uid.split("@")[0]] == "booked"), uid
        assert {k: v for k, v in event.items() if k != "VALARM"} == same[uid]
    # times alone ring for nobody, whatever the link says
    lint(easy.get(easy.link("busy", "anna")).body, busy=True)
    assert b"VALARM" not in easy.get(path_of(link).replace(".ics", ".ifb")).body


@pytest.mark.parametrize("alarm,minutes", [("0", 0), ("15m", 15), ("1d", 1440), ("4w", 40320)])
def test_libraries_read_the_alarm(easy, alarm, minutes):
    link = new(easy, "feed", "anna", "telefoon", "--alarm", alarm)
    body = easy.get(path_of(link)).body
    lint(body, alarm=minutes)
    n = len(easy.sessions("anna", states=("booked",)))
    calendar = icalendar.Calendar.from_ical(body)
    sessions = [e for e in calendar.walk("VEVENT") if e["UID"].startswith("s")]  # the rest is due
    rings = [(event, ring) for event in calendar.walk("VEVENT") for ring in event.walk("VALARM")]
    assert [e for e, _ in rings] == sessions and n >= len(sessions) > 10
    for event, ring in rings:
        assert -ring["TRIGGER"].dt.total_seconds() == 60 * minutes
        assert ring["DESCRIPTION"] == event["SUMMARY"]
    calendar = vobject.readOne(body.decode())
    assert calendar.validate(raiseException=True)
    assert all(event.valarm.trigger.value.total_seconds() == -60 * minutes
               for event in calendar.vevent_list if event.uid.value.startswith("s"))


def test_what_a_link_serves_only_grows_younger(easy):
    """Options and sessions change in the same second of a frozen clock, in any order."""
    link = new(easy, "feed", "anna", "telefoon")
    plain = path_of(one(easy, easy.links("feed", "anna")[0]["id"]))
    session = easy.sessions("anna")[6]["id"]

    def served(path):
        answer = easy.get(path)
        minutes = re.search(rb"TRIGGER:-PT(\d+)M", answer.body)
        events = lint(answer.body, alarm=int(minutes[1]) if minutes else None)
        return (parsedate_to_datetime(answer["Last-Modified"]), answer["ETag"],
                {uid: e["LAST-MODIFIED"][1] for uid, e in events.items()})

    steps = [lambda: easy.ctl("link", "set", link["id"], "--alarm", "15m"),
             lambda: easy.ctl("session", "pin", session),
             lambda: easy.ctl("link", "set", link["id"], "--alarm", "none"),
             lambda: easy.ctl("link", "set", link["id"], "--alarm", "30m"),
             lambda: easy.ctl("session", "cancel", session),
             lambda: easy.ctl("link", "set", link["id"], "--alarm", "none"),
             lambda: easy.restart()]
    modified, tag, events = served(path_of(link))
    for i, step in enumerate(steps):
        beside = served(plain)
        answer = easy.get(path_of(link))
        step()
        conditional = easy.get(path_of(link), {"If-Modified-Since": answer["Last-Modified"]})
        now_modified, now_tag, now_events = served(path_of(link))
        if easy.get(path_of(link)).body == answer.body:  # a pin shows nowhere
            assert now_tag == tag and i in (1, 6)
        else:
            assert conditional.status == 200, f"step {i} was not seen"
            assert now_modified > modified and now_tag != tag
        if i in (0, 2, 3, 5):  # every event says something else: ICSx5 must not pass over it
            assert all(now_events[uid] > events[uid] for uid in events)
            assert served(plain) == beside, "the link beside it has not changed"
        assert all(now_events[uid] >= events[uid] for uid in events if uid in now_events)
        modified, tag, events = now_modified, now_tag, now_events


def test_a_new_name_changes_no_byte(easy):
    path = easy.link("feed", "anna")
    before = easy.get(path)
    easy.ctl("link", "set", easy.links("feed", "anna")[0]["id"], "--label", "Zoë",
             "--client", "gnome")
    after = easy.get(path)
    assert (after.body, after["ETag"], after["Last-Modified"]) == (
        before.body, before["ETag"], before["Last-Modified"])


def test_changes_of_one_link_end_somewhere(easy):
    """Each costs a shelf in memory and a second of truth."""
    link = new(easy, "feed", "anna", "telefoon")
    easy.stop()
    with sqlite3.connect(easy.root / "db") as db:
        db.execute("UPDATE link SET changes = 1000 WHERE id = ?", (link["id"],))
    easy.start()
    answer = easy.ctl("link", "set", link["id"], "--alarm", "5m", expect=65)
    assert "make a new link" in answer.err
    easy.ctl("link", "set", link["id"], "--label", "een naam")


# ---- QR codes ----

def read_png(path):
    out = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", str(path)],
                         capture_output=True, text=True, check=True).stdout
    return out.rstrip("\n")


def read_svg(path):
    png = path.with_suffix(".png")
    subprocess.run(["rsvg-convert", "-o", str(png), str(path)], check=True)
    return read_png(png)


def read_blocks(lines, path):
    """Half blocks, as light as the terminal draws them, as a picture."""
    light = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows = [[light[c][half] for c in line] for line in lines for half in (0, 1)]
    width = len(lines[0])
    assert all(len(row) == width for row in rows)
    pixels = "\n".join(" ".join(str(1 - v) for v in row for _ in range(4))
                       for row in rows for _ in range(4))
    path.write_text(f"P1\n{4 * width} {4 * len(rows)}\n{pixels}\n")
    return read_png(path)


CODES = {"apple": "webcal", "thunderbird": "webcal", "android": "webcal", "other": "webcal",
         "google": "http", "outlook": "http", "nextcloud": "http"}


@pytest.mark.parametrize("client", CODES)
def test_a_phone_reads_the_code(easy, tmp_path, client):
    link = new(easy, "feed", "anna", "Zoë's <telefoon>", "--client", client)
    want = link["url"].replace("http:", CODES[client] + ":", 1)
    out = easy.ctl("link", "show", link["id"], "--svg", str(tmp_path / "qr.svg"))
    *blocks, line = out.splitlines()
    assert line.split("\t") == [str(link["id"]), "feed", "anna", "Zoë's <telefoon>", link["url"]]
    assert read_svg(tmp_path / "qr.svg") == want
    assert read_blocks(blocks, tmp_path / "qr.pbm") == want
    svg = (tmp_path / "qr.svg").read_text()
    assert "<title" in svg and "Zoë's &lt;telefoon&gt;" in svg.replace("&#39;", "'")
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    assert f'width="{4 * side}" height="{4 * side}"' in svg and len(blocks) == (side + 1) // 2
    shown = easy.ctl("link", "show", link["id"], json=True)
    assert shown == one(easy, link["id"])


def test_pages_have_codes_too(easy, tmp_path):
    link = easy.links("me", "anna")[0]
    easy.ctl("link", "show", link["id"], "--svg", str(tmp_path / "qr.svg"))
    assert read_svg(tmp_path / "qr.svg") == link["url"]


def test_behind_tls_each_client_gets_the_scheme_that_it_knows(daemon, tmp_path):
    d = daemon(conf="[server]\nurl = https://samen.example.nl/tandem\n")
    want = {"apple": "webcal", "gnome": "webcal", "thunderbird": "webcals", "android": "webcals",
            "google": "https"}
    for client, scheme in want.items():
        link = new(d, "feed", "anna", client, "--client", client)
        d.ctl("link", "show", link["id"], "--svg", str(tmp_path / f"{client}.svg"))
        assert read_svg(tmp_path / f"{client}.svg") == link["url"].replace("https:", scheme + ":", 1)


def test_a_code_has_an_end(daemon):
    d = daemon(conf=f"[server]\nurl = http://samen.example.nl/{'x' * 2400}\n")
    id_ = d.links("feed", "anna")[0]["id"]
    assert "no QR code of" in d.ctl("link", "show", id_, expect=65).err
