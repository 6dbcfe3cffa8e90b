/* io/fetch_guard.h -- which addresses a timetable may come from without allow_private: those of
 * the public internet. Loopback, link-local, metadata services, private and reserved nets are
 * others, however they are written (IPv4 inside IPv6 included). Pure; any thread. */
#ifndef IO_FETCH_GUARD_H
#define IO_FETCH_GUARD_H

#include <stdbool.h>

struct sockaddr;
bool fetch_address_is_public(const struct sockaddr *address);
/* "192.0.2.1" or "2001:db8::1"; what is neither is not public. */
bool fetch_ip_is_public(const char *text);

#endif
