/* base/address.h -- addresses on the network and lists of networks, IPv4 and IPv6 alike. Pure; any
 * thread. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/err.h"

#include <stddef.h>

struct address {
	unsigned char v[16]; /* network order; IPv4 as ::ffff:1.2.3.4 */
};

/* @n: 4 or 16 bytes in network order. */
struct address address_from(const void *bytes, size_t n);
/* "10.0.0.1", "::1", "[::1]", and these with a port behind them (not after a bare IPv6 address),
 * which does not count. @text needs no NUL. False: it is none, *out is untouched. */
bool address_parse(const char *text, size_t n, struct address *out);
#define ADDRESS_TEXT 46
const char *address_text(const struct address *address, char out[ADDRESS_TEXT]);
/* All addresses of one client: itself, or its whole /64, since who has one of them has them all. */
struct address address_site(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);

struct networks {
	struct network {
		struct address first;
		int bits;
	} * v;
	size_t n, cap;
};
/* "127.0.0.1 10.0.0.0/8 fd00::/8", blanks between; "" is none. */
bool networks_parse(const char *text, struct networks *out, struct err *err) NODISCARD;
bool networks_have(const struct networks *networks, const struct address *address);
void networks_fini(struct networks *networks);

#endif
