/* io/fetch_url.h -- an address taken apart, as curl reads it. Any thread. */
#ifndef IO_FETCH_URL_H
#define IO_FETCH_URL_H

#include <stdbool.h>

struct fetch_url {
	char *scheme, *host;   /* in small letters; an IPv6 host in brackets */
	char *port;	       /* the scheme's own where none is given; NULL: an unknown scheme */
	char *user, *password; /* decoded; NULL: none */
	char *rest;	       /* the whole of it without user, password and fragment */
};

/* webcal and webcals are read as http and https. False when it is no address at all. */
bool fetch_url_read(const char *text, struct fetch_url *out);
void fetch_url_fini(struct fetch_url *url);
/* http or https, with a host. */
bool fetch_url_is_web(const struct fetch_url *url);

#endif
