/* gate.c -- reads a request head line by line and refuses what two programs could read in two
 * ways.
 *
 * Each line is first looked at byte by byte (CRLF only, no control bytes), then as a request
 * line or a field. Only fields that decide where the request ends, or whom it is for, are
 * understood here; the rest must merely be well-formed. */
#include "io/gate.h"

#include <string.h>
#include <strings.h>

/* What a byte may be part of. */
enum {
	TOKEN = 1,  /* names: RFC 9110 5.6.2 */
	TARGET = 2, /* visible ASCII, without '#' */
	HOST = 4,   /* names, addresses; ':' and brackets are looked at apart */
	DIGIT = 8,
	HEX = 16,
	TEXT = 32, /* inside a line: no control bytes but TAB */
};

#define ALNUM (TOKEN | TARGET | HOST | TEXT)
static const unsigned char bytes_table[256] = {
	['\t'] = TEXT,
	[' '] = TEXT,
	['!'] = TOKEN | TARGET | TEXT,
	['"'] = TARGET | TEXT,
	['#'] = TOKEN | TEXT,
	['$'] = TOKEN | TARGET | TEXT,
	['%'] = TOKEN | TARGET | TEXT,
	['&'] = TOKEN | TARGET | TEXT,
	['\''] = TOKEN | TARGET | TEXT,
	['('] = TARGET | TEXT,
	[')'] = TARGET | TEXT,
	['*'] = TOKEN | TARGET | TEXT,
	['+'] = TOKEN | TARGET | TEXT,
	[','] = TARGET | TEXT,
	['-'] = TOKEN | TARGET | HOST | TEXT,
	['.'] = TOKEN | TARGET | HOST | TEXT,
	['/'] = TARGET | TEXT,
	['0' ... '9'] = ALNUM | DIGIT | HEX,
	[':'] = TARGET | TEXT,
	[';' ... '@'] = TARGET | TEXT,
	['A' ... 'F'] = ALNUM | HEX,
	['G' ... 'Z'] = ALNUM,
	['[' ... ']'] = TARGET | TEXT,
	['^'] = TOKEN | TARGET | TEXT,
	['_'] = TOKEN | TARGET | HOST | TEXT,
	['`'] = TOKEN | TARGET | TEXT,
	['a' ... 'f'] = ALNUM | HEX,
	['g' ... 'z'] = ALNUM,
	['{'] = TARGET | TEXT,
	['|'] = TOKEN | TARGET | TEXT,
	['}'] = TARGET | TEXT,
	['~'] = TOKEN | TARGET | HOST | TEXT,
	[0x80 ... 0xff] = TEXT,
};

struct reading {
	const char *bytes;
	size_t max_fields;
	int64_t max_body;
	struct gate_head head;
	size_t fields, hosts;
	int status;
	const char *why;
};

struct slice {
	const char *p;
	size_t n;
};

static bool bad(struct reading *r, int status, const char *why)
{
	r->status = status;
	r->why = why;
	return false;
}

static bool is(char c, unsigned kind)
{
	return bytes_table[(unsigned char)c] & kind;
}

/* How many bytes at the start of @s are of @kind. */
static size_t span_of(struct slice s, unsigned kind)
{
	size_t n = 0;
	while (n < s.n && is(s.p[n], kind))
		n++;
	return n;
}

#define EACH_BYTE 0x0101010101010101u

/* Whether one of the eight bytes at @p is a control byte; TAB and DEL count. */
static bool has_control(const char *p)
{
	uint64_t w;
	memcpy(&w, p, sizeof w);
	uint64_t del = w ^ (0x7f * EACH_BYTE);
	return (((w - 0x20 * EACH_BYTE) & ~w) | ((del - EACH_BYTE) & ~del)) & (0x80 * EACH_BYTE);
}

/* The same for TEXT, which most of a head is: eight bytes at a time while they are plain. */
static size_t text_span(struct slice s)
{
	size_t n = 0;
	while (s.n - n >= 8 && !has_control(s.p + n))
		n += 8;
	while (n < s.n && is(s.p[n], TEXT))
		n++;
	return n;
}

static struct slice after(struct slice s, size_t n)
{
	return (struct slice){s.p + n, s.n - n};
}

static bool equals(struct slice s, const char *word)
{
	return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

/* @n: of @word */
static bool equals_any_case(struct slice s, const char *word, size_t n)
{
	return s.n == n && strncasecmp(s.p, word, n) == 0;
}

/* ---- host ---- */

/* name, 1.2.3.4 or [v6], and perhaps :port */
static bool is_host(struct slice s)
{
	size_t n;
	if (s.n > 0 && s.p[0] == '[') {
		const char *end = memchr(s.p, ']', s.n);
		if (!end || end - s.p < 3)
			return false;
		for (const char *p = s.p + 1; p < end; p++)
			if (!is(*p, HEX) && *p != ':' && *p != '.')
				return false;
		n = (size_t)(end - s.p) + 1;
	} else {
		n = span_of(s, HOST);
		if (n == 0)
			return false;
	}
	s = after(s, n);
	if (s.n == 0)
		return true;
	return s.p[0] == ':' && s.n >= 2 && s.n <= 6 && span_of(after(s, 1), DIGIT) == s.n - 1;
}

/* ---- the request line ---- */

static const char *const methods[] = {"GET",	"HEAD",	   "POST",     "PUT",
				      "DELETE", "OPTIONS", "PROPFIND", "REPORT"};

static bool check_method(struct reading *r, struct slice s)
{
	if (s.n == 0 || span_of(s, TOKEN) != s.n)
		return bad(r, 400, "the method is no word");
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (equals(s, methods[i]))
			return true;
	return bad(r, 501, "this method is not known here");
}

static bool check_version(struct reading *r, struct slice s)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || !is(s.p[5], DIGIT) || s.p[6] != '.' ||
	    !is(s.p[7], DIGIT))
		return bad(r, 400, "the request line does not end in an HTTP version");
	if (s.p[5] != '1' || s.p[7] > '1')
		return bad(r, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	r->head.minor = s.p[7] - '0';
	return true;
}

static bool check_escapes(struct reading *r, struct slice s)
{
	const char *p = s.p;
	while ((p = memchr(p, '%', (size_t)(s.p + s.n - p)))) {
		if (s.p + s.n - p < 3 || !is(p[1], HEX) || !is(p[2], HEX))
			return bad(r, 400, "a percent escape in the target is broken");
		if (p[1] == '0' && p[2] == '0')
			return bad(r, 400, "the target holds %00");
		p += 3;
	}
	return true;
}

static bool check_target(struct reading *r, struct slice s, bool is_options)
{
	static const char scheme[] = "http://";
	if (span_of(s, TARGET) != s.n)
		return bad(r, 400, "the target holds bytes that must be escaped");
	size_t path = 0;
	if (s.n > 7 && strncasecmp(s.p, scheme, 7) == 0) {
		struct slice rest = after(s, 7), host = rest;
		for (host.n = 0; host.n < rest.n; host.n++)
			if (rest.p[host.n] == '/' || rest.p[host.n] == '?')
				break;
		if (!is_host(host))
			return bad(r, 400, "the target's host is malformed");
		path = 7 + host.n;
	} else if (!(s.n > 0 && s.p[0] == '/') && !(is_options && equals(s, "*"))) {
		return bad(r, 400, "the target is neither a path nor an http:// address");
	}
	r->head.target_at = (size_t)(s.p - r->bytes);
	r->head.target_n = s.n;
	r->head.path_at = r->head.target_at + path;
	return check_escapes(r, s);
}

static bool check_request_line(struct reading *r, struct slice line)
{
	const char *first = memchr(line.p, ' ', line.n);
	const char *last = memrchr(line.p, ' ', line.n);
	if (!first || first == last)
		return bad(r, 400, "the request line is not METHOD TARGET VERSION");
	struct slice method = {line.p, (size_t)(first - line.p)};
	struct slice target = {first + 1, (size_t)(last - first) - 1};
	struct slice version = {last + 1, line.n - (size_t)(last - line.p) - 1};
	return check_version(r, version) && check_method(r, method) &&
	       check_target(r, target, equals(method, "OPTIONS"));
}

/* ---- fields that decide ---- */

static bool check_host(struct reading *r, struct slice value)
{
	if (++r->hosts > 1)
		return bad(r, 400, "there is more than one Host");
	if (!is_host(value))
		return bad(r, 400, "the Host is malformed");
	return true;
}

static bool check_length(struct reading *r, struct slice value)
{
	if (r->head.content_length >= 0)
		return bad(r, 400, "there is more than one Content-Length");
	if (r->head.chunked)
		return bad(r, 400, "there is a Content-Length beside Transfer-Encoding");
	if (value.n == 0 || span_of(value, DIGIT) != value.n)
		return bad(r, 400, "the Content-Length is not a number");
	int64_t n = 0;
	for (size_t i = 0; i < value.n; i++) {
		n = n * 10 + (value.p[i] - '0');
		if (n > r->max_body)
			return bad(r, 413, "the body is too long");
	}
	r->head.content_length = n;
	return true;
}

static bool check_coding(struct reading *r, struct slice value)
{
	if (r->head.chunked)
		return bad(r, 400, "there is more than one Transfer-Encoding");
	if (r->head.content_length >= 0)
		return bad(r, 400, "there is a Transfer-Encoding beside Content-Length");
	if (r->head.minor == 0)
		return bad(r, 400, "HTTP/1.0 has no Transfer-Encoding");
	if (!equals_any_case(value, "chunked", 7))
		return bad(r, 400, "the only Transfer-Encoding here is chunked");
	r->head.chunked = true;
	return true;
}

static bool check_expect(struct reading *r, struct slice value)
{
	if (!equals_any_case(value, "100-continue", 12))
		return bad(r, 417, "the only Expect here is 100-continue");
	r->head.expect_continue = r->head.minor == 1;
	return true;
}

static const struct {
	const char *name;
	size_t n; /* of name */
	bool (*check)(struct reading *r, struct slice value);
} field_table[] = {
	{"host", 4, check_host},
	{"content-length", 14, check_length},
	{"transfer-encoding", 17, check_coding},
	{"expect", 6, check_expect},
};

static bool check_field(struct reading *r, struct slice line)
{
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return bad(r, 400, "a field is folded over two lines");
	struct slice name = {line.p, span_of(line, TOKEN)};
	if (name.n == 0 || name.n == line.n || line.p[name.n] != ':')
		return bad(r, 400, "a field is not NAME: VALUE");
	if (++r->fields > r->max_fields)
		return bad(r, 431, "there are too many fields");
	struct slice value = after(line, name.n + 1);
	while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t'))
		value = after(value, 1);
	while (value.n > 0 && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
		value.n--;
	for (size_t i = 0; i < sizeof(field_table) / sizeof(field_table[0]); i++)
		if (equals_any_case(name, field_table[i].name, field_table[i].n))
			return field_table[i].check(r, value);
	return true;
}

/* ---- lines ---- */

/* The length of the line at @at without its CRLF; GATE_MORE when it does not end before @end. */
static enum gate_result read_line(struct reading *r, size_t at, size_t end, size_t *n)
{
	const char *p = r->bytes + at;
	size_t left = end - at, i = text_span((struct slice){p, left});
	*n = i;
	if (i == left || (p[i] == '\r' && i + 1 == left))
		return GATE_MORE;
	if (p[i] == '\r' && p[i + 1] == '\n')
		return GATE_OK;
	if (p[i] == '\r')
		(void)bad(r, 400, "a CR stands without its LF");
	else if (p[i] == '\n')
		(void)bad(r, 400, "a LF stands without its CR");
	else
		(void)bad(r, 400, "the head holds control bytes");
	return GATE_BAD;
}

static enum gate_result read_head(struct reading *r, size_t n, size_t max_head)
{
	size_t seen = n < max_head ? n : max_head;
	size_t first = seen < GATE_REQUEST_LINE_MAX ? seen : GATE_REQUEST_LINE_MAX;
	size_t line_n;
	enum gate_result got = read_line(r, 0, first, &line_n);
	if (got == GATE_MORE && (n >= max_head || n >= GATE_REQUEST_LINE_MAX)) {
		(void)bad(r, 414, "the request line is too long");
		return GATE_BAD;
	}
	if (got != GATE_OK)
		return got;
	if (!check_request_line(r, (struct slice){r->bytes, line_n}))
		return GATE_BAD;
	size_t at = line_n + 2;
	while ((got = read_line(r, at, seen, &line_n)) == GATE_OK) {
		if (line_n == 0) {
			r->head.head_n = at + 2;
			if (r->head.minor == 1 && r->hosts == 0)
				(void)bad(r, 400, "the Host is missing");
			return r->why ? GATE_BAD : GATE_OK;
		}
		if (!check_field(r, (struct slice){r->bytes + at, line_n}))
			return GATE_BAD;
		at += line_n + 2;
	}
	if (got == GATE_MORE && n >= max_head) {
		(void)bad(r, 431, "the head is too long");
		return GATE_BAD;
	}
	return got;
}

enum gate_result gate_check(const char *bytes, size_t n, size_t max_head, size_t max_fields,
			    int64_t max_body, struct gate_head *out, int *status, const char **why)
{
	struct reading r = {
		.bytes = bytes,
		.max_fields = max_fields,
		.max_body = max_body,
		.head = {.content_length = -1},
	};
	enum gate_result got = read_head(&r, n, max_head);
	if (got == GATE_OK)
		*out = r.head;
	if (got == GATE_BAD) {
		*status = r.status;
		*why = r.why;
	}
	return got;
}
