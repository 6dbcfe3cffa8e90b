/* io/fetch_multi.h -- curl's multi interface on the loop: its file descriptors and its timer are
 * handles of the loop. Inside of io/. Loop thread only. */
#ifndef IO_FETCH_MULTI_H
#define IO_FETCH_MULTI_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

/* A transfer has ended. Not from within curl: the callee may take it out and put others in. */
typedef void multi_ended_fn(CURL *easy, CURLcode code);

struct multi;
struct multi *multi_new(uv_loop_t *loop, multi_ended_fn *ended);
bool multi_add(struct multi *multi, CURL *easy);
void multi_remove(struct multi *multi, CURL *easy);
/* Nothing may be in it any more. @closed, from the loop, when its handles are closed. */
void multi_close(struct multi *multi, void (*closed)(void *ctx), void *ctx);

#endif
