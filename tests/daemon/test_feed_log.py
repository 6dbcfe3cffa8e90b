"""What the log says of feeds at level debug: link, status, bytes, family of client. Never more."""
import json
import re

THUNDERBIRD = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Thunderbird/128.5.0"}


def answers(d):
    """[(link, status, bytes, agent)] of every feed answered so far."""
    found = re.findall(r" debug feed link=(\d+) status=(\d+) bytes=(\d+) agent=(\w+)$", d.log(), re.M)
    assert len(found) == d.log().count(" feed "), d.log()  # nothing else stands in such a line
    return [(int(link), int(status), int(n), agent) for link, status, n, agent in found]


def test_each_answer_is_a_line(daemon):
    d = daemon(conf="[log]\nlevel = debug")
    path, link = d.link("feed", "anna"), d.links("feed", "anna")[0]["id"]
    whole = d.get(path)  # has to be made first: answered by another way than the next one
    n, etag = len(whole.body), whole["ETag"]
    d.get(path, THUNDERBIRD)
    d.get(path, {**THUNDERBIRD, "If-None-Match": etag})
    d.get(path, {"If-Modified-Since": whole["Last-Modified"], "User-Agent": "Evolution/3.46.4"})
    d.request("HEAD", path)
    busy = len(d.get(d.link("busy", "bram")).body)
    assert answers(d) == [(link, 200, n, "none"), (link, 200, n, "thunderbird"),
                          (link, 304, 0, "thunderbird"), (link, 304, 0, "evolution"),
                          (link, 200, 0, "none"),
                          (d.links("busy", "bram")[0]["id"], 200, busy, "none")]


def test_nothing_of_the_client_gets_into_it(daemon):
    d = daemon(conf="[log]\nlevel = debug\nformat = logfmt")
    path = d.link("feed", "anna")
    secret = "Geheim" + "x" * 300 + ' link=1 status=500 "quoted" event=stop'
    d.get(path + "?vraag=geheim2", {"User-Agent": secret, "Referer": "http://geheim3/"})
    line = next(line for line in d.log().split("\n") if "event=feed" in line)
    assert re.search(r" level=debug event=feed link=\d+ status=200 bytes=\d+ agent=other$", line)
    assert "eheim" not in d.log() and path.split("/")[-1].split(".")[0] not in d.log()


def test_at_info_feeds_are_not_logged(easy):
    easy.get(easy.link("feed", "anna"), THUNDERBIRD)
    assert not re.search(r"\bfeed\b", easy.log())


def test_a_reload_turns_it_on_and_off(easy):
    path = easy.link("feed", "anna")
    for level, lines in (("debug", 1), ("info", 0), ("debug", 1)):
        easy.write_conf(f"[log]\nlevel = {level}")
        easy.ctl("reload")
        before = len(answers(easy))
        easy.get(path)
        assert len(answers(easy)) - before == lines, level
    easy.write_conf("[log]\nlevel = debug\nformat = json")
    easy.ctl("reload")
    easy.get(path)
    last = next(line for line in reversed(easy.log().splitlines()) if '"feed"' in line)
    assert json.loads(last)["status"] == "200"
