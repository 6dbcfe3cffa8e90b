"""A web server whose answers a test writes, and that remembers what it was asked.

    web = Web(); web.pages["/a.ics"] = calendar          # 200, with or without an ETag
    web.pages["/b.ics"] = lambda request: request.answer(500, b"")
"""
import http.server
import socket
import ssl
import subprocess
import threading
import time


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content_Type": "text/calendar",
                            "Content_Length": str(len(body)), **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, to, status=302):
        self.answer(status, b"elsewhere", Location=to)

    def cut(self):
        """Ends the connection in the middle of whatever was said."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def do_GET(self):
        web = self.server.web
        with web.lock:
            web.log.append((self.path, dict(self.headers)))
            web.active += 1
            web.most_active = max(web.most_active, web.active)
        try:
            page = web.pages.get(self.path.split("?")[0])
            if page is None:
                self.answer(404, b"nothing here")
            elif callable(page):
                page(self)
            else:
                self.answer(200, page.encode() if isinstance(page, str) else page)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True
        finally:
            with web.lock:
                web.active -= 1

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # clients that go away are part of the game


class Web:
    def __init__(self, certificate=None, address="127.0.0.1"):
        self.pages, self.log = {}, []
        self.lock = threading.Lock()
        self.active = self.most_active = 0
        self.released = threading.Event()
        self.server = Server((address, 0), Request)
        self.server.web = self
        self.port = self.server.server_port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.base = f"http{'s' if certificate else ''}://{address}:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def asked(self, path=None):
        """The headers of every request (to @path), oldest first."""
        with self.lock:
            return [headers for p, headers in self.log if path is None or p == path]

    def hold(self, seconds=60):
        """From within a page: waits until the test lets go."""
        self.released.wait(seconds)

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def etagged(body, etag='"one"', **headers):
    """A page as a good server serves it."""
    def page(request):
        if request.headers.get("If-None-Match") == etag:
            request.answer(304, b"", ETag=etag, Content_Length=None)
        else:
            request.answer(200, body.encode(), ETag=etag, **headers)
    return page


def make_certificate(folder, name="127.0.0.1"):
    """A certificate that signs itself, with its key, in one file."""
    path = folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=tests", "-addext", f"subjectAltName=IP:{name}",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    path.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return path


def hurry(what, check, seconds=15):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.02)
