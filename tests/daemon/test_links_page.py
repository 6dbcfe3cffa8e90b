"""A member's page for her calendar links, by what a browser without script does: it reads a form,
fills it in, sends it, and follows where it is sent."""
import html
import html.parser
import re
import subprocess
import threading
import urllib.parse

import icalendar
import pytest

from harness import EASY_ROSTER, EASY_TIMETABLES, Daemon, pairs_roster
from ics_lint import lint

FORM = "application/x-www-form-urlencoded"


class Page(html.parser.HTMLParser):
    """Its forms as {field: value}, the values that selects offer, its links and sections."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.sections, self.options = [], [], [], {}
        self.select = self.lang = None
        self.text = text
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "html":
            self.lang = a["lang"]
        elif tag == "form":
            assert a["method"] == "post" and a["action"] == "links"
            self.forms.append({})
        elif tag == "input" and (a["type"] != "checkbox" or "checked" in a):
            self.forms[-1][a["name"]] = a.get("value") or ""
        elif tag == "select":
            self.select = a["name"]
            self.options[self.select] = []
        elif tag == "option":
            self.options[self.select].append(a["value"])
            if "selected" in a:
                self.forms[-1][self.select] = a["value"]
        elif tag == "a":
            self.links.append(a["href"])
        elif tag == "section":
            self.sections.append(a["id"])

    def form(self, do, **fields):
        """The one form that does this (to that link)."""
        found = [f for f in self.forms if f["do"] == do and fields.items() <= f.items()]
        assert len(found) == 1, (do, fields, self.forms)
        return dict(found[0])


class Member:
    """Who has only her page."""

    def __init__(self, d, who):
        self.d, self.who = d, who
        self.me = d.link("me", who)

    @property
    def token(self):
        return self.me.split("/")[-1]

    def open(self, query="", status=200):
        answer = self.d.get(f"{self.me}/links{query}")
        assert answer.status == status, answer.text
        if status == 200:
            assert "script" not in answer["Content-Security-Policy"]
            assert "form-action 'self'" in answer["Content-Security-Policy"]
        return Page(answer.text)

    def send(self, fields, path=None, **headers):
        body = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields).encode()
        headers = {"Content-Type": FORM, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.d.request("POST", path or f"{self.me}/links", headers, body)

    def follow(self, fields):
        """Sends a form; the page that it leads to."""
        answer = self.send(fields)
        assert answer.status == 303, answer.text
        to = urllib.parse.urljoin(f"{self.me}/links", answer["Location"])
        assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
        path = urllib.parse.urlsplit(to)
        self.me = path.path.removesuffix("/links")
        page = self.open()
        assert not path.fragment or path.fragment in page.sections
        return page

    def new(self, **fields):
        return self.follow({**self.open().form("new"), **fields})

    def refused(self, fields, status, sentence):
        before = self.d.ctl("link", "list"), self.d.ctl("audit")
        answer = self.send(fields)
        assert answer.status == status, answer.text
        page = Page(answer.text)
        assert sentence in html.unescape(answer.text) and 'role="alert"' in answer.text
        assert page.lang == "nl" and "links" in page.links and not page.forms
        assert (self.d.ctl("link", "list"), self.d.ctl("audit")) == before
        return page


def path_of(link):
    return "/" + link["url"].split("/", 3)[3]


def feeds(d, owner):
    return [link for link in d.links(owner=owner) if link["kind"] in ("feed", "busy")]


@pytest.fixture
def anna(easy):
    return Member(easy, "anna")


# ---- what is there ----

def test_the_page_has_each_of_her_links_and_of_her_duo(easy, anna):
    page = anna.open()
    want = feeds(easy, "anna") + feeds(easy, "anna-bram")
    assert page.sections == [f"link-{link['id']}" for link in want]
    for link in want:
        assert link["url"] in page.links and link["url"].replace("http:", "webcal:") in page.links
    for link in feeds(easy, "bram") + easy.links(owner="programme") + easy.links("me"):
        assert link["url"] not in page.text
    assert f"../{anna.token}" in page.links
    me = easy.get(anna.me).text
    assert f'href="{anna.token}/links"' in me
    assert all(link["url"] in me for link in want)


def test_every_code_is_read_by_a_phone(easy, anna, tmp_path):
    easy.ctl("link", "new", "feed", "anna", "<script>", "--client", "google")
    codes = re.findall(r"<svg .*?</svg>", anna.open().text, re.S)
    links = feeds(easy, "anna") + feeds(easy, "anna-bram")
    assert len(codes) == len(links) == 5
    for i, (code, link) in enumerate(zip(codes, links)):
        (tmp_path / f"{i}.svg").write_text(code)
        subprocess.run(["rsvg-convert", "-o", f"{tmp_path}/{i}.png", f"{tmp_path}/{i}.svg"], check=True)
        out = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable",
                              f"{tmp_path}/{i}.png"], capture_output=True, text=True, check=True)
        want = link["url"] if link["client"] == "google" else link["url"].replace("http", "webcal", 1)
        assert out.stdout.strip() == want
        ids = re.search(r'aria-labelledby="(\S+) (\S+)"', code)
        assert f'<title id="{ids[1]}">' in code and f'<desc id="{ids[2]}">' in code


def test_who_came_is_told_for_each_link(easy, anna):
    def section(link):
        return anna.open().text.split(f'id="link-{link["id"]}"')[1].split("</section>")[0]

    link, duos = easy.links("feed", "anna")[0], easy.links("feed", "anna-bram")[0]
    assert "Het laatst gebruikt door" not in section(link) + section(duos)
    agents = {link["id"]: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0",
              duos["id"]: "<script>Outlook</script>"}
    for each in (link, duos):
        assert easy.get(path_of(each), {"User-Agent": agents[each["id"]]}).status == 200
    assert "Het laatst gebruikt door: thunderbird" in section(link)
    assert "Het laatst gebruikt door" in section(duos) and "script" not in section(duos)
    assert "thunderbird" in easy.get(anna.me).text


def test_only_her_own_page_opens_it(easy):
    report = easy.link("report", "programme")
    for path in (report + "/links", "/report" + easy.link("me", "anna")[3:] + "/links",
                 "/me" + report[7:] + "/links", "/me/nobody/links",
                 "/me" + easy.link("feed", "anna")[6:-4] + "/links"):
        assert easy.get(path).status == 404, path
        assert easy.request("POST", path, {"Content-Type": FORM}, b"do=new").status in (404, 405)
    me = easy.link("me", "anna")
    assert easy.get(me + "/links/").status == easy.get(me + "/link").status == 404
    assert easy.request("POST", me, {"Content-Type": FORM}, b"").status == 405
    assert easy.request("POST", me, {"Content-Type": FORM}, b"")["Allow"] == "GET, HEAD"
    answer = easy.request("PUT", me + "/links", {"Content-Type": FORM}, b"")
    assert answer.status == 405 and answer["Allow"] == "GET, HEAD, POST"
    assert easy.request("HEAD", me + "/links").status == 200


# ---- a new one ----

def test_a_new_link_is_made_and_works(easy, anna):
    had = {link["id"] for link in easy.links()}
    page = anna.new(label="  Zoë's <b>telefoon</b> ", client="apple", alarm="15m",
                    obligations="none", owner="anna", kind="feed")
    link, = [link for link in easy.links() if link["id"] not in had]
    assert (link["label"], link["kind"], link["owner"]) == ("Zoë's <b>telefoon</b>", "feed", "anna")
    assert (link["client"], link["alarm_min"], link["obligations"]) == ("apple", 15, "none")
    assert f"link-{link['id']}" in page.sections
    assert "<h3>Zoë's &lt;b&gt;telefoon&lt;/b&gt;</h3>" in page.text.replace("&#39;", "'")
    assert lint(easy.get(path_of(link)).body, alarm=15)
    row = easy.ctl("audit", json=True)["audits"][-1]
    assert (row["who"], row["way"], row["what"]) == ("anna", "page", f"link new {link['id']}")
    assert "client apple alarm 15m obligations none" in row["is"]


def test_sent_twice_is_made_once(easy, anna):
    form = {**anna.open().form("new"), "label": "telefoon", "alarm": "15m"}
    n = len(easy.links())
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(anna.send(form))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert {a.status for a in answers} == {303} and len({a["Location"] for a in answers}) == 1
    assert len(easy.links()) == n + 1
    assert len([r for r in easy.ctl("audit", json=True)["audits"] if r["way"] == "page"]) == 1
    # the same name for something else is not the same
    anna.refused({**form, "alarm": "none"}, 409, "al een link met die naam")
    anna.new(label="telefoon", kind="busy")
    assert len(easy.links()) == n + 2


def test_a_busy_link_has_no_alarm_whatever_is_chosen(easy, anna):
    anna.new(label="buren", kind="busy", alarm="15m", obligations="todos")
    link = easy.links("busy", "anna")[-1]
    assert link["label"] == "buren" and link["alarm_min"] is None
    lint(easy.get(path_of(link)).body, busy=True)


def test_a_duos_link_is_on_both_pages(easy, anna):
    bram = Member(easy, "bram")
    anna.new(label="samen", owner="anna-bram")
    link = easy.links("feed", "anna-bram")[-1]
    assert link["url"] in anna.open().links and link["url"] in bram.open().links
    bram.follow({**bram.open().form("set", link=str(link["id"])), "label": "van ons"})
    assert "van ons" in anna.open().text
    rows = [r for r in easy.ctl("audit", json=True)["audits"] if r["way"] == "page"]
    assert [(r["who"], r["what"].split()[1]) for r in rows] == [("anna", "new"), ("bram", "set")]


def test_labels_are_text(easy, anna):
    for label in ("<script>alert(1)</script>", "=cmd()", "\"'&", "100%", "é" * 50, "a+b"):
        page = anna.new(label=label)
        assert easy.links("feed", "anna")[-1]["label"] == label
        assert page.form("set", label=label)
        assert "<script" not in page.text and "<script" not in easy.get(anna.me).text
    for label in ("", "   ", "x" * 101, "é" * 51, "a\tb", "a\nb", "a\x7fb"[:1] + "\u2028" * 40):
        anna.refused({**anna.open().form("new"), "label": label}, 400, "Een naam is een regel")


def test_the_limit_is_told(daemon):
    d = daemon(conf="[feeds]\nlinks_per_owner = 4\n")
    anna = Member(d, "anna")
    anna.new(label="een")
    assert len(d.links(owner="anna")) == 4
    anna.refused({**anna.open().form("new"), "label": "nog een"}, 409, "zoveel links als er mogen")
    anna.follow(anna.open(f"?revoke={d.links('feed', 'anna')[-1]['id']}").form("revoke"))
    anna.new(label="nog een")


# ---- changed ----

def test_options_are_changed(easy, anna):
    link = easy.links("feed", "anna")[0]
    beside = easy.get(easy.link("feed", "anna-bram")).body
    form = anna.open().form("set", link=str(link["id"]))
    assert (form["alarm"], form["obligations"], form["client"]) == ("none", "events", "other")
    page = anna.follow({**form, "label": "laptop", "alarm": "2h", "client": "thunderbird",
                        "obligations": "todos"})
    now = easy.links("feed", "anna")[0]
    assert now == {**link, "label": "laptop", "alarm_min": 120, "client": "thunderbird",
                   "obligations": "todos"}
    assert lint(easy.get(path_of(link)).body, alarm=120)
    assert easy.get(easy.link("feed", "anna-bram")).body == beside
    assert page.form("set", link=str(link["id"]))["alarm"] == "2h"
    row = easy.ctl("audit", json=True)["audits"][-1]
    assert row["what"] == f"link set {link['id']}" and "alarm none" in row["was"]
    assert "alarm 2h" in row["is"] and '"laptop"' in row["is"]
    # once more, from the old page: it is so already
    assert anna.send({**form, "label": "laptop", "alarm": "2h", "client": "thunderbird",
                      "obligations": "todos"}).status == 303
    # something else from the old page would overwrite what its reader has not seen
    anna.refused({**form, "alarm": "5m"}, 409, "intussen")


def test_what_the_admin_changed_meanwhile_is_not_overwritten(easy, anna):
    link = easy.links("feed", "anna")[0]
    form = anna.open().form("set", link=str(link["id"]))
    easy.ctl("link", "set", link["id"], "--alarm", "1d")
    anna.refused({**form, "label": "laptop"}, 409, "intussen")
    page = anna.open()
    assert page.form("set", link=str(link["id"]))["alarm"] == "24h"
    easy.ctl("link", "set", link["id"], "--alarm", "50m")  # none of the usual
    assert anna.open().form("set", link=str(link["id"]))["alarm"] == "50m"


# ---- shut, and new addresses ----

def test_revoking_is_asked_first_and_harms_no_neighbour(easy, anna):
    anna.new(label="telefoon")
    link = easy.links("feed", "anna")[-1]
    others = [x for x in easy.links() if x["kind"] in ("feed", "busy") and x["id"] != link["id"]]
    page = anna.open()
    assert f"links?revoke={link['id']}" in page.links
    assert not [f for f in page.forms if f["do"] == "revoke"]
    asked = anna.open(f"?revoke={link['id']}")
    assert "telefoon" in asked.text and easy.get(path_of(link)).status == 200
    form = asked.form("revoke")
    page = anna.follow(form)
    assert link["url"] not in page.text and easy.get(path_of(link)).status == 410
    assert all(easy.get(path_of(x)).status == 200 for x in others)
    for _ in range(2):  # sent again: it is shut
        assert anna.send(form).status == 303
    rows = easy.ctl("audit", json=True)["audits"]
    assert [r["what"] for r in rows if r["who"] == "anna"] == [
        f"link new {link['id']}", f"link revoke {link['id']}"]
    anna.refused({"word": form["word"], "do": "set", "link": link["id"], "label": "x",
                  "mark": "0" * 16}, 404, "niet meer")


def test_rotating_renews_her_calendars_and_leaves_her_page(easy, anna):
    before = {link["id"]: link["url"] for link in easy.links()}
    asked = anna.open("?rotate=anna")
    assert all(name in asked.text for name in ("checkbox", "opnieuw"))
    form, me = asked.form("rotate"), anna.me
    anna.follow(form)
    assert anna.me == me
    after = {link["id"]: link for link in easy.links()}
    for id_, link in after.items():
        hers = link["owner"] == "anna" and link["kind"] in ("feed", "busy")
        assert (link["url"] != before[id_]) == hers, link
        if hers:
            old = "/" + before[id_].split("/", 3)[3]
            assert easy.get(old).status == 404 and easy.get(path_of(link)).status == 200
    # sent again, it would throw away the addresses that she has just subscribed to
    anna.refused(form, 409, "intussen")
    assert {link["id"]: link["url"] for link in easy.links()} == {
        id_: link["url"] for id_, link in after.items()}


def test_rotating_everything_leads_to_the_new_page(easy, anna):
    form, me = anna.open("?rotate=anna").form("rotate"), anna.me
    page = anna.follow({**form, "pages": "yes"})
    assert anna.me != me and easy.get(me).status == easy.get(me + "/links").status == 404
    assert easy.link("me", "anna") == anna.me and page.sections
    # what was opened before belongs to no page any more
    assert anna.send({**form, "pages": "yes"}).status == 403


def test_rotating_a_duo_is_the_duos(easy, anna):
    before = {link["id"]: link["url"] for link in easy.links()}
    asked = anna.open("?rotate=anna-bram")
    assert "checkbox" not in asked.text
    anna.follow(asked.form("rotate"))
    assert {link["owner"] for link in easy.links() if link["url"] != before[link["id"]]} == {
        "anna-bram"}


# ---- who may not ----

def test_the_word_of_the_page_is_needed(easy, anna):
    bram = Member(easy, "bram")
    form = {**anna.open().form("new"), "label": "telefoon"}
    sentence = "stond te lang open"
    anna.refused({k: v for k, v in form.items() if k != "word"}, 403, sentence)
    anna.refused({**form, "word": bram.open().form("new")["word"]}, 403, sentence)
    anna.refused({**form, "word": form["word"][:-1] + ("A" if form["word"][-1] != "A" else "B")},
                 403, sentence)
    anna.refused({**form, "word": ""}, 403, sentence)
    easy.advance("1d")
    assert anna.send(form).status == 303  # opened yesterday
    easy.advance("1d")
    anna.refused({**form, "label": "x"}, 403, sentence)


def test_what_is_anothers_cannot_be_touched(daemon):
    d = daemon(pairs_roster(2))
    people = sorted({link["owner"] for link in d.links("me")})
    mine, other = Member(d, people[0]), people[-1]
    duos = sorted({link["owner"] for link in d.links("feed")} - set(people) - {"programme"})
    foreign = next(x for x in duos if x not in mine.open().options["owner"])
    word = mine.open().form("new")["word"]
    for owner in (other, foreign, "programme"):
        link = feeds(d, owner)[0]
        assert "revoke" not in [f["do"] for f in mine.open(f"?revoke={link['id']}").forms]
        assert "rotate" not in [f["do"] for f in mine.open(f"?rotate={owner}").forms]
        for fields in ({"do": "revoke", "link": link["id"]},
                       {"do": "rotate", "owner": owner, "mark": "0" * 16},
                       {"do": "set", "link": link["id"], "mark": "0" * 16, "label": "x"},
                       {"do": "new", "owner": owner, "kind": "feed", "label": "x"}):
            mine.refused({"word": word, **fields}, 403, "niet van jou")
    page = next(x for x in d.links("me") if x["owner"] == mine.who)  # not by this way
    mine.refused({"word": word, "do": "revoke", "link": page["id"]}, 403, "niet van jou")
    mine.refused({"word": word, "do": "revoke", "link": 9999}, 404, "niet meer")


@pytest.mark.parametrize("change", [
    {"do": None}, {"do": "delete"}, {"do": ""}, {"kind": "me"}, {"kind": "report"}, {"kind": None},
    {"owner": None}, {"owner": "../x"}, {"owner": "a" * 33}, {"client": "fax"}, {"alarm": "5w"},
    {"alarm": "-5m"}, {"obligations": "all"}, {"do": "set"}, {"do": "set", "link": "x", "mark": "y"},
    {"do": "set", "link": "2"}, {"do": "set", "link": "2", "mark": "0" * 17},
    {"do": "revoke"}, {"do": "revoke", "link": "-1"}, {"do": "revoke", "link": "1e3"},
    {"do": "rotate"}, {"do": "rotate", "mark": ""}], ids=str)
def test_forms_that_no_page_has(shared, change):
    anna = Member(shared, "anna")
    form = {**anna.open().form("new"), "label": "telefoon", **change}
    anna.refused({k: v for k, v in form.items() if v is not None}, 400, "formulier kwam niet goed")


@pytest.mark.parametrize("body", [b"word=%", b"a=%00", b"a=\xff", b"a=1&a=2", b"\x00", b"=&=",
                                  b"&".join(b"f%d=" % i for i in range(65))])
def test_bodies_that_are_no_forms(shared, body):
    anna = Member(shared, "anna")
    anna.refused(body, 400, "formulier kwam niet goed")


def test_other_types_and_too_much(shared):
    anna = Member(shared, "anna")
    for type_ in ("text/plain", "multipart/form-data; boundary=x", "application/json", ""):
        answer = anna.send(b"do=new", Content_Type=type_)
        assert answer.status == 415 and 'role="alert"' in answer.text
    assert anna.send(b"x=" + b"y" * 70000).status == 413
    assert anna.send({**anna.open().form("new"), "label": "x" * 60000}).status == 400


def test_a_page_sends_so_much_a_minute(daemon):
    d = daemon(conf="[server]\nmax_posts = 3\n")
    anna, bram = Member(d, "anna"), Member(d, "bram")
    form = {**anna.open().form("new"), "label": "telefoon"}
    for _ in range(3):
        assert anna.send(form).status == 303
    page = anna.refused({**form, "label": "nog een"}, 429, "te veel tegelijk")
    answer = anna.send(b"whatever it is")
    assert answer.status == 429 and 1 <= int(answer["Retry-After"]) <= 60
    bram.new(label="telefoon")
    assert page.lang == "nl" and anna.open().sections  # looking is not sending
    d.write_conf("[server]\nmax_posts = 0\n")
    d.ctl("reload")
    for i in range(70):
        assert anna.send(form).status == 303


def test_pages_speak_her_language(daemon):
    d = daemon(EASY_ROSTER.replace("[person anna]\n", "[person anna]\nlanguage = en\n"))
    anna = Member(d, "anna")
    page = anna.open()
    assert page.lang == "en" and "Calendar links" in page.text
    answer = anna.send({"do": "new"})
    assert answer.status == 403 and "open for too long" in answer.text and 'lang="en"' in answer.text


def test_no_secret_is_logged(daemon):
    d = daemon(conf="[log]\nlevel = debug\n")
    anna = Member(d, "anna")
    anna.new(label="Annas telefoon")
    page = anna.follow({**anna.open("?rotate=anna").form("rotate"), "pages": "yes"})
    anna.send(b"label=zichtbaar%")
    word = page.form("new")["word"]
    secrets = [link["url"].split("/")[-1].removesuffix(".ics") for link in d.links()]
    d.stop()
    log = d.log()
    assert "ready" in log
    for secret in [*secrets, word, anna.token, "Annas telefoon", "zichtbaar"]:
        assert secret not in log, secret


# ---- a feed that a library reads, by each way that the page offers ----

def test_each_clients_way_on_her_own_page(easy, anna):
    ways = {"apple": "webcal://", "android": "webcal://", "thunderbird": "webcal://",
            "gnome": "webcal://", "other": "webcal://", "nextcloud": "http://",
            "google": "https://calendar.google.com/calendar/r/settings/addbyurl",
            "outlook": "https://outlook.office.com/calendar/0/addfromweb?url="}
    assert sorted(ways) == sorted(anna.open().options["client"])
    for client, way in ways.items():
        page = anna.new(label=client, client=client)
        link = easy.links("feed", "anna")[-1]
        section = page.text.split(f'id="link-{link["id"]}"')[1].split("</section>")[0]
        hrefs = [html.unescape(h) for h in re.findall(r'href="([^"]*)"', section)]
        assert hrefs[0].startswith(way) and link["url"] in hrefs, (client, hrefs)
        assert ("alleen op deze computer" in section) == (client in ("google", "outlook"))
        if client == "outlook":
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(hrefs[0]).query)
            assert query == {"url": [link["url"]], "name": ["outlook"]}
        elif client != "google":
            assert hrefs[0].split("://")[1] == link["url"].split("://")[1]
        icalendar.Calendar.from_ical(easy.get(path_of(link)).body)


@pytest.fixture(scope="module")
def shared():
    d = Daemon(roster=EASY_ROSTER, timetables=EASY_TIMETABLES).start()
    yield d
    d.close()
