/* http_accept.c -- the listening socket: who gets in, and what the others are told.
 *
 * The socket is ours and not libuv's, so that at most ACCEPTS connections come in a turn of the
 * loop, and so that running out of descriptors is a short pause: one descriptor is kept in
 * reserve to take a caller, tell him and hang up. */
#include "io/http_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS = 16, BACKLOG = 1024, PAUSE_MS = 100 };

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* ---- addresses ---- */

static struct address address_of(const union socket_address *from)
{
	return from->any.sa_family == AF_INET ? address_from(&from->v4.sin_addr, 4)
					      : address_from(&from->v6.sin6_addr, 16);
}

static struct http_address **address_at(struct http *http, const struct address *site)
{
	uint32_t h = 2166136261U;
	for (int i = 0; i < 16; i++)
		h = (h ^ site->v[i]) * 16777619U;
	struct http_address **at = &http->addresses[(h ^ h >> 16) % HTTP_ADDRESS_BUCKETS];
	while (*at && !address_equal(&(*at)->site, site))
		at = &(*at)->next;
	return at;
}

static struct http_address *address_take(struct http *http, const struct address *site)
{
	struct http_address **at = address_at(http, site);
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->site = *site;
	}
	(*at)->n++;
	return *at;
}

void http_address_drop(struct http *http, struct http_address *address)
{
	if (--address->n > 0)
		return;
	struct http_address **at = address_at(http, &address->site);
	*at = address->next;
	xfree(address);
}

/* ---- who gets in ---- */

/* Closes the connection that has been idle longest, of one address or of all. */
static bool evict_idle(struct http *http, const struct http_address *address)
{
	for (struct conn *conn = http->lists[CONN_IDLE].first; conn; conn = conn->next)
		if (!address || conn->address == address) {
			conn_close(conn);
			return true;
		}
	return false;
}

/* @site: whose connections are counted; NULL: nobody's, a proxy's are those of a whole school. */
static bool has_room(struct http *http, const struct address *site)
{
	const struct http_limits *limits = &http->limits;
	struct http_address *address = site ? *address_at(http, site) : NULL;
	if (limits->connections_per_address > 0 && address &&
	    address->n >= limits->connections_per_address && !evict_idle(http, address))
		return false;
	return http->n_counted < limits->connections || evict_idle(http, NULL);
}

/* For those who cannot even get a connection to linger on. */
static void hang_up(struct http *http, int fd)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
				   "Content-Length: 0\r\nConnection: close\r\n\r\n";
	http->refused++;
	(void)send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
}

static void admit(struct http *http, int fd, const union socket_address *from)
{
	struct address client = address_of(from), site = address_site(&client);
	bool counts = !http->limits.proxies || !networks_have(http->limits.proxies, &client);
	bool room = has_room(http, counts ? &site : NULL);
	if (!room && http->n_extra >= HTTP_EXTRA) {
		hang_up(http, fd);
		return;
	}
	struct http_address *address = room && counts ? address_take(http, &site) : NULL;
	struct conn *conn = conn_new(http, fd, address, &client, !room);
	if (!room && conn->state != CONN_GONE)
		conn_refuse(conn, 503, "too many connections, try again");
	conn_start(conn);
}

/* ---- accepting ---- */

static void on_listener(uv_poll_t *listener, int status, int events);

static void on_pause_over(uv_timer_t *pause)
{
	struct http *http = pause->data;
	(void)uv_poll_start(&http->listener, UV_READABLE, on_listener);
}

/* No descriptor is left: the reserve takes one caller and tells him, the others wait a little. */
static void out_of_descriptors(struct http *http)
{
	if (http->reserve_fd >= 0)
		(void)close(http->reserve_fd);
	int fd = accept4(http->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		hang_up(http, fd);
	http->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	(void)uv_poll_stop(&http->listener);
	(void)uv_timer_start(&http->pause, on_pause_over, PAUSE_MS, 0);
}

static void on_listener(uv_poll_t *listener, int status, int events)
{
	struct http *http = listener->data;
	(void)events;
	if (status < 0 || http->closing)
		return;
	for (int i = 0; i < ACCEPTS; i++) {
		union socket_address from;
		socklen_t n = sizeof(from);
		int fd = accept4(http->listen_fd, &from.any, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			admit(http, fd, &from);
			continue;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
		bool out =
			errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
		if (out && !evict_idle(http, NULL)) {
			out_of_descriptors(http);
			return;
		}
		/* anything else was one caller's trouble */
	}
}

/* ---- the socket ---- */

static bool parse_listen(const char *listen, union socket_address *at, socklen_t *n,
			 struct err *err)
{
	char host[64];
	const char *colon = strrchr(listen, ':');
	size_t host_n = colon ? (size_t)(colon - listen) : 0;
	char *end = NULL;
	unsigned long port =
		colon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 65536;
	bool v6 = host_n > 2 && listen[0] == '[' && listen[host_n - 1] == ']';
	if (v6) {
		listen++;
		host_n -= 2;
	}
	if (!end || *end || port > 65535 || host_n == 0 || host_n >= sizeof(host))
		return err_set(err, ERR_CONFIG,
			       "\"%s\" is no place to listen: address:port or [v6]:port is "
			       "expected, as 127.0.0.1:8340",
			       v6 ? listen - 1 : listen);
	memcpy(host, listen, host_n);
	host[host_n] = '\0';
	memset(at, 0, sizeof(*at));
	*n = v6 ? sizeof(at->v6) : sizeof(at->v4);
	if (v6 ? uv_ip6_addr(host, (int)port, &at->v6) : uv_ip4_addr(host, (int)port, &at->v4))
		return err_set(err, ERR_CONFIG,
			       "\"%s\" is no address to listen on: figures are expected, as "
			       "127.0.0.1 or [::1]",
			       host);
	return true;
}

static bool open_socket(struct http *http, const char *text, struct err *err)
{
	union socket_address at;
	socklen_t n;
	int one = 1;
	if (!parse_listen(text, &at, &n, err))
		return false;
	int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot make a socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* inherited */
	if (bind(fd, &at.any, n) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, &at.any, &n) != 0) {
		(void)err_set(err, ERR_IO, "cannot listen on %s: %s", text, strerror(errno));
		(void)close(fd);
		return false;
	}
	http->listen_fd = fd;
	http->port = ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
	return true;
}

bool http_listen(struct http *http, const char *listen_at, struct err *err)
{
	if (!open_socket(http, listen_at, err))
		return false;
	http->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int failed = uv_poll_init(http->loop, &http->listener, http->listen_fd);
	if (failed) {
		http_listen_close(http);
		return err_set(err, ERR_IO, "cannot watch %s: %s", listen_at, uv_strerror(failed));
	}
	http->listener.data = http;
	(void)uv_timer_init(http->loop, &http->pause);
	http->pause.data = http;
	(void)uv_poll_start(&http->listener, UV_READABLE, on_listener);
	return true;
}

void http_listen_close(struct http *http)
{
	if (http->listen_fd >= 0)
		(void)close(http->listen_fd);
	if (http->reserve_fd >= 0)
		(void)close(http->reserve_fd);
	http->listen_fd = http->reserve_fd = -1;
}
