/* fetch_guard.c -- the special-purpose registries of IANA as two tables. */
#include "io/fetch_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#define IP4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct {
	uint32_t net;
	int bits;
} inner4[] = {
	{IP4(0, 0, 0, 0), 8},	     /* this host: connects to loopback */
	{IP4(10, 0, 0, 0), 8},	     /* private */
	{IP4(100, 64, 0, 0), 10},    /* carriers' own; a metadata service too */
	{IP4(127, 0, 0, 0), 8},	     /* loopback */
	{IP4(168, 63, 129, 16), 32}, /* a metadata service */
	{IP4(169, 254, 0, 0), 16},   /* link-local; most metadata services */
	{IP4(172, 16, 0, 0), 12},    /* private */
	{IP4(192, 0, 0, 0), 24},     /* protocol assignments; a metadata service too */
	{IP4(192, 0, 2, 0), 24},     /* documentation */
	{IP4(192, 88, 99, 0), 24},   /* 6to4 relays */
	{IP4(192, 168, 0, 0), 16},   /* private */
	{IP4(198, 18, 0, 0), 15},    /* benchmarks */
	{IP4(198, 51, 100, 0), 24},  /* documentation */
	{IP4(203, 0, 113, 0), 24},   /* documentation */
	{IP4(224, 0, 0, 0), 4},	     /* multicast */
	{IP4(240, 0, 0, 0), 4},	     /* reserved, broadcast */
};

/* Inside 2000::/3, the only part of IPv6 that is public at all. */
static const struct {
	unsigned char net[4];
	int bytes;
} inner6[] = {
	{{0x20, 0x01, 0x00, 0x00}, 4}, /* Teredo */
	{{0x20, 0x01, 0x0d, 0xb8}, 4}, /* documentation */
	{{0x3f, 0xff, 0x00, 0x00}, 2}, /* documentation */
};

static bool public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof inner4 / sizeof *inner4; i++)
		if ((address ^ inner4[i].net) >> (32 - inner4[i].bits) == 0)
			return false;
	return true;
}

static uint32_t four(const unsigned char *b)
{
	return IP4(b[0], b[1], b[2], b[3]);
}

static bool public6(const unsigned char b[16])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return public4(four(b + 12));
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
		return public4(four(b + 2));
	for (size_t i = 0; i < sizeof inner6 / sizeof *inner6; i++)
		if (memcmp(b, inner6[i].net, (size_t)inner6[i].bytes) == 0)
			return false;
	return (b[0] & 0xe0) == 0x20;
}

bool fetch_address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		return public4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof in6);
		return public6(in6.sin6_addr.s6_addr);
	}
	return false;
}

bool fetch_ip_is_public(const char *text)
{
	struct in_addr in;
	struct in6_addr in6;
	if (inet_pton(AF_INET, text, &in) == 1)
		return public4(ntohl(in.s_addr));
	return inet_pton(AF_INET6, text, &in6) == 1 && public6(in6.s6_addr);
}
