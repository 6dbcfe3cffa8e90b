/* http_fields.c -- a head that passed the gate becomes method, target, path and fields (llhttp
 * lives here).
 *
 * llhttp sees only heads, never bodies: where a request ends is decided in one place, the gate.
 * Everything is read in place: names and values are slices of the head, which gets its NULs
 * where it had blanks and line ends. */
#include "io/http_conn.h"

#include "llhttp.h"
#include <string.h>
#include <strings.h>

struct field {
	char *name, *value;
	size_t name_n, value_n;
};

struct http_fields {
	struct field *v;
	size_t n, max;
	bool keep_alive;
	char *joined[8]; /* values put together by http_field, ours until the next request */
	size_t n_joined;
};

struct http_fields *http_fields_new(size_t max_fields)
{
	struct http_fields *fields = xcalloc(1, sizeof(*fields));
	fields->v = xcalloc(max_fields + 1, sizeof(*fields->v));
	fields->max = max_fields + 1;
	return fields;
}

static void drop_joined(struct http_fields *fields)
{
	while (fields->n_joined > 0)
		xfree(fields->joined[--fields->n_joined]);
}

void http_fields_free(struct http_fields *fields)
{
	if (!fields)
		return;
	drop_joined(fields);
	xfree(fields->v);
	xfree(fields);
}

/* The parser is over one whole head, so pieces of one name or value touch. */
static int on_name(llhttp_t *parser, const char *at, size_t n)
{
	struct http_fields *fields = parser->data;
	struct field *last = fields->n > 0 ? &fields->v[fields->n - 1] : NULL;
	if (last && last->name + last->name_n == at) {
		last->name_n += n;
		return 0;
	}
	if (fields->n == fields->max)
		return -1;
	fields->v[fields->n++] = (struct field){.name = (char *)at, .name_n = n};
	return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t n)
{
	struct http_fields *fields = parser->data;
	if (fields->n == 0)
		return -1;
	struct field *last = &fields->v[fields->n - 1];
	if (!last->value)
		last->value = (char *)at;
	last->value_n = (size_t)(at + n - last->value);
	return 0;
}

/* The answer 1 tells llhttp that no body follows: bodies are not its business here. */
static int on_headers_complete(llhttp_t *parser)
{
	struct http_fields *fields = parser->data;
	fields->keep_alive = llhttp_should_keep_alive(parser);
	parser->upgrade = 0;
	return 1;
}

static const llhttp_settings_t settings = {
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_headers_complete = on_headers_complete,
};

static enum http_method method_of(const llhttp_t *parser)
{
	switch (parser->method) {
	case HTTP_GET: return HTTP_M_GET;
	case HTTP_HEAD: return HTTP_M_HEAD;
	case HTTP_POST: return HTTP_M_POST;
	case HTTP_PUT: return HTTP_M_PUT;
	case HTTP_DELETE: return HTTP_M_DELETE;
	case HTTP_OPTIONS: return HTTP_M_OPTIONS;
	case HTTP_PROPFIND: return HTTP_M_PROPFIND;
	case HTTP_REPORT: return HTTP_M_REPORT;
	default: return HTTP_M_OTHER;
	}
}

bool http_fields_read(struct http_fields *fields, char *head, const struct gate_head *gate,
		      enum http_method *method, bool *keep_alive)
{
	static char empty[1] = "";
	llhttp_t parser;
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	parser.data = fields;
	fields->n = 0;
	drop_joined(fields);
	if (llhttp_execute(&parser, head, gate->head_n) != HPE_OK)
		return false;
	for (size_t i = 0; i < fields->n; i++) {
		struct field *f = &fields->v[i];
		if (!f->value)
			f->value = empty;
		while (f->value_n > 0 &&
		       (f->value[f->value_n - 1] == ' ' || f->value[f->value_n - 1] == '\t'))
			f->value_n--;
		if (f->value_n > 0)
			f->value[f->value_n] = '\0'; /* a blank or the CR */
		else
			f->value = empty;
	}
	*method = method_of(&parser);
	*keep_alive = fields->keep_alive;
	return true;
}

static bool has_name(const struct field *f, const char *name, size_t n)
{
	return f->name_n == n && strncasecmp(f->name, name, n) == 0;
}

const char *http_field(const struct http_request *request, const char *name)
{
	/* the server's own, which it lends as const; joined values are kept beside it */
	struct http_fields *fields = (struct http_fields *)request->fields;
	const char *one = NULL;
	size_t n = strlen(name), found = 0, room = 0;
	for (size_t i = 0; i < fields->n; i++)
		if (has_name(&fields->v[i], name, n)) {
			one = fields->v[i].value;
			room += fields->v[i].value_n + 2;
			found++;
		}
	/* more different names than there is room for are asked by nobody: they get the last */
	if (found < 2 || fields->n_joined == sizeof(fields->joined) / sizeof(fields->joined[0]))
		return one;
	char *joined = xmalloc(room + 1), *end = joined;
	for (size_t i = 0; i < fields->n && found > 0; i++)
		if (has_name(&fields->v[i], name, n))
			end = stpcpy(stpcpy(end, fields->v[i].value), --found > 0 ? ", " : "");
	return fields->joined[fields->n_joined++] = joined;
}

static int hex_value(char c)
{
	if (c <= '9')
		return c - '0';
	return (c | 0x20) - 'a' + 10;
}

void http_target_read(char *head, const struct gate_head *gate, struct buf *path,
		      struct http_request *request)
{
	char *target = head + gate->path_at;
	char *end = head + gate->target_at + gate->target_n;
	if (target == end || *target == '?') /* http://host?query: the path is "/" */
		*--target = '/';
	*end = '\0';
	char *query = memchr(target, '?', (size_t)(end - target));
	const char *path_end = query ? query : end;
	buf_clear(path);
	for (const char *p = target; p < path_end;) {
		const char *escape = memchr(p, '%', (size_t)(path_end - p));
		buf_add(path, p, (size_t)((escape ? escape : path_end) - p));
		p = path_end;
		if (escape) {
			buf_addc(path, (char)(hex_value(escape[1]) * 16 + hex_value(escape[2])));
			p = escape + 3;
		}
	}
	request->target = target;
	request->path = path->v;
	request->query = query ? query + 1 : "";
}
