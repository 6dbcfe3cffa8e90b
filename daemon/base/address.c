/* address.c -- see the header. */
#include "base/address.h"

#include "base/buf.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct address *address)
{
	return memcmp(address->v, mapped, sizeof mapped) == 0;
}

struct address address_from(const void *bytes, size_t n)
{
	struct address out = {{0}};
	if (n == 4)
		memcpy(out.v, mapped, sizeof mapped);
	memcpy(out.v + sizeof out.v - n, bytes, n);
	return out;
}

static bool is_port(const char *p, size_t n)
{
	if (n < 2 || n > 6 || *p != ':')
		return false;
	for (size_t i = 1; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

bool address_parse(const char *text, size_t n, struct address *out)
{
	char host[ADDRESS_TEXT];
	unsigned char bytes[16];
	const char *colon = memchr(text, ':', n);
	bool brackets = n > 0 && text[0] == '[';
	size_t host_n = n;
	if (brackets) {
		const char *end = memchr(text, ']', n);
		host_n = end ? (size_t)(end - text) - 1 : 0;
		size_t behind = end ? n - host_n - 2 : 1;
		if (!end || (behind > 0 && !is_port(end + 1, behind)))
			return false;
		text++;
	} else if (colon && !memchr(colon + 1, ':', n - (size_t)(colon + 1 - text))) {
		host_n = (size_t)(colon - text);
		if (!is_port(colon, n - host_n))
			return false;
	}
	if (host_n >= sizeof host || memchr(text, '\0', host_n))
		return false;
	memcpy(host, text, host_n);
	host[host_n] = '\0';
	if (!brackets && inet_pton(AF_INET, host, bytes) == 1)
		*out = address_from(bytes, 4);
	else if (inet_pton(AF_INET6, host, bytes) == 1)
		*out = address_from(bytes, 16);
	else
		return false;
	return true;
}

const char *address_text(const struct address *address, char out[ADDRESS_TEXT])
{
	bool v4 = is_v4(address);
	return inet_ntop(v4 ? AF_INET : AF_INET6, address->v + (v4 ? sizeof mapped : 0), out,
			 ADDRESS_TEXT);
}

struct address address_site(const struct address *address)
{
	struct address out = *address;
	if (!is_v4(address))
		memset(out.v + 8, 0, 8);
	return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a->v, b->v, sizeof a->v) == 0;
}

/* ---- networks ---- */

/* The first @bits bits of both are the same. */
static bool same_start(const struct address *a, const struct address *b, int bits)
{
	size_t whole = (size_t)bits / 8;
	unsigned mask = 0xff00U >> bits % 8 & 0xff;
	return memcmp(a->v, b->v, whole) == 0 &&
	       (bits % 8 == 0 || ((a->v[whole] ^ b->v[whole]) & mask) == 0);
}

static bool parse_network(const char *word, size_t n, struct network *out)
{
	const char *slash = memchr(word, '/', n);
	size_t address_n = slash ? (size_t)(slash - word) : n;
	/* with a port it would mean something else here */
	if (!address_parse(word, address_n, &out->first) || memchr(word, '[', n) ||
	    (is_v4(&out->first) && memchr(word, '.', n) && memchr(word, ':', n) && word[0] != ':'))
		return false;
	int most = is_v4(&out->first) && !memchr(word, ':', address_n) ? 32 : 128;
	int64_t bits = most;
	struct err quiet;
	char digits[4] = "";
	if (slash) {
		size_t k = n - address_n - 1;
		if (k == 0 || k >= sizeof digits)
			return false;
		memcpy(digits, slash + 1, k);
		if (!parse_int(digits, 0, most, &bits, &quiet))
			return false;
	}
	out->bits = (int)bits + 128 - most;
	return true;
}

bool networks_parse(const char *text, struct networks *out, struct err *err)
{
	struct networks list = {0};
	for (const char *p = text + strspn(text, " \t"); *p; p += strspn(p, " \t")) {
		size_t n = strcspn(p, " \t");
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		if (!parse_network(p, n, &list.v[list.n])) {
			networks_fini(&list);
			return err_set(err, ERR_PARSE,
				       "\"%.*s\" is not an address or a network such as 127.0.0.1, "
				       "10.0.0.0/8 or fd00::/8",
				       n > 60 ? 60 : (int)n, p);
		}
		list.n++;
		p += n;
	}
	*out = list;
	return true;
}

bool networks_have(const struct networks *networks, const struct address *address)
{
	for (size_t i = 0; i < networks->n; i++)
		if (same_start(&networks->v[i].first, address, networks->v[i].bits))
			return true;
	return false;
}

void networks_fini(struct networks *networks)
{
	xfree(networks->v);
	*networks = (struct networks){0};
}
