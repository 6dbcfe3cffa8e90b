"""`plan DUO --svg FILE`: the picture comes over the socket, tandemctl writes it, an XML parser and a
browser read it; the member's page has the same drawing."""
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest

from harness import EASY_ROSTER, EASY_TIMETABLES, MONDAY, Daemon, local, section, timetable, weekly

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shared():
    roster = EASY_ROSTER.replace("name = Bram Bos", "name = Bram <b>Bos</b> & \"co\"").replace(
        "topic = ", "topic = ]]></style><script>alert(1)</script> ").replace(
        "name = Anna", "language = en\nname = Anna")
    d = Daemon(roster=roster, timetables=EASY_TIMETABLES)
    d.start()
    yield d
    d.close()


def picture(d, path, *words):
    out = d.ctl("plan", "anna-bram", "--svg", path, *words)
    return out, ET.fromstring(path.read_bytes())


def sessions_in(root):
    """title texts of the sessions by class, without the legend's swatches."""
    return [(g.get("class"), g.find(SVG + "title").text) for g in root.iter(SVG + "g")
            if g.find(SVG + "title") is not None]


def test_the_picture_is_a_file_and_the_figures_are_printed(shared, tmp_path):
    out, root = picture(shared, tmp_path / "year.svg")
    assert out == shared.ctl("plan", "anna-bram") and "bound" in out
    assert root.tag == SVG + "svg" and root.get("role") == "img"
    titles = {e.get("id"): e.text for e in root if e.get("id")}
    assert "<script>" in titles["anna-bram-title"]  # as text
    assert "Bram <b>Bos</b> & \"co\"" in titles["anna-bram-desc"]
    assert set(root.get("aria-labelledby").split()) == set(titles)
    tags = {e.tag[len(SVG):] for e in root.iter()}
    assert tags == {"svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "text", "g"}
    for e in root.iter():
        assert not any(k.startswith("on") or k in ("style", "href") for k in e.keys())
    assert (tmp_path / "year.svg").stat().st_size < 100_000
    # the same bytes again, and over the bare socket, whatever the word behind it
    before = (tmp_path / "year.svg").read_bytes()
    picture(shared, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == before
    raw = shared.control_raw(b"plan anna-bram --svg /etc/passwd\n")
    assert raw.endswith(b"ok\n")
    assert b"".join(line[1:] for line in raw.splitlines(True)[:-1]) == before


def test_every_session_and_its_state_is_in_it(shared, tmp_path):
    _, root = picture(shared, tmp_path / "year.svg")
    drawn = sessions_in(root)
    plan = shared.ctl("plan", "anna-bram", json=True)
    assert len(drawn) == len(plan["sessions"]) > 20
    for (look, title), s in zip(drawn, plan["sessions"]):
        start, end = local(s["start"]), local(s["end"])
        assert f"{start.day} " in title and title.split(", ")[1].endswith(f"{start:%H:%M}-{end:%H:%M}")
        assert ("y-provisional" in look) == s["provisional"] and f"y-{s['kind']}" in look
    assert {t.split(", ")[2] for _, t in drawn} <= {"ingeroosterd", "voorlopig"}  # language = nl


def test_held_missed_and_what_if(daemon, tmp_path):
    d = daemon(EASY_ROSTER, EASY_TIMETABLES)
    d.advance("30d")
    held = d.sessions(states=("held",))
    d.ctl("session", "missed", held[1]["id"])
    d.ctl("wait")
    _, root = picture(d, tmp_path / "a.svg")
    looks = [look.split("y-")[2] for look, _ in sessions_in(root)]
    assert looks.count("missed") == 1 and looks.count("held") == len(held) - 1
    assert "booked" in looks
    out, other = picture(d, tmp_path / "b.svg", "--what-if", "bram absent 2026-11-02..2026-12-18")
    assert "difference to now" in out
    gaps = [e.text for e in other.iter(SVG + "text") if e.get("class") == "y-gap-label"]
    longest = d.ctl("plan", "anna-bram", "--what-if", "bram absent 2026-11-02..2026-12-18",
                    json=True)["longest_gap"]
    assert f"{longest} open dagen" in gaps
    assert [e.text for e in root.iter(SVG + "text") if e.get("class") == "y-gap-label"] != gaps


def test_what_goes_wrong_leaves_no_file_and_spoils_none(shared, tmp_path):
    old = tmp_path / "old.svg"
    old.write_text("old")
    for words, status in ((["plan", "nobody", "--svg", old], 66),
                          (["session", "list", "--svg", old], 64),
                          (["plan", "anna-bram", "--what-if", "x", "--svg", old], 64),
                          (["plan", "programme", "--svg", old], 64),
                          (["plan", "anna-bram", "--svg"], 64)):
        a = shared.ask(*words)
        assert a.status == status and a.err.startswith("tandemctl: ") and not a.out, (words, a.err)
        assert old.read_text() == "old"
    a = shared.ask("plan", "anna-bram", "--svg", tmp_path / "no" / "such" / "folder.svg")
    assert a.status == 74 and "cannot be written: No such file" in a.err and not a.out
    a = shared.ask("plan", "anna-bram", "--svg", "/dev/full")
    assert a.status == 74 and "cannot be written" in a.err
    # "-" is the picture itself
    assert ET.fromstring(shared.ctl("plan", "anna-bram", "--svg", "-").encode()).tag == SVG + "svg"


def test_the_member_page_has_it_with_its_classes_in_the_style_sheet(shared):
    page = shared.get(shared.link("me", "anna"))
    assert page["Content-Security-Policy"].startswith("default-src 'none'")
    svg = re.search(r"<svg.*?</svg>", page.text, re.S)[0]
    root = ET.fromstring(svg)
    assert "<style" not in svg and " style=" not in svg and "<script" not in svg
    caption = re.search(r"<figcaption>(.*?)</figcaption>", page.text)[1]
    desc = next(e for e in root if e.tag == SVG + "desc").text
    assert "sessions" in caption and "longest gap" in caption and desc.startswith(
        caption.split(" (")[0])
    stored = shared.sessions(states=("booked", "provisional", "held", "missed"))
    assert len(sessions_in(root)) == len(stored)
    css = shared.get("/" + re.search(r'href="\.\./(assets/[^"]+)"', page.text)[1]).text
    hatched = set(re.findall(r'class="y-ground-([a-z]+)"', svg))
    assert hatched == {"busy", "tentative", "assumed", "unknown", "closed"}
    for name in set(re.findall(r'class="y-([a-z-]+)"', svg)) - {"label"} - hatched:
        assert f".y-{name}" in css, name
    # the file has the same drawing, with its style in it
    assert page.text.count("<h2>The year</h2>") == 1
    nl = shared.get(shared.link("me", "bram")).text
    assert "Het jaar" in nl and "samen vrij" in nl


def test_the_page_s_picture_is_drawn_by_the_configured_weights(daemon, tmp_path):
    """Where tentative time is never had, it is nobody's free time in either picture."""
    held = timetable(weekly("les", MONDAY, (9, 16)).replace(
        "END:VEVENT", "STATUS:TENTATIVE\r\nEND:VEVENT"))
    roster = EASY_ROSTER.replace("timetable = anna.ics", "timetable = anna.ics horizon=open")
    d = daemon(roster, {"anna.ics": held}, conf="[planner]\ntentative = 0")

    def windows(root):
        return [e.get("d") for e in root.iter(SVG + "path") if e.get("class") == "y-window"]
    _, file = picture(d, tmp_path / "year.svg")
    page = re.search(r"<svg.*?</svg>", d.get(d.link("me", "anna")).text, re.S)[0]
    drawn = windows(ET.fromstring(page))
    assert drawn == windows(file) and len(drawn[0]) > 1000


def test_two_pictures_on_one_page_have_ids_of_their_own(daemon):
    roster = (EASY_ROSTER + section("person", "cees", name="Cees", timetable="none") +
              section("duo", "bram-cees", members="bram cees"))
    d = daemon(roster, EASY_TIMETABLES)
    page = d.get(d.link("me", "bram")).text
    ids = re.findall(r' id="([^"]+)"', page)
    assert page.count("<svg ") == 2 and len(ids) == len(set(ids))
    for used in re.findall(r"url\(#([^)]+)\)", page):
        assert used in ids


@pytest.mark.parametrize("program", ["rsvg-convert", "chromium"])
def test_others_show_it(shared, tmp_path, program):
    """A browser, and one that knows no custom properties of CSS."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    picture(shared, tmp_path / "year.svg")
    png = tmp_path / "year.png"
    words = ([program, "-o", png, tmp_path / "year.svg"] if "rsvg" in program else
             [program, "--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={png}",
              "--window-size=1100,780", f"--user-data-dir={tmp_path / 'profile'}",
              f"file://{tmp_path / 'year.svg'}"])
    done = subprocess.run(words, capture_output=True, timeout=120)
    assert png.exists(), done.stderr[-2000:]
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and png.stat().st_size > 20_000
