/* test_fetch.c -- addresses, turns, closing at any moment, and a name server that is silent. What
 * servers can do wrong is in tests/daemon/test_urls.py.
 *
 * getaddrinfo is ours here: names that end in .test lead where a test wants them. */
#include "base/clock.h"
#include "base/hash.h"
#include "io/fetch.h"
#include "io/fetch_files.h"
#include "io/fetch_guard.h"
#include "io/fetch_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned seed;

/* ---- names ---- */

typedef int lookup_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **out)
{
	static const char *const names[][2] = {{"inner.test", "127.0.0.1"},
					       {"meta.test", "169.254.169.254"},
					       {"mapped.test", "::ffff:127.0.0.1"},
					       {"loop6.test", "::1"}};
	lookup_fn *real;
	void *found = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&real, &found, sizeof real);
	if (node && strcmp(node, "silent.test") == 0) {
		sleep(2);
		return EAI_AGAIN;
	}
	const char *to = node;
	if (node && (node[0] | 0x20) == 'h' && strstr(node, ".test"))
		to = "127.0.0.1";
	for (size_t i = 0; node && i < sizeof names / sizeof *names; i++)
		if (strcmp(node, names[i][0]) == 0)
			to = names[i][1];
	if (to == node)
		return real(node, service, hints, out);
	struct addrinfo plain = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	return real(to, service, &plain, out);
}

/* ---- a server: a thread a connection; /hang never answers, all else is a calendar ---- */

enum { HOSTS = 5 };

static struct {
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock;
	int active[HOSTS], all, most[HOSTS], most_all, requests;
	atomic_bool stop;
	atomic_int threads;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void count(int host, int by)
{
	(void)pthread_mutex_lock(&server.lock);
	server.active[host] += by;
	server.all += by;
	server.requests += by > 0;
	if (server.active[host] > server.most[host])
		server.most[host] = server.active[host];
	if (server.all > server.most_all)
		server.most_all = server.all;
	(void)pthread_mutex_unlock(&server.lock);
}

static void answer(int fd, const char *head)
{
	const char *at = strcasestr(head, "Host: h");
	int host = at && at[7] >= '0' && at[7] < '0' + HOSTS ? at[7] - '0' : 0;
	char text[200];
	count(host, 1);
	while (strstr(head, "GET /hang") && !atomic_load(&server.stop))
		usleep(5000);
	usleep(2000);
	count(host, -1);
	int n = snprintf(text, sizeof text,
			 "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 5\r\n"
			 "\r\nbytes");
	(void)!write(fd, text, (size_t)n);
}

static void *serve_one(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char head[4096];
	size_t n = 0;
	for (ssize_t got;
	     n < sizeof head - 1 && (got = read(fd, head + n, sizeof head - 1 - n)) > 0;) {
		n += (size_t)got;
		head[n] = '\0';
		if (strstr(head, "\r\n\r\n")) {
			answer(fd, head);
			n = 0;
		}
	}
	close(fd);
	atomic_fetch_sub(&server.threads, 1);
	return NULL;
}

static void *serve(void *unused)
{
	(void)unused;
	while (!atomic_load(&server.stop)) {
		pthread_t thread;
		int fd = accept(server.fd, NULL, NULL);
		if (fd < 0)
			break;
		atomic_fetch_add(&server.threads, 1);
		assert_int_equal(pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd), 0);
		pthread_detach(thread);
	}
	return NULL;
}

static int server_start(void **state)
{
	(void)state;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof address;
	atomic_store(&server.stop, false);
	server.most_all = server.requests = 0;
	memset(server.most, 0, sizeof server.most);
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server.fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(server.fd, 128), 0);
	assert_int_equal(getsockname(server.fd, (struct sockaddr *)&address, &n), 0);
	server.port = ntohs(address.sin_port);
	return pthread_create(&server.thread, NULL, serve, NULL);
}

static int server_stop(void **state)
{
	(void)state;
	atomic_store(&server.stop, true);
	(void)shutdown(server.fd, SHUT_RDWR);
	(void)pthread_join(server.thread, NULL);
	close(server.fd);
	while (atomic_load(&server.threads) > 0)
		usleep(1000);
	return 0;
}

/* ---- a loop with a fetcher ---- */

static struct {
	uv_loop_t loop;
	struct fetcher *fetcher;
	int done, waiting, closed, codes[16];
	struct err last;
	uv_timer_t beat;
	uint64_t beaten_ms, worst_ms;
} t;

static const struct fetch_limits quick = {1 << 20, 5000, 5000, 5, 2, 32};

static void on_beat(uv_timer_t *timer)
{
	(void)timer;
	uint64_t now = clock_mono_ms();
	if (now - t.beaten_ms > t.worst_ms)
		t.worst_ms = now - t.beaten_ms;
	t.beaten_ms = now;
}

static int loop_start(void **state)
{
	memset(&t, 0, sizeof t);
	assert_int_equal(uv_loop_init(&t.loop), 0);
	t.fetcher = fetcher_new(&t.loop);
	(void)uv_timer_init(&t.loop, &t.beat);
	return server_start(state);
}

static void on_closed(void *ctx)
{
	(void)ctx;
	t.closed++;
	uv_close((uv_handle_t *)&t.beat, NULL);
}

static void shut(void)
{
	if (!t.fetcher)
		return;
	struct fetcher *fetcher = t.fetcher;
	t.fetcher = NULL;
	fetcher_close(fetcher, on_closed, NULL);
}

static int loop_end(void **state)
{
	shut();
	(void)uv_run(&t.loop, UV_RUN_DEFAULT);
	assert_int_equal(t.closed, 1);
	assert_int_equal(t.waiting, 0);
	assert_int_equal(uv_loop_close(&t.loop), 0);
	return server_stop(state);
}

static void on_done(void *ctx, struct fetch_answer *a)
{
	(void)ctx;
	t.done++;
	t.waiting--;
	t.codes[a->err.code]++;
	if (a->err.code)
		t.last = a->err;
	assert_int_equal(a->outcome == FETCH_FAILED, a->err.code != ERR_NONE);
	assert_int_equal(a->outcome == FETCH_BODY, a->body.n > 0);
	if (t.waiting == 0)
		shut();
}

static void get(const char *host, const char *path, bool allow, const struct fetch_limits *limits)
{
	char url[300];
	snprintf(url, sizeof url, "http://%s:%d%s", host, server.port, path);
	struct fetch_request request = {.url = url, .allow_private = allow};
	t.waiting++;
	fetcher_start(t.fetcher, &request, limits, on_done, NULL);
}

static void run(void)
{
	(void)uv_run(&t.loop, UV_RUN_DEFAULT);
}

/* ---- addresses ---- */

static void only_public_addresses_are_public(void **state)
{
	(void)state;
	static const char *const inner[] = {"0.0.0.0",
					    "0.1.2.3",
					    "10.0.0.1",
					    "10.255.255.255",
					    "100.64.0.1",
					    "100.100.100.200",
					    "100.127.255.255",
					    "127.0.0.1",
					    "127.255.255.254",
					    "168.63.129.16",
					    "169.254.0.1",
					    "169.254.169.254",
					    "172.16.0.1",
					    "172.31.255.255",
					    "192.0.0.192",
					    "192.0.2.1",
					    "192.168.0.1",
					    "192.168.255.255",
					    "198.18.0.1",
					    "198.19.255.255",
					    "198.51.100.1",
					    "203.0.113.9",
					    "224.0.0.1",
					    "239.255.255.255",
					    "240.0.0.1",
					    "255.255.255.255",
					    "::",
					    "::1",
					    "::127.0.0.1",
					    "::ffff:127.0.0.1",
					    "::ffff:10.0.0.1",
					    "::ffff:169.254.169.254",
					    "64:ff9b::7f00:1",
					    "64:ff9b::a9fe:a9fe",
					    "64:ff9b:1::808:808",
					    "2002:7f00:1::1",
					    "2002:a00:1::",
					    "2001::1",
					    "2001:db8::1",
					    "3fff::1",
					    "fc00::1",
					    "fd00:ec2::254",
					    "fe80::1",
					    "febf::1",
					    "fec0::1",
					    "ff02::1",
					    "100::1",
					    "5f00::1",
					    "nonsense",
					    "",
					    "127.1",
					    "1.2.3.4.5"};
	static const char *const outer[] = {"1.1.1.1",	       "8.8.8.8",
					    "9.255.255.255",   "11.0.0.0",
					    "93.184.216.34",   "100.63.255.255",
					    "100.128.0.0",     "126.255.255.255",
					    "128.0.0.0",       "168.63.129.15",
					    "168.63.129.17",   "169.253.255.255",
					    "169.255.0.0",     "172.15.255.255",
					    "172.32.0.0",      "192.0.1.1",
					    "192.167.255.255", "192.169.0.0",
					    "198.17.255.255",  "198.20.0.0",
					    "223.255.255.255", "2001:4860:4860::8888",
					    "2a00:1450::1",    "2606:4700::1111",
					    "::ffff:8.8.8.8",  "64:ff9b::808:808",
					    "2002:808:808::1"};
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		if (fetch_ip_is_public(inner[i]))
			fail_msg("%s is taken as public", inner[i]);
	for (size_t i = 0; i < sizeof outer / sizeof *outer; i++)
		if (!fetch_ip_is_public(outer[i]))
			fail_msg("%s is not taken as public", outer[i]);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808)};
	assert_true(fetch_address_is_public((struct sockaddr *)&in));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_false(fetch_address_is_public((struct sockaddr *)&in));
	in.sin_family = AF_UNIX;
	assert_false(fetch_address_is_public((struct sockaddr *)&in));
}

static void addresses_are_taken_apart(void **state)
{
	(void)state;
	static const struct {
		const char *text, *scheme, *host, *port, *user, *password, *rest;
	} v[] = {
		{"webcal://Example.ORG/a.ics?k=v#top", "http", "example.org", "80", NULL, NULL,
		 "/a.ics?k=v"},
		{"WEBCALS://example.org", "https", "example.org", "443", NULL, NULL, "/"},
		{"https://anna:ge%3Aheim@example.org:8443/x", "https", "example.org", "8443",
		 "anna", "ge:heim", "/x"},
		{"http://[::1]:80/", "http", "[::1]", "80", NULL, NULL, "/"},
		{"http://127.1/", "http", "127.0.0.1", "80", NULL, NULL, "/"},
	};
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct fetch_url url;
		assert_true(fetch_url_read(v[i].text, &url));
		assert_true(fetch_url_is_web(&url));
		assert_string_equal(url.scheme, v[i].scheme);
		assert_string_equal(url.host, v[i].host);
		assert_string_equal(url.port, v[i].port);
		assert_int_equal(!url.user, !v[i].user);
		assert_int_equal(!url.password, !v[i].password);
		if (v[i].user) {
			assert_string_equal(url.user, v[i].user);
			assert_string_equal(url.password, v[i].password);
		}
		assert_non_null(strstr(url.rest, v[i].rest));
		assert_null(strchr(url.rest, '@'));
		assert_null(strchr(url.rest, '#'));
		fetch_url_fini(&url);
	}
	static const char *const others[] = {"file:///etc/passwd",
					     "gopher://x/",
					     "ftp://x/a",
					     "javascript:alert(1)",
					     "http://",
					     "",
					     "/a/b",
					     "http://a b/",
					     "dict://x:1/"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct fetch_url url = {0};
		if (fetch_url_read(others[i], &url) && fetch_url_is_web(&url))
			fail_msg("%s is taken as an address of the web", others[i]);
		fetch_url_fini(&url);
	}
}

static void secret_files_are_for_their_owner(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *user, *password;
	} v[] = {{"anna:geheim\n", "anna", "geheim"},
		 {"anna:ge:heim\r\nmore", "anna", "ge:heim"},
		 {"anna:", "anna", ""},
		 {"anna\n", NULL, NULL},
		 {":geheim\n", NULL, NULL},
		 {"anna\n:x", NULL, NULL},
		 {"", NULL, NULL}};
	char path[] = "/tmp/test_fetch_XXXXXX", *user = NULL, *password = NULL;
	struct err err;
	int fd = mkstemp(path);
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		ssize_t n = (ssize_t)strlen(v[i].bytes);
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, v[i].bytes, (size_t)n, 0), n);
		assert_int_equal(fetch_password_read(path, &user, &password, &err),
				 v[i].user != NULL);
		if (v[i].user) {
			assert_string_equal(user, v[i].user);
			assert_string_equal(password, v[i].password);
		} else {
			assert_int_equal(err.code, ERR_CONFIG);
		}
	}
	assert_int_equal(chmod(path, 0604), 0);
	assert_false(fetch_password_read(path, &user, &password, &err));
	assert_non_null(strstr(err.text, "mode 604"));
	struct buf bytes = {0};
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_true(fetch_file_read(path, 100, false, &bytes, &err));
	assert_int_equal(bytes.n, 100);
	assert_false(fetch_file_read(path, 99, false, &bytes, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_false(fetch_file_read("/tmp", 99, false, &bytes, &err));
	assert_false(fetch_file_read("/dev/zero", 99, false, &bytes, &err));
	assert_non_null(strstr(err.text, "not a regular file"));
	buf_fini(&bytes);
	xfree(user);
	xfree(password);
	close(fd);
	unlink(path);
}

/* ---- fetching ---- */

static void names_that_lead_inwards_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = {"inner.test", "meta.test", "mapped.test", "loop6.test"};
	for (size_t i = 0; i < 4; i++)
		get(names[i], "/", false, &quick);
	run();
	assert_int_equal(t.done, 4);
	assert_int_equal(t.codes[ERR_DENIED], 4);
	assert_int_equal(server.requests, 0);
}

static void a_silent_name_server_never_holds_the_loop(void **state)
{
	(void)state;
	struct fetch_limits limits = quick;
	limits.connect_ms = 300;
	uint64_t before = clock_mono_ms();
	t.beaten_ms = before;
	(void)uv_timer_start(&t.beat, on_beat, 10, 10);
	get("silent.test", "/", true, &limits);
	run();
	uint64_t took = clock_mono_ms() - before;
	assert_int_equal(t.done, 1);
	assert_non_null(strstr(t.last.text, "DNS"));
	if (took > 1500 || t.worst_ms > 500)
		fail_msg("it took %d ms, the loop stood still for %d ms", (int)took,
			 (int)t.worst_ms);
}

static void turns_are_kept(void **state)
{
	(void)state;
	printf("rerun: test_fetch %u\n", seed);
	srand(seed);
	struct fetch_limits limits = quick;
	limits.at_once = 7;
	int wanted[HOSTS] = {0};
	for (int i = 0; i < 150; i++) {
		char host[16];
		int h = rand() % HOSTS;
		wanted[h]++;
		snprintf(host, sizeof host, "%c%d.test", rand() % 2 ? 'h' : 'H', h);
		get(host, "/", true, &limits);
	}
	run();
	assert_int_equal(t.done, 150);
	if (t.codes[ERR_NONE] != 150)
		fail_msg("%d of 150, then: %s", t.codes[ERR_NONE], t.last.text);
	assert_int_equal(server.requests, 150);
	assert_in_range(server.most_all, 3, 7);
	for (int h = 0; h < HOSTS; h++)
		if (wanted[h])
			assert_in_range(server.most[h], 1, 2);
}

static void one_hanging_host_keeps_nobody_else(void **state)
{
	(void)state;
	struct fetch_limits limits = quick;
	limits.timeout_ms = 700;
	for (int i = 0; i < 4; i++)
		get("h0.test", "/hang", true, &limits);
	uint64_t before = clock_mono_ms();
	for (int i = 0; i < 10; i++)
		get("h1.test", "/", true, &limits);
	while (t.codes[ERR_NONE] < 10)
		(void)uv_run(&t.loop, UV_RUN_ONCE);
	assert_true(clock_mono_ms() - before < 600);
	assert_int_equal(t.codes[ERR_IO], 0);
	run(); /* waiting for a turn is not counted: the second two get their whole time */
	assert_int_equal(t.codes[ERR_IO], 4);
	assert_true(clock_mono_ms() - before >= 1400);
}

static void closing_answers_everybody_once(void **state)
{
	(void)state;
	char path[] = "/tmp/test_fetch_XXXXXX";
	close(mkstemp(path));
	for (int i = 0; i < 5; i++)
		get("h0.test", "/hang", true, &quick); /* two run, three wait */
	for (int i = 0; i < 8; i++) {		       /* these have files to be read first */
		struct fetch_request request = {
			.url = "http://h1.test:1/", .auth_file = path, .allow_private = true};
		t.waiting++;
		fetcher_start(t.fetcher, &request, &quick, on_done, NULL);
	}
	srand(seed);
	for (int i = rand() % 12; i > 0; i--)
		(void)uv_run(&t.loop, UV_RUN_NOWAIT);
	get("silent.test", "/", true, &quick);
	uint64_t before = clock_mono_ms();
	shut();
	assert_int_equal(t.codes[ERR_UNAVAILABLE], 0); /* not from within */
	run();
	assert_int_equal(t.done, 14);
	assert_int_equal(t.closed, 1);
	assert_true(t.codes[ERR_UNAVAILABLE] >= 6);
	assert_true(clock_mono_ms() - before < 1500);
	unlink(path);
}

static void next_one(void *ctx, struct fetch_answer *a)
{
	int *left = ctx;
	assert_int_equal(a->outcome, FETCH_BODY);
	assert_string_equal(a->etag, "\"e\"");
	if (--*left == 0) {
		shut();
		return;
	}
	char url[100];
	snprintf(url, sizeof url, "http://h0.test:%d/", server.port);
	struct fetch_request request = {.url = url, .allow_private = true};
	fetcher_start(t.fetcher, &request, &quick, next_one, ctx);
}

static void one_may_start_the_next(void **state)
{
	(void)state;
	int left = 20;
	char url[100];
	snprintf(url, sizeof url, "http://h0.test:%d/", server.port);
	struct fetch_request request = {.url = url, .allow_private = true};
	fetcher_start(t.fetcher, &request, &quick, next_one, &left);
	run();
	assert_int_equal(left, 0);
	assert_int_equal(server.requests, 20);
}

static void waited_for(void **state)
{
	(void)state;
	char url[100];
	struct fetch_answer a = {0};
	snprintf(url, sizeof url, "http://inner.test:%d/", server.port);
	struct fetch_request request = {.url = url, .allow_private = true};
	fetch_once(&request, &fetch_limits_default, &a);
	assert_int_equal(a.outcome, FETCH_BODY);
	assert_int_equal(a.body.n, 5);
	fetch_answer_fini(&a);
	request.url = "file:///etc/passwd";
	fetch_once(&request, &fetch_limits_default, &a);
	assert_int_equal(a.err.code, ERR_PARSE);
	fetch_answer_fini(&a);
}

#define LOOP(name) cmocka_unit_test_setup_teardown(name, loop_start, loop_end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_public_addresses_are_public),
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(secret_files_are_for_their_owner),
		LOOP(names_that_lead_inwards_are_refused),
		LOOP(a_silent_name_server_never_holds_the_loop),
		LOOP(turns_are_kept),
		LOOP(one_hanging_host_keeps_nobody_else),
		LOOP(closing_answers_everybody_once),
		LOOP(one_may_start_the_next),
		cmocka_unit_test_setup_teardown(waited_for, server_start, server_stop),
	};
	hash_init();
	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)clock_mono_ns();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
