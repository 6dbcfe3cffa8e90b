def test_one_command_starts_plans_and_answers(easy):
    assert easy.get("/healthz").status == 200
    assert len(easy.sessions()) > 10
    assert easy.feed("anna").startswith(b"BEGIN:VCALENDAR\r\n")
    before = easy.feed("anna")
    easy.restart()
    assert easy.feed("anna") == before
