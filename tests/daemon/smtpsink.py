"""A mail server of our own (aiosmtpd), in a thread: what it took, what it refused, and when.

    with Sink() as sink: ... sink.take() -> messages as Python's email reads them, with .calendar
"""
import asyncio
import email
import email.header
import email.policy
import email.utils
import socket
import ssl
import threading

import icalendar
from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, sink):
        self.sink = sink

    async def handle_RCPT(self, server, session, envelope, address, options):
        said = self.sink.answer("RCPT", address)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server, session, envelope):
        said = self.sink.answer("DATA", envelope.rcpt_tos[0])
        if said.startswith("250"):
            self.sink.messages.append(read(envelope.original_content, envelope))
        return said


def read(raw, envelope=None):
    """Parsed strictly: any defect that Python's email sees is a fault."""
    message = email.message_from_bytes(raw, policy=email.policy.default.clone(raise_on_defect=True))
    message.raw = raw
    message.envelope = envelope
    # email.policy.default keeps the blanks between encoded words of names (RFC 2047 section 6.2)
    old = email.message_from_bytes(raw)
    message.to_name = str(email.header.make_header(email.header.decode_header(
        email.utils.parseaddr(old["To"])[0])))
    part = next((p for p in message.walk() if p.get_content_type() == "text/calendar"), None)
    message.text = next(p for p in message.walk()
                        if p.get_content_type() == "text/plain").get_content()
    message.text = message.text.replace("\r\n", "\n")
    message.ics = part.get_payload(decode=True) if part else None
    message.method = part.get_param("method") if part else None
    message.calendar = icalendar.Calendar.from_ical(message.ics) if part else None
    message.event = message.calendar.walk("VEVENT")[0] if part else None
    return message


class Sink:
    """answers: {(verb, address or None): [answers, each used once]}; without one: 250."""

    def __init__(self, port=0, tls=None, user=None):
        self.messages, self.answers, self.attempts = [], {}, []
        self.port, self.tls, self.user = port, tls, user
        self.loop = self.thread = None

    def answer(self, verb, address):
        if verb == "RCPT":
            self.attempts.append(address)
        for key in ((verb, address), (verb, None)):
            if self.answers.get(key):
                return self.answers[key].pop(0)
        return "250 OK"

    def protocol(self):
        more = {}
        if self.user:
            def check(server, session, envelope, mechanism, data):
                ok = (data.login, data.password) == tuple(u.encode() for u in self.user)
                return AuthResult(success=ok, handled=False)
            more = {"authenticator": check, "auth_required": True}
        return SMTP(Handler(self), tls_context=self.tls, require_starttls=bool(self.tls),
                    enable_SMTPUTF8=False, hostname="sink.test", loop=self.loop, **more)

    def start(self):
        self.loop = asyncio.new_event_loop()
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", self.port))
        self.port = s.getsockname()[1]
        self.server = self.loop.run_until_complete(self.loop.create_server(self.protocol, sock=s))
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        """As if its machine were switched off."""
        if not self.thread:
            return

        def end():
            self.server.close()
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_later(0.05, self.loop.stop)
        self.loop.call_soon_threadsafe(end)
        self.thread.join()
        self.loop.close()
        self.thread = None

    __enter__ = start

    def __exit__(self, *unused):
        self.stop()

    def take(self):
        taken, self.messages = self.messages, []
        return taken


def tls_context(certificate, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
