"""Requests that two programs could read in two ways, or that are none at all."""

H = b"Host: x\r\n"


def requests(smuggled):
    """name -> (bytes, what tandemd says of it). @smuggled: a request to hide in those that can."""
    post = b"POST /healthz HTTP/1.1\r\n" + H
    n = b"%d" % len(smuggled)
    return {
        "bare CR": (b"GET /healthz HTTP/1.1\r\n" + H + b"X: a\rY: b\r\n\r\n",
                    "a CR stands without its LF"),
        "bare LF": (b"GET /healthz HTTP/1.1\r\nHost: x\nX: y\n\n" + smuggled,
                    "a LF stands without its CR"),
        "length and coding": (post + b"Content-Length: " + n + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
                              b"0\r\n\r\n" + smuggled,
                              "there is a Transfer-Encoding beside Content-Length"),
        "two hosts": (b"GET /healthz HTTP/1.1\r\n" + H + b"Host: y\r\n\r\n",
                      "there is more than one Host"),
        "two lengths": (post + b"Content-Length: 0\r\nContent-Length: " + n + b"\r\n\r\n" + smuggled,
                        "there is more than one Content-Length"),
        "folded": (b"GET /healthz HTTP/1.1\r\n" + H + b"X: a\r\n b: c\r\n\r\n",
                   "a field is folded over two lines"),
        "NUL": (b"GET /healthz HTTP/1.1\r\n" + H + b"X: a\0b\r\n\r\n", "the head holds control bytes"),
        "+4": (post + b"Content-Length: +4\r\n\r\nabcd", "the Content-Length is not a number"),
        "xchunked": (post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled,
                     "the only Transfer-Encoding here is chunked"),
        "blank before colon": (post + b"Content-Length : " + n + b"\r\n\r\n" + smuggled,
                               "a field is not NAME: VALUE"),
        "%00": (b"GET /healthz%00.html HTTP/1.1\r\n" + H + b"\r\n", "the target holds %00"),
    }


NAMES = list(requests(b""))
assert len(NAMES) == 11
