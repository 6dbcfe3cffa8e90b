/* bench_http.c -- the HTTP server alone: GET /page is 20,480 fixed bytes, 304 when If-None-Match
 * fits. Prints its port, serves until its input ends. tests/bench/run.sh puts wrk and nginx
 * beside it. */
#include "base/buf.h"
#include "io/http.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 20480 };

static struct http *http;
static char page[PAGE_BYTES];

static void handler(void *ctx, const struct http_request *request)
{
	(void)ctx;
	static const char fields[] = "Content-Type: text/calendar; charset=utf-8\r\n"
				     "ETag: \"abc\"\r\nCache-Control: private, max-age=900\r\n";
	const char *match = http_field(request, "if-none-match");
	struct http_response r = {.status = 404, .fields = fields};
	if (strcmp(request->path, "/page") == 0 && match && strcmp(match, "\"abc\"") == 0)
		r.status = 304;
	else if (strcmp(request->path, "/page") == 0)
		r = (struct http_response){
			.status = 200, .fields = fields, .body = page, .body_n = PAGE_BYTES};
	http_answer(http, request->id, &r);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	static char room[256];
	(void)handle;
	(void)size;
	*buf = uv_buf_init(room, sizeof(room));
}

static void on_input(uv_stream_t *input, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n >= 0)
		return;
	uv_close((uv_handle_t *)input, NULL);
	http_close(http, NULL, NULL);
}

int main(void)
{
	struct http_limits limits = {
		.connections = 512,
		.head_timeout_ms = 10000,
		.idle_timeout_ms = 75000,
		.max_head_bytes = 16384,
		.max_fields = 64,
		.max_body_bytes = 65536,
		.min_rate_bytes_s = 500,
	};
	struct err err;
	uv_loop_t loop;
	uv_pipe_t input;
	memset(page, 'x', sizeof(page));
	if (uv_loop_init(&loop) != 0)
		return 1;
	http = http_new(&loop, "127.0.0.1:0", &limits, handler, NULL, &err);
	if (!http) {
		(void)fprintf(stderr, "bench_http: %s\n", err.text);
		return 1;
	}
	(void)uv_pipe_init(&loop, &input, 0);
	if (uv_pipe_open(&input, STDIN_FILENO) != 0 ||
	    uv_read_start((uv_stream_t *)&input, on_room, on_input) != 0)
		return 1;
	(void)printf("%d\n", http_port(http));
	(void)fflush(stdout);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop) == 0 ? 0 : 1;
}
